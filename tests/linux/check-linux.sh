#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check-linux.sh - Linux 6.1, linked by LD=ld-wrap with pv_ops marked
#
# Run by `make check-linux'.  Takes Debian's linux-source-6.1, builds the
# configuration of pv.config, and shows that ld-wrap finds what the kernel's
# own macros record by hand, that everything else of the build agrees, and
# that the kernel boots unbound.  About 5 minutes on 2 cores the first time.
#
#	LINUX_TARBALL	the source (/usr/src/linux-source-6.1.tar.xz)
#	LINUX_WORK	where to unpack and build (linux/ in the build directory)
# Both are outside the source tree; what is there is used again.
# shellcheck source=tests/lib/tap.sh
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
# shellcheck source=tests/lib/packages.sh
. "$RTS_SRCDIR/tests/lib/packages.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CC
here=$RTS_SRCDIR/tests/linux
tarball=${LINUX_TARBALL:-/usr/src/linux-source-6.1.tar.xz}
work=${LINUX_WORK:-$RTS_BUILDDIR/linux}
tree=$work/linux-source-6.1
report=$work/report
log=$work/build.log
jobs=$(nproc)

say() {
	echo "# $*"
}

bail() {
	not_ok "$@"
	done_testing
	exit 1
}

# now: milliseconds, for ratios.
now() {
	echo $(($(date +%s%N) / 1000000))
}

unpack() {
	[ -e "$work/unpacked" ] && return 0
	rm -rf "$tree"
	tar -xJf "$tarball" -C "$work" && touch "$work/unpacked"
}

kernel_make() {
	make -C "$tree" -j "$jobs" LD="$LD_WRAP" "$@"
}

configure_kernel() {
	cmp -s "$here/pv.config" "$work/configured" && return 0
	kernel_make tinyconfig &&
		(cd "$tree" && scripts/kconfig/merge_config.sh -m .config \
			"$here/pv.config") &&
		kernel_make olddefconfig &&
		cp "$here/pv.config" "$work/configured"
}

# An option of pv.config that olddefconfig dropped would make the rest void.
configuration_holds() {
	grep '^CONFIG_' "$here/pv.config" | grep -vxFf "$tree/.config" && return 1
	return 0
}

# The vmlinux links are what is tested: never take them from an earlier run.
build() {
	rm -f "$tree"/vmlinux "$tree"/.tmp_vmlinux* "$tree"/System.map \
		"$tree"/arch/x86/boot/bzImage "$report"
	LD_WRAP_FLAGS="--rts-ops=pv_ops --rts-report=$report" \
		kernel_make bzImage >"$log" 2>&1
}

# ---- (a) the sites ---------------------------------------------------------

# Is there, at each address that our table has and the kernel's has not, the
# instruction that the type says, through pv_ops?
extras_are_real() {
	local kind at line rc=0
	while read -r kind at; do
		line=$(objdump -d --no-show-raw-insn --start-address="$at" \
			--stop-address=$((at + 16)) "$tree/vmlinux" |
			grep -m 1 -E '^ *[0-9a-f]+:')
		echo "$kind $line"
		case $kind in
		3) grep -Eq 'call +\*.*<pv_ops\+0x' <<<"$line" || rc=1 ;;
		4) grep -Eq 'jmp +\*.*<pv_ops\+0x' <<<"$line" || rc=1 ;;
		5) grep -Eq 'push .*<pv_ops\+0x' <<<"$line" || rc=1 ;;
		6|7|8) grep -Eq 'mov.*<pv_ops(\+0x[0-9a-f]+)?>,%' \
			<<<"$line" || rc=1 ;;
		*) rc=1 ;;
		esac
	done
	return "$rc"
}

