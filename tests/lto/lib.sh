# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# lib.sh - sourced behind tap.sh: links with LTO, by each compiler and linker
#
#	for_each_way FUNCTION
#
# calls FUNCTION NAME CC LINKER FLAGS for each way to do LTO.  The compilers
# find ld-wrap as the `ld' of a -B directory; $LD_WRAP_LD says which linker is
# the real one.
need gcc clang clang-19 ld.bfd ld.gold ld.lld ld.lld-19 mold readelf objdump nm
# shellcheck disable=SC2034
src=$RTS_SRCDIR/tests/lto
report=$PWD/.report
include="-I$RTS_SRCDIR/include -I$RTS_SRCDIR/rtld"
mkdir bin
ln -s "$LD_WRAP" bin/ld

for_each_way() {
	local linker cc
	for linker in bfd gold mold; do
		"$1" "gcc $linker" gcc $linker -flto
		"$1" "gcc $linker 1to1" gcc $linker \
			"-flto=2 -flto-partition=1to1"
	done
	"$1" "gcc bfd fat" gcc bfd "-flto -ffat-lto-objects"
	"$1" "gcc bfd whole" gcc bfd "-flto -fwhole-program -fipa-pta"
	for cc in clang clang-19; do
		linker=lld${cc#clang}
		"$1" "$cc $linker" $cc "$linker" -flto
		"$1" "$cc $linker thin" $cc "$linker" -flto=thin
		for linker in bfd gold mold; do
			"$1" "$cc $linker" $cc "$linker" -flto
		done
		"$1" "$cc bfd thin" $cc bfd -flto=thin
	done
}

# The real linker of that name.
real() {
	case $1 in
	mold) command -v mold ;;
	*) command -v "ld.$1" ;;
	esac
}

# compile CC FLAGS DIR FILE...: each into DIR
compile() {
	local cc=$1 flags=$2 dir=$3 file
	shift 3
	mkdir -p "$dir"
	for file; do
		# shellcheck disable=SC2086
		"$cc" -std=gnu11 -D_GNU_SOURCE -O2 -fno-pie $flags $include \
			-c "$file" -o "$dir/$(basename "${file%.*}").o" ||
			return
	done
}

# The relocator, as a program takes it in.
compile_rtld() {	# CC FLAGS DIR
	local r=$RTS_SRCDIR/rtld
	compile "$1" "$2" "$3" "$r/image.c" "$r/stream.c" "$r/field.c" \
		"$r/read.c" "$r/bind.c" "$r/dump.c" "$r/strerror.c" \
		"$r/platform/process.c"
}

# link CC LINKER ARGUMENTS...: by ld-wrap
link() {
	local cc=$1 linker=$2
	shift 2
	rm -f "$report"
	LD_WRAP_LD=$(real "$linker") "$cc" -B"$PWD/bin/" -no-pie \
		-Wl,--rts-report="$report" "$@"
}

# A line for each site: FUNCTION MARK+OFFSET.  A compiler that sees all callers
# may make a copy of a function for them: FUNCTION.constprop.0.
sites() {
	"$RTS_DUMP" --sites "$1" | awk '
		/^SITES/ { on = 1 }
		on && /^0x/ && $2 !~ /^</ { print "stripped", $2; next }
		on && /^0x/ { sub(/<|[+]0x.*>/, "", $2)
			      sub(/[+.].*/, "", $2); print $2, $3 }' | sort
}

# The number of a mark's, or of "total": references bound kept ...
get() {	# MARK CLASS
	awk -v mark="$1" -v class="$2" '
		$1 == "mark" { on = $2 == mark }
		$1 == "total" { on = mark == "total" }
		on && (/^ references/ || /^total/) {
			for (i = 1; i < NF; i++)
				if ($i == class)
					n += $(i + 1)
		}
		END { print n + 0 }' "$report"
}

address_of() { nm "$1" | awk -v s="$2" '$3 == s { print $1 }'; }
# Of a mark, as the report has it: statics may be renamed.
mark_at() {
	awk -v s="$1" '$1 == "mark" && $2 == s { print substr($4, 3) }' \
		"$report"
}

same() {	# WHAT WANT HAVE
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "want $2, have $3"
	fi
}
