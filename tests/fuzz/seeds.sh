#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# seeds.sh DIRECTORY INCLUDE BADOBJ [many] - good inputs of links, to be damaged
#
# Writes them, and `list': a link a line, its words, with @FILE for the one that
# is to be damaged.  All of them are made here, by the compiler, the assembler
# and ar; what no tool writes, by this script.
set -eu
include=$2 badobj=$3
CC=${CC:-gcc}
cd "$1"

cat >good.c <<'END'
#include "rtstatic.h"
unsigned shift = 3;
RTS_VAR(shift);
static unsigned quiet;
RTS_VAR(quiet);
struct ops { void (*on)(void); int (*off)(int); };
static void nothing(void) { }
static int same(int x) { return x; }
struct ops ops = { nothing, same };
RTS_OPS(ops);
RTS_DECLARE_FUNC(void, irq_off, (void));
RTS_DEFINE_FUNC(irq_off, nothing);
unsigned *pointer = &shift;
unsigned use(unsigned x) { irq_off(); return (x >> shift) + quiet; }
int user(int);
void _start(void) { ops.on(); use((unsigned)ops.off(user(1))); for (;;) ; }
END
cat >user.c <<'END'
extern unsigned shift;
extern struct ops { void (*on)(void); int (*off)(int); } ops;
void irq_off(void);
static int inner(int x) { return x << shift; }
int user(int x)
{
	if (shift == 5)
		irq_off();
	ops.on();
	return ops.off(inner(x)) + (int)shift;
}
END
cat >group.s <<'END'
	.section .text.once,"axG",@progbits,once,comdat
	.weak once
once:	movl shift(%rip), %eax
	call *ops(%rip)
	ret
	.section .data.once,"awG",@progbits,once,comdat
	.quad shift, ops+8
	.section .rts.mark,"R",@progbits
	.balign 8
	.quad local, 4, 0
	.long 1, 40
	.asciz "local"
	.balign 8
	.data
local:	.long 7
	.section .text.f,"ax",@progbits
	cmpl $1000, shift(%rip)
	cmpb $1, local(%rip)
	jne once
	.globl user
user:	jmp once
	.section .note.GNU-stack,"",@progbits
END
cat >plain.c <<'END'
int user(int x) { return x; }
int other = 5;
END
cat >alone.c <<'END'
void _start(void) { for (;;) ; }
END
cat >body.c <<'END'
#include "rtstatic.h"
RTS_DECLARE_FUNC(void, irq_off, (void));
void native(void) { __asm__ volatile("cli"); }
RTS_INLINE(native, 0, "cli");
RTS_DEFINE_FUNC(irq_off, native);
int user(int x) { irq_off(); return x; }
void _start(void) { user(1); for (;;) ; }
END

flags="-O2 -fno-pie -fno-stack-protector -I$include"
for name in good user plain alone body; do
	# shellcheck disable=SC2086
	"$CC" $flags -c $name.c -o $name.o
done
# shellcheck disable=SC2086
{
	"$CC" $flags -m32 -c good.c -o good32.o
	"$CC" $flags -m32 -c user.c -o user32.o
	"$CC" $flags -ffunction-sections -fdata-sections -g -c user.c \
		-o debug.o
	"$CC" $flags -g -gz=zlib -c user.c -o zipped.o
	"$CC" $flags -fcf-protection=full -c good.c -o property.o
	"$CC" $flags -fPIC -c user.c -o pic.o
	"$CC" $flags -flto -fno-fat-lto-objects -c user.c -o lto.o
	"$CC" $flags -shared -fPIC -nostdlib -o libso.so plain.c
}
# In a shared object a mark is bound only if it is hidden.
sed -e 's/^extern/& __attribute__((visibility("hidden")))/' \
	-e 's/^void/__attribute__((visibility("hidden"))) &/' user.c >hidden.c
# shellcheck disable=SC2086
for name in good hidden; do
	"$CC" $flags -fPIC -fvisibility=hidden -c $name.c -o ${name}_pic.o
done
as -o group.o group.s
"$badobj" good.o wide.o wide
# LLVM's bitcode: its magic is all that anybody reads.
printf 'BC\300\336\065\024\000\000\005\000\000\000' >bitcode.o
: >empty.o
printf 'INPUT(good.o)\nGROUP ( lib.a AS_NEEDED ( libso.so ) )\n' >script.ld

cp user.o a_member_with_a_rather_long_name.o
ar rc lib.a a_member_with_a_rather_long_name.o plain.o
ar rc marked.a good.o user.o
ar rcT thin.a good.o a_member_with_a_rather_long_name.o
ar rcT nested.a lib.a good.o	# members of an archive, by their offset
header='%-16s%-12s%-6s%-6s%-8s%-10s`\n'
# shellcheck disable=SC2059
{
	# A thin archive that holds an archive, and one that holds itself.
	printf '!<thin>\n'
	printf "$header" // '' '' '' '' 14
	printf 'lib.a/\nloop.a/'
	printf "$header" /0 0 0 0 644 "$(stat -c %s lib.a)"
	printf "$header" /7 0 0 0 644 202
} >loop.a
# BSD's archives: the name is the beginning of the content.
# shellcheck disable=SC2059
{
	printf '!<arch>\n'
	printf "$header" '#1/8' 0 0 0 644 $(($(stat -c %s user.o) + 8))
	printf 'user.o\0\0'
	cat user.o
} >bsd.a

cat >list <<'END'
@good.o user.o
good.o @user.o
@good.o plain.o
good.o @group.o
good.o @debug.o
good.o @zipped.o
@property.o plain.o
good.o @pic.o
@body.o
@wide.o plain.o
good.o @lto.o
good.o user.o @bitcode.o
good.o user.o @empty.o
good.o user.o @libso.so
good.o @lib.a
user.o @marked.a
user.o @thin.a
good.o --whole-archive @bsd.a
good.o @nested.a
good.o plain.o @loop.a
@script.ld
--gc-sections good.o @debug.o
--emit-relocs good.o @user.o
-s @good.o user.o
-shared @good_pic.o hidden_pic.o
-shared good_pic.o @hidden_pic.o
-r --rts-table @good.o user.o
-r --rts-table good.o @user.o
-m elf_i386 @good32.o user32.o
-m elf_i386 good32.o @user32.o
@good32.o user32.o
@alone.o plain.o
alone.o @plain.o
END

# More sections than 16 bits can number: SHT_SYMTAB_SHNDX.  Its links are slow.
if [ "${4:-}" = many ]; then
	{
		cat group.s
		printf '\t.altmacro\n\t.macro one n\n'
		printf '\t.section .d\\n,"aw"\n\t.byte 1\n\t.endm\n'
		printf '\t.set i,0\n\t.rept 65300\n\tone %%i\n\t.set i,i+1\n'
		printf '\t.endr\n\t.globl last\nlast:\t.quad ops\n'
	} >many.s
	as -o many.o many.s
	printf 'good.o @many.o\n@alone.o plain.o\n' >list
fi
