#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot.sh - boot the demo kernel, believe nothing that it says of itself
#
# Each image of each variant (a compiler and a machine) is booted by QEMU, whose
# emulation runs anywhere.  What the kernel's debug dump claims is proved
# against the image file by rts-dump --check-log; and its memory, which QEMU
# keeps in a file, is compared with the image byte by byte.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
QEMU=${QEMU:-qemu-system-x86_64}
images=$RTS_BUILDDIR/tests/boot
need "$QEMU" readelf nm timeout

# boot IMAGE "words for the command line" [more for QEMU...]
# Leaves serial.log, debug.log and the guest's memory in ./ram.  i386 runs on
# the same emulated CPU, for qemu-system-i386's has no no-execute.
boot() {
	local image=$1 words=$2
	shift 2
	rm -f serial.log debug.log ram
	timeout 30 "$QEMU" -accel tcg -nodefaults -display none -no-reboot \
		-m 64 -machine memory-backend=ram \
		-object memory-backend-file,id=ram,size=64M,mem-path=ram,share=on \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-serial file:serial.log -debugcon file:debug.log \
		-kernel "$image" -append "$words" "$@"
}

# The kernel powers off with 2 * 16 + 1 if its self-test has passed.
passes() {
	local what=$1
	shift
	check_fails 33 "$what" boot "$@"
	says "$what: self-test" 'SELFTEST PASS checks=[1-9][0-9]* failed=0'
}

says() {
	check "$1" grep -E -- "$2" serial.log ||
		sed 's/^/# /' serial.log | tail -n 30
}

silent() {
	check_fails 1 "$1" grep -E -- "$2" serial.log
}

log_proved() {
	check "$1: rts-dump proves the dump" "$RTS_DUMP" --check-log "$2" \
		serial.log
}

# Each byte of text in the guest's memory is the file's, but for the sites, and
# those are as the last dump says.
memory_proved() {
	check "$1: memory is the image but for the sites" memory_status "$2"
}

# The bytes at a kernel address of a file or of guest memory, as hex.
bytes_at() {
	od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}

# File offset of an address in the first PT_LOAD, which is text.
text_offset() {
	readelf -lW "$1" | awk '$1 == "LOAD" { print $2, $3; exit }' | {
		read -r offset address
		echo $((0x$2 - address + offset))
	}
}

# File offset of .rts.tab.
table_offset() {
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] *//' |
		awk '$1 == ".rts.tab" { print "0x" $4 }'
}

symbol() {
	nm "$1" | awk -v name="$2" '$3 == name { print $1 }'
}

# flip FILE OFFSET: change one byte of a file
flip() {
	local old
	old=$((0x$(bytes_at "$1" $(($2)) 1)))
	printf '%b' "\\0$(printf %o $((old ^ 255)))" |
		dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}

test_plain() {
	local cc=$1 image=$images/$1/plain.elf
	passes "$cc, plain ld" "$image" ""
	says "$cc, plain ld: knows that there is no table" \
		'rtld: unbound \(no table\): MAGIC'
	says "$cc, plain ld: switches over unbound" 'selftest hyper \(linked'
	silent "$cc, plain ld: nothing bound" '\(bound\)'
}

test_sequence() {
	local cc=$1 image=$images/$1/kernel.elf phase
	passes "$cc" "$image" "trace=3"
	for phase in 'unbound \(linked form\)' 'native \(bound\)' \
		'retuned \(bound\)' 'hyper \(bound\)' \
		'unbound again \(linked form\)'; do
		says "$cc: $phase" "^selftest $phase: [1-9][0-9]* checks, 0 failed"
	done
	says "$cc: boot binds all" \
		"rtld: bind: sites [1-9][0-9]* bound [1-9][0-9]* kept $kept dropped 0 "
	says "$cc: freed text is dropped at the switch-over" \
		'rtld: switch: sites .* dropped [1-9]'
	says "$cc: unbinding keeps all that is left" \
		'rtld: unbind: sites [1-9][0-9]* bound 0 '
	says "$cc: a store without a bind is noticed" \
		'check after a store: TEXT_STALE'
	check "$cc: dumps call it native, then hyper" \
		awk '/^dump after/ { where = $3 }
		     /native_irq_disable/ && where == "bind" { native++ }
		     /hyper_irq_disable/ && where == "bind" { bad++ }
		     /hyper_irq_disable/ && where == "switch" { hyper++ }
		     /native_irq_disable/ && where == "switch" { bad++ }
		     END { exit !(native && hyper && !bad) }' serial.log
	check "$cc: the hypervisor's console got what came after" \
		grep -q 'switch-over at tick' debug.log
	check_fails 1 "$cc: ... and nothing from before" \
		grep -q 'selftest native' debug.log
	log_proved "$cc" "$image"
	says "$cc: every kind of use agrees with memory" \
		'^uses: [1-9][0-9]*, with 20 values: [1-9][0-9]* checks, 0 failed'
	uses_counted "$cc"
	bodies_stand "$cc"
}

