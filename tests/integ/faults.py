#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""faults.py KIND STEP FIRST command... - fail each system call of a link

The command links DIR/prog, DIR being `d'.  It is run once under strace to see
which system calls it makes once FIRST (a file name) is looked at, and then
again for every STEP-th of them, which meets with

    error   what the manual page of that call says may happen
    short   0 bytes read or written
    KILL, TERM, INT ...  that signal

Only ld-wrap's own calls: the real linker and the guard are not traced.
Afterwards there must be the old output and a named error, or the new output,
byte for byte, and success; never anything else, nor a temporary.  Prints the
runs, and each that came out wrong."""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import time

# A shell has its background jobs ignore it, and children inherit that.
signal.signal(signal.SIGINT, signal.SIG_DFL)

ERRORS = {
    'openat': ['EMFILE', 'EIO', 'EINTR'], 'newfstatat': ['EIO'],
    'read': ['EIO', 'EINTR'], 'pread64': ['EIO', 'EINTR'],
    'mmap': ['ENOMEM'], 'munmap': ['EINVAL'], 'lseek': ['EIO'],
    'write': ['ENOSPC', 'EIO', 'EINTR'],
    'pwrite64': ['ENOSPC', 'EDQUOT', 'EINTR'],
    'ftruncate': ['EIO', 'EFBIG'], 'fallocate': ['ENOSPC'],
    'close': ['EIO'], 'rename': ['ENOSPC', 'EACCES'], 'chmod': ['EPERM'],
    'clone': ['EAGAIN', 'ENOMEM'], 'clone3': ['EAGAIN'],
    'pipe2': ['EMFILE'], 'socketpair': ['EMFILE'], 'fcntl': ['EMFILE'],
    'sendto': ['EINTR', 'EPIPE'], 'recvfrom': ['EINTR', 'EIO'],
    'waitid': ['EINTR'], 'wait4': ['EINTR'], 'poll': ['EINTR'],
    'getdents64': ['EIO'], 'renameat': ['EIO'], 'getcwd': ['ERANGE'],
}
SHORT = ['read', 'write', 'pread64', 'pwrite64']
OLD = b'the old output\n'


def fresh():
    shutil.rmtree('d', ignore_errors=True)
    os.mkdir('d')
    with open('d/prog', 'wb') as file:
        file.write(OLD)


def content():
    try:
        with open('d/prog', 'rb') as file:
            return file.read()
    except OSError:
        return None


def calls(first, command):
    """(name, which of that name, where it can be seen) of each call."""
    fresh()
    subprocess.run(['strace', '-y', '-o', 'trace'] + command, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    count = collections.Counter()
    begun = False
    with open('trace', errors='replace') as lines:
        for line in lines:
            name = line.split('(')[0]
            if not name.isidentifier():
                continue
            count[name] += 1
            begun |= first in line and name != 'execve'
            if begun:
                yield name, count[name], line.rstrip()


def faults(kind, name, line):
    """A close() that fails closes; strace's does not.  Of a file that is the
    same; a pipe would stay open."""
    if kind == 'error':
        if name == 'close' and not re.search(r'<(/[^>]*)>', line):
            return []
        return ['error=' + error for error in ERRORS.get(name, [])]
    if kind == 'short':
        return ['retval=0'] if name in SHORT else []
    return [] if name == 'exit_group' else ['signal=' + kind]


def left():
    """What is there but the output, when the guard has had its time."""
    for _ in range(500):
        names = [name for name in os.listdir('d')
                 if name not in ('prog', 'map', 'report', 'deps')]
        if not names:
            break
        time.sleep(0.01)
    return names


def judge(kind, run, good):
    now = content()
    named = re.search(rb'ld-wrap: error: .*\[[a-z-]+\]', run.stderr)
    if left():
        return 'left: ' + ' '.join(left())
    if now not in (OLD, good):
        return 'torn, or another output'
    if kind not in ('error', 'short'):
        return None
    if run.returncode < 0:
        return 'died by a signal'
    if run.returncode == 0:
        return None if now == good else 'success without the new output'
    if now != OLD:
        return 'a failure with the new output'
    return None if named else 'no named error'


def main():
    kind, step, first, command = (sys.argv[1], int(sys.argv[2]), sys.argv[3],
                                  sys.argv[4:])
    fresh()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    good = content()
    tries = [(name, which, fault, line)
             for name, which, line in list(calls(first, command))
             for fault in faults(kind, name, line)]
    ends = collections.Counter()
    bad = 0
    for name, which, fault, line in tries[::step]:
        fresh()
        run = subprocess.run(
            ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=' + name,
             '-e', f'inject={name}:{fault}:when={which}'] + command,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=120, check=False)
        ends['new' if content() == good else 'old'] += 1
        why = judge(kind, run, good)
        if why:
            bad += 1
            print(f'{fault} at {line}: status {run.returncode}, {why}')
            print(run.stderr.decode(errors='replace'))
    print(f'{kind}: {sum(ends.values())} of {len(tries)} runs: '
          f'{ends["old"]} old outputs, {ends["new"]} new ones, {bad} bad')
    # Without a single fault that went through nothing was tried.
    return bool(bad) or not ends['old']


sys.exit(main())
