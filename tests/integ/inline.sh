#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Bodies of functions at their calls, windows of pushes and pops, and what
# calls in assembly let go: in processes that run them, and refused.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc g++ clang clang++ ld as readelf awk
mkdir bin
ln -s "$LD_WRAP" bin/ld
inc="-I$RTS_SRCDIR/include -I$RTS_SRCDIR/rtld"
# take_in "CC FLAGS": the relocator as source, so that it is built as the program
# is; its objects become $lib
take_in() {
	local f o
	lib=
	for f in image stream field read bind strerror platform/process; do
		o=rtld-$(basename $f).o
		lib="$lib $o"
		# shellcheck disable=SC2086
		$1 -D_GNU_SOURCE $inc -c -o "$o" "$RTS_SRCDIR/rtld/$f.c" ||
			not_ok "$1: rtld/$f.c"
	done
}
same() {	# WHAT WANT HAVE
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "want $2, have $3"
	fi
}
said() {	# WHAT REGEX: by the last command
	cp "$out" .said
	check "$1" grep -Eq -- "$2" .said
}

# ---- run -------------------------------------------------------------------

cat >bodies.h <<'EOC'
#include "rtstatic.h"
#ifdef __cplusplus
extern "C" {
#endif
int three(int);
RTS_INLINE(three, RTS_CLOBBER_RAX, "movl $3,%eax");
RTS_DECLARE_FUNC(int, choose, (int));
struct ops { int (*first)(int), (*second)(int); };
extern struct ops ops;
RTS_OPS(ops);
long window(long), other(long);
#ifdef __cplusplus
}
#endif
EOC
cat >work.c <<'EOC'
#include <stdio.h>
#include "bodies.h"
#ifdef __cplusplus
extern "C" {
#endif
#include "rtld.h"
#include "platform/process.h"
#ifdef __cplusplus
}
#endif

int three(int x) { (void)x; return 3; }
RTS_INLINE(three, RTS_CLOBBER_RAX, "movl $3,%eax");	/* in a header, too */
static int zero(int x) { (void)x; return 0; }
RTS_INLINE(zero, RTS_CLOBBER_RAX | RTS_CLOBBER_FLAGS, "xorl %eax,%eax");
static int seven(int x) { (void)x; return 7; }
#ifdef __i386__			/* arguments are on the stack */
static int same(int x) { (void)x; return 9; }
RTS_INLINE(same, RTS_CLOBBER_RAX, "movl $9,%eax");
RTS_INLINE(seven, RTS_CLOBBER_RAX, "pushl $7\n\tpopl %eax");
static int times(int x) { (void)x; return 45; }
#else
static int same(int x) { return x; }
RTS_INLINE(same, RTS_CLOBBER_RAX, "movl %edi,%eax");
RTS_INLINE(seven, RTS_CLOBBER_RAX, "pushq $7\n\tpopq %rax");
static int times(int x) { return x * 5; }
#endif
RTS_DEFINE_FUNC(choose, times);
RTS_MAY_BE(choose, three);
RTS_MAY_BE(choose, zero);
RTS_MAY_BE(choose, same);
RTS_MAY_BE(choose, seven);
struct ops ops = { three, times };
RTS_MAY_BE_SLOT(ops.second, seven);

/* Adds up what the registers hold that it saves; the first one's pushes need
 * not be there, the second one saves what bodies change. */
#ifdef __i386__
__asm__(".text\n"
	"window:\n"
	"	movl $100,%ecx\n"
	"	movl $1000,%edx\n"
	"	push %ecx\n"
	"	push %edx\n"
	RTS_CALL_ASM_STRING("choose", RTS_CLOBBER_RAX | RTS_CLOBBER_FLAGS)
	"	pop %edx\n"
	"	pop %ecx\n"
	"	add %ecx,%eax\n"
	"	add %edx,%eax\n"
	"	ret\n"
	"other:\n"
	"	movl 4(%esp),%ecx\n"
	"	movl $10000,%eax\n"
	"	push %ecx\n"
	"	push %edx\n"
	"	push %eax\n"
	RTS_CALL_ASM_STRING("*ops+4", RTS_CLOBBER_FLAGS)
	"	pop %eax\n"
	"	pop %edx\n"
	"	pop %ecx\n"
	"	add %ecx,%eax\n"
	"	ret\n");
