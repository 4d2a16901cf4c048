# SPDX-License-Identifier: GPL-3.0-or-later
# The directory of linkers: each name leads to the linker that would have run
# without us, whoever looks for it.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang clang-19 ld ld.bfd ld.gold ld.lld ld.lld-19 mold ld.mold timeout \
	readelf cmp
configured=$(sed -n 's/^#define LW_DEFAULT_LD "\(.*\)"/\1/p' \
	"$RTS_BUILDDIR/config.h")
full=$(readlink -f "$LD_WRAP")
dir=$RTS_BUILDDIR/ld-wrap/linkers

said() {	# by the last command, which another check would overwrite
	if grep -q -- "$1" "$out"; then
		ok "and says $1"
	else
		not_ok "and says $1"
	fi
}

# ---- the directory -----------------------------------------------------------

check "it has links to ld-wrap by five names, and nothing else" \
	test "$(ls -A "$dir" | tr '\n' ' ')" = "ld ld.bfd ld.gold ld.lld ld.mold "
for name in ld ld.bfd ld.gold ld.lld ld.mold; do
	check "$name is ld-wrap" test "$dir/$name" -ef "$LD_WRAP"
done
check "--rts-dir names it" test "$("$LD_WRAP" --rts-dir)" -ef "$dir"
check "--rts-dir is an absolute path without a slash at the end" \
	grep -qx '/.*[^/]' <("$LD_WRAP" --rts-dir)

# Installed, moved as a whole, and not there at all.
mkdir -p inst/bin inst/libexec/ld-wrap
cp "$full" inst/bin/ld-wrap
ln -s ../../bin/ld-wrap inst/libexec/ld-wrap/ld
check "--rts-dir of an installed ld-wrap" \
	test "$(inst/bin/ld-wrap --rts-dir)" = "$PWD/inst/libexec/ld-wrap"
mv inst moved
check "and of one that was moved" \
	test "$(moved/bin/ld-wrap --rts-dir)" = "$PWD/moved/libexec/ld-wrap"
ln -sf /bin/true moved/libexec/ld-wrap/ld
check_fails 1 "a directory whose ld is something else is not named" \
	moved/bin/ld-wrap --rts-dir
rm -r moved/libexec
check_fails 1 "nor one that is not there" moved/bin/ld-wrap --rts-dir
said '\[read\]'

# ---- each name, its linker -----------------------------------------------------

cat >a.c <<'EOC'
int puts(const char *);
int main(void) { return puts("a") < 0; }
EOC
echo 'int f(void); int f(void) { return 1; }' >alone.c
gcc -O1 -fPIE -c a.c alone.c || exit 99
same_words() {	# WHAT COMMAND-A COMMAND-B
	local what=$1
	$2 >want 2>&1
	$3 >have 2>&1
	check "$what" cmp want have
}
for name in ld.bfd ld.gold ld.lld ld.mold; do
	same_words "$name -v is $name's" "$name -v" "$dir/$name -v"
	for cc in gcc clang; do
		check "$cc -B, -fuse-ld=${name#ld.}: links" \
			$cc -B"$dir" "-fuse-ld=${name#ld.}" a.o -o have
		$cc "-fuse-ld=${name#ld.}" a.o -o want || exit 99
		check "$cc -B, -fuse-ld=${name#ld.}: the same bytes" \
			cmp want have
		LD_WRAP_FLAGS=--rts-print-command $cc -B"$dir/" \
			"-fuse-ld=${name#ld.}" a.o -o have >said 2>&1
		check "$cc -B, -fuse-ld=${name#ld.}: by way of ld-wrap" \
			grep -q "^ld-wrap: .*/$name " said
	done
	check "clang --ld-path=$name" clang --ld-path="$dir/$name" a.o -o have
	clang -fuse-ld="${name#ld.}" a.o -o want || exit 99
	check "clang --ld-path=$name: the same bytes" cmp want have
done
if [ -z "$configured" ]; then
	same_words "ld -v is ld's" "ld -v" "$dir/ld -v"
fi
for cc in gcc clang; do
	LD_WRAP_FLAGS=--rts-print-command $cc -B"$dir" a.o -o have >said 2>&1
	check "$cc -B: by way of ld-wrap" grep -q '^ld-wrap: .*/ld ' said
	$cc a.o -o want || exit 99
	check "$cc -B: the same bytes" cmp want have
done

# ---- names and where they are looked for -----------------------------------------

# linker FILE: a linker that says which one it is.
linker() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\necho "this is %s"\n' "$1" >"$1"
	chmod +x "$1"
}
runs() {	# WHAT LINKER COMMAND...
	local what=$1 want="this is $2" have
	shift 2
	have=$(timeout 20 "$@" 2>&1)
	if [ "$have" = "$want" ]; then
		ok "$what"
	else
		not_ok "$what" "$have"
	fi
}
mkdir by
for name in ld.lld ld.lld-19 ld.gold mold x86_64-linux-gnu-ld real-ld \
    x86_64-linux-gnu-ld.gold collect-ld not-a-linker ld; do
	ln -s "$full" "by/$name"
	case $name in
	real-ld|collect-ld|not-a-linker|ld)
		[ -z "$configured" ] || continue
		linker path/ld ;;
	*)
		linker "path/$name" ;;
	esac
