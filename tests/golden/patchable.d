# The entry of a function that can be replaced: nine nops as gcc leaves them, one
# as clang does, behind endbr64.  In the linked file it is a jump to the stub and
# a nop of 4 bytes, and the stub goes on at the function + 9.
-- source
#include "rtstatic.h"
	.macro	rest name
	ret
	.size	\name, . - \name
	.section .text.rts.stub.\name, "ax"
	.type	entry_\name, @function
entry_\name:
	movq	slot_\name(%rip), %r11
	testq	%r11, %r11
	je	1f
	jmp	*%r11
1:	jmp	\name + 9
	.size	entry_\name, . - entry_\name
	.data
	.balign	8
	.type	slot_\name, @object
slot_\name:
	.quad	0
	.size	slot_\name, 8
	.endm

	.text
	.globl	_start
	.type	_start, @function
_start:	call	many
	jmp	one
	.size	_start, . - _start
	.globl	native
	.type	native, @function
native:	ret
	.size	native, . - native
	.globl	many, one
	.type	many, @function
many:	.skip	9, 0x90
	rest	many
	.text
	.type	one, @function
one:	endbr64
	nopw	0x200(%rax,%rax,1)
	rest	one
RTS_MARK_ASM_(RTS_MARK_NULLABLE_FUNC, slot_many, entry_many, "many")
RTS_MARK_ASM_(RTS_MARK_PATCHABLE, slot_many, many, "many")
RTS_MARK_ASM_(RTS_MARK_NULLABLE_FUNC, slot_one, entry_one, "one")
RTS_MARK_ASM_(RTS_MARK_PATCHABLE, slot_one, one, "one")
-- options
--sites --set=one=native
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 394 bytes in room for 704, crc 0xb03cce64
text   0x401000..0x401048 (.text)
2 marks, 2 slots, 4 sites, 2 forms, 2.0 bytes a site (98.5 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 FUNC     1      2  many (stub at 0x401020)
0x0000000000404008        8 FUNC     1      2  one (stub at 0x401034)

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     8 0x0000000000000000      2      0  many+0x0
0x0000000000404008     8 0x0000000000401007      2      0  one+0x0 = <native>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  entry of a function that can be replaced, 5 bytes, 2 sites
     0/3  0f 1f 44 00 00                   if V == 0x0
     1/3  e9 [V-P]                         if V-P fits signed 32 bits
     2/3  e9 [stub-P]                      linked
  1  64-bit load, 7 bytes, 2 sites
     0/4  49 c7 c3 [V]                     if V fits signed 32 bits
     1/4  2e 41 bb [V]                     if V fits unsigned 32 bits
     2/4  4c 8d 1d [V-P]                   if V-P fits signed 32 bits
     3/4  4c 8b 1d [S-P]                   linked

SITES
0x0000000000401008 <many+0x0>  many+0x0  form 0
    linked  e9 13 00 00 00                 jmp    0x401020 <entry_many>
    0/3     0f 1f 44 00 00                 nopl   0x0(%rax,%rax,1)
0x0000000000401016 <one+0x4>  one+0x0  form 0
    linked  e9 19 00 00 00                 jmp    0x401034 <entry_one>
    1/3     e9 ec ff ff ff                 jmp    0x401007 <native>
0x0000000000401020 <entry_many+0x0>  many+0x0  form 1
    linked  4c 8b 1d d9 2f 00 00           mov    0x2fd9(%rip),%r11        # 0x404000 <slot_many>
    0/4     49 c7 c3 00 00 00 00           mov    $0x0,%r11
0x0000000000401034 <entry_one+0x0>  one+0x0  form 1
    linked  4c 8b 1d cd 2f 00 00           mov    0x2fcd(%rip),%r11        # 0x404008 <slot_one>
    0/4     49 c7 c3 07 10 40 00           mov    $0x401007,%r11
