# rts_if() and rts_shift_right() as rts/declared.h leaves them, written by
# hand: a jump to a slow path that a nop announces.  Each width of the one, each
# shape of register of the other.  tests/integ/declared.sh has what is not so.
-- source
#include "rtstatic.h"
	/* jmp slow; the rest of the function; slow in subsection 1 */
	.macro	begin name, kind:req
	.type	\name, @function
\name:	.byte	0xe9
	.long	3f - 2f
2:	ret
1:	nop
	ret
	.subsection 1
	.byte	0x0f, 0x1f, 0x80, 0x52, 0x54, 0x53, \kind
3:
	.endm
	.macro	if name, compare:vararg
	begin	\name, 1
	\compare
	jne	1b
	jmp	2b
	.subsection 0
	.endm
	.macro	shift name, shift:vararg
	begin	\name, 2
	movb	x(%rip), %cl
	\shift
	jmp	2b
	.subsection 0
	.endm

	.text
	.globl	_start
_start:	ret
	if	if_b, cmpb $0, x(%rip)
	if	if_w, cmpw $0, x(%rip)
	if	if_l, cmpl $0, x(%rip)
	if	if_q, cmpq $0, x(%rip)
	if	if_absolute, cmpl $0, x
	if	if_inside, cmpw $0, x+6(%rip)
	shift	shift_eax, shr %cl, %eax
	shift	shift_edi, shr %cl, %edi
	shift	shift_r9d, shr %cl, %r9d
	shift	shift_rax, shr %cl, %rax
	shift	shift_r15, shr %cl, %r15

	.data
	.balign	8
	.type	x, @object
x:	.quad	3
	.size	x, 8
RTS_VAR(x)
-- options
--sites --set x:4=0 --set x:2=0xffff
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 598 bytes in room for 1152, crc 0xd75d4857
text   0x401000..0x401145 (.text)
1 marks, 5 slots, 11 sites, 6 forms, 5.0 bytes a site (54.4 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 VAR      5     11  x

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     1 0x00000000000000ff      6      0  x+0x0
0x0000000000404000     2 0x000000000000ffff      1      0  x+0x0
0x0000000000404000     4 0x000000000000ffff      2      0  x+0x0
0x0000000000404000     8 0x000000000000ffff      1      0  x+0x0
0x0000000000404006     2 0x0000000000000000      1      0  x+0x6

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  rts_if(), 5 bytes, 6 sites, with operands
     0/3  0f 1f 44 00 00                   if V == 0x0
     1/3  e9 [bits 24 to 55 of operand-site] if V != 0x0
     2/3  e9 [bits 0 to 23 of operand-site] 00 linked
  1  rts_shift_right(), 5 bytes, 1 sites, with operands
     0/2  2e 2e c1 e8 [V]                  always
     1/2  e9 [operand-P]                   linked
  2  rts_shift_right(), 5 bytes, 1 sites, with operands
     0/2  2e 2e c1 ef [V]                  always
     1/2  e9 [operand-P]                   linked
  3  rts_shift_right(), 5 bytes, 1 sites, with operands
     0/2  2e 41 c1 e9 [V]                  always
     1/2  e9 [operand-P]                   linked
  4  rts_shift_right(), 5 bytes, 1 sites, with operands
     0/2  2e 48 c1 e8 [V]                  always
     1/2  e9 [operand-P]                   linked
  5  rts_shift_right(), 5 bytes, 1 sites, with operands
     0/2  2e 49 c1 ef [V]                  always
     1/2  e9 [operand-P]                   linked

SITES
0x0000000000401001 <if_b+0x0>  x+0x0  form 0
    linked  e9 5a 00 00 00                 jmp    0x401060
    1/3     e9 01 00 00 00                 jmp    0x401007
0x0000000000401009 <if_w+0x0>  x+0x0  form 0
    linked  e9 64 00 00 00                 jmp    0x401072
    1/3     e9 01 00 00 00                 jmp    0x40100f
0x0000000000401011 <if_l+0x0>  x+0x0  form 0
    linked  e9 6f 00 00 00                 jmp    0x401085
    1/3     e9 01 00 00 00                 jmp    0x401017
0x0000000000401019 <if_q+0x0>  x+0x0  form 0
    linked  e9 79 00 00 00                 jmp    0x401097
    1/3     e9 01 00 00 00                 jmp    0x40101f
0x0000000000401021 <if_absolute+0x0>  x+0x0  form 0
    linked  e9 8b 00 00 00                 jmp    0x4010b1
    1/3     e9 01 00 00 00                 jmp    0x401027
0x0000000000401029 <if_inside+0x0>  x+0x6  form 0
    linked  e9 9d 00 00 00                 jmp    0x4010cb
    0/3     0f 1f 44 00 00                 nopl   0x0(%rax,%rax,1)
0x0000000000401031 <shift_eax+0x0>  x+0x0  form 1
    linked  e9 af 00 00 00                 jmp    0x4010e5
    0/2     2e 2e c1 e8 ff                 cs cs shr $0xff,%eax
0x0000000000401039 <shift_edi+0x0>  x+0x0  form 2
    linked  e9 bb 00 00 00                 jmp    0x4010f9
    0/2     2e 2e c1 ef ff                 cs cs shr $0xff,%edi
0x0000000000401041 <shift_r9d+0x0>  x+0x0  form 3
    linked  e9 c7 00 00 00                 jmp    0x40110d
    0/2     2e 41 c1 e9 ff                 cs shr $0xff,%r9d
0x0000000000401049 <shift_rax+0x0>  x+0x0  form 4
    linked  e9 d4 00 00 00                 jmp    0x401122
    0/2     2e 48 c1 e8 ff                 cs shr $0xff,%rax
0x0000000000401051 <shift_r15+0x0>  x+0x0  form 5
    linked  e9 e1 00 00 00                 jmp    0x401137
    0/2     2e 49 c1 ef ff                 cs shr $0xff,%r15
