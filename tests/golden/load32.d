# 32-bit loads: any content fits.  Low and high registers, both addressing
# modes, and the load that extends the sign to 64 bits.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	mov	shift(%rip), %eax
	mov	shift(%rip), %r15d
	mov	shift, %ecx
	movslq	shift(%rip), %rdx
	ret
	.size	_start, . - _start

	.data
	.balign	4
	.type	shift, @object
shift:	.long	12
	.size	shift, 4
RTS_VAR(shift)
-- options
--sites --set shift=0xfffffff0
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 403 bytes in room for 640, crc 0x4dec2cf3
text   0x401000..0x40101c (.text)
1 marks, 1 slots, 4 sites, 4 forms, 2.0 bytes a site (100.8 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        4 VAR      1      4  shift

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     4 0x00000000fffffff0      4      0  shift+0x0

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  32-bit load, 6 bytes, 1 sites
     0/2  c7 c0 [V]                        always
     1/2  8b 05 [S-P]                      linked
  1  32-bit load, 7 bytes, 1 sites
     0/2  41 c7 c7 [V]                     always
     1/2  44 8b 3d [S-P]                   linked
  2  32-bit load, 7 bytes, 1 sites
     0/2  2e c7 c1 [V]                     always
     1/2  8b 0c 25 [S]                     linked
  3  32-bit load, sign-extended, 7 bytes, 1 sites, V is signed
     0/2  48 c7 c2 [V]                     always
     1/2  48 63 15 [S-P]                   linked

SITES
0x0000000000401000 <_start+0x0>  shift+0x0  form 0
    linked  8b 05 fa 2f 00 00              mov    0x2ffa(%rip),%eax        # 0x404000 <shift>
    0/2     c7 c0 f0 ff ff ff              mov    $0xfffffff0,%eax
0x0000000000401006 <_start+0x6>  shift+0x0  form 1
    linked  44 8b 3d f3 2f 00 00           mov    0x2ff3(%rip),%r15d        # 0x404000 <shift>
    0/2     41 c7 c7 f0 ff ff ff           mov    $0xfffffff0,%r15d
0x000000000040100d <_start+0xd>  shift+0x0  form 2
    linked  8b 0c 25 00 40 40 00           mov    0x404000,%ecx
    0/2     2e c7 c1 f0 ff ff ff           cs mov $0xfffffff0,%ecx
0x0000000000401014 <_start+0x14>  shift+0x0  form 3
    linked  48 63 15 e5 2f 00 00           movslq 0x2fe5(%rip),%rdx        # 0x404000 <shift>
    0/2     48 c7 c2 f0 ff ff ff           mov    $0xfffffffffffffff0,%rdx
