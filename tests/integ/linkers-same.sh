#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linkers-same.sh - all but our sections is what the linker alone makes
#
# The real linker stands behind a script that keeps what it wrote, before
# ld-wrap fills it in.  Byte by byte the output may differ from that only in
# .rts.tab, in the branches that were redirected and in the build-id; what we
# add lies behind its last byte.  And stack, properties, segments and dynamic
# section are those of a link without us.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/linkers.sh"
need readelf

# ---- byte by byte ----------------------------------------------------------

# The words that ld-wrap adds stand in a file: -o, LINKED, rts.o.
keep() {	# LINKER: make the script
	mkdir -p "keep/$1"
	cat >"keep/$1/ld" <<END
#!/bin/bash
$(command -v "$1") "\$@" || exit
for word; do
	case \$word in
	@*/words)
		cp "\$(sed -n 2p "\${word#@}")" "$PWD/linked" ;;
	esac
done
END
	chmod +x "keep/$1/ld"
}

same_bytes() {	# LINKER OUTPUT
	rm -f linked
	LD_WRAP_LD=$PWD/keep/$1/ld gcc -B"$PWD/bin/" -o "$2" "${@:3}" || return
	[ -s linked ] && python3 "$linked_src/same.py" linked "$2" \
		rts_slot_twice
}

changed() {	# WHAT: the last comparison counted some of it
	check "$what: $1 did change" grep -Eq "(^| )$1 [1-9]" .changed
}

check "compile: gcc, pic" compile_linked pic gcc \
	"-fPIC -fno-plt -ffunction-sections -fdata-sections"
for linker in $linkers; do
	keep "$linker"
	while read -r words; do
		what="$linker $words"
		# shellcheck disable=SC2086
		check "$what: the linker's bytes" same_bytes "$linker" same \
			pic/*.o $words -Wl,--rts-func=twice,--rts-var=plain
		cp "$out" .changed
		changed "[.]rts[.]tab"
		changed redirected
		check "$what: runs" ./same
	done <<'END'
-pie
-no-pie -Wl,--emit-relocs
-static -Wl,--build-id=sha1
END
done
# The comparison itself must be able to fail.
cp same damaged
printf '\x55' | dd of=damaged bs=1 seek=$((0x$(readelf -SW same |
	sed 's/^ *\[ *[0-9]*\] *//' | awk '$1 == ".text" { print $4 }') + 9)) \
	conv=notrunc status=none
check_fails 1 "another byte of text is found" python3 "$linked_src/same.py" \
	linked damaged rts_slot_twice
cp "$out" .changed
check "another byte of text is named" grep -q '^byte 0x' .changed

# ---- what the kernel and the dynamic linker see ----------------------------

# Types and permissions of segments; properties; dynamic entries by name.
looks() {
	readelf -lW "$1" | awk '
		/^  [A-Z]/ && $1 != "Type" { print $1, NF > 7 ? $(NF - 2) $(NF - 1) : "" }
		' | sed 's/0x[0-9a-f]*//g' | sort
	readelf -lW "$1" | awk '$1 == "GNU_STACK" { print $1, $7, $8 }'
	readelf -nW "$1" | grep -A9 'NT_GNU_PROPERTY' | grep -v 'Build ID'
	readelf -dW "$1" | awk '{ print $2 }' | grep '^(' |
		grep -vE 'RELACOUNT|SZ' | sort
}

same_looks() {	# LINKER WORDS...
	local linker=$1
	shift
	"$linker" -o bare "$@" || return
	"$LD_WRAP" --rts-ld="$(command -v "$linker")" --rts-var=shift \
		--rts-no-store-warnings -o ours "$@" || return
	looks bare >want
	looks ours >have
	[ -s want ] && diff -u want have && ./ours
}

cat >start.c <<'END'
extern unsigned shift;
void twist(void);
void _start(void)
{
	twist();
	__asm__ volatile("movl $60,%%eax\n\tsyscall" : : "D"(shift ^ 1));
	__builtin_unreachable();
}
END
cat >twist.c <<'END'
unsigned shift __attribute__((visibility("hidden"))) = 3;
void twist(void);
void twist(void) { shift = 1; }
END
for flags in "-fno-pie -fcf-protection=full" "-fPIE -fcf-protection=none" \
	"-fPIE -fcf-protection=branch"; do
	for f in start twist; do
		# shellcheck disable=SC2086
		gcc -O2 $flags -c $f.c || not_ok "compile $f.c"
	done
	printf '\t.section .note.GNU-stack,"x",@progbits\n' >stack.s
	as -o stack.o stack.s
	pie=
	[[ $flags == *PIE* ]] &&
		pie="-pie -dynamic-linker /lib64/ld-linux-x86-64.so.2"
	for linker in $linkers; do
		for words in "" "stack.o" "-z execstack" \
			"-z relro -z now --gc-sections"; do
			# shellcheck disable=SC2086
			check "$linker, $flags $words: looks as without us" \
				same_looks "$linker" $pie start.o twist.o \
				$words
		done
	done
	case $flags in
	*full) check "IBT and SHSTK are there" grep -q 'IBT, SHSTK' have ;;
	*branch) check "IBT is there" grep -q 'IBT$' have ;;
	*) check_fails 1 "neither is there" grep -q 'IBT' have ;;
	esac
done
done_testing
