# SPDX-License-Identifier: GPL-3.0-or-later
# builds.sh - sourced behind tap.sh: the lines of doc/build-systems.md
#
#	project NAME	a function that writes a small project into $PWD
#	plain NAME PROJECT PRODUCT 'commands'	build it without ld-wrap
#	same_by NAME LINE	with the document's block LINE: the same bytes
#	marked_by NAME LINE	and with a mark: a table, and it still works
#	unmoved_by NAME LINE	a line of which the document says that it links
#				nothing: no table
#
# All builds of a project are made in one directory, whose path may be in the
# products, that is made anew for each.
doc=$RTS_SRCDIR/doc/build-systems.md
PATH=$RTS_BUILDDIR/ld-wrap:$PATH
export PATH
unset COMPILER_PATH LD CC CXX LDFLAGS CFLAGS MAKEFLAGS MFLAGS MAKELEVEL \
	LD_WRAP_DEPTH CC_LD RUSTFLAGS
top=$PWD
# A rustup keeps its compilers at home.
export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}" HOME="$top"

# The block of that name, as it stands in the document.
block() {
	awk -v fence='```sh '"$1" '
		/^```/ { on = $0 == fence; next }
		on' "$doc"
}

# build_in_src PROJECT: the commands on stdin, in a new project.
build_in_src() {
	rm -rf "$top/src"
	mkdir "$top/src" && cd "$top/src" && "$1" &&
		bash -e -u >"$top/log" 2>&1
}

show_log() {
	tail -n 20 "$top/log" | sed 's/^/# /'
}

# libtool leaves libraries where only its script finds them.
run_program() {
	(cd "$top/src" && LD_LIBRARY_PATH=.libs "./$program")
}

# The products may be several: the first is a program.
plain() {
	local name=$1 at
	project=$2
	products=$3
	commands=$4
	if ! (echo "$commands" | build_in_src "$project"); then
		not_ok "$name: the plain build"
		show_log
		return 1
	fi
	rm -rf "$top/plain"
	mkdir "$top/plain"
	for at in $products; do
		cp "$top/src/$at" "$top/plain/" || return 1
	done
	program=${products%% *}
	said=$(run_program)
	check "$name: the plain build" test "$said" = 8
}

# with NAME LINE: build with a block, or with `any' before the plain commands.
with() {
	local name=$1 line=$2 text
	text=$(block "$line")
	if [ -z "$text" ]; then
		not_ok "$name: the document has a block $line"
		return 1
	fi
	[ "$line" != any ] || text="$text
$commands"
	(echo "$text" | build_in_src "$project") && return 0
	not_ok "$name, $line: builds"
	show_log
	return 1
}

same_by() {
	local name=$1 line=$2 at
	with "$name" "$line" || return 1
	for at in $products; do
		check "$name, $line: unmarked, ${at##*/} has the same bytes" \
			cmp "$top/plain/${at##*/}" "$top/src/$at"
	done
}

flags=--rts-var=level
marked_by() {
	local name=$1 line=$2 at
	LD_WRAP_FLAGS=$flags with "$name" "$line" || return 1
	for at in $products; do
		check "$name, $line: marked, ${at##*/} has a sound table" \
			"$RTS_DUMP" --check "$top/src/$at"
		cp "$out" "$top/checked"
		check "$name, $line: marked, ${at##*/} has sites" \
			grep -q ' 1 marks, .* [1-9][0-9]* sites' "$top/checked"
	done
	check "$name, $line: marked, it says the same" \
		test "$(run_program)" = "$said"
}

both_by() {
	same_by "$1" "$2"
	marked_by "$1" "$2"
}

unmoved_by() {
	local name=$1 line=$2 at
	LD_WRAP_FLAGS=$flags with "$name" "$line" || return 1
	for at in $products; do
		check_fails any "$name, $line: links nothing by ld-wrap" \
			"$RTS_DUMP" --check "$top/src/$at"
		check "$name, $line: ${at##*/} is the plain one" \
			cmp "$top/plain/${at##*/}" "$top/src/$at"
	done
}

# ---- what most projects have --------------------------------------------------

c_sources() {
	cat >main.c <<-'END'
	#include <stdio.h>
	unsigned ask(unsigned x);
	int main(void)
	{
		printf("%u\n", ask(64));
		return 0;
	}
	END
	cat >level.c <<-'END'
	/* Also where it is compiled for a shared object: no GOT. */
	__attribute__((visibility("hidden"))) unsigned level = 3;
	unsigned ask(unsigned x);
	unsigned ask(unsigned x) { return x >> level; }
	END
}
