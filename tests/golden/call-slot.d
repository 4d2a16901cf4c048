# Calls, jumps and pushes through the slots of an ops table, by both addressing
# modes that an assembler can choose; one slot holds nothing yet.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	call	*ops(%rip)
	call	*ops+8(%rip)
	call	*ops+8
	push	ops(%rip)
	jmp	*ops+8(%rip)
	.size	_start, . - _start
	.globl	first, second
	.type	first, @function
first:	ret
	.size	first, . - first
	.type	second, @function
second:	ret
	.size	second, . - second

	.data
	.balign	8
	.type	ops, @object
ops:	.quad	first, second
	.size	ops, 16
RTS_OPS(ops)
-- options
--sites --set ops+8=first
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 415 bytes in room for 640, crc 0xd3398068
text   0x401000..0x401021 (.text)
1 marks, 2 slots, 5 sites, 4 forms, 2.0 bytes a site (83.0 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000       16 OPS      2      5  ops

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     8 0x000000000040101f      2      0  ops+0x0 = <first>
0x0000000000404008     8 0x000000000040101f      3      0  ops+0x8 = <first>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  call *slot, 6 bytes, 2 sites
     0/2  67 e8 [V-P]                      if V-P fits signed 32 bits
     1/2  ff 15 [S-P]                      linked
  1  call *slot, 7 bytes, 1 sites
     0/2  67 67 e8 [V-P]                   if V-P fits signed 32 bits
     1/2  ff 14 25 [S]                     linked
  2  push slot, 6 bytes, 1 sites
     0/2  2e 68 [V]                        if V fits signed 32 bits
     1/2  ff 35 [S-P]                      linked
  3  jmp *slot, 6 bytes, 1 sites
     0/2  2e e9 [V-P]                      if V-P fits signed 32 bits
     1/2  ff 25 [S-P]                      linked

SITES
0x0000000000401000 <_start+0x0>  ops+0x0  form 0
    linked  ff 15 fa 2f 00 00              call   *0x2ffa(%rip)        # 0x404000 <ops>
    0/2     67 e8 19 00 00 00              addr32 call 0x40101f <first>
0x0000000000401006 <_start+0x6>  ops+0x8  form 0
    linked  ff 15 fc 2f 00 00              call   *0x2ffc(%rip)        # 0x404008 <ops+0x8>
    0/2     67 e8 13 00 00 00              addr32 call 0x40101f <first>
0x000000000040100c <_start+0xc>  ops+0x8  form 1
    linked  ff 14 25 08 40 40 00           call   *0x404008
    0/2     67 67 e8 0c 00 00 00           addr32 addr32 call 0x40101f <first>
0x0000000000401013 <_start+0x13>  ops+0x0  form 2
    linked  ff 35 e7 2f 00 00              push   0x2fe7(%rip)        # 0x404000 <ops>
    0/2     2e 68 1f 10 40 00              cs push $0x40101f
0x0000000000401019 <_start+0x19>  ops+0x8  form 3
    linked  ff 25 e9 2f 00 00              jmp    *0x2fe9(%rip)        # 0x404008 <ops+0x8>
    0/2     2e e9 00 00 00 00              cs jmp 0x40101f <first>
