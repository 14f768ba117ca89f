#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# Count what a request costs, and compare it with the committed baseline.
set -euo pipefail

usage()
{
	cat <<-END
	Usage: test/perf/instructions.sh [--build FOLDER] [options of instructions.py]

	Plays requests to a core under callgrind and prints instructions and last-level cache misses
	for each, by stage. Exit status 1 when a figure grew over test/perf/baseline.json.

	  --build FOLDER  the build to measure (build); of the default build type
	  --out FOLDER    leave callgrind's dumps there, for callgrind_annotate or KCachegrind
	  --update        rewrite the baseline
	  --json          print the figures as JSON
	  --top CASE      print the functions that cost most in it (repeat for several)
	END
}

folder=build
out=
arguments=()
while (($# > 0)); do
	case "$1" in
	--build)
		folder=${2?--build takes a folder}
		shift
		;;
	--out)
		out=${2?--out takes a folder}
		shift
		;;
	--help)
		usage
		exit 0
		;;
	*) arguments+=("$1") ;;
	esac
	shift
done
replay=$folder/test/perf/replay
if ! command -v valgrind >/dev/null || [ ! -x "$replay" ]; then
	echo "$0: no $replay: install valgrind, and build (a folder from before: meson setup" \
		"--reconfigure)" >&2
	exit 2
fi

if [ -z "$out" ]; then
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
rm -f "$out"/callgrind*
# The caches are named, for the same figures on any machine.
if ! valgrind --tool=callgrind --instr-atstart=no --collect-atstart=no --cache-sim=yes \
	--I1=32768,8,64 --D1=32768,8,64 --LL=8388608,16,64 \
	--callgrind-out-file="$out/callgrind" "$replay" >"$out/cases" 2>"$out/log"; then
	cat "$out/log" >&2
	exit 2
fi
rm -f "$out/callgrind"
/usr/bin/python3 "$(dirname "$0")/instructions.py" "$out" "${arguments[@]}"
