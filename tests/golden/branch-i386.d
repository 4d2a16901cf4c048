# i386: branches behind comparisons of absolute memory, inc and dec instead of REX
# prefixes, a retpoline, and what a jump table enters.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	cmpl	$3, x
	je	1f
	sete	%al
	sete	%ah
	cmovl	%eax, %ecx
	inc	%ecx
	jb	1f
	dec	%ebx
1:	movl	x, %eax
	testl	%eax, %eax
	jne	2f
	movzbl	x, %esi
	cmp	$-1, %esi
	setg	%dl
	movl	ops, %eax
	call	__x86_indirect_thunk_eax
2:	jmp *table(,%eax,4)
3:	cmpb $-2, x
4:	jg 2b
	ret
	.section .rodata
table: .long 3b, 4b
	.section .text.t, "ax"
	.globl __x86_indirect_thunk_eax
	.type __x86_indirect_thunk_eax, @function
__x86_indirect_thunk_eax: jmp *%eax
	.data
	.type	x, @object
x: .long 7
	.size	x, 4
	.type	ops, @object
ops:	.long	_start
	.size	ops, 4
RTS_VAR(x)
RTS_OPS(ops)
	.section .note.GNU-stack, "", @progbits
-- compile
-m32
-- link
-m elf_i386 -Ttext=0xc0101000 -Tdata=0xc0104000
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 3
table  0xc0102008, 909 bytes in room for 960, crc 0xd2cefa6c
text   0xc0101000..0xc0101049 (.text)
2 marks, 3 slots, 11 sites, 10 forms, 2.4 bytes a site (82.6 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x00000000c0104000        4 VAR      2      9  x
0x00000000c0104004        4 OPS      1      2  ops

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x00000000c0104000     1 0x0000000000000007      2      0  x+0x0
0x00000000c0104000     4 0x0000000000000007      7      0  x+0x0
0x00000000c0104004     4 0x00000000c0101000      2      0  ops+0x0 = <_start>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  32-bit load, 5 bytes, 2 sites
     0/2  b8 [V]                           always
     1/2  a1 [S]                           linked
  1  jcc behind a comparison of slot with a constant, 2 bytes, 1 sites, with operands
     0/3  eb [operand-P]                   if V == 0x3, and nobody is before
     1/3  66 90                            always, and nobody is before
     2/3  74 [operand-P]                   linked
  2  setcc behind such a comparison, 3 bytes, 1 sites
     0/3  c6 c0 01                         if V == 0x3, and nobody is before
     1/3  c6 c0 00                         always, and nobody is before
     2/3  0f 94 c0                         linked
  3  setcc behind such a comparison, 3 bytes, 1 sites
     0/3  c6 c4 01                         if V == 0x3, and nobody is before
     1/3  c6 c4 00                         always, and nobody is before
     2/3  0f 94 c4                         linked
  4  cmovcc of registers behind such a comparison, 3 bytes, 1 sites
     0/3  2e 8b c9                         if V is in 0x3 .. 0x7fffffff, and nobody is before
     1/3  2e 8b c8                         always, and nobody is before
     2/3  0f 4c c8                         linked
  5  jcc behind a comparison of slot with a constant, 2 bytes, 1 sites, with operands
     0/3  eb [operand-P]                   if V is in 0x0 .. 0x2, and nobody is before
     1/3  66 90                            always, and nobody is before
     2/3  72 [operand-P]                   linked
  6  jcc behind a comparison of slot with a constant, 2 bytes, 1 sites, with operands
     0/3  66 90                            if V == 0x0, and nobody is before
     1/3  eb [operand-P]                   if operand-P fits signed 8 bits, and nobody is before
     2/3  75 [operand-P]                   linked
  7  8 or 16-bit load, zero-extended, 7 bytes, 1 sites
     0/2  2e c7 c6 [V]                     always
     1/2  0f b6 35 [S]                     linked
  8  setcc behind such a comparison, 3 bytes, 1 sites
     0/3  c6 c2 00                         if V is in 0x80000000 .. 0xffffffff, and nobody is before
     1/3  c6 c2 01                         always, and nobody is before
     2/3  0f 9f c2                         linked
  9  call of a retpoline with slot's content, 5 bytes, 1 sites, with operands
     0/2  e8 [V-P]                         if V-P fits signed 32 bits
     1/2  e8 [operand-P]                   linked

SITES
0x00000000c0101007 <_start+0x7>  x+0x0  form 1
    linked  74 0d                          je     0xc0101016
    1/3     66 90                          xchg   %ax,%ax
0x00000000c0101009 <_start+0x9>  x+0x0  form 2
    linked  0f 94 c0                       sete   %al
    1/3     c6 c0 00                       mov    $0x0,%al
0x00000000c010100c <_start+0xc>  x+0x0  form 3
    linked  0f 94 c4                       sete   %ah
    1/3     c6 c4 00                       mov    $0x0,%ah
0x00000000c010100f <_start+0xf>  x+0x0  form 4
    linked  0f 4c c8                       cmovl  %eax,%ecx
    0/3     2e 8b c9                       cs mov %ecx,%ecx
0x00000000c0101013 <_start+0x13>  x+0x0  form 5
    linked  72 01                          jb     0xc0101016
    1/3     66 90                          xchg   %ax,%ax
0x00000000c0101016 <_start+0x16>  x+0x0  form 0
    linked  a1 00 40 10 c0                 mov    0xc0104000,%eax
    0/2     b8 07 00 00 00                 mov    $0x7,%eax
0x00000000c010101d <_start+0x1d>  x+0x0  form 6
    linked  75 17                          jne    0xc0101036
    1/3     eb 17                          jmp    0xc0101036
0x00000000c010101f <_start+0x1f>  x+0x0  form 7
    linked  0f b6 35 00 40 10 c0           movzbl 0xc0104000,%esi
    0/2     2e c7 c6 07 00 00 00           cs mov $0x7,%esi
0x00000000c0101029 <_start+0x29>  x+0x0  form 8
    linked  0f 9f c2                       setg   %dl
    1/3     c6 c2 01                       mov    $0x1,%dl
0x00000000c010102c <_start+0x2c>  ops+0x0  form 0
    linked  a1 04 40 10 c0                 mov    0xc0104004,%eax
    0/2     b8 00 10 10 c0                 mov    $0xc0101000,%eax
0x00000000c0101031 <_start+0x31>  ops+0x0  form 9
    linked  e8 11 00 00 00                 call   0xc0101047 <__x86_indirect_thunk_eax>
    0/2     e8 ca ff ff ff                 call   0xc0101000 <_start>
