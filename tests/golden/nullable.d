# A FUNC whose slot may be NULL: a call is a nop of its length then, a tail
# jump a return, a conditional one goes through the stub as linked.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	call	hello
	.byte	0x67
	call	hello
	je	hello
	.byte	0x2e
	jmp	hello
	jmp	hello
	.size	_start, . - _start
	.globl	native
	.type	native, @function
native:	ret
	.size	native, . - native

	.section .text.rts.stub.hello, "ax"
	.type	hello, @function
hello:	movq	slot(%rip), %r11
	testq	%r11, %r11
	je	1f
	jmp	*%r11
1:	ret
	.size	hello, . - hello

	.data
	.balign	8
	.type	slot, @object
slot:	.quad	0
	.size	slot, 8
RTS_FUNC_NULLABLE(hello, slot)
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 606 bytes in room for 704, crc 0x962e5684
text   0x401000..0x40102d (.text)
1 marks, 1 slots, 6 sites, 6 forms, 2.0 bytes a site (101.0 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 FUNC     1      6  hello (stub at 0x40101d)

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     8 0x0000000000000000      5      1  hello+0x0

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  call stub, 5 bytes, 1 sites
     0/3  0f 1f 44 00 00                   if V == 0x0
     1/3  e8 [V-P]                         if V-P fits signed 32 bits
     2/3  e8 [stub-P]                      linked
  1  call stub, 6 bytes, 1 sites
     0/3  66 0f 1f 44 00 00                if V == 0x0
     1/3  67 e8 [V-P]                      if V-P fits signed 32 bits
     2/3  67 e8 [stub-P]                   linked
  2  jcc stub, 6 bytes, 1 sites
     0/2  0f 84 [V-P]                      if V != 0x0
     1/2  0f 84 [stub-P]                   linked
  3  jmp stub, 6 bytes, 1 sites
     0/3  2e 2e 2e 2e 2e c3                if V == 0x0
     1/3  2e e9 [V-P]                      if V-P fits signed 32 bits
     2/3  2e e9 [stub-P]                   linked
  4  jmp stub, 5 bytes, 1 sites
     0/3  2e 2e 2e 2e c3                   if V == 0x0
     1/3  e9 [V-P]                         if V-P fits signed 32 bits
     2/3  e9 [stub-P]                      linked
  5  64-bit load, 7 bytes, 1 sites
     0/4  49 c7 c3 [V]                     if V fits signed 32 bits
     1/4  2e 41 bb [V]                     if V fits unsigned 32 bits
     2/4  4c 8d 1d [V-P]                   if V-P fits signed 32 bits
     3/4  4c 8b 1d [S-P]                   linked

SITES
0x0000000000401000 <_start+0x0>  hello+0x0  form 0
    linked  e8 18 00 00 00                 call   0x40101d <hello>
    0/3     0f 1f 44 00 00                 nopl   0x0(%rax,%rax,1)
0x0000000000401005 <_start+0x5>  hello+0x0  form 1
    linked  67 e8 12 00 00 00              addr32 call 0x40101d <hello>
    0/3     66 0f 1f 44 00 00              nopw   0x0(%rax,%rax,1)
0x000000000040100b <_start+0xb>  hello+0x0  form 2
    linked  0f 84 0c 00 00 00              je     0x40101d <hello>
    kept
0x0000000000401011 <_start+0x11>  hello+0x0  form 3
    linked  2e e9 06 00 00 00              cs jmp 0x40101d <hello>
    0/3     2e 2e 2e 2e 2e c3              cs cs cs cs cs ret
0x0000000000401017 <_start+0x17>  hello+0x0  form 4
    linked  e9 01 00 00 00                 jmp    0x40101d <hello>
    0/3     2e 2e 2e 2e c3                 cs cs cs cs ret
0x000000000040101d <hello+0x0>  hello+0x0  form 5
    linked  4c 8b 1d dc 2f 00 00           mov    0x2fdc(%rip),%r11        # 0x404000 <slot>
    0/4     49 c7 c3 00 00 00 00           mov    $0x0,%r11
