# SPDX-License-Identifier: GPL-3.0-or-later
# What a linker inherits, and what its caller sees of how it ends: as without
# ld-wrap, both where it is executed and where it is a child.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/marked.sh"
need gcc ld make python3 timeout
gcc -O1 -o state.ld "$RTS_SRCDIR/tests/lib/state.c" || exit 99
start="python3 $RTS_SRCDIR/tests/lib/start.py"
echo 'void _start(void) { for (;;); }' >plain.c
marked_object
compile_small plain
real=$PWD/state.ld

# ---- what is inherited -------------------------------------------------------------

state_of() {	# FILE COMMAND...
	local to=$1
	shift
	rm -f state
	$start state "$@" >how 2>&1
	# A pipe has a new number each time.
	sed 's/pipe:[^ ]*/pipe/; /^environment _=/d' state >"$to"
	mv how "$to.how"
	rm state
}
state_of want "$real" plain.o -o prog
state_of have "$LD_WRAP" --rts-ld="$real" plain.o -o prog
check "a linker's state was written down" \
	test "$(grep -c '^signal' want) $(grep -c '^environment' want)" \
	!= "0 0"
check "with signals ignored and blocked, files open, a umask" \
	test "$(grep -cE ' ignored$| blocked$|^fd [3-9] |^umask 27$' want)" -ge 8
check "unmarked: nothing differs but the depth" \
	diff want <(grep -v '^environment LD_WRAP_DEPTH=1$' have)
check "and how it ends" cmp want.how have.how
check "which is that of the linker" grep -qx 'exit 3' have.how

# As a child it has a word more, and in a number from 100 on the end of a pipe by
# which it is known to live.  What it says goes by ld-wrap, which puts the user's
# names where it speaks of ours.
state_of marked "$LD_WRAP" --rts-ld="$real" marked.o -o prog
check "marked: nothing differs but one word, the depth and these files" diff \
	<(sed 's/plain\.o/marked.o/; /^fd [12] /d' want) \
	<(grep -vE '^environment LD_WRAP_DEPTH=1$|^fd ([12]|[1-9][0-9]{2}) |^word [0-9]+ @' marked)
check "what it says goes by a pipe" \
	test "$(grep -cE '^fd [12] pipe mode 1 ' marked)" = 2
check "the one file is one" test "$(grep -cE '^fd [1-9][0-9]{2} ' marked)" -le 1
check "and the one word" test "$(grep -cE '^word [0-9]+ @' marked)" = 1
check "and how it ends" cmp want.how marked.how

# An environment that has the variable already goes on from there.
LD_WRAP_DEPTH=2 "$LD_WRAP" --rts-ld="$real" plain.o -o prog
check "the depth is counted" grep -qx 'environment LD_WRAP_DEPTH=3' state

# ---- signals ----------------------------------------------------------------------

cat >sleeps <<'END'
#!/bin/sh
: >started
exec sleep 60
END
chmod +x sleeps
for sig in 2 15 1; do
	for object in plain marked; do
		rm -f started
		check "$object: signal $sig to the whole group: died of it" \
			test "$($start group $sig started "$LD_WRAP" \
			--rts-ld=./sleeps $object.o -o prog)" = "signal $sig"
		check "$object: nothing stays" \
			test -z "$(ls -A | grep '^\.ld-wrap')"
	done
done

# gcc has other words for a linker that died than for one that failed.
mkdir -p bin
ln -s "$LD_WRAP" bin/ld
for object in plain marked; do
	printf '#!/bin/sh\nkill -SEGV $$\n' >dies
	chmod +x dies
	LD_WRAP_LD=$PWD/dies gcc -Bbin -nostdlib -no-pie $object.o -o prog \
		>said 2>&1
	check "$object: collect2 says that ld died by signal 11" \
		grep -q 'ld terminated with signal 11' said
	printf '#!/bin/sh\nexit 139\n' >dies
	LD_WRAP_LD=$PWD/dies gcc -Bbin -nostdlib -no-pie $object.o -o prog \
		>said 2>&1
	check "$object: and that it returned 139" \
		grep -q 'ld returned 139 exit status' said
done

# ---- make's jobserver, which lto-wrapper asks for tokens -----------------------------

cat >lto1.c <<'END'
int two(int);
int main(int argc, char **argv) { (void)argv; return two(argc) - 3; }
END
echo 'int two(int x); int two(int x) { return x + 2; }' >lto2.c
cat >Makefile <<'END'
prog-%: lto1.o lto2.o
	+gcc -O2 -flto=jobserver -flto-partition=max $(FLAGS) $^ -o $@
lto%.o: lto%.c
	gcc -O2 -flto -c $< -o $@
END
check "jobserver: without ld-wrap" make -j2 prog-plain
check "jobserver: with ld-wrap" make -j2 prog-wrapped FLAGS="-Bbin -v"
cp "$out" said
check "jobserver: lto-wrapper uses it" grep -q 'Using make jobserver' said
# It would not say so if one of the two descriptors had been lost.
printf '#!/bin/bash\nexec 3>&- 4>&-\nexec ld "$@"\n' >closes
chmod +x closes
check "jobserver: without its descriptors" env LD_WRAP_LD="$PWD/closes" \
	make -j2 prog-closed FLAGS="-Bbin -v"
cp "$out" said
check_fails 1 "jobserver: it is not used" grep -q 'Using make jobserver' said
check "jobserver: the same bytes" cmp prog-plain prog-wrapped

# ---- no time lost -------------------------------------------------------------------

# Where nothing is marked, libraries that only names need are not loaded.
LD_DEBUG=files "$LD_WRAP" --rts-ld=/bin/true plain.o -o prog 2>loaded
check "what ld-wrap loads can be seen" grep -q 'libc\.so' loaded
check_fails 1 "neither libbfd nor libopcodes is loaded" \
	grep -E 'libbfd|libopcodes' loaded
# Nor are they needed to link: an empty library is none.
mkdir without
for library in bfd opcodes; do
	name=$(sed -n "s/^#define LW_LIB${library^^} \"\(.*\)\"/\1/p" \
		"$RTS_BUILDDIR/config.h")
	gcc -shared -nostdlib -o "without/$name" -x c /dev/null || exit 99
done
cat >store.c <<'END'
extern unsigned shift;
void store(unsigned x);
void store(unsigned x) { shift = x; }
END
gcc -O2 -g -fno-pic -c store.c || exit 99
printf '#!/bin/sh\nunset LD_LIBRARY_PATH\nexec ld "$@"\n' >ld-proper
chmod +x ld-proper
export LD_WRAP_LD=$PWD/ld-proper
check "with libbfd a store is said with its line" \
	"$LD_WRAP" marked.o store.o -o prog --rts-report=report.json
cp "$out" said
check "which is here" grep -q 'store\.c:3' said
check "without libbfd it links" env LD_LIBRARY_PATH="$PWD/without" \
	"$LD_WRAP" marked.o store.o -o nameless --rts-report=report.json
cp "$out" said
check "says where it is without the line" grep -q 'store\.o.*\[store\]' said
check "and makes the same" cmp prog nameless
check_fails 125 "rts-dump cannot disassemble without libopcodes" \
	env LD_LIBRARY_PATH="$PWD/without" "$RTS_DUMP" --sites prog
cp "$out" said
check "and says so" grep -q '\[read\]' said
done_testing