#else
__asm__(".text\n"
	"window:\n"
	"	movl $100,%esi\n"
	"	movl $1000,%edx\n"
	"	push %rsi\n"
	"	push %rdx\n"
	RTS_CALL_ASM_STRING("choose", RTS_CLOBBER_RAX | RTS_CLOBBER_FLAGS)
	"	pop %rdx\n"
	"	pop %rsi\n"
	"	cltq\n"
	"	add %rsi,%rax\n"
	"	add %rdx,%rax\n"
	"	ret\n"
	"other:\n"
	"	movl $10000,%eax\n"
	"	push %rdi\n"
	"	push %rdx\n"
	"	push %rax\n"
	RTS_CALL_ASM_STRING("*ops+8(%rip)", RTS_CLOBBER_FLAGS)
	"	pop %rax\n"
	"	pop %rdx\n"
	"	pop %rdi\n"
	"	add %rdi,%rax\n"
	"	ret\n");
#endif

#define NOINLINE __attribute__((noinline))
NOINLINE int call(int x) { return choose(x) + 1; }
NOINLINE int tail(int x) { return choose(x); }
NOINLINE int call_slot(int x) { return ops.second(x) + 1; }
NOINLINE int tail_slot(int x) { return ops.second(x); }

static struct rtld rt;
static struct rtld_process process;
static int failed, checks;

static int nobody(void *ctx, const void *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
	return 0;
}

static void expect(const char *what, long have, long want)
{
	checks++;
	if (have == want)
		return;
	printf("%s: %ld instead of %ld\n", what, have, want);
	failed++;
}

static void results(int x, int want)
{
	int (*pointer)(int) = choose;

	expect("call", call(x), want + 1);
	expect("tail", tail(x), want);
	expect("call slot", call_slot(x), want + 1);
	expect("tail slot", tail_slot(x), want);
	expect("the stub", pointer(x), want);
	expect("window", window(x), want + 1100);
	expect("other", other(x), x + 10000);
}

static int (*next)(int);

static int go(void *arg)
{
	(void)arg;
	RTS_SET_FUNC(choose, next);
	ops.second = next;
	return 0;
}

int main(int argc, char **argv)
{
	static int (*const functions[])(int) = {
		times, three, zero, same, seven, times, seven
	};
	static const int results_9[] = { 45, 3, 0, 9, 7, 45, 7 };
	struct rtld_host *host;
	int code;

	(void)argv;
	next = times;
	go(NULL);
	results(9, 45);
	expect("open", rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE), 0);
	expect("host", rtld_process_init(&process, &rt), 0);
	host = rtld_process_host(&process);
	if (argc == 1)
		host->inside = nobody;
	expect("bind", rtld_bind(&rt, host), 0);
	results(9, 45);
	for (int i = 0; i < 7; i++) {
		next = functions[i];
		expect("switch", rtld_switch(&rt, host, go, NULL), 0);
		expect("all are bound", rt.stats.kept, 0);
		results(9, results_9[i]);
		if (argc == 1)
			expect("check", rtld_check(&rt, host), 0);
	}
	if (argc == 1) {
		/* Two instructions stand there now: nobody shows that no
		 * context is between them. */
		host->inside = NULL;
		next = times;
		code = rtld_switch(&rt, host, go, NULL);
		expect("switch from the inside", code, -RTLD_E_TEXT_INSIDE);
		expect("written", rt.stats.written, 0);
		results(9, 7);
		expect("unbind", rtld_unbind(&rt, host), -RTLD_E_TEXT_INSIDE);
		results(9, 7);
		host->inside = nobody;
	}
	expect("unbind", rtld_unbind(&rt, host), 0);
	results(9, 7);
	printf("%d checks, %d failed\n", checks, failed);
	return failed != 0;
}
EOC
links() {	# WHAT WORDS...
	local what=$1
	shift
	# shellcheck disable=SC2086
	check "$what: links" "$@" $inc -Wall -Wextra -Werror -B"$PWD/bin/" \
		-o prog work.c -x none $lib
}
runs() {	# WHAT
	check "$1: runs" ./prog
	check "$1: runs without inside()" ./prog without
	check "$1: rts-dump --check" "$RTS_DUMP" --check prog
}
for cc in gcc clang; do
	for mode in "-O0" "-O2" "-Os -fcf-protection"; do
		what="$cc -m32 $mode"
		take_in "$cc -m32 $mode -fno-pie"
		# shellcheck disable=SC2086
		links "$what" $cc -m32 -fno-pie -no-pie $mode || continue
		runs "$what"
	done
