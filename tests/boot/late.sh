#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# late.sh - switch over while other CPUs run
#
# late.elf on 4 emulated CPUs, each a thread of QEMU's, and on 1.  CPU 0
# switches over so many times in each mode (a sample, or RTS_LATE); each
# answer that any CPU got from any site was checked for old or new (stress.h).
# `make check-long' takes 10,000.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
QEMU=${QEMU:-qemu-system-x86_64}
images=$RTS_BUILDDIR/tests/boot
need "$QEMU" timeout awk
switches=${RTS_LATE:-${RTS_LONG:+10000}}
switches=${switches:-50}
# Sites in a batch: all of them where each round counts.
room=256
[ "$switches" -le 1000 ] || room=1024

# boot CPUS IMAGE "words" [option of QEMU]...; leaves serial.log and the guest's
# memory in ./ram.
boot() {
	local cpus=$1 kernel=$2 words=$3
	shift 3
	rm -f serial.log ram
	# All of it by a file, so that a killed one leaves what it wrote.
	exec timeout $((100 + switches)) "$QEMU" -accel tcg,thread=multi \
		-smp "$cpus" -nodefaults -display none -no-reboot \
		-m 64 -machine memory-backend=ram \
		-object memory-backend-file,id=ram,size=64M,mem-path=ram,share=on \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-serial file:serial.log -kernel "$kernel" -append "$words" "$@"
}

booted() {
	(boot "$@")
}

says() {
	check "$1" grep -E -- "$2" serial.log ||
		grep -E '^(late|FAIL|TRAP|SELF)' serial.log | sed 's/^/# /'
}

# figure NAME: the number that stands behind it in the lines of all CPUs
each_cpu() {
	awk -v name="$1" '/^late: cpu [0-9]+:/ {
			for (i = 1; i < NF; i++)
				if ($i == name) { n++; bad += $(i + 1) == 0 }
		}
		END { exit !(n == '"$2"' && !bad) }' serial.log
}

# The last thing that it does: see late-faults.c.
named_each_byte() {
	[ "$(grep -c "^late: byte [0-4] of st_pass_site is not ours: TEXT_" \
		serial.log)" = 5 ]
}

none_failed() {
	! grep -E '^(FAIL|TRAP)' serial.log
}

proved() {
	check "$1: rts-dump proves the last dump" "$RTS_DUMP" --check-log \
		"$2" serial.log
	check "$1: memory is the image but for the sites" "$RTS_DUMP" \
		--check-log --memory=ram@0:0xffffffff80000000 "$2" serial.log
}

test_mode() {
	local cc=$1 mode=$2 cpus=$3 n=$4 what image=$images/$1/late.elf
	what="$cc, $mode, $cpus CPUs"
	check_fails 33 "$what" booted "$cpus" "$image" \
		"mode=$mode stress=$n room=$room"
	check "$what: no answer but old or new" none_failed
	says "$what: $n switch-overs" \
		"^late: mode $mode: cpus $cpus switched $n refused: .* other 0\$"
	says "$what: self-test" '^SELFTEST PASS checks=[1-9][0-9]* failed=0'
	check "$what: each CPU went through sites" each_cpu passes "$cpus"
	check "$what: ... in timer interrupts" each_cpu ticks "$cpus"
	check "$what: ... and in NMIs" each_cpu nmis "$cpus"
	check "$what: rtld_check() names a tampered site, byte by byte" \
		named_each_byte
	says "$what: rounds of interrupts are in the dump" \
		"^rts: host $mode.* transactions [1-9][0-9]* rounds [1-9]"
	proved "$what" "$image"
	grep '^late: ' serial.log | grep -v switched$ | sed 's/^/# /'
}

test_rendezvous() {
	local cc=$1
	test_mode "$cc" rendezvous 1 "$switches"
	test_mode "$cc" rendezvous 4 "$switches"
	what="$cc, rendezvous"
	check "$what: NMIs came to stopped CPUs, and were replayed" \
		each_cpu replayed 4
	says "$what: CPUs that did not come: refused, and came late" \
		'refused: busy .* deaf [1-9]'
	says "$what: ... each of them" '^late: stops [1-9][0-9]* late [1-9]'
	says "$what: a CPU came and went" 'restarts ([4-9]|[1-9][0-9])'
	says "$what: others initiated as well" 'others initiated [1-9]'
	says "$what: of two calls with one struct rtld one is refused" \
		'same struct [1-9]'
	says "$what: a CPU stood inside a body of several instructions: refused" \
		'refused: busy .* inside [1-9]'
	says "$what: ... inside a call in a window: that one passed over" \
		'windows passed over [1-9]'
}