# What a site of irq_off() and others holds after the dump's phase, without the
# prefixes in front and the nop behind.
body_of() {
	awk -v phase="$1" -v mark="$2+0x0" '
		/^dump after/ { now = $3 }
		now == phase && $2 == "site" && $4 == mark {
			sub(/^(2e|3e)*/, "", $NF)
			sub(/0f1f(00|4000|440000)$/, "", $NF)
			print $NF
		}' serial.log
}

bodies_stand() {
	local body
	for body in irq_off:fa irq_on:fb irq_flags:9c58 pv_level:b800000000; do
		body_of bind "${body%:*}" >bodies.log
		check "$1: ${body%:*}() is its body where it is bound" \
			grep -qx "${body#*:}" bodies.log
	done
	body_of switch irq_off >bodies.log
	check_fails 1 "$1: ... and is called after the switch-over" \
		grep -vE '^(e8|e9|2?e9)' bodies.log
	body_of switch pv_level >bodies.log
	check "$1: ... or another body" grep -qx b802000000 bodies.log
	body_of bind pv_flush >bodies.log
	check "$1: pv_flush() is nothing, its window of pushes as well" \
		awk '{ n++ } /^6666660f1f84/ { window++ } /e8/ { bad++ }
		     END { exit !(n > 1 && window == 1 && !bad) }' bodies.log
}

# How many of the uses in uses.def are bound is for whoever reads the log; but
# some are, and what is not is what uses.def provokes: imul of the variable by a
# constant, parity, a way in, cmov; and the stores of uses_choose().
uses_counted() {
	awk '/^dump after/ { where = $3 }
	     where == "bind" && $2 == "mark" && $3 ~ /^use_/' \
		serial.log >uses.log
	sed 's/^/# /' uses.log
	check "$1: uses.def: some of it is bound" \
		awk '{ bound += $11 } END { exit !bound }' uses.log
	awk '/^mark/ { use = $2 ~ /^use_/ }
	     use && $1 == "kept" && NF == 3 { kept[$2] += $3 }
	     END { for (why in kept) print why, kept[why] }' \
		"$images/$1/kernel.report" >kept.log
	sed 's/^/# kept /' kept.log
	check "$1: uses.def: kept is just what must be" kept_is \
		"conditional 16" "constants 4" "entered 1" "flags 8"
}

kept_is() {
	grep -vE '^(store|read-write) ' kept.log | sort |
		cmp -s - <(printf '%s\n' "$@")
}

test_memory() {
	local cc=$1 image=$images/$1/kernel.elf
	passes "$cc, stop=unbound" "$image" "stop=unbound"
	check "$cc, stop=unbound: rts-dump finds memory as linked" \
		"$RTS_DUMP" "--memory=ram@0:0x$base" "$image"
	check "$cc, stop=unbound: memory is the file, to the byte" \
		same_text "$image"
	passes "$cc, stop=native" "$image" "stop=native"
	memory_proved "$cc, stop=native" "$image"
	check_fails 1 "$cc, stop=native: and it did change" same_text "$image"
	passes "$cc, stop=hyper" "$image" "pv=hyper keepinit stop=hyper"
	memory_proved "$cc, stop=hyper" "$image"
	check_fails 1 "$cc, stop=hyper: a byte more is found" damaged_memory \
		"$image"
	passes "$cc, unbound again" "$image" "keepinit"
	check "$cc, unbound again: memory is the file, to the byte" \
		same_text "$image"
}

# All of the text segment, byte for byte.
same_text() {
	local offset size address
	# shellcheck disable=SC2046
	set -- "$1" $(readelf -lW "$1" | awk '$1 == "LOAD" { print $2, $4, $5; exit }')
	offset=$(($2)) address=$(($3)) size=$(($4))
	cmp -s <(tail -c +$((offset + 1)) "$1" | head -c "$size") \
		<(tail -c +$((address + 1)) ram | head -c "$size")
}

# The proof itself must be able to fail: one byte of text that is no site.
damaged_memory() {
	flip ram $((0x$(symbol "$1" hash_sum) - 0x$base))
	memory_status "$1"
}

