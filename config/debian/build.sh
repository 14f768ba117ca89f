#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# Debian packages from this tree. dpkg-buildpackage wants a folder debian/ at the top, which is not
# ours to have: it gets a copy of the tree.
set -euo pipefail

usage()
{
	cat <<-END
	Usage: config/debian/build.sh [--check] [FOLDER]

	Installs the Debian packages that are missing, builds those of tailrace and leaves them in
	FOLDER (default: build-debian).

	  --check   then let lintian judge them, install them with apt in a Debian of their own, which
	            debootstrap makes (as root), and run what is installed
	  --help    this text
	END
}

say()
{
	printf '\n== %s\n' "$*"
}

# The tree as it is now, tracked files alone if it is a clone, with debian/ where it is looked for.
copy_tree()
{
	local to=$1

	mkdir "$to"
	if [ -e .git ]; then
		git ls-files -z | xargs -0 cp --parents -t "$to"
	else
		cp -r meson.build LICENSE README.md app lib drivers config test doc "$to"
	fi
	mv "$to/config/debian" "$to/debian"
	rm "$to/debian/build.sh"
}

build()
{
	copy_tree "$scratch/tailrace"
	(cd "$scratch/tailrace" && dpkg-buildpackage -us -uc -b)
	mkdir -p "$folder"
	rm -f "$folder"/*.{deb,changes,buildinfo}
	cp "$scratch"/*.deb "$scratch"/*.changes "$scratch"/*.buildinfo "$folder"
}

# What the unit starts, on a tap. Mounts and tap vanish with their namespaces.
serve()
{
	# shellcheck disable=SC2016 # expanded by that shell
	unshare --mount --net sh -euc '
		for folder in dev proc sys; do mount --rbind "/$folder" "$1/$folder"; done
		. "$1/etc/default/tailrace"
		exec chroot "$1" tailrace $EAL_ARGS -- --config /etc/tailrace/tailrace.conf \
			--cmdline-file /tmp/commands' sh "$1"
}

# In a Debian with nothing else: what is installed says who it is, and serves.
check()
{
	local root=$scratch/root suite

	say 'lintian'
	lintian --allow-root --fail-on error,warning "$folder"/tailrace_*.changes
	say 'a Debian of their own'
	suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	debootstrap --variant=minbase "$suite" "$root"
	cp "$folder"/{tailrace,tailrace-doc,libtailrace0}_*.deb "$root/tmp"
	chroot "$root" sh -c 'apt-get -q -y --no-install-recommends install /tmp/*.deb'
	say 'what is installed'
	chroot "$root" tailrace --version | grep -Fx "tailrace $version"
	chroot "$root" tailrace --help | grep -e --config
	chroot "$root" tailrace-bench submit --help | grep -e --json
	[ -f "$root/usr/share/doc/tailrace/guides/index.html" ]
	echo 'show engine' >"$root/tmp/commands"
	echo quit >>"$root/tmp/commands"
	serve "$root" | grep -x 'engine dram'
	say 'removed'
	chroot "$root" dpkg --purge tailrace tailrace-doc libtailrace0
	[ ! -e "$root/etc/tailrace" ] && [ ! -e "$root/usr/bin/tailrace" ]
}

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. config/packages.sh
folder=build-debian
check=0
while (($# > 0)); do
	case "$1" in
	--check) check=1 ;;
	--help)
		usage
		exit 0
		;;
	-*) die "unknown option $1; see --help" ;;
	*) folder=$1 ;;
	esac
	shift
done
version=$(sed -n "s/^    version: '\(.*\)',$/\1/p" meson.build)
((check == 0)) || [ "$(id -u)" -eq 0 ] || die "--check makes a root folder, and only root can"
((check == 0)) || install_packages debootstrap lintian
install_packages "${BUILD_PACKAGES[@]}" debhelper dpkg-dev libevent-dev python3-sphinx \
	python3-sphinx-rtd-theme
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build
((check == 0)) || check
printf '\n'
ls "$folder"/*.deb
