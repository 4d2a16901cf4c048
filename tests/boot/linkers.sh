#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linkers.sh - the demo kernel, linked by each linker, passes the same boots
#
# boot.sh does all of it for GNU ld.  Here gold, lld 14 and lld 19 link the same
# objects: a boot that binds, switches over and unbinds, and one that binds
# before the higher half is mapped; with RTS_LONG=1 the other tests of boot.sh.
# mold 1.10 cannot link the kernel, with or without us: it knows no SECTIONS.
. "${RTS_SRCDIR:?}/tests/boot/boot.sh"
. "$RTS_SRCDIR/tests/lib/linkers.sh"
objects=$images
images=$PWD/images

# As boot_names in Makefile.inc has them; one that is missing would be an
# undefined symbol.
names="entry traps sites main host paravirt bodies config work uses selftest
	cpu print early rtld-rtld rtld-rtld_dump rtld-strerror platform-early"

# link_kernel VARIANT PROGRAM WORDS...: gold and lld 14 look for KERNEL_BASE on
# the command line only, so it comes by --defsym for either machine.
link_kernel() {
	local variant=$1 program=$2 words name
	shift 2
	case $variant in
	*-m32) words="-m elf_i386 --defsym=KERNEL_BASE=0xc0000000" ;;
	*) words="-m elf_x86_64 --defsym=KERNEL_BASE=0xffffffff80000000" ;;
	esac
	for name in $names; do
		set -- "$@" "$objects/$variant/$name.o"
	done
	# shellcheck disable=SC2086
	"$program" $words -nostdlib -static -z max-page-size=4096 \
		-z noexecstack -T "$RTS_SRCDIR/tests/boot/kernel.ld" "$@"
}

same_sites() {
	sites_of "$objects/$1/kernel.elf" >want
	sites_of "$images/$2/kernel.elf" >have
	[ -s want ] && diff -u want have
}

same_account() {
	account_of "$objects/$1/kernel.report" >want
	account_of "$images/$2/kernel.report" >have
	[ -s want ] && diff -u want have
}

for variant in gcc gcc-m32; do
	case $variant in
	*-m32) base=c0000000 kept=0 ;;
	*) base=ffffffff80000000 kept='[1-9][0-9]*' ;;
	esac
	for linker in $linkers; do
		cc=$variant-$linker
		[ "$linker" != ld.bfd ] || continue
		mkdir -p "images/$cc"
		if [ "$linker" = mold ]; then
			check_fails any "$cc: has no linker scripts" \
				link_kernel $variant mold -o plain.elf
			check_fails any "$cc: nor with us" link_kernel \
				$variant "$LD_WRAP" --rts-ld="$(command -v \
				mold)" -o none.elf
			continue
		fi
		check "$cc: links" link_kernel $variant "$LD_WRAP" \
			--rts-ld="$(command -v "$linker")" \
			--rts-report="images/$cc/kernel.report" \
			-o "images/$cc/kernel.elf" || continue
		check "$cc: the table is sound" "$RTS_DUMP" --check \
			"images/$cc/kernel.elf"
		check "$cc: the sites of GNU ld" same_sites $variant "$cc"
		check "$cc: its account" same_account $variant "$cc"
		test_sequence "$cc"
		test_early "$cc"
		[ -n "${RTS_LONG:-}" ] || continue
		check "$cc: links without us" link_kernel $variant "$linker" \
			-o "images/$cc/plain.elf"
		test_plain "$cc"
		test_memory "$cc"
		test_attest "$cc"
		test_choice "$cc"
		test_values "$cc"
		test_damage "$cc"
		test_foreign "$cc"
		test_protection "$cc"
	done
done
done_testing