check_sites() {
	local list=$work/sites kernel ours calls
	check "(a) each address of .parainstructions is a site of .rts.rela" \
		python3 "$here/witness.py" sites "$tree/vmlinux"
	cp "$out" "$list"
	kernel=$(awk '$1 == "kernel" { print $2 }' "$list")
	ours=$(awk '$1 == "ours" { print $2 }' "$list")
	calls=$(grep -c '^extra [34] ' "$list")
	say "recorded by the kernel's macros: $kernel"
	say "sites of ld-wrap: $ours; $calls calls and jumps that the macros" \
		"miss, $((ours - kernel - calls)) loads and pushes"
	awk '$1 == "extra" { print $2, $3 }' "$list" >"$work/extras"
	check "(a) each extra site is an instruction that uses pv_ops" \
		eval 'extras_are_real <"$work/extras"'
	sed 's/^/# /' "$out"
	if [ "${kernel:-0}" -gt 3000 ]; then
		ok "(a) the kernel is the one that we mean: $kernel paravirt sites"
	else
		not_ok "(a) the kernel records thousands of paravirt sites" \
			"found ${kernel:-none}"
	fi
}

# ---- (b) the account -------------------------------------------------------

# Every reference is in one class, and none is unexplained.
adds_up() {
	awk '
	{ print }
	$1 == "total" {
		for (i = 2; i < NF; i += 2) n[$i] = $(i + 1)
		sum = n["bound"] + n["kept"] + n["address"] + n["data"]
		sum += n["dropped"]
		whole = sum > 0 && sum == n["references"]
	}
	$1 == "unexplained" { explained = $2 == 0 }
	END { exit !(whole && explained) }' "$report"
}

# total WHAT: a number of the report's last account
total() {
	awk -v what="$1" '$1 == "total" {
		for (i = 2; i < NF; i += 2) if ($i == what) print $(i + 1)
	}' "$report"
}

# The relocations that GNU ld emitted, counted without ld-wrap.  In code each
# must be accounted for; in data the account may have more, since a linker
# script drops sections (.discard.*) of objects that are linked.
emitted_agree() {
	local code data found
	python3 "$here/witness.py" references "$tree/vmlinux" >references ||
		return 1
	code=$(awk '$1 == "code" { print $2 }' references)
	data=$(awk '$1 == "data" { print $2 }' references)
	found=$(($(total bound) + $(total kept) + $(total address)))
	echo "emitted: code $code data $data;" \
		"account: code $found data $(total data)"
	[ "$code" = "$found" ] && [ "$data" -le "$(total data)" ]
}

check_account() {
	check "(b) each reference to pv_ops is in one class" adds_up
	say "$(grep '^total' "$report")"
	grep -E '^ (bound|kept) [a-z0-9-]+ [0-9]+$' "$report" | sed 's/^/# /'
	check "(b) as many as the relocations that the kernel emits" \
		emitted_agree
	say "$(head -n 1 "$out")"
	check "(b) the sites of the report are those of .rts.rela" test \
		"$(total bound)" = "$(awk '$1 == "ours" { print $2 }' \
			"$work/sites")"
}


# ---- (c) it boots ----------------------------------------------------------

boot() {
	timeout 120 qemu-system-x86_64 -accel tcg -m 256 -nographic \
		-no-reboot -net none -kernel "$tree/arch/x86/boot/bzImage" \
		-append "console=ttyS0 earlyprintk=ttyS0 panic=-1 $1" \
		</dev/null >"$work/boot.log" 2>&1
	grep -aq 'No working init found' "$work/boot.log" && return 0
	tail -n 40 "$work/boot.log"
	return 1
}

# ---- (d) the rest of the build ---------------------------------------------

tools_work() {
	local d=$work/tools
	rm -rf "$d" && mkdir "$d" && cd "$d" || return 1
	objcopy -O binary "$tree/vmlinux" raw && [ -s raw ] &&
		strip -o stripped "$tree/vmlinux" &&
		objcopy --strip-debug "$tree/vmlinux" copy &&
		"$RTS_DUMP" --check stripped && "$RTS_DUMP" --check copy &&
		cd / && rm -rf "$d"
}

kallsyms_agree() {
	local last
	if grep -i 'inconsistent kallsyms' "$log"; then return 1; fi
	last=$(find "$tree" -maxdepth 1 -name '.tmp_vmlinux.kallsyms*.syms' |
		sort | tail -n 1)
	[ -n "$last" ] && cmp "$tree/System.map" "$last"
}

# ---- figures ---------------------------------------------------------------

