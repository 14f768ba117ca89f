#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# Sourced by the scripts that install: what a build needs, and how to get what is missing.
set -euo pipefail

# shellcheck disable=SC2034 # used where this is sourced
BUILD_PACKAGES=(
	gcc libc6-dev meson ninja-build pkg-config libdpdk-dev libbsd-dev libxxhash-dev
	libmicrohttpd-dev libcmocka-dev
	python3 iproute2
)

# Print the first argument as an error of this script, and end it with status 2.
die()
{
	printf '%s: %s\n' "$0" "$1" >&2
	exit 2
}

# Install those of these Debian packages that are missing.
install_packages()
{
	local package missing=()

	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		die "this is not Debian; install what these packages stand for: $*"
	fi
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			missing+=("$package")
	done
	if ((${#missing[@]} == 0)); then
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		die "packages are missing, and only root can install them: ${missing[*]}"
	fi
	printf '\n== installing %s\n' "${missing[*]}"
	apt-get -q update
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}"
}
