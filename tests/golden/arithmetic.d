# Operations with a register: an immediate sets the same flags.  64 bits take a
# signed immediate of 32, so some sites of this content stay as linked; but not
# where rts_mask() says that only the result counts.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	add	limit(%rip), %rcx
	sub	limit(%rip), %r12d
	and	limit(%rip), %bx
	xor	limit(%rip), %dh
	cmp	limit(%rip), %eax
	test	%dil, limit(%rip)
	imul	limit(%rip), %r15
	.byte	0x2e, 0x2e
	and	limit(%rip), %rdx
	.byte	0x2e, 0x2e, 0x2e
	mov	limit(%rip), %rdi
	cmp	%eax, limit(%rip)
	cmpl	$1, limit(%rip)
	ret
	.size	_start, . - _start

	.data
	.balign	8
	.type	limit, @object
limit:	.quad	12
	.size	limit, 8
RTS_VAR(limit)
-- options
--sites --set limit=0xfffff000
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 832 bytes in room for 1024, crc 0xe1f33f23
text   0x401000..0x401051 (.text)
1 marks, 4 slots, 9 sites, 9 forms, 2.0 bytes a site (92.4 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 VAR      4      9  limit

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     1 0x0000000000000000      2      0  limit+0x0
0x0000000000404000     2 0x000000000000f000      1      0  limit+0x0
0x0000000000404000     4 0x00000000fffff000      2      0  limit+0x0
0x0000000000404000     8 0x00000000fffff000      2      2  limit+0x0

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  add or adc sbb and sub xor of slot to a register, 7 bytes, 1 sites
     0/2  48 81 c1 [V]                     if V fits signed 32 bits
     1/2  48 03 0d [S-P]                   linked
  1  add or adc sbb and sub xor of slot to a register, 7 bytes, 1 sites
     0/2  41 81 ec [V]                     always
     1/2  44 2b 25 [S-P]                   linked
  2  add or adc sbb and sub xor of slot to a register, 7 bytes, 1 sites
     0/2  2e 2e 66 81 e3 [V]               always
     1/2  66 23 1d [S-P]                   linked
  3  add or adc sbb and sub xor of slot to a register, 6 bytes, 1 sites
     0/2  2e 2e 2e 80 f6 [V]               always
     1/2  32 35 [S-P]                      linked
  4  comparison of a register with slot, 6 bytes, 1 sites
     0/2  81 f8 [V]                        always
     1/2  3b 05 [S-P]                      linked
  5  test of a register with slot, 7 bytes, 1 sites
     0/2  2e 2e 2e 40 f6 c7 [V]            always
     1/2  40 84 3d [S-P]                   linked
  6  multiplication of a register by slot, 8 bytes, 1 sites
     0/2  2e 4d 69 ff [V]                  if V fits signed 32 bits
     1/2  4c 0f af 3d [S-P]                linked
  7  rts_mask(), 9 bytes, 1 sites
     0/3  2e 2e 48 81 e2 [V]               if V fits signed 32 bits
     1/3  2e 2e 2e 81 e2 [V]               if V fits unsigned 32 bits
     2/3  2e 2e 48 23 15 [S-P]             linked
  8  rts_const(), 10 bytes, 1 sites
     0/2  48 bf [V]                        always
     1/2  2e 2e 2e 48 8b 3d [S-P]          linked

SITES
0x0000000000401000 <_start+0x0>  limit+0x0  form 0
    linked  48 03 0d f9 2f 00 00           add    0x2ff9(%rip),%rcx        # 0x404000 <limit>
    kept
0x0000000000401007 <_start+0x7>  limit+0x0  form 1
    linked  44 2b 25 f2 2f 00 00           sub    0x2ff2(%rip),%r12d        # 0x404000 <limit>
    0/2     41 81 ec 00 f0 ff ff           sub    $0xfffff000,%r12d
0x000000000040100e <_start+0xe>  limit+0x0  form 2
    linked  66 23 1d eb 2f 00 00           and    0x2feb(%rip),%bx        # 0x404000 <limit>
    0/2     2e 2e 66 81 e3 00 f0           cs cs and $0xf000,%bx
0x0000000000401015 <_start+0x15>  limit+0x0  form 3
    linked  32 35 e5 2f 00 00              xor    0x2fe5(%rip),%dh        # 0x404000 <limit>
    0/2     2e 2e 2e 80 f6 00              cs cs cs xor $0x0,%dh
0x000000000040101b <_start+0x1b>  limit+0x0  form 4
    linked  3b 05 df 2f 00 00              cmp    0x2fdf(%rip),%eax        # 0x404000 <limit>
    0/2     81 f8 00 f0 ff ff              cmp    $0xfffff000,%eax
0x0000000000401021 <_start+0x21>  limit+0x0  form 5
    linked  40 84 3d d8 2f 00 00           test   %dil,0x2fd8(%rip)        # 0x404000 <limit>
    0/2     2e 2e 2e 40 f6 c7 00           cs cs cs test $0x0,%dil
0x0000000000401028 <_start+0x28>  limit+0x0  form 6
    linked  4c 0f af 3d d0 2f 00 00        imul   0x2fd0(%rip),%r15        # 0x404000 <limit>
    kept
0x0000000000401030 <_start+0x30>  limit+0x0  form 7
    linked  2e 2e 48 23 15 c7 2f 00 00     cs cs and 0x2fc7(%rip),%rdx        # 0x404000 <limit>
    1/3     2e 2e 2e 81 e2 00 f0 ff ff     cs cs cs and $0xfffff000,%edx
0x0000000000401039 <_start+0x39>  limit+0x0  form 8
    linked  2e 2e 2e 48 8b 3d bd 2f 00 00  cs cs cs mov 0x2fbd(%rip),%rdi        # 0x404000 <limit>
    0/2     48 bf 00 f0 ff ff 00 00 00 00  movabs $0xfffff000,%rdi
