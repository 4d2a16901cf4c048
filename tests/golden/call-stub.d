# Direct branches to a FUNC's stub: call, tail jump, conditional tail jump.
# Bound, each goes straight to what the slot holds.  The stub's own jump is a
# site too, so that a call through a pointer to it pays one direct jump.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	call	hello
	test	%eax, %eax
	je	hello
	.byte	0x67
	call	hello
	jmp	hello
	.size	_start, . - _start
	.globl	native, hyper
	.type	native, @function
native:	ret
	.size	native, . - native
	.type	hyper, @function
hyper:	ret
	.size	hyper, . - hyper

	.section .text.rts.stub.hello, "ax"
	.type	hello, @function
hello:	jmp	*slot(%rip)
	.size	hello, . - hello

	.data
	.balign	8
	.type	slot, @object
slot:	.quad	native
	.size	slot, 8
RTS_FUNC(hello, slot)
-- options
--sites --set hello=hyper
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 423 bytes in room for 640, crc 0x4c62b33c
text   0x401000..0x401020 (.text)
1 marks, 1 slots, 5 sites, 5 forms, 2.0 bytes a site (84.6 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 FUNC     1      5  hello (stub at 0x40101a)

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     8 0x0000000000401019      5      0  hello+0x0 = <hyper>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  call stub, 5 bytes, 1 sites
     0/2  e8 [V-P]                         if V-P fits signed 32 bits
     1/2  e8 [stub-P]                      linked
  1  jcc stub, 6 bytes, 1 sites
     0/2  0f 84 [V-P]                      if V-P fits signed 32 bits
     1/2  0f 84 [stub-P]                   linked
  2  call stub, 6 bytes, 1 sites
     0/2  67 e8 [V-P]                      if V-P fits signed 32 bits
     1/2  67 e8 [stub-P]                   linked
  3  jmp stub, 5 bytes, 1 sites
     0/2  e9 [V-P]                         if V-P fits signed 32 bits
     1/2  e9 [stub-P]                      linked
  4  jmp *slot, 6 bytes, 1 sites
     0/2  2e e9 [V-P]                      if V-P fits signed 32 bits
     1/2  ff 25 [S-P]                      linked

SITES
0x0000000000401000 <_start+0x0>  hello+0x0  form 0
    linked  e8 15 00 00 00                 call   0x40101a <hello>
    0/2     e8 14 00 00 00                 call   0x401019 <hyper>
0x0000000000401007 <_start+0x7>  hello+0x0  form 1
    linked  0f 84 0d 00 00 00              je     0x40101a <hello>
    0/2     0f 84 0c 00 00 00              je     0x401019 <hyper>
0x000000000040100d <_start+0xd>  hello+0x0  form 2
    linked  67 e8 07 00 00 00              addr32 call 0x40101a <hello>
    0/2     67 e8 06 00 00 00              addr32 call 0x401019 <hyper>
0x0000000000401013 <_start+0x13>  hello+0x0  form 3
    linked  e9 02 00 00 00                 jmp    0x40101a <hello>
    0/2     e9 01 00 00 00                 jmp    0x401019 <hyper>
0x000000000040101a <hello+0x0>  hello+0x0  form 4
    linked  ff 25 e0 2f 00 00              jmp    *0x2fe0(%rip)        # 0x404000 <slot>
    0/2     2e e9 f9 ff ff ff              cs jmp 0x401019 <hyper>
