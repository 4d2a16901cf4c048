# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a command in a state that is worth to be inherited, or in a group.

    start.py state COMMAND...   signals, descriptors, limits, umask
    start.py group SIGNAL FILE COMMAND...
                                in a group of its own, which gets SIGNAL as
                                soon as FILE is there; prints how it ended
"""
import os
import resource
import signal
import subprocess
import sys
import time


def as_how(status):
    return f'signal {-status}' if status < 0 else f'exit {status}'


def state(command):
    def before():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK,
                               [signal.SIGUSR1, signal.SIGTERM])
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, 1000))
        os.umask(0o027)
        os.nice(3)

    # As make's jobserver: two ends of a pipe at low numbers, and a fifo.
    ends = os.pipe()
    os.write(ends[1], b'++')
    if not os.path.exists('fifo'):
        os.mkfifo('fifo')
    fifo = os.open('fifo', os.O_RDWR | os.O_NONBLOCK)
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          pass_fds=(*ends, fifo), preexec_fn=before,
                          restore_signals=False, check=False)
    if os.read(ends[0], 9) != b'++':
        print('a token is gone')
    print(as_how(done.returncode))


def group(number, path, command):
    # Whoever started the tests may have had them ignore it: nohup, a shell's
    # job in the background.
    signal.signal(int(number), signal.SIG_DFL)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             start_new_session=True)
    for _ in range(3000):
        if os.path.exists(path) or child.poll() is not None:
            break
        time.sleep(0.01)
    os.killpg(child.pid, int(number))
    print(as_how(child.wait(60)))


if sys.argv[1] == 'state':
    state(sys.argv[2:])
else:
    group(sys.argv[2], sys.argv[3], sys.argv[4:])