# No log and no word from the kernel: text must be what the contents in its
# memory make of the file.  A byte that somebody changed is found, and named.
test_attest() {
	local cc=$1 image=$images/$1/kernel.elf site bytes mark at
	passes "$cc, attest" "$image" "pv=hyper stop=hyper"
	check "$cc, attest: text follows from memory's contents" attest "$image"
	check "$cc, attest: and from what it should be set to" \
		attest "$image" --set irq_disable=hyper_irq_disable
	check_fails 1 "$cc, attest: but not from something else" \
		attest "$image" --set irq_disable=native_irq_disable
	"$RTS_DUMP" --expect --sites "$image" >expected
	read -r _ site bytes mark < <(grep '^site .* irq_disable+' expected)
	for at in "$site" $((site + ${#bytes} / 2 - 1)); do
		tampered "$cc, attest: byte $((at - site)) of a site" "$image" \
			"$at" ".text, site $site of ${mark/+/[+]}:"
	done
	tampered "$cc, attest: the byte before it" "$image" $((site - 1)) \
		".text, no site:"
	tampered "$cc, attest: plain text" "$image" \
		"0x$(symbol "$image" kprintf)" "<kprintf[+]0x0> in .text, no site:"
}

attest() {	# IMAGE [option...]
	local image=$1
	shift
	"$RTS_DUMP" --expect --gone=.init.text "$@" "--memory=ram@0:0x$base" \
		"$image"
}

tampered() {	# WHAT IMAGE ADDRESS WHERE
	flip ram $(($3 - 0x$base))
	attest "$2" >attest.log 2>&1
	check "$1: found" grep -Eq \
		"differs at $(printf '0x%x' "$3") .*$4 expected .*, found" \
		attest.log
	check "$1: and nothing else" test "$(wc -l <attest.log)" = 1
	flip ram $(($3 - 0x$base))
}

memory_status() {
	"$RTS_DUMP" --check-log "--memory=ram@0:0x$base" "$1" serial.log
}

test_choice() {
	local cc=$1 image=$images/$1/kernel.elf
	passes "$cc, no hypervisor" "$image" "" -cpu qemu64,-hypervisor
	silent "$cc, no hypervisor: no switch-over" 'switch-over|hyper_'
	log_proved "$cc, no hypervisor" "$image"
	passes "$cc, pv=native" "$image" "pv=native"
	silent "$cc, pv=native: no switch-over" 'switch-over|hyper_'
	passes "$cc, pv=hyper" "$image" "pv=hyper" -cpu qemu64,-hypervisor
	says "$cc, pv=hyper: switched over" 'selftest hyper \(bound\)'
}

test_early() {
	local cc=$1 image=$images/$1/kernel.elf
	passes "$cc, early" "$image" "early cache_shift=7"
	says "$cc, early: before the higher half was there" \
		'early bind at physical addresses: done'
	says "$cc, early: text was bound" '^selftest early \(bound\): .* 0 failed'
	log_proved "$cc, early" "$image"
}

# V that fits signed, only unsigned, not at all; and in both directions.
test_values() {
	local cc=$1 image=$images/$1/kernel.elf words
	for words in \
		"seed=0xfedcba98 cache_shift=63 trace=0xffffffff bias=-1" \
		"seed=-2 cache_shift=0 mask=0 base=127 batch=0xffffffff" \
		"seed=0xffffffff7fffffff bias=0x7fffffff mask=127" \
		"seed=0x100000000 bias=-2147483648 batch=0"; do
		passes "$cc, $words" "$image" "$words"
		log_proved "$cc, $words" "$image"
	done
}

refused() {
	local what=$1 code=$2 image=$3 words=${4:-}
	passes "$what" "$image" "$words"
	says "$what: refused as $code" "refused $code:"
	says "$what: nothing written" 'rtld:   text unchanged'
	silent "$what: never bound" '\(bound\)|text CHANGED'
}

test_damage() {
	local cc=$1 image=$images/$1/kernel.elf table size at
	table=$(table_offset "$image")
	size=$(od -An -tu4 -j $((table + 12)) -N 4 "$image")
	for at in 0:MAGIC 4:VERSION 40:CRC $((size / 2)):CRC \
		$((size - 1)):CRC; do
		cp "$image" damaged.elf
		flip damaged.elf $((table + ${at%:*}))
		refused "$cc, table byte ${at%:*} flipped" "${at#*:}" damaged.elf
	done
	passes "$cc, damaged table, early" damaged.elf early
	says "$cc, damaged table, early: refused" 'physical addresses: CRC'
}

test_foreign() {
	local cc=$1 image=$images/$1/kernel.elf at
	at=$(text_offset "$image" "$(symbol "$image" asm_foreign_site)")
	cp "$image" foreign.elf
	flip foreign.elf "$at"
	refused "$cc, foreign byte in text" TEXT_BYTES foreign.elf stop=native
	check "$cc, foreign byte: memory is the file, to the byte" \
		same_text foreign.elf
	says "$cc, foreign byte: the fault names the site" \
		"address $(symbol "$image" asm_foreign_site)"
}

# Page fault error codes: 1 present, 2 write, 16 instruction fetch.
test_protection() {
	local cc=$1 image=$images/$1/kernel.elf poke
	for poke in text:3 direct:11 init:10; do
		check_fails 37 "$cc, poke=${poke%:*} traps" \
			boot "$image" "poke=${poke%:*}"
		says "$cc, poke=${poke%:*}: page fault ${poke#*:}" \
			"TRAP vector 14 error ${poke#*:} "
	done
}

# linkers.sh takes the functions.
[ "${BASH_SOURCE[0]}" = "$0" ] || return 0

for cc in gcc clang gcc-m32 clang-m32; do
	case $cc in
	*-m32) base=c0000000 kept=0 ;;		# all values fit
	*) base=ffffffff80000000 kept='[1-9][0-9]*' ;;
	esac
	test_plain $cc
	test_sequence $cc
	test_memory $cc
	test_attest $cc
	test_choice $cc
	test_early $cc
	test_values $cc
	test_damage $cc
	test_foreign $cc
	test_protection $cc
done
done_testing
