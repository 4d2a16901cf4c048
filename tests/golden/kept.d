# Uses that no form expresses stay as they are: only the load is a site.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	mov	flag(%rip), %eax
	mov	%eax, flag(%rip)
	incl	flag(%rip)
	movd	flag(%rip), %xmm0
	cmovne	flag(%rip), %eax
	lea	flag(%rip), %rax
	mov	flag(,%rax,4), %ecx
	ret
	.size	_start, . - _start

	.data
	.balign	4
	.type	flag, @object
flag:	.long	1
	.size	flag, 4
RTS_VAR(flag)
-- options
--sites
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 224 bytes in room for 448, crc 0x5e744333
text   0x401000..0x401030 (.text)
1 marks, 1 slots, 1 sites, 1 forms, 2.0 bytes a site (224.0 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        4 VAR      1      1  flag

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     4 0x0000000000000001      1      0  flag+0x0

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  32-bit load, 6 bytes, 1 sites
     0/2  c7 c0 [V]                        always
     1/2  8b 05 [S-P]                      linked

SITES
0x0000000000401000 <_start+0x0>  flag+0x0  form 0
    linked  8b 05 fa 2f 00 00              mov    0x2ffa(%rip),%eax        # 0x404000 <flag>
    0/2     c7 c0 01 00 00 00              mov    $0x1,%eax