done
take_in "gcc -O2 -fPIC"
for cc in "gcc -std=c11 -xc" "g++ -std=c++17 -xc++" "clang -std=c11 -xc" \
    "clang++ -std=c++17 -xc++"; do
	for mode in "-O0 -fPIE -pie" "-O1 -fno-pie -no-pie" "-O2 -fPIE -pie" \
	    "-O3 -fPIC -pie" "-O2 -fno-pie -static" \
	    "-O2 -fPIE -fcf-protection -ffunction-sections -Wl,--gc-sections"; do
		what="${cc%% *} $mode"
		# shellcheck disable=SC2086
		links "$what" ${cc%% *} $mode ${cc#* } || continue
		runs "$what"
	done
done
"$RTS_DUMP" --sites prog >dump
for body in '2e 2e 2e 31 c0 +if V == 0x[0-9a-f]+ <zero' \
    '6a 07 58 66 90 +if V == 0x[0-9a-f]+ <seven.*, and nobody is inside' \
    'b8 03 00 00 00 +if V == 0x[0-9a-f]+ <three'; do
	check "a form has ${body%% +*}" grep -Eq "$body" dump
done

# A retpoline's call is one instruction as a direct call is.
for cc in "gcc -mindirect-branch=thunk" "clang -mretpoline"; do
	# shellcheck disable=SC2086
	links "$cc" $cc -O2 -fno-pie -no-pie -xc || continue
	runs "$cc"
	"$RTS_DUMP" prog >dump
	check "$cc: bodies at calls of thunks" awk '
		/^ +[0-9]+ +/ { on = /call of a retpoline/ }
		on && /<three>/ && / b8 03 00 00 00/ { found = 1 }
		END { exit !found }' dump
done

# ---- refused bodies ---------------------------------------------------------

# An image with a call of `choose', and whatever else the file says.
begin='#include "rtstatic.h"
	.globl _start, choose, slot, fn
	.text
_start:	call choose
	ret
fn:	ret
	.section .text.stub, "ax"
choose:	jmp *slot(%rip)
	.data
slot:	.quad fn
	.size slot, 8
	.text
RTS_FUNC(choose, slot)
'
assemble() {	# FILE, source on stdin
	{ echo "$begin"; cat; } >"$1.S"
	# shellcheck disable=SC2086
	gcc $inc -c "$1.S" -o "$1.o" || not_ok "$1.S" "does not assemble"
}
refused() {	# WHAT CLOBBERS INSNS SAYS
	assemble bad <<<"RTS_INLINE(fn, $2, $3)"
	check_fails 1 "$1" "$LD_WRAP" -o bad bad.o
	said "$1: says so" "bad\.o:\(.*\): the body of .fn. $4.* \[bad-body\]"
	check "$1: no output" test ! -e bad
}
refused "a relocation" RTS_CLOBBER_RAX "movl slot, %eax" "has a relocation"
refused "a relocation at its end" RTS_CLOBBER_RAX "movq \$slot, %rax" \
	"has a relocation"
refused "a branch to a symbol" RTS_CLOBBERS_C "call _start" "has a relocation"
refused "a place" RTS_CLOBBER_RAX "leaq 4(%rip), %rax" "has an operand that c"
refused "a branch within" RTS_CLOBBER_RAX "jmp 8f; 8: nop" "has an operand that"
refused "a return" RTS_CLOBBER_RAX "ret" "goes elsewhere"
refused "a system call" RTS_CLOBBERS_C "syscall" "goes elsewhere"
refused "an interrupt" RTS_CLOBBERS_C "int \$3" "goes elsewhere"
refused "no instruction" RTS_CLOBBER_RAX ".byte 0x06" "cannot be decoded"
refused "half an instruction" RTS_CLOBBER_RAX ".byte 0xb8, 0" "cannot be dec"
refused "too few pops" RTS_CLOBBER_RAX "push %rax" "leaves something on"
refused "too many pops" RTS_CLOBBER_RAX "pop %rax" "takes more off the stack"
refused "the stack's content" RTS_CLOBBER_RAX "mov (%rsp), %rax" "looks at the"
refused "a register too many" RTS_CLOBBER_RAX "xor %ecx, %ecx" \
	"changes rcx flags, which it does not declare"
refused "a register by the way" RTS_CLOBBER_RAX "mul %rcx" \
	"changes rdx flags, which it"
refused "too long" RTS_CLOBBERS_NONE ".fill 33, 1, 0x90" "is longer than any"
assemble bad <<'EOC'
RTS_INLINE(fn, RTS_CLOBBERS_NONE)
RTS_INLINE(fn, RTS_CLOBBER_RAX, xor %eax, %eax)
EOC
check_fails 1 "two bodies" "$LD_WRAP" -o bad bad.o
said "two bodies: says so" "the body of .fn. is another one in bad\.o.*bad-body"

assemble bad <<'EOC'
RTS_INLINE(fn, 1 << 20, nop)
EOC
check_fails 1 "an unknown clobber" "$LD_WRAP" -o bad bad.o
said "an unknown clobber: says so" "a clobber is unknown \[bad-record\]"

# In a member that nothing pulls in it is nobody's business.
cat >member.S <<'EOC'
#include "rtstatic.h"
	.globl member
member:	ret
RTS_INLINE(member, RTS_CLOBBERS_NONE, push %rax)
EOC
# shellcheck disable=SC2086
gcc $inc -c member.S
ar rc member.a member.o
assemble good </dev/null
check "a bad body in a member that is not linked" "$LD_WRAP" -o good good.o \
	member.a
check_fails 1 "the same, linked" "$LD_WRAP" -o bad good.o --whole-archive \
	member.a
said "the same, linked: says so" "member\.a\(member\.o\).*body of .member. leaves"

# More than a C function may change: it is not used at a C call.
assemble wide <<'EOC'
RTS_INLINE(fn, RTS_CLOBBER_RBX, movl $1, %ebx)
EOC
check "a body that changes more than C allows" "$LD_WRAP" -o wide wide.o
"$RTS_DUMP" wide >dump
check "a body that changes more than C allows: is not used" \
	test "$(grep -c 'bb 01 00 00 00' dump)" = 0

# More bodies than a call can have: what is named comes first.
{
	for i in $(seq 40); do
		echo "fn$i: ret"
		echo "RTS_INLINE(fn$i, RTS_CLOBBER_RAX, movl \$$i, %eax)"
	done
	echo "RTS_MAY_BE_SLOT(slot, fn40)"
} | assemble many
check "forty bodies" "$LD_WRAP" -o many many.o
said "forty bodies: says so" "warning: many: more bodies than.*\[many-bodies\]"
"$RTS_DUMP" many >dump
check "forty bodies: the one that is named is first" \
	grep -q ' 0/32 *b8 28 00 00 00 *if V == .*<fn40>' dump
check "forty bodies: rts-dump --check" "$RTS_DUMP" --check many

# ---- calls in assembly --------------------------------------------------------

asm_call() {	# CLOBBERS FUNCTION [BEFORE AFTER]: fn is FUNCTION
	assemble call <<EOC
caller:	${3:-}
	RTS_CALL_ASM(choose, $1)
	${4:-}
	ret
impl:	$2
	ret
RTS_MAY_BE_SLOT(slot, impl)
EOC
}
passes() {	# WHAT CLOBBERS FUNCTION...
	local what=$1
	shift
	asm_call "$@"
	check "$what" "$LD_WRAP" -o call call.o
}
violates() {	# WHAT SAYS CLOBBERS FUNCTION...
	local what=$1 says=$2
	shift 2
	asm_call "$@"
	rm -f call
	check_fails 1 "$what" "$LD_WRAP" -o call call.o
	said "$what: says so" "call\.o:.*the call at 0x[0-9a-f]+ in .*lets go .*but .impl., which .choose. may hold, changes $says.* \[clobbers\]"
	check "$what: no output" test ! -e call
}
passes "nothing changed" RTS_CLOBBERS_NONE nop
passes "what is let go" RTS_CLOBBER_RAX "movl \$1, %eax"
violates "another register" "rcx" RTS_CLOBBER_RAX "movl \$1, %ecx"
violates "flags" "flags" RTS_CLOBBER_RAX "xorl %eax, %eax"
violates "a preserved register" "rbx" RTS_CLOBBERS_C "movl \$1, %ebx"
passes "a preserved register, saved" RTS_CLOBBERS_NONE \
	"push %rbx; movl \$1, %ebx; pop %rbx"
passes "a call of C" RTS_CLOBBERS_C "call *%rax"
violates "a call of C where less is let go" "rcx rdx .*vector" \
	RTS_CLOBBER_RAX "call *%rax"
violates "what it calls" "r15" RTS_CLOBBERS_C "call 8f; ret; 8: movl \$1, %r15d"
passes "pushed at the call" RTS_CLOBBER_RAX "movl \$1, %ecx" \
	"push %rcx" "pop %rcx"
violates "pushed, but not popped so" "rcx" RTS_CLOBBER_RAX "movl \$1, %ecx" \
	"push %rdx; push %rcx" "pop %rdx; pop %rcx"
violates "unknown" "rcx .*: it jumps to where a register" RTS_CLOBBER_RAX \
	"jmp *%rax"
# What code does not show can be declared.
assemble call <<'EOC'
caller:	RTS_CALL_ASM(choose, RTS_CLOBBER_RAX)
	ret
impl:	jmp *%rax
RTS_INLINE(impl, RTS_CLOBBER_RAX, movl $1, %eax)
RTS_MAY_BE_SLOT(slot, impl)
EOC
check "unknown, but declared" "$LD_WRAP" -o call call.o
# What the slot holds when it is linked needs no declaration.
assemble call <<'EOC'
caller:	RTS_CALL_ASM(choose, RTS_CLOBBERS_NONE)
	ret
impl:	xorl %eax, %eax
	ret
EOC
sed -i 's/^slot:\t.quad fn/slot:\t.quad impl/' call.S
# shellcheck disable=SC2086
gcc $inc -c call.S
check_fails 1 "the slot's first content" "$LD_WRAP" -o call call.o
said "the slot's first content: says so" "but .impl., which .choose. may hold"

# A stub that looks at the slot first needs a register for that.
nullable() {	# CLOBBERS
	assemble call <<EOC
caller:	RTS_CALL_ASM(maybe, $1)
	ret
	.section .text.maybe, "ax"
	.globl maybe
maybe:	movq	slot2(%rip), %r11
	testq	%r11, %r11
	je	8f
	jmp	*%r11
8:	ret
	.data
	.globl slot2
slot2:	.quad 0
	.size slot2, 8
RTS_FUNC_NULLABLE(maybe, slot2)
EOC
}
nullable RTS_CLOBBER_FLAGS
check_fails 1 "a stub's own register" "$LD_WRAP" -o call call.o
said "a stub's own register: says so" "stub .maybe. changes r11 \\[clobbers\\]"
nullable "RTS_CLOBBER_FLAGS | RTS_CLOBBER_R11"
check "a stub's own register, let go" "$LD_WRAP" -o call call.o

bad_call() {	# WHAT SAYS, source on stdin
	assemble call
	check_fails 1 "$1" "$LD_WRAP" -o call call.o
	said "$1: says so" "call\.o:.* $2 \[asm-call\]"
}
bad_call "a call of nothing marked" "is no call of anything marked" \
	<<<"caller: RTS_CALL_ASM(fn, RTS_CLOBBERS_C)"
bad_call "a jump" "is no call" <<'EOC'
caller:
994:	jmp choose
	.pushsection .rts.mark, "R", @progbits
	.balign 8
990:	.quad 994b, 0, 0
	.long RTS_MARK_CALL, 991f - 990b
	.asciz "choose"
	.balign 8
991:	.popsection
EOC

# ---- windows -------------------------------------------------------------------

is_window() {	# WHAT BYTES: of the window as linked, or "" if there is none
	local have
	check "$1: links" "$LD_WRAP" -o window window.o
	check "$1: rts-dump --check" "$RTS_DUMP" --check window
	"$RTS_DUMP" --sites window >dump
	have=$(awk '/^ +[0-9]+ +call between pushes/ { on = 1; next }
		/^ +[0-9]+ +[a-z]/ { on = 0 }
		on && /linked/ { sub(/^ *[0-9\/]+ */, ""); sub(/ +linked/, "")
			print }' dump)
	same "$1" "$2" "$have"
}
window() {	# BEFORE AFTER [MORE]
	assemble window <<EOC
${3:-}
caller:	$1
	call choose
	$2
	ret
RTS_INLINE(fn, RTS_CLOBBER_RAX, movl \$1, %eax)
EOC
}
call='e8 [stub-(site+'
window "push %rcx" "pop %rcx"
is_window "one register" "51 ${call}6)] 59"
window "push %rcx; push %r8" "pop %r8; pop %rcx"
is_window "two registers" "51 41 50 ${call}8)] 41 58 59"
window "push %rdx; push %rcx; push %rax" "pop %rax; pop %rdx; pop %rcx"
is_window "as many as match" "50 ${call}6)] 58"
window "push %rcx; nop" "nop; pop %rcx"
is_window "something between" ""
window "push %rbx" "pop %rbx"
is_window "a preserved register" ""
window "push %rcx" "8: pop %rcx; test %ecx, %ecx; je 8b"
is_window "entered" ""
window ".cfi_startproc; push %rcx" "pop %rcx; .cfi_endproc"
is_window "with unwind tables" ""
window "push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11; .byte 0x67, 0x67" \
	"pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax"
is_window "no longer than a site" \
	"51 52 56 57 41 50 41 51 41 52 41 53 67 67 ${call}19)] 41 5b 41 5a 41 59 41 58 5f 5e 5a 59"
assemble window <<'EOC'
caller:	push %rcx
	call choose
	pop %rcx
	ret
EOC
is_window "without any body" ""

done_testing
