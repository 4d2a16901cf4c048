# 64-bit loads: what the immediate can hold decides.  Four variables whose
# content takes each of the four encodings.  Linked above 4 GiB, so that an
# address of the program fits no immediate, but lies near.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	mov	minus(%rip), %rax
	mov	large(%rip), %r9
	mov	near(%rip), %rbx
	mov	far(%rip), %r12
	ret
	.size	_start, . - _start

	.data
	.balign	8
	.type	minus, @object
minus:	.quad	0
	.size	minus, 8
	.type	large, @object
large:	.quad	0
	.size	large, 8
	.type	near, @object
near:	.quad	0
	.size	near, 8
	.type	far, @object
far:	.quad	0
	.size	far, 8
RTS_VAR(minus)
RTS_VAR(large)
RTS_VAR(near)
RTS_VAR(far)
-- link
-Ttext=0x100401000 -Tdata=0x100404000
-- options
--sites --set minus=-1 --set large=0xffff0000 --set near=_start --set far=0x1122334455667788
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x100402000, 703 bytes in room for 1024, crc 0x0ea4a107
text   0x100401000..0x10040101d (.text)
4 marks, 4 slots, 4 sites, 4 forms, 2.0 bytes a site (175.8 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000100404000        8 VAR      1      1  minus
0x0000000100404008        8 VAR      1      1  large
0x0000000100404010        8 VAR      1      1  near
0x0000000100404018        8 VAR      1      1  far

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000100404000     8 0xffffffffffffffff      1      0  minus+0x0
0x0000000100404008     8 0x00000000ffff0000      1      0  large+0x0
0x0000000100404010     8 0x0000000100401000      1      0  near+0x0 = <_start>
0x0000000100404018     8 0x1122334455667788      0      1  far+0x0

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  64-bit load, 7 bytes, 1 sites
     0/4  48 c7 c0 [V]                     if V fits signed 32 bits
     1/4  2e 2e b8 [V]                     if V fits unsigned 32 bits
     2/4  48 8d 05 [V-P]                   if V-P fits signed 32 bits
     3/4  48 8b 05 [S-P]                   linked
  1  64-bit load, 7 bytes, 1 sites
     0/4  49 c7 c1 [V]                     if V fits signed 32 bits
     1/4  2e 41 b9 [V]                     if V fits unsigned 32 bits
     2/4  4c 8d 0d [V-P]                   if V-P fits signed 32 bits
     3/4  4c 8b 0d [S-P]                   linked
  2  64-bit load, 7 bytes, 1 sites
     0/4  48 c7 c3 [V]                     if V fits signed 32 bits
     1/4  2e 2e bb [V]                     if V fits unsigned 32 bits
     2/4  48 8d 1d [V-P]                   if V-P fits signed 32 bits
     3/4  48 8b 1d [S-P]                   linked
  3  64-bit load, 7 bytes, 1 sites
     0/4  49 c7 c4 [V]                     if V fits signed 32 bits
     1/4  2e 41 bc [V]                     if V fits unsigned 32 bits
     2/4  4c 8d 25 [V-P]                   if V-P fits signed 32 bits
     3/4  4c 8b 25 [S-P]                   linked

SITES
0x0000000100401000 <_start+0x0>  minus+0x0  form 0
    linked  48 8b 05 f9 2f 00 00           mov    0x2ff9(%rip),%rax        # 0x100404000 <minus>
    0/4     48 c7 c0 ff ff ff ff           mov    $0xffffffffffffffff,%rax
0x0000000100401007 <_start+0x7>  large+0x0  form 1
    linked  4c 8b 0d fa 2f 00 00           mov    0x2ffa(%rip),%r9        # 0x100404008 <large>
    1/4     2e 41 b9 00 00 ff ff           cs mov $0xffff0000,%r9d
0x000000010040100e <_start+0xe>  near+0x0  form 2
    linked  48 8b 1d fb 2f 00 00           mov    0x2ffb(%rip),%rbx        # 0x100404010 <near>
    2/4     48 8d 1d eb ff ff ff           lea    -0x15(%rip),%rbx        # 0x100401000 <_start>
0x0000000100401015 <_start+0x15>  far+0x0  form 3
    linked  4c 8b 25 fc 2f 00 00           mov    0x2ffc(%rip),%r12        # 0x100404018 <far>
    kept
