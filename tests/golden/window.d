# A call in assembly between pushes and pops: without them where the body
# leaves their registers alone, between them where it does not.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	push	%rcx
	push	%r8
	RTS_CALL_ASM(hello, RTS_CLOBBER_RAX)
	pop	%r8
	pop	%rcx
	push	%rdx
	call	*slot(%rip)
	pop	%rdx
	ret
	.size	_start, . - _start
	.type	one, @function
one:	mov	$1, %eax
	ret
	.size	one, . - one
	.type	two, @function
two:	mov	$2, %ecx
	ret
	.size	two, . - two
RTS_INLINE(one, RTS_CLOBBER_RAX, mov $1, %eax)
RTS_INLINE(two, RTS_CLOBBER_RCX, mov $2, %ecx)
RTS_MAY_BE_SLOT(slot, two)

	.section .text.rts.stub.hello, "ax"
	.type	hello, @function
hello:	jmp	*slot(%rip)
	.size	hello, . - hello

	.data
	.balign	8
	.type	slot, @object
slot:	.quad	one
	.size	slot, 8
RTS_FUNC(hello, slot)
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 587 bytes in room for 640, crc 0xe7499356
text   0x401000..0x401026 (.text)
1 marks, 1 slots, 3 sites, 3 forms, 2.0 bytes a site (195.7 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 FUNC     1      3  hello (stub at 0x401020)

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     8 0x0000000000401014      3      0  hello+0x0 = <one>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  call between pushes and pops, 11 bytes, 1 sites, a window
     0/5  2e 2e 2e 2e 2e 2e b8 01 00 00 00 if V == 0x401014 <one>, and nobody is inside
     1/5  51 41 50 b8 01 00 00 00 41 58 59 if V == 0x401014 <one>
     2/5  51 41 50 b9 02 00 00 00 41 58 59 if V == 0x40101a <two>
     3/5  51 41 50 e8 [V-(site+8)] 41 58 59 if V-(site+8) fits signed 32 bits
     4/5  51 41 50 e8 [stub-(site+8)] 41 58 59 linked
  1  call between pushes and pops, 8 bytes, 1 sites, a window
     0/6  2e 2e 2e b8 01 00 00 00          if V == 0x401014 <one>, and nobody is inside
     1/6  52 2e b8 01 00 00 00 5a          if V == 0x401014 <one>
     2/6  2e 2e 2e b9 02 00 00 00          if V == 0x40101a <two>, and nobody is inside
     3/6  52 2e b9 02 00 00 00 5a          if V == 0x40101a <two>
     4/6  52 67 e8 [V-(site+7)] 5a         if V-(site+7) fits signed 32 bits
     5/6  52 ff 15 [S-(site+7)] 5a         linked
  2  jmp *slot, 6 bytes, 1 sites, a window
     0/4  b8 01 00 00 00 c3                if V == 0x401014 <one>, and nobody is inside
     1/4  b9 02 00 00 00 c3                if V == 0x40101a <two>, and nobody is inside
     2/4  2e e9 [V-P]                      if V-P fits signed 32 bits
     3/4  ff 25 [S-P]                      linked

SITES
0x0000000000401000 <_start+0x0>  hello+0x0  form 0
    linked  51 41 50 e8 18 00 00 00 41 58 59 push   %rcx; push   %r8; call   0x401020 <hello>; pop    %r8; pop    %rcx
    0/5     2e 2e 2e 2e 2e 2e b8 01 00 00 00 cs cs cs cs cs cs mov $0x1,%eax
0x000000000040100b <_start+0xb>  hello+0x0  form 1
    linked  52 ff 15 ee 2f 00 00 5a        push   %rdx; call   *0x2fee(%rip)        # 0x404000 <slot>; pop    %rdx
    0/6     2e 2e 2e b8 01 00 00 00        cs cs cs mov $0x1,%eax
0x0000000000401020 <hello+0x0>  hello+0x0  form 2
    linked  ff 25 da 2f 00 00              jmp    *0x2fda(%rip)        # 0x404000 <slot>
    0/4     b8 01 00 00 00 c3              mov    $0x1,%eax; ret
