# i386: absolute addresses, the short load of %eax, and fields that take any
# content, since 32-bit sums wrap.
-- source
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	mov	shift, %eax
	mov	shift, %edx
	add	shift, %ecx
	cmp	shift, %ebx
	cmpl	$3, shift
	push	hook
	call	*hook
	jmp	*hook
	call	stub
	jz	stub
	mov	%eax, shift
	.size	_start, . - _start

	.section .text.stub, "ax", @progbits
	.type	stub, @function
stub:	jmp	*slot
	.size	stub, . - stub

	.data
	.balign	4
	.type	shift, @object
shift:	.long	12
	.size	shift, 4
	.type	hook, @object
hook:	.long	_start
	.size	hook, 4
slot:	.long	_start
RTS_VAR(shift)
RTS_OPS(hook)
RTS_FUNC(stub, slot)
-- compile
-m32
-- link
-m elf_i386 -Ttext=0xc0101000 -Tdata=0xc0104000
-- options
--sites --set shift=0xfffffff0
-- dump
image: runtime-static image, ABI 1, machine 3
table  0xc0102000, 724 bytes in room for 1152, crc 0x35cfde11
text   0xc0101000..0xc0101046 (.text)
3 marks, 3 slots, 10 sites, 9 forms, 2.0 bytes a site (72.4 with slots, forms and names)

MARKS
address                size kind slots  sites  name
0x00000000c0104000        4 VAR      1      4  shift
0x00000000c0104004        4 OPS      1      3  hook
0x00000000c0104008        4 FUNC     1      3  stub (stub at 0xc0101040)

SLOTS, and what a bind makes of their sites with this content
address            width content             bound   kept  name
0x00000000c0104000     4 0x00000000fffffff0      4      0  shift+0x0
0x00000000c0104004     4 0x00000000c0101000      3      0  hook+0x0 = <_start>
0x00000000c0104008     4 0x00000000c0101000      3      0  stub+0x0 = <_start>

FORMS; [..] is the field: V content of the slot, S its address, P end of the site
  0  jmp *slot, 6 bytes, 2 sites
     0/2  2e e9 [V-P]                      always
     1/2  ff 25 [S]                        linked
  1  32-bit load, 5 bytes, 1 sites
     0/2  b8 [V]                           always
     1/2  a1 [S]                           linked
  2  32-bit load, 6 bytes, 1 sites
     0/2  c7 c2 [V]                        always
     1/2  8b 15 [S]                        linked
  3  add or adc sbb and sub xor of slot to a register, 6 bytes, 1 sites
     0/2  81 c1 [V]                        always
     1/2  03 0d [S]                        linked
  4  comparison of a register with slot, 6 bytes, 1 sites
     0/2  81 fb [V]                        always
     1/2  3b 1d [S]                        linked
  5  push slot, 6 bytes, 1 sites
     0/2  2e 68 [V]                        always
     1/2  ff 35 [S]                        linked
  6  call *slot, 6 bytes, 1 sites
     0/2  67 e8 [V-P]                      always
     1/2  ff 15 [S]                        linked
  7  call stub, 5 bytes, 1 sites
     0/2  e8 [V-P]                         always
     1/2  e8 [stub-P]                      linked
  8  jcc stub, 6 bytes, 1 sites
     0/2  0f 84 [V-P]                      always
     1/2  0f 84 [stub-P]                   linked

SITES
0x00000000c0101000 <_start+0x0>  shift+0x0  form 1
    linked  a1 00 40 10 c0                 mov    0xc0104000,%eax
    0/2     b8 f0 ff ff ff                 mov    $0xfffffff0,%eax
0x00000000c0101005 <_start+0x5>  shift+0x0  form 2
    linked  8b 15 00 40 10 c0              mov    0xc0104000,%edx
    0/2     c7 c2 f0 ff ff ff              mov    $0xfffffff0,%edx
0x00000000c010100b <_start+0xb>  shift+0x0  form 3
    linked  03 0d 00 40 10 c0              add    0xc0104000,%ecx
    0/2     81 c1 f0 ff ff ff              add    $0xfffffff0,%ecx
0x00000000c0101011 <_start+0x11>  shift+0x0  form 4
    linked  3b 1d 00 40 10 c0              cmp    0xc0104000,%ebx
    0/2     81 fb f0 ff ff ff              cmp    $0xfffffff0,%ebx
0x00000000c010101e <_start+0x1e>  hook+0x0  form 5
    linked  ff 35 04 40 10 c0              push   0xc0104004
    0/2     2e 68 00 10 10 c0              cs push $0xc0101000
0x00000000c0101024 <_start+0x24>  hook+0x0  form 6
    linked  ff 15 04 40 10 c0              call   *0xc0104004
    0/2     67 e8 d6 ff ff ff              addr16 call 0xc0101000 <_start>
0x00000000c010102a <_start+0x2a>  hook+0x0  form 0
    linked  ff 25 04 40 10 c0              jmp    *0xc0104004
    0/2     2e e9 d0 ff ff ff              cs jmp 0xc0101000 <_start>
0x00000000c0101030 <_start+0x30>  stub+0x0  form 7
    linked  e8 0b 00 00 00                 call   0xc0101040 <stub>
    0/2     e8 cb ff ff ff                 call   0xc0101000 <_start>
0x00000000c0101035 <_start+0x35>  stub+0x0  form 8
    linked  0f 84 05 00 00 00              je     0xc0101040 <stub>
    0/2     0f 84 c5 ff ff ff              je     0xc0101000 <_start>
0x00000000c0101040 <stub+0x0>  stub+0x0  form 0
    linked  ff 25 08 40 10 c0              jmp    *0xc0104008
    0/2     2e e9 ba ff ff ff              cs jmp 0xc0101000 <_start>