# The last link of vmlinux again, by the linker given, into OUTPUT.
relink() {
	local linker=$1 output=$2 flags
	flags=$(sed -n 's/^cmd_vmlinux := [^"]*"[^"]*" "\([^"]*\)" "\([^"]*\)".*/\1 \2/p' \
		"$tree/.vmlinux.cmd")
	[ -n "$flags" ] && cd "$tree" || return 1
	# shellcheck disable=SC2086	# words
	"$linker" $flags --script=arch/x86/kernel/vmlinux.lds -o "$output" \
		--whole-archive vmlinux.a .vmlinux.export.o \
		init/version-timestamp.o --no-whole-archive \
		--start-group lib/lib.a arch/x86/lib/lib.a --end-group \
		.tmp_vmlinux.kallsyms2.o
}

# Best of three, in turn, so that both see the same machine.
figures() {
	local i start t plain=999999 ours=999999
	for i in 1 2 3; do
		start=$(now)
		relink ld "$work/plain.$i" >/dev/null 2>&1 || return 1
		t=$(($(now) - start)); [ "$t" -lt "$plain" ] && plain=$t
		start=$(now)
		LD_WRAP_FLAGS="--rts-ops=pv_ops" relink "$LD_WRAP" \
			"$work/ours.$i" >/dev/null 2>&1 || return 1
		t=$(($(now) - start)); [ "$t" -lt "$ours" ] && ours=$t
	done
	echo "link of vmlinux: plain ld $plain ms, ld-wrap $ours ms, ratio" \
		"$(awk "BEGIN { printf \"%.2f\", $ours / $plain }")"
	cmp "$work/ours.1" "$work/ours.2" && cmp "$work/ours.1" "$work/ours.3"
}

table_size() {
	readelf -SW "$tree/vmlinux" | sed 's/^ *\[ *[0-9]*\]//' |
		awk '$1 == ".rts.tab" { print $5 }'
}

# ---- (e) what is read-only after init ----------------------------------------

# Each symbol of .data..ro_after_init as a line for --rts-marks.
ro_after_init() {
	nm -n "$tree/vmlinux" | awk '
		$3 == "__start_ro_after_init" { on = 1; next }
		$3 == "__end_ro_after_init" { on = 0 }
		on { print "var " $3 }' | sort -u
}

link_ro() {
	LD_WRAP_FLAGS="--rts-marks=$work/ro.marks --rts-report=$work/ro.json
		--rts-report=$work/ro.report --rts-no-store-warnings" \
		relink "$LD_WRAP" "$work/ro"
}

ro_adds_up() {
	report=$work/ro.report adds_up
}

# The emulator is a package of Debian's own python.
simulate() {
	/usr/bin/python3 "$RTS_SRCDIR/tests/lib/simulate.py" "$RTS_DUMP" "$@"
}

# How the uses of WORK/ro.report end, all marks together.
say_endings() {
	awk '$1 == "total" { print }
	     ($1 == "kept" || $1 == "bound") && NF == 3 { n[$1 " " $2] += $3 }
	     END { for (what in n) print what, n[what] }' "$work/ro.report" |
		sort | sed 's/^/# (e) /'
}

check_ro() {
	local count
	ro_after_init >"$work/ro.marks"
	count=$(wc -l <"$work/ro.marks")
	check "(e) the kernel has variables that are set once" \
		test "$count" -gt 100
	check "(e) links with all $count of them marked by option" link_ro ||
		return
	check "(e) every use of them is accounted for" ro_adds_up
	say_endings
	check "(e) rts-dump accepts the table" "$RTS_DUMP" --check "$work/ro"
	check "(e) bound, each site does what it did as linked" \
		simulate "$work/ro" "$work/ro.json" 16
	sed 's/^/# (e) /' "$out"
}

# ---- (f) a module -------------------------------------------------------------

