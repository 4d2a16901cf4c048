# SPDX-License-Identifier: GPL-3.0-or-later
# doc/build-systems.md: Rust and Go.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/builds.sh"
need gcc clang ld.lld cargo go cmp

# ---- Rust --------------------------------------------------------------------------

by_cargo() {
	mkdir src
	cat >Cargo.toml <<-'END'
	[package]
	name = "little"
	version = "1.0.0"
	edition = "2021"
	END
	# What has #[no_mangle] Rust reaches by the GOT; so, assembly.
	cat >src/main.rs <<-'END'
	std::arch::global_asm!(
	    ".pushsection .data.level, \"aw\"",
	    ".globl level",
	    ".hidden level",
	    ".type level, @object",
	    ".size level, 4",
	    "level: .long 3",
	    ".popsection",
	    ".pushsection .text.ask, \"ax\"",
	    ".globl ask",
	    ".type ask, @function",
	    "ask: mov ecx, dword ptr [rip + level]",
	    "mov eax, edi",
	    "shr eax, cl",
	    "ret",
	    ".size ask, . - ask",
	    ".popsection",
	);
	extern "C" {
	    fn ask(x: u32) -> u32;
	}
	fn main() {
	    println!("{}", unsafe { ask(std::env::args().count() as u32 * 64) });
	}
	END
}
# Debian's, and another one that comes first on PATH.
for cargo in $(type -ap cargo | grep -v '^/bin/' | awk '!seen[$0]++'); do
	bin=${cargo%/*}
	before=$PATH
	PATH=$RTS_BUILDDIR/ld-wrap:$bin:$PATH
	version=$(rustc --version | cut -d ' ' -f 2)
	plain "rust-$version" by_cargo target/release/little \
		'RUSTFLAGS="-C link-arg=-fuse-ld=bfd" cargo build --release'
	same_by "rust-$version" cargo
	marked_by "rust-$version" cargo
	marked_by "rust-$version" cargo-clang
	PATH=$before
done

# ---- Go -----------------------------------------------------------------------------

export GOFLAGS=-mod=mod GO111MODULE=on GOPATH=$top/go GOCACHE=$top/cache
by_go() {
	cat >go.mod <<-'END'
	module little

	go 1.18
	END
	cat >main.go <<-'END'
	package main

	// unsigned ask(unsigned x);
	import "C"
	import "fmt"

	func main() {
		fmt.Println(C.ask(64))
	}
	END
	cat >level.c <<-'END'
	__attribute__((visibility("hidden"))) unsigned level = 3;
	unsigned ask(unsigned x);
	unsigned ask(unsigned x) { return x >> level; }
	END
}
plain go by_go prog 'go build -o prog'
both_by go any
marked_by go go
done_testing
