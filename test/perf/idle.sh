#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# Say what a million idle connections take of memory, and how often a segment waits for it.
set -euo pipefail

usage()
{
	cat <<-END
	Usage: test/perf/idle.sh [--build FOLDER] [--requests N] [--cachegrind] [--out FOLDER]

	Plays requests on a million idle connections to a core under callgrind, whose caches are
	those of cachegrind, and prints DPDK memory for each connection, all pools of the core
	included, and last-level cache misses a segment. Exit status 1 when they take more than
	1 GiB, or a segment misses six times.

	  --build FOLDER  the build to measure (build); of the default build type
	  --requests N    how many are counted (100000), of three segments each
	  --cachegrind    count by the difference of two runs of cachegrind instead: with the clients,
	                  and so more
	  --out FOLDER    leave what valgrind wrote there, for callgrind_annotate
	END
}

folder=build
requests=100000
tool=callgrind
out=
while (($# > 0)); do
	case "$1" in
	--build)
		folder=${2?--build takes a folder}
		shift
		;;
	--requests)
		requests=${2?--requests takes a number}
		shift
		;;
	--out)
		out=${2?--out takes a folder}
		shift
		;;
	--cachegrind) tool=cachegrind ;;
	--help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done
idle=$folder/test/perf/idle
if ! command -v valgrind >/dev/null || [ ! -x "$idle" ]; then
	echo "$0: no $idle: install valgrind, and build" >&2
	exit 2
fi
if [ -z "$out" ]; then
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
rm -f "$out"/*grind* "$out"/idle.*

# Of a server's size, and named, for the same figures on any machine.
caches="--I1=32768,8,64 --D1=32768,8,64 --LL=33554432,16,64"

# The sum of the misses of the last level in a file of either tool.
misses_in()
{
	awk '$1 == "events:" { for (i = 2; i <= NF; i++) name[i] = $i }
		$1 == "totals:" || $1 == "summary:" {
			for (i = 2; i <= NF; i++)
				if (name[i] ~ /^(ILmr|DLmr|DLmw)$/)
					sum += $i
			print sum
			exit
		}' "$1"
}

# run COUNT TOOL OPTIONS...: what the program says is in idle.COUNT afterwards.
run()
{
	local count=$1
	shift
	# shellcheck disable=SC2086
	if ! valgrind "$@" $caches "$idle" -r "$count" >"$out/idle.$count" 2>"$out/valgrind.log"; then
		cat "$out/valgrind.log" >&2
		exit 2
	fi
}

figure()
{
	awk -v name="$1" '$1 == name { print $2 }' "$out/idle.$2"
}

if [ "$tool" = callgrind ]; then
	run "$requests" --tool=callgrind --instr-atstart=no --collect-atstart=no --cache-sim=yes \
		--callgrind-out-file="$out/callgrind"
	misses=$(misses_in "$out/callgrind.1")
	segments=$(figure segments "$requests")
else
	for count in "$requests" $((2 * requests)); do
		run "$count" --tool=cachegrind --cache-sim=yes \
			--cachegrind-out-file="$out/cachegrind.$count"
	done
	misses=$(($(misses_in "$out/cachegrind.$count") - $(misses_in "$out/cachegrind.$requests")))
	segments=$(($(figure segments "$count") - $(figure segments "$requests")))
fi
pools=$(figure pools_bytes "$requests")
echo "connections $(figure connections "$requests")"
echo "bytes of pools and tables $pools, for each $(figure pools_bytes_each "$requests")"
awk -v misses="$misses" -v segments="$segments" -v pools="$pools" 'BEGIN {
	printf "last-level misses a segment %.2f (%d in %d)\n", misses / segments, misses, segments
	exit misses / segments >= 6 || pools > 1073741824
}'
