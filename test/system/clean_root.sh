#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# The two commands of the README in a new Debian 12 that has nothing but its base system: proves
# that they install all they need. Takes minutes, two gigabytes below $TMPDIR, and the package
# sources and proxies of this machine.
set -euo pipefail

SUITE=bookworm

die()
{
	printf '%s: %s\n' "$0" "$1" >&2
	exit 2
}

# Sources of this machine's apt that carry the suite: site, release, component.
sources()
{
	# shellcheck disable=SC2016 # apt-get fills these in
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		sort -u | awk -v suite="$SUITE" '$2 ~ "^" suite "(-|$)"'
}

# The base system, with this machine's ways to reach packages.
make_root()
{
	local root=$1 mirror

	mirror=$(sources | awk -v suite="$SUITE" '$2 == suite && $3 == "main" { print $1; exit }')
	[ -n "$mirror" ] || die "apt knows no source of $SUITE here"
	debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$root" "$mirror"
	sources | sed 's/^/deb /' >"$root/etc/apt/sources.list"
	apt-config dump | grep -Ei '^Acquire::(https?|ftp)::|^Acquire::Check-' \
		>"$root/etc/apt/apt.conf.d/90host" || true
	cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" || true
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	# No daemon starts because its package was installed.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
}

# In mount and process namespaces of its own: what is mounted and started here ends with them.
inside()
{
	local root=$1 node pass=() variable

	mount --make-rprivate /
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t tmpfs tmpfs "$root/run"
	mkdir -p "$root/dev/net" "$root/dev/pts" "$root/dev/shm"
	for node in null zero full random urandom net/tun; do
		[ -e "$root/dev/$node" ] || : >"$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
	ln -sf pts/ptmx "$root/dev/ptmx"
	mount -t tmpfs tmpfs "$root/dev/shm"

	for variable in http_proxy https_proxy no_proxy; do
		[ -z "${!variable-}" ] || pass+=("$variable=${!variable}")
	done
	for command in 'app/quickstart.sh --check' 'test/run.sh'; do
		printf '\n== in a clean root: %s\n' "$command"
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb "${pass[@]}" \
			chroot "$root" sh -c "cd /tailrace && $command" </dev/null
	done
}

if [ "${1-}" = --inside ]; then
	inside "$2"
	exit
fi
[ $# -eq 0 ] || die 'takes no arguments'
[ "$(id -u)" -eq 0 ] || die 'needs root'
[ -c /dev/net/tun ] || die 'needs /dev/net/tun'
for tool in debootstrap git unshare apt-get; do
	command -v "$tool" >/dev/null || die "$tool is missing"
done

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT
printf '== debootstrap %s\n' "$SUITE"
make_root "$folder/root" >"$folder/log" 2>&1 || {
	cat "$folder/log"
	exit 1
}
printf '== clone of %s\n' "$(git -C "$source" log -1 --format='%h %s')"
git clone -q --depth 1 "file://$source" "$folder/root/tailrace"
unshare --mount --pid --fork --kill-child "${BASH_SOURCE[0]}" --inside "$folder/root"
echo 'both commands work in a clean root'
