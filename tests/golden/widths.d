# Loads of 8 and 16 bits, with and without extension, and by moffs: any content
# fits.  The high byte register and the one that needs a REX differ only in it.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	endbr64
	mov	mode(%rip), %ah
	mov	mode(%rip), %spl
	mov	mode(%rip), %dx
	movzbl	mode(%rip), %ecx
	movzwq	mode(%rip), %r9
	movsbl	mode(%rip), %esi
	movswq	mode(%rip), %r10
	movabs	mode, %al
	movabs	mode, %eax
	movabs	mode, %rax
	ret
	.size	_start, . - _start

	.data
	.balign	8
	.type	mode, @object
mode:	.quad	-2
	.size	mode, 8
RTS_VAR(mode)
-- options
--sites --set mode=0x8180
-- dump
image: runtime-static image, ABI 1, machine 62
table  0x402000, 887 bytes in room for 1088, crc 0xad35753d
text   0x401000..0x401053 (.text)
1 marks, 4 slots, 10 sites, 10 forms, 2.1 bytes a site (88.7 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x0000000000404000        8 VAR      4     10  mode

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x0000000000404000     1 0x0000000000000080      5      0  mode+0x0
0x0000000000404000     2 0x0000000000008180      3      0  mode+0x0
0x0000000000404000     4 0x0000000000008180      1      0  mode+0x0
0x0000000000404000     8 0x0000000000008180      1      0  mode+0x0

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  8-bit load, 6 bytes, 1 sites
     0/2  2e 2e 2e c6 c4 [V]               always
     1/2  8a 25 [S-P]                      linked
  1  8-bit load, 7 bytes, 1 sites
     0/2  2e 2e 2e 40 c6 c4 [V]            always
     1/2  40 8a 25 [S-P]                   linked
  2  16-bit load, 7 bytes, 1 sites
     0/2  2e 2e 66 c7 c2 [V]               always
     1/2  66 8b 15 [S-P]                   linked
  3  8 or 16-bit load, zero-extended, 7 bytes, 1 sites
     0/2  2e c7 c1 [V]                     always
     1/2  0f b6 0d [S-P]                   linked
  4  8 or 16-bit load, zero-extended, 8 bytes, 1 sites
     0/2  2e 41 c7 c1 [V]                  always
     1/2  4c 0f b7 0d [S-P]                linked
  5  8 or 16-bit load, sign-extended, 7 bytes, 1 sites, V is signed
     0/2  2e c7 c6 [V]                     always
     1/2  0f be 35 [S-P]                   linked
  6  8 or 16-bit load, sign-extended, 8 bytes, 1 sites, V is signed
     0/2  2e 49 c7 c2 [V]                  always
     1/2  4c 0f bf 15 [S-P]                linked
  7  8-bit load, 9 bytes, 1 sites
     0/2  2e 2e 2e 2e 2e 2e c6 c0 [V]      always
     1/2  a0 [S]                           linked
  8  32-bit load, 9 bytes, 1 sites
     0/2  2e 2e 2e c7 c0 [V]               always
     1/2  a1 [S]                           linked
  9  64-bit load, 10 bytes, 1 sites
     0/2  48 b8 [V]                        always
     1/2  48 a1 [S]                        linked

SITES
0x0000000000401004 <_start+0x4>  mode+0x0  form 0
    linked  8a 25 f6 2f 00 00              mov    0x2ff6(%rip),%ah        # 0x404000 <mode>
    0/2     2e 2e 2e c6 c4 80              cs cs cs mov $0x80,%ah
0x000000000040100a <_start+0xa>  mode+0x0  form 1
    linked  40 8a 25 ef 2f 00 00           mov    0x2fef(%rip),%spl        # 0x404000 <mode>
    0/2     2e 2e 2e 40 c6 c4 80           cs cs cs mov $0x80,%spl
0x0000000000401011 <_start+0x11>  mode+0x0  form 2
    linked  66 8b 15 e8 2f 00 00           mov    0x2fe8(%rip),%dx        # 0x404000 <mode>
    0/2     2e 2e 66 c7 c2 80 81           cs cs mov $0x8180,%dx
0x0000000000401018 <_start+0x18>  mode+0x0  form 3
    linked  0f b6 0d e1 2f 00 00           movzbl 0x2fe1(%rip),%ecx        # 0x404000 <mode>
    0/2     2e c7 c1 80 00 00 00           cs mov $0x80,%ecx
0x000000000040101f <_start+0x1f>  mode+0x0  form 4
    linked  4c 0f b7 0d d9 2f 00 00        movzwq 0x2fd9(%rip),%r9        # 0x404000 <mode>
    0/2     2e 41 c7 c1 80 81 00 00        cs mov $0x8180,%r9d
0x0000000000401027 <_start+0x27>  mode+0x0  form 5
    linked  0f be 35 d2 2f 00 00           movsbl 0x2fd2(%rip),%esi        # 0x404000 <mode>
    0/2     2e c7 c6 80 ff ff ff           cs mov $0xffffff80,%esi
0x000000000040102e <_start+0x2e>  mode+0x0  form 6
    linked  4c 0f bf 15 ca 2f 00 00        movswq 0x2fca(%rip),%r10        # 0x404000 <mode>
    0/2     2e 49 c7 c2 80 81 ff ff        cs mov $0xffffffffffff8180,%r10
0x0000000000401036 <_start+0x36>  mode+0x0  form 7
    linked  a0 00 40 40 00 00 00 00 00     movabs 0x404000,%al
    0/2     2e 2e 2e 2e 2e 2e c6 c0 80     cs cs cs cs cs cs mov $0x80,%al
0x000000000040103f <_start+0x3f>  mode+0x0  form 8
    linked  a1 00 40 40 00 00 00 00 00     movabs 0x404000,%eax
    0/2     2e 2e 2e c7 c0 80 81 00 00     cs cs cs mov $0x8180,%eax
0x0000000000401048 <_start+0x48>  mode+0x0  form 9
    linked  48 a1 00 40 40 00 00 00 00 00  movabs 0x404000,%rax
    0/2     48 b8 80 81 00 00 00 00 00 00  movabs $0x8180,%rax