done
here=$PWD
PATH_before=$PATH
export PATH="$here/by:path:$PATH"
for name in ld.lld ld.lld-19 ld.gold mold x86_64-linux-gnu-ld \
    x86_64-linux-gnu-ld.gold; do
	runs "called as $name, behind ourselves on PATH" "path/$name" "$name"
	runs "called as $name by its path" "path/$name" "by/$name"
done
if [ -z "$configured" ]; then
	for name in real-ld collect-ld not-a-linker ld; do
		runs "called as $name: ld" path/ld "by/$name"
	done
fi
runs "argv[0] counts where the file's name says nothing" path/ld.gold \
	bash -c 'exec -a any/ld.gold by/not-a-linker'
runs "the file's name counts before argv[0]" path/ld.lld \
	bash -c 'exec -a ld.gold by/ld.lld'
linker two/ld.lld
runs "--rts-ld before the name" two/ld.lld by/ld.gold --rts-ld=two/ld.lld
runs "\$LD_WRAP_LD for a name of the same linker" path/ld.lld-19 \
	env LD_WRAP_LD=path/ld.lld-19 by/ld.lld
runs "\$LD_WRAP_LD not for another linker's name" path/ld.gold \
	env LD_WRAP_LD=path/ld.lld-19 by/ld.gold
runs "\$LD_WRAP_LD for ld" path/ld.gold env LD_WRAP_LD=path/ld.gold by/ld
runs "\$LD_WRAP_LD for TARGET-ld" path/ld.gold \
	env LD_WRAP_LD=path/ld.gold by/x86_64-linux-gnu-ld
linker gcc/ld.gold
linker gcc/x86_64-linux-gnu-ld
runs "gcc's own directories come before PATH" gcc/ld.gold \
	env COMPILER_PATH="$here/by:gcc" by/ld.gold
runs "and then PATH" path/ld.lld env COMPILER_PATH="$here/by:gcc" by/ld.lld
PATH=$PATH_before
mkdir empty
check_fails 127 "no such linker on PATH" env PATH="$here/by" ld.gold -v
said '`ld.gold.*\[no-linker\]'

# Each clang has its own lld, whatever the ld.lld on PATH is.
clang-19 -B"$dir" -fuse-ld=lld -Wl,-v -nostdlib >said 2>&1
check "clang-19 -B -fuse-ld=lld: its lld is 19" grep -q 'LLD 19' said
clang -B"$dir" -fuse-ld=lld -Wl,-v -nostdlib >said 2>&1
check "clang -B -fuse-ld=lld: its lld is not" \
	grep -q "$(ld.lld --version | grep -o 'LLD [0-9]*')" said
clang-19 -flto -O1 -c a.c -o lto.o || exit 99
check "so bitcode of clang-19 links" \
	clang-19 -flto -B"$dir" -fuse-ld=lld lto.o -o have

# ---- a preloaded mold wrapper -----------------------------------------------------

# It turns each exec of some ld into one of mold: also ours.
wrapper=$(mold -run sh -c 'echo "$LD_PRELOAD"')
check "mold -run preloads its wrapper" test -f "$wrapper"
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"
links() {	# WHAT BANNER COMMAND...
	local what=$1 want=$2
	shift 2
	rm -f prog
	check "$what" timeout 20 "$@" -o prog
	readelf -SW -p .comment prog >sections
	check "$what: linked by $want" grep -q "$want" sections
}
if [ -z "$configured" ]; then
	links "mold -run, LD=ld-wrap" mold mold -run "$LD_WRAP" -e f alone.o
fi
links "mold -run, --rts-ld" gold \
	mold -run "$LD_WRAP" --rts-ld="$(command -v ld.gold)" -e f alone.o
links "mold -run, gcc -B -fuse-ld=mold" mold \
	mold -run gcc -B"$dir" -fuse-ld=mold a.o
LD_WRAP_FLAGS=--rts-print-command mold -run gcc -B"$dir" -fuse-ld=mold a.o \
	-o prog >said 2>&1
check "mold -run, gcc -B -fuse-ld=mold: by way of ld-wrap" \
	grep -q '^ld-wrap: .*mold ' said
# The wrapper with ld-wrap in the place of mold: each ld of a build is ours.
for name in "$full" "$dir/ld.mold"; do
	for ld in bfd gold; do
		want=$ld
		[ "$name" = "$full" ] || want=mold
		LD_WRAP_FLAGS=--rts-print-command LD_PRELOAD=$wrapper \
			MOLD_PATH=$name timeout 20 gcc "-fuse-ld=$ld" a.o \
			-o prog >said 2>&1
		check "\$MOLD_PATH=${name##*/}, -fuse-ld=$ld: links" ./prog
		check "\$MOLD_PATH=${name##*/}, -fuse-ld=$ld: by $want" \
			grep -q "^ld-wrap: .*/ld.$want " said
		check "\$MOLD_PATH=${name##*/}, -fuse-ld=$ld: once" \
			test "$(grep -c '^ld-wrap: ' said)" = 1
	done
done
done_testing
