# Bodies at calls and jumps of a FUNC and through an OPS: nothing at all, one
# instruction, several; a register of its own, an fs prefix.  What is expected
# in a slot comes first; what changes more than C allows is not there.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	call	hello
	call	*ops+8(%rip)
	jmp	hello
	.size	_start, . - _start
	.type	nothing, @function
nothing: ret
	.size	nothing, . - nothing
	.type	zero, @function
zero:	xor	%eax, %eax
	ret
	.size	zero, . - zero
	.type	flags, @function
flags:	pushf
	pop	%rax
	ret
	.size	flags, . - flags
	.type	own, @function
own:	mov	%fs:(%rdi), %eax
	ret
	.size	own, . - own
	.type	more, @function
more:	mov	$1, %ebx
	ret
	.size	more, . - more
RTS_INLINE(nothing, RTS_CLOBBERS_NONE)
RTS_INLINE(zero, RTS_CLOBBER_RAX | RTS_CLOBBER_FLAGS, xor %eax, %eax)
RTS_INLINE(flags, RTS_CLOBBER_RAX, pushf; pop %rax)
RTS_INLINE(own, RTS_CLOBBER_RAX, mov %fs:(%rdi), %eax)
RTS_INLINE(more, RTS_CLOBBER_RBX, mov $1, %ebx)
RTS_MAY_BE_SLOT(ops+8, flags)

	.section .text.rts.stub.hello, "ax"
	.type	hello, @function
hello:	jmp	*slot(%rip)
	.size	hello, . - hello

	.data
	.balign	8
	.type	slot, @object
slot:	.quad	zero
	.size	slot, 8
	.type	ops, @object
ops:	.quad	nothing, own
	.size	ops, 16
RTS_FUNC(hello, slot)
RTS_OPS(ops)
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 802 bytes in room for 832, crc 0x02a91417
text   0x401000..0x401027 (.text)
2 marks, 2 slots, 4 sites, 4 forms, 2.0 bytes a site (200.5 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 FUNC     1      3  hello (stub at 0x401021)
0x0000000000404008       16 OPS      1      1  ops

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     8 0x0000000000401011      3      0  hello+0x0 = <zero>
0x0000000000404010     8 0x0000000000401017      1      0  ops+0x8 = <own>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  call stub, 5 bytes, 1 sites, a window
     0/6  2e 2e 2e 31 c0                   if V == 0x401011 <zero>
     1/6  0f 1f 44 00 00                   if V == 0x401010 <nothing>
     2/6  9c 58 0f 1f 00                   if V == 0x401014 <flags>, and nobody is inside
     3/6  64 8b 07 66 90                   if V == 0x401017 <own>, and nobody is inside
     4/6  e8 [V-P]                         if V-P fits signed 32 bits
     5/6  e8 [stub-P]                      linked
  1  call *slot, 6 bytes, 1 sites, a window
     0/6  9c 58 0f 1f 40 00                if V == 0x401014 <flags>, and nobody is inside
     1/6  64 8b 07 0f 1f 00                if V == 0x401017 <own>, and nobody is inside
     2/6  66 0f 1f 44 00 00                if V == 0x401010 <nothing>
     3/6  2e 2e 2e 2e 31 c0                if V == 0x401011 <zero>
     4/6  67 e8 [V-P]                      if V-P fits signed 32 bits
     5/6  ff 15 [S-P]                      linked
  2  jmp stub, 5 bytes, 1 sites, a window
     0/6  31 c0 c3 66 90                   if V == 0x401011 <zero>, and nobody is inside
     1/6  2e 2e 2e 2e c3                   if V == 0x401010 <nothing>
     2/6  9c 58 c3 66 90                   if V == 0x401014 <flags>, and nobody is inside
     3/6  64 8b 07 c3 90                   if V == 0x401017 <own>, and nobody is inside
     4/6  e9 [V-P]                         if V-P fits signed 32 bits
     5/6  e9 [stub-P]                      linked
  3  jmp *slot, 6 bytes, 1 sites, a window
     0/6  31 c0 c3 0f 1f 00                if V == 0x401011 <zero>, and nobody is inside
     1/6  2e 2e 2e 2e 2e c3                if V == 0x401010 <nothing>
     2/6  9c 58 c3 0f 1f 00                if V == 0x401014 <flags>, and nobody is inside
     3/6  64 8b 07 c3 66 90                if V == 0x401017 <own>, and nobody is inside
     4/6  2e e9 [V-P]                      if V-P fits signed 32 bits
     5/6  ff 25 [S-P]                      linked

SITES
0x0000000000401000 <_start+0x0>  hello+0x0  form 0
    linked  e8 1c 00 00 00                 call   0x401021 <hello>
    0/6     2e 2e 2e 31 c0                 cs cs cs xor %eax,%eax
0x0000000000401005 <_start+0x5>  ops+0x8  form 1
    linked  ff 15 05 30 00 00              call   *0x3005(%rip)        # 0x404010 <ops+0x8>
    1/6     64 8b 07 0f 1f 00              mov    %fs:(%rdi),%eax; nopl   (%rax)
0x000000000040100b <_start+0xb>  hello+0x0  form 2
    linked  e9 11 00 00 00                 jmp    0x401021 <hello>
    0/6     31 c0 c3 66 90                 xor    %eax,%eax; ret; xchg   %ax,%ax
0x0000000000401021 <hello+0x0>  hello+0x0  form 3
    linked  ff 25 d9 2f 00 00              jmp    *0x2fd9(%rip)        # 0x404000 <slot>
    0/6     31 c0 c3 0f 1f 00              xor    %eax,%eax; ret; nopl   (%rax)
