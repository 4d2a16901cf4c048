# i386: a prefix that is ignored there is not, with a memory operand: the pad
# is the segment that the operand has anyhow.  An fs of its own: a nop behind.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	push	%ecx
	RTS_CALL_ASM(*slot, RTS_CLOBBER_RAX)
	pop	%ecx
	jmp	hello
	.size	_start, . - _start
	.type	one, @function
one:	ret
	.size	one, . - one
	.type	two, @function
two:	ret
	.size	two, . - two
	.type	three, @function
three:	ret
	.size	three, . - three
	.type	four, @function
four:	ret
	.size	four, . - four
RTS_INLINE(one, RTS_CLOBBERS_NONE)
RTS_INLINE(two, RTS_CLOBBER_RAX, mov (%edx), %eax)
RTS_INLINE(three, RTS_CLOBBER_RAX, mov 8(%ebp), %eax)
RTS_INLINE(four, RTS_CLOBBER_RCX, mov %fs:(%edx), %ecx)

	.section .text.rts.stub.hello, "ax"
	.type	hello, @function
hello:	jmp	*slot
	.size	hello, . - hello

	.data
	.balign	4
	.type	slot, @object
slot:	.long	one
	.size	slot, 4
RTS_FUNC(hello, slot)
-- compile
-m32
-- link
-m elf_i386 -Ttext=0xc0101000 -Tdata=0xc0104000
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 3
table  0xc0102000, 718 bytes in room for 768, crc 0x1cf832c3
text   0xc0101000..0xc0101017 (.text)
1 marks, 1 slots, 3 sites, 3 forms, 2.0 bytes a site (239.3 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x00000000c0104000        4 FUNC     1      3  hello (stub at 0xc0101011)

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x00000000c0104000     4 0x00000000c010100d      3      0  hello+0x0 = <one>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  call between pushes and pops, 8 bytes, 1 sites, a window
     0/9  0f 1f 84 00 00 00 00 00          if V == 0xc010100d <one>, and nobody is inside
     1/9  51 66 0f 1f 44 00 00 59          if V == 0xc010100d <one>
     2/9  3e 3e 3e 3e 3e 3e 8b 02          if V == 0xc010100e <two>, and nobody is inside
     3/9  51 3e 3e 3e 3e 8b 02 59          if V == 0xc010100e <two>
     4/9  36 36 36 36 36 8b 45 08          if V == 0xc010100f <three>, and nobody is inside
     5/9  51 36 36 36 8b 45 08 59          if V == 0xc010100f <three>
     6/9  51 64 8b 0a 0f 1f 00 59          if V == 0xc0101010 <four>, and nobody is inside
     7/9  51 67 e8 [V-(site+7)] 59         always
     8/9  51 ff 15 [S] 59                  linked
  1  jmp stub, 5 bytes, 1 sites, a window
     0/6  3e 3e 3e 3e c3                   if V == 0xc010100d <one>
     1/6  8b 02 c3 66 90                   if V == 0xc010100e <two>, and nobody is inside
     2/6  8b 45 08 c3 90                   if V == 0xc010100f <three>, and nobody is inside
     3/6  64 8b 0a c3 90                   if V == 0xc0101010 <four>, and nobody is inside
     4/6  e9 [V-P]                         always
     5/6  e9 [stub-P]                      linked
  2  jmp *slot, 6 bytes, 1 sites, a window
     0/6  3e 3e 3e 3e 3e c3                if V == 0xc010100d <one>
     1/6  8b 02 c3 0f 1f 00                if V == 0xc010100e <two>, and nobody is inside
     2/6  8b 45 08 c3 66 90                if V == 0xc010100f <three>, and nobody is inside
     3/6  64 8b 0a c3 66 90                if V == 0xc0101010 <four>, and nobody is inside
     4/6  2e e9 [V-P]                      always
     5/6  ff 25 [S]                        linked

SITES
0x00000000c0101000 <_start+0x0>  hello+0x0  form 0
    linked  51 ff 15 00 40 10 c0 59        push   %ecx; call   *0xc0104000; pop    %ecx
    0/9     0f 1f 84 00 00 00 00 00        nopl   0x0(%eax,%eax,1)
0x00000000c0101008 <_start+0x8>  hello+0x0  form 1
    linked  e9 04 00 00 00                 jmp    0xc0101011 <hello>
    0/6     3e 3e 3e 3e c3                 ds ds ds ds ret
0x00000000c0101011 <hello+0x0>  hello+0x0  form 2
    linked  ff 25 00 40 10 c0              jmp    *0xc0104000
    0/6     3e 3e 3e 3e 3e c3              ds ds ds ds ds ret
