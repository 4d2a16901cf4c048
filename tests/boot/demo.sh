#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh [--m32] [BUILDDIR] - a kernel before and after, in one screen
#
# Builds nothing: `make boot-images' has.  Everything shown is read from the
# sources, from the image, from the guest's memory and from its serial line.
set -eu
variant=gcc
if [ "${1-}" = --m32 ]; then
	variant=gcc-m32
	shift
fi
build=$(cd "${1:-.}" && pwd)
src=$(cd "$(dirname "$0")" && pwd)
image=$build/tests/boot/$variant/kernel.elf
QEMU=${QEMU:-qemu-system-x86_64}
function=guarded_sum
work=$(mktemp -d "${TMPDIR:-/tmp}/rts-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

if [ -t 1 ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m')
	green=$(printf '\033[32m') plain=$(printf '\033[0m')
else
	bold='' dim='' green='' plain=''
fi

heading() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

# boot WORDS: leaves serial.log and ./ram
boot() {
	local status=0
	timeout 60 "$QEMU" -accel tcg -nodefaults -display none -no-reboot \
		-m 64 -machine memory-backend=ram \
		-object memory-backend-file,id=ram,size=64M,mem-path=ram,share=on \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-serial file:serial.log -kernel "$image" -append "$1" ||
		status=$?
	if [ $status != 33 ]; then
		echo "demo: the kernel did not pass (status $status):" >&2
		tail -n 20 serial.log >&2
		exit 1
	fi
}

# The image with the text that the guest's memory holds now, disassembled:
# "ADDRESS|BYTES|INSTRUCTION" for each instruction of a function.
listing() {
	local offset physical size
	read -r offset physical size <<-END
		$(readelf -lW "$image" | awk '$1 == "LOAD" { print $2, $4, $5; exit }')
	END
	cp "$image" now.elf
	dd if=ram of=now.elf bs=4096 skip=$((physical / 4096)) \
		seek=$((offset / 4096)) count=$((size / 4096)) \
		conv=notrunc status=none
	objdump -d --disassemble=$function now.elf |
		awk -F '\t' '/^(ffffffff8|c0)[0-9a-f]+:/ && NF >= 3 {
			sub(/:.*/, "", $1)
			sub(/ +$/, "", $2)
			sub(/(ffffffff8|c0)[0-9a-f]+ </, "<", $3)
			sub(/ *# ffffffff[0-9a-f]+/, "  ", $3)
			gsub(/  +/, " ", $3)
			sub(/^addr(32|16) /, "", $3)
			print $1 "|" $2 "|" $3
		}'
}

for phase in unbound native hyper; do
	boot "pv=hyper keepinit stop=$phase"
	listing >$phase.txt
done
boot "pv=hyper"

heading "1. What the author writes: a mark each, and plain C at every use"
{
	sed -n '/^extern struct pv_ops pv_ops;/,/^RTS_OPS/p' "$src/paravirt.h"
	grep 'RTS_DECLARE_FUNC(void, irq_[de]' "$src/paravirt.h"
	grep 'RTS_VAR(hash_mask)' "$src/config.h" | tr -s '\t' ' '
	sed -n "/^noinline uint64_t $function/,/^}/p" "$src/work.c" |
		sed -n '/for (/,/irq_restore/p;/^}/i\	}'
} | expand -t 8 | sed 's/^/    /'

heading "2. Each use: as linked (correct, only slower), bound at boot, switched over"
awk -F '|' -v dim="$dim" -v green="$green" -v plain="$plain" '
	FILENAME == "unbound.txt" { linked[$1] = $2; was[$1] = $3; next }
	FILENAME == "native.txt" { bytes[$1] = $2; native[$1] = $3; next }
	linked[$1] != bytes[$1] || linked[$1] != $2 {
		row("linked", dim, linked[$1], was[$1])
		row("native", green, bytes[$1], native[$1])
		if (bytes[$1] != $2)
			row("hyper ", green, $2, $3)
	}
	function row(who, colour, b, text) {
		printf "    %s  %s%-20s  %s%s\n", who, colour, b, text, plain
	}' unbound.txt native.txt hyper.txt

heading "3. The kernel's own debug dump, after the late switch-over (part)"
sed -n '/^dump after switch/,/^rts: end/p' serial.log | awk '
	function mark_done() {
		if (name != "" && name !~ /^use_/)
			printf "    %-12s %-4s %s%s\n", name, kind, counts, value
		name = value = ""
	}
	$2 == "mark" {
		mark_done()
		name = $3; kind = $4
		counts = sprintf("sites %2d  bound %2d  kept %d  dropped %d  ",
				 $9, $11, $13, $15)
	}
	$2 == "slot" && value == "" {
		value = $8 ~ /^</ ? $8 : $7
		gsub(/[<>]/, "", value)
	}
	END { mark_done() }'

heading "4. The account"
table=$((0x$(readelf -SW "$image" | sed 's/^ *\[ *[0-9]*\] *//' |
	awk '$1 == ".rts.tab" { print $4 }')))
field() {
	od -An -tu4 -j $((table + $1)) -N 4 "$image" | tr -d ' '
}
printf '    table: %s bytes, %s sites, %s bytes of addresses for them\n' \
	"$(field 12)" "$(field 24)" "$(field 92)"
sed -n 's/^total references/    of all references:/p' "${image%.elf}.report"
sed -n 's/^rtld: \(bind\|switch\|unbind\): /    \1: /p' serial.log
grep -h '^selftest\|^SELFTEST' serial.log | sed 's/^/    /'
[ $variant = gcc-m32 ] ||
	echo "    hash_seed does not fit an immediate: its sites keep their load."
printf '%s\n' \
	"    dropped: in init text, which the kernel had freed by then." \
	"    No cycle counts here: QEMU emulates the CPU."
