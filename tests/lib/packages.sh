# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# packages.sh - sourced by quickstart and check-linux: Debian packages
#
#	install_packages LOG package...
#
# installs those of the packages that are missing, and asks nothing when none
# is.  Root installs directly, anybody else through sudo.

# To build and run the two programs and the demonstration.
packages_build="gcc g++ libc6-dev make autoconf automake pkg-config xz-utils
	binutils binutils-dev libiberty-dev libelf-dev libzydis-dev
	libgcrypt20-dev libcmocka-dev zlib1g-dev"
packages_demo="qemu-system-x86"
packages_check="clang clang-19 clang-tidy cppcheck shellcheck lld mold valgrind
	lld-19 strace elfutils spin gdb groff-base python3 python3-unicorn
	gcc-multilib g++-multilib libc6-dev-i386
	libtool cmake meson ninja-build golang-go cargo rustc debhelper dpkg-dev"
packages_linux="linux-source-6.1 bc flex bison libssl-dev libelf-dev kmod cpio
	rsync xz-utils perl python3 python3-unicorn qemu-system-x86"
packages_real="lld mold libtool cmake meson ninja-build golang-go dpkg-dev flex
	bison libonig-dev libffi-dev libexpat1-dev bzip2 xz-utils"

missing_packages() {
	local p
	for p; do
		dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed || echo "$p"
	done
}

install_packages() {
	local log=$1 missing as_root=
	shift
	if ! command -v dpkg-query >/dev/null 2>&1; then
		# What is missing then shows in the build, by name.
		echo "no Debian package manager here; needed, by Debian's" \
			"names: $*" >&2
		return 0
	fi
	missing=$(missing_packages "$@" | sort -u | tr '\n' ' ')
	missing=${missing% }
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		if ! command -v sudo >/dev/null 2>&1; then
			echo "missing packages, and neither root nor sudo:" \
				"apt-get install $missing" >&2
			return 1
		fi
		as_root=sudo
	fi
	echo "installing: $missing"
	# shellcheck disable=SC2086	# one word a package
	if ! {
		$as_root apt-get -q update &&
			$as_root env DEBIAN_FRONTEND=noninteractive apt-get \
				-q -y --no-install-recommends install $missing
	} >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		echo "could not install $missing; the whole log: $log" >&2
		return 1
	fi
	missing=$(missing_packages "$@")
	[ -z "$missing" ] && return 0
	echo "still missing after installation: $missing" >&2
	return 1
}