# Outside of the tree, as anybody's: it uses pv_ops, which the kernel has.
write_module() {
	rm -rf "$work/module" && mkdir "$work/module" || return 1
	echo 'obj-m := paravirt.o' >"$work/module/Makefile"
	cat >"$work/module/paravirt.c" <<-'EOC'
	#include <linux/module.h>
	#include <linux/irqflags.h>
	#include <asm/paravirt.h>
	static int level = 3;
	module_param(level, int, 0644);
	static noinline int work(int x)
	{
		unsigned long flags;

		local_irq_save(flags);
		x += level + (int)read_cr0();
		wbinvd();
		local_irq_restore(flags);
		return x;
	}
	static int __init paravirt_init(void)
	{
		load_sp0(0);
		return work(1) == 0;
	}
	static void __exit paravirt_exit(void) { work(2); }
	module_init(paravirt_init);
	module_exit(paravirt_exit);
	MODULE_LICENSE("GPL");
	EOC
}

# A tree in which only bzImage was made knows no exports: hence the warning.
build_module() {
	kernel_make modules_prepare &&
		LD_WRAP_FLAGS="--rts-ops=pv_ops --rts-report=$work/module.report" \
		kernel_make M="$work/module" LDFLAGS_MODULE=--rts-table \
		KBUILD_MODPOST_WARN=1 modules
}

# Relocations against pv_ops in code, as readelf has them.
module_uses() {
	readelf -rW "$work/module/paravirt.o" | awk '
		/^Relocation section/ { on = $3 ~ /text/ }
		on && $5 == "pv_ops" { n++ }
		END { print n + 0 }'
}

# What arch/x86/kernel/module.c knows; the list is the kernel's own.
module_types_known() {
	local type
	for type in $(readelf -rW "$work/module/paravirt.ko" | awk '
		/^Relocation section/ { on = $3 !~ /debug|rts\.mark/ }
		on && $3 ~ /^R_X86/ { print $3 }' | sort -u); do
		grep -q "case $type:" "$tree/arch/x86/kernel/module.c" ||
			return 1
		echo "$type"
	done
	readelf -SW "$work/module/paravirt.ko" | grep -F .rela.rts.tab
}

check_module() {
	local uses
	write_module || return
	check "(f) make M=, LDFLAGS_MODULE=--rts-table" build_module || return
	uses=$(module_uses)
	check "(f) its $uses uses of pv_ops are bound" eval \
		'[ "$uses" -ge 5 ] && grep -qx " references $uses bound $uses kept 0 address 0 data 0 dropped 0" \
		"$work/module.report"'
	check "(f) rts-dump accepts the module's tables" "$RTS_DUMP" --check \
		"$work/module/paravirt.ko"
	sed 's/^/# (f) /' "$out"
	check "(f) every relocation is one that the kernel's loader knows" \
		module_types_known
}

# ----------------------------------------------------------------------------

mkdir -p "$work" || bail "a directory to work in" "$work"
# shellcheck disable=SC2086	# a list
if ! install_packages "$work/packages.log" $packages_linux; then
	bail "the packages are installed"
fi
[ -r "$tarball" ] || bail "the source is there" "$tarball"
check "the source unpacks" unpack || bail "a kernel source"
check "configures with LD=ld-wrap" configure_kernel ||
	bail "a kernel configuration"
check "the configuration is the one asked for" configuration_holds
say "building in $tree; log: $log"
start=$(now)
check "(d) make LD=ld-wrap bzImage" build || {
	tail -n 30 "$log" | sed 's/^/# /'
	bail "a kernel to look at"
}
say "built in $((($(now) - start) / 1000)) s"
check_sites
check_account
check "(c) boots unbound to \`No working init found', relocated (KASLR)" \
	boot ""
check "(c) boots unbound where it was linked (nokaslr)" boot nokaslr
check "(d) the kallsyms links agree" kallsyms_agree
check "(d) the relocs tool has worked" \
	test -s "$tree/arch/x86/boot/compressed/vmlinux.relocs"
check "(d) bzImage has a boot sector's header" eval \
	'dd if="$tree/arch/x86/boot/bzImage" bs=1 skip=514 count=4 | grep HdrS'
check "(d) objcopy and strip work, and leave the table whole" tools_work
check "three links with ld-wrap give the same bytes" figures
say "$(head -n 1 "$out")"
check_ro
check_module
bytes=$((0x$(table_size)))
sites=$(awk '$1 == "ours" { print $2 }' "$work/sites")
say "table: $bytes bytes reserved, $(awk \
	"BEGIN { printf \"%.2f\", $bytes / $sites }") a site"
done_testing