# Each switch-over writes more than 512 sites and less than 769, so it has three
# batches of 256, or one of 1024; what another CPU has bound meanwhile may have
# some too.
rounds_of_batches() {
	awk -v room="$room" '
	function behind(word,    i) {
		for (i = 1; i < NF; i++)
			if ($i == word) return $(i + 1) + 0
	}
	{ sub(/\r$/, "") }
	/^late: mode live/ { switched = behind("switched") }
	/^late: sites .* rounds of interrupts/ {
		written = behind("last"); rounds = behind("interrupts")
	}
	/^late: batches/ { batches = behind("batches") }
	END {
		print switched, written, batches, rounds
		exit !(switched && written > 512 && written < 769 &&
			batches >= int((512 + room) / room) * switched &&
			rounds == 3 * batches)
	}' serial.log
}

test_live() {
	local cc=$1 n=$switches
	# Each breakpoint costs an emulator more than a CPU.
	[ "$n" -gt 1000 ] || n=$((n / 5))
	test_mode "$cc" live 1 "$n"
	test_mode "$cc" live 4 "$n"
	what="$cc, live"
	says "$what: CPUs did go through breakpoints" \
		'^late: batches [1-9][0-9]* breakpoints emulated [1-9]'
	check "$what: three rounds of interrupts a batch of $room" \
		rounds_of_batches
	says "$what: a CPU came and went" 'restarts ([4-9]|[1-9][0-9])'
	says "$what: a CPU with interrupts off was waited for" \
		'refused: busy .* deaf [1-9]'
	says "$what: others initiated as well" 'others initiated [1-9]'
	says "$what: of two calls with one struct rtld one is refused" \
		'same struct [1-9]'
}

# Whenever the kernel asks, a machine check on each CPU and an NMI for all, by
# QEMU's monitor; until it has ended.
inject_into() {
	local qemu=$1 cpus=$2 asked=0 cpu
	while kill -0 "$qemu" 2>/dev/null; do
		sleep 0.05
		[ -e serial.log ] || continue
		while [ $asked -lt "$(grep -c '^late: inject' serial.log)" ]; do
			# Valid, uncorrected, enabled; MCIP and EIPV.
			for ((cpu = 0; cpu < cpus; cpu++)); do
				echo "mce $cpu 0 0xb000000000000000 6 0 0"
			done
			echo nmi
			asked=$((asked + 1))
		done
	done
}

boot_injected() {
	local qemu
	rm -f monitor
	mkfifo monitor
	boot "$@" -monitor stdio <monitor >monitor.log &
	qemu=$!
	(trap '' PIPE; inject_into "$qemu" "$1") >monitor
	wait "$qemu"
}

# In the rendezvous when all have stopped, and where a site that handlers pass
# through has no instruction; live before each round of interrupts, when some
# CPUs have breakpoints, and some have not.
test_machine_checks() {
	local mode=$1 cpus=$2 what="$1, $2 CPUs, true machine checks"
	local image=$images/gcc/late.elf
	check_fails 33 "$what" boot_injected "$cpus" "$image" \
		"mode=$mode stress=8 room=1024 inject"
	check "$what: no answer but old or new" none_failed
	says "$what: self-test" '^SELFTEST PASS checks=[1-9][0-9]* failed=0'
	says "$what: in the worst moment" '^late: windows .* injected [1-9]'
	check "$what: each CPU had them" each_cpu true "$cpus"
	proved "$what" "$image"
}

# Power off in the middle of it: nothing of it is in the image, so the next
# boot is one like any other.
test_power_cut() {
	local image=$images/gcc/late.elf qemu i
	rm -f serial.log
	boot 4 "$image" "mode=$1 stress=1000000" &
	qemu=$!
	for ((i = 0; i < 300; i++)); do
		grep -q '^late: first switch-overs' serial.log 2>/dev/null &&
			break
		sleep 0.1
	done
	check "$1, power cut: it was switching" \
		grep -q '^late: first switch-overs' serial.log
	# timeout(1) runs in its place; QEMU is its child.
	check "$1, power cut" kill -KILL "$(cat "/proc/$qemu/task/$qemu/children")"
	wait "$qemu" 2>/dev/null
	check_fails 1 "$1, power cut: it did not end by itself" \
		grep -q SELFTEST serial.log
	check_fails 33 "$1, power cut: the next boot is as any" \
		booted 4 "$image" "mode=$1 stress=10"
	proved "$1, power cut" "$image"
}

for mode in rendezvous live; do
	for cc in gcc clang; do
		"test_$mode" $cc
	done
	test_power_cut "$mode"
	test_machine_checks "$mode" 1
	test_machine_checks "$mode" 4
done
done_testing
