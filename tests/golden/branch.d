# What depends on a comparison with a slot: branches of both lengths, setcc, cmov
# of 32 and 64 bits, behind a comparison in memory and behind a load; one where
# something enters; and a retpoline.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	cmpl	$5, level(%rip)
	jg	1f
	sete	%sil
	cmovl	%r8d, %ecx
	cmovo	%r8, %r9
	jb	cold
1:	movl	level(%rip), %eax
	testl	%eax, %eax
	jle	2f
	testb	$0x90, flags(%rip)
	jle	2f
	cmpb	$3, flags(%rip)
3:	jp	2f
	je	2f
	loop	3b
2:	movq	ops(%rip), %rax
	call	__x86_indirect_thunk_rax
	jmp	_start
	.size	_start, . - _start
	.section .text.cold, "ax", @progbits
	.globl	cold, __x86_indirect_thunk_rax
	.type	cold, @function
cold:	ret
	.size	cold, . - cold
	.type	__x86_indirect_thunk_rax, @function
__x86_indirect_thunk_rax:
	jmp	*%rax
	.size	__x86_indirect_thunk_rax, . - __x86_indirect_thunk_rax

	.data
	.type	level, @object
level:	.long	-1
	.size	level, 4
	.type	flags, @object
flags:	.byte	0x80
	.size	flags, 1
	.balign	8
	.type	ops, @object
ops:	.quad	cold
	.size	ops, 8
RTS_VAR(level)
RTS_VAR(flags)
RTS_OPS(ops)
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 1091 bytes in room for 1152, crc 0xba67f510
text   0x401000..0x40104c (.text)
3 marks, 3 slots, 10 sites, 10 forms, 2.5 bytes a site (109.1 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        4 VAR      1      7  level
0x0000000000404004        1 VAR      1      1  flags
0x0000000000404008        8 OPS      1      2  ops

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     4 0x00000000ffffffff      7      0  level+0x0
0x0000000000404004     1 0x0000000000000080      1      0  flags+0x0
0x0000000000404008     8 0x0000000000401049      2      0  ops+0x0 = <cold>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  jcc behind a comparison of slot with a constant, 2 bytes, 1 sites, with operands
     0/3  eb [operand-P]                   if V is in 0x6 .. 0x7fffffff, and nobody is before
     1/3  66 90                            always, and nobody is before
     2/3  7f [operand-P]                   linked
  1  setcc behind such a comparison, 4 bytes, 1 sites
     0/3  40 c6 c6 01                      if V == 0x5, and nobody is before
     1/3  40 c6 c6 00                      always, and nobody is before
     2/3  40 0f 94 c6                      linked
  2  cmovcc of registers behind such a comparison, 4 bytes, 1 sites
     0/3  2e 40 8b c9                      if V is in 0x5 .. 0x7fffffff, and nobody is before
     1/3  2e 41 8b c8                      always, and nobody is before
     2/3  41 0f 4c c8                      linked
  3  cmovcc of registers behind such a comparison, 4 bytes, 1 sites
     0/3  2e 4d 8b c8                      if V is in 0x80000000 .. 0x80000004, and nobody is before
     1/3  0f 1f 40 00                      always, and nobody is before
     2/3  4d 0f 40 c8                      linked
  4  jcc behind a comparison of slot with a constant, 6 bytes, 1 sites, with operands
     0/3  2e e9 [operand-P]                if V is in 0x0 .. 0x4, and nobody is before
     1/3  66 0f 1f 44 00 00                always, and nobody is before
     2/3  0f 82 [operand-P]                linked
  5  32-bit load, 6 bytes, 1 sites
     0/2  c7 c0 [V]                        always
     1/2  8b 05 [S-P]                      linked
  6  jcc behind a comparison of slot with a constant, 2 bytes, 1 sites, with operands
     0/3  66 90                            if V is in 0x1 .. 0x7fffffff, and nobody is before
     1/3  eb [operand-P]                   if operand-P fits signed 8 bits, and nobody is before
     2/3  7e [operand-P]                   linked
  7  jcc behind a comparison of slot with a constant, 2 bytes, 1 sites, with operands
     0/4  eb [operand-P]                   if (V & 0x80) == 0x80
     1/4  eb [operand-P]                   if (V & 0x90) == 0x0
     2/4  66 90                            always
     3/4  7e [operand-P]                   linked
  8  64-bit load, 7 bytes, 1 sites
     0/4  48 c7 c0 [V]                     if V fits signed 32 bits
     1/4  2e 2e b8 [V]                     if V fits unsigned 32 bits
     2/4  48 8d 05 [V-P]                   if V-P fits signed 32 bits
     3/4  48 8b 05 [S-P]                   linked
  9  call of a retpoline with slot's content, 5 bytes, 1 sites, with operands
     0/2  e8 [V-P]                         if V-P fits signed 32 bits
     1/2  e8 [operand-P]                   linked

SITES
0x0000000000401007 <_start+0x7>  level+0x0  form 0
    linked  7f 12                          jg     0x40101b <_start+0x1b>
    1/3     66 90                          xchg   %ax,%ax
0x0000000000401009 <_start+0x9>  level+0x0  form 1
    linked  40 0f 94 c6                    sete   %sil
    1/3     40 c6 c6 00                    mov    $0x0,%sil
0x000000000040100d <_start+0xd>  level+0x0  form 2
    linked  41 0f 4c c8                    cmovl  %r8d,%ecx
    1/3     2e 41 8b c8                    cs mov %r8d,%ecx
0x0000000000401011 <_start+0x11>  level+0x0  form 3
    linked  4d 0f 40 c8                    cmovo  %r8,%r9
    1/3     0f 1f 40 00                    nopl   0x0(%rax)
0x0000000000401015 <_start+0x15>  level+0x0  form 4
    linked  0f 82 2e 00 00 00              jb     0x401049 <cold>
    1/3     66 0f 1f 44 00 00              nopw   0x0(%rax,%rax,1)
0x000000000040101b <_start+0x1b>  level+0x0  form 5
    linked  8b 05 df 2f 00 00              mov    0x2fdf(%rip),%eax        # 0x404000 <level>
    0/2     c7 c0 ff ff ff ff              mov    $0xffffffff,%eax
0x0000000000401023 <_start+0x23>  level+0x0  form 6
    linked  7e 16                          jle    0x40103b <_start+0x3b>
    1/3     eb 16                          jmp    0x40103b <_start+0x3b>
0x000000000040102c <_start+0x2c>  flags+0x0  form 7
    linked  7e 0d                          jle    0x40103b <_start+0x3b>
    0/4     eb 0d                          jmp    0x40103b <_start+0x3b>
0x000000000040103b <_start+0x3b>  ops+0x0  form 8
    linked  48 8b 05 c6 2f 00 00           mov    0x2fc6(%rip),%rax        # 0x404008 <ops>
    0/4     48 c7 c0 49 10 40 00           mov    $0x401049,%rax
0x0000000000401042 <_start+0x42>  ops+0x0  form 9
    linked  e8 03 00 00 00                 call   0x40104a <__x86_indirect_thunk_rax>
    0/2     e8 02 00 00 00                 call   0x401049 <cold>
