#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# Install what the tests need, build, run the suites, and say how many tests passed.
set -euo pipefail

usage()
{
	cat <<-END
	Usage: test/run.sh [options]

	Installs the Debian packages that are missing, builds, runs the suites. The last line reads
	"N passed, N failed, N skipped"; the exit status is 0 when nothing failed.

	  --suite NAME   only this suite: ${SUITES[*]} (repeat for several)
	  --asan         build-asan/: AddressSanitizer and UBSan, suites ${ASAN_SUITES[*]}
	  --tsan         build-tsan/: ThreadSanitizer, suite ${TSAN_SUITES[*]}
	  --fuzz         build-fuzz/: libFuzzer with clang, AddressSanitizer and UBSan, suite
	                 ${FUZZ_SUITES[*]}
	  --build-only   build and run nothing
	  --no-install   do not install packages
	  --help         this text

	The system suite needs root and /dev/net/tun: it runs the server on a tap in a network
	namespace of its own.
	END
}

SUITES=(unit sim packet lint model perf system)
ASAN_SUITES=(unit sim packet)
TSAN_SUITES=(unit)
FUZZ_SUITES=(fuzz)

TEST_PACKAGES=(
	# lint
	g++ binutils clang-format-14 universal-ctags shellcheck doxygen python3-sphinx
	python3-sphinx-rtd-theme man-db
	# model, and unit's race
	spin libevent-dev
	# system tests: the stock clients, and what sends packets by hand
	python3-pytest python3-pymemcache python3-pylibmc python3-binary-memcached
	libmemcached-tools memcached python3-scapy tshark iputils-ping traceroute nmap ethtool
	procps systemd nftables
	# DPDK's own tool that reads telemetry, and Prometheus' parser of metrics
	dpdk-dev python3-prometheus-client
	# instructions are counted under it
	valgrind
)

FUZZ_PACKAGES=(clang libclang-rt-14-dev)

say()
{
	printf '\n== %s\n' "$*"
}

build()
{
	say "building $folder"
	if [ ! -f "$folder/build.ninja" ]; then
		env "${compiler[@]}" meson setup "$folder" "${setup[@]}" || return
	fi
	ninja -C "$folder" "${targets[@]}"
}

# Add what a runner counted. A runner that failed without a failed test counts as one.
add()
{
	local status=$1 log=$2 counts=(0 0 0)

	if [ -s "$log" ]; then
		read -r -a counts < <(test/summary.py "$log")
	fi
	if ((status != 0 && counts[1] == 0)); then
		counts[1]=1
	fi
	passed=$((passed + counts[0]))
	failed=$((failed + counts[1]))
	skipped=$((skipped + counts[2]))
}

run_meson()
{
	local suite=$1 status=0 log=$folder/meson-logs/$1.json

	rm -f "$log"
	meson test -C "$folder" --no-rebuild --print-errorlogs --logbase "$suite" --suite "$suite" ||
		status=$?
	add "$status" "$log"
}

run_system()
{
	local status=0 log=$folder/meson-logs/system.xml

	if ! compgen -G 'test/system/test_*.py' >/dev/null; then
		echo 'no tests'
		return
	fi
	rm -f "$log"
	TAILRACE_BUILD=$PWD/$folder /usr/bin/python3 -m pytest -p no:cacheprovider -ra \
		--junit-xml="$log" test/system || status=$?
	add "$status" "$log"
}

# Its figures are printed: a change that moves them is judged by them.
run_perf()
{
	local status=0 log=$folder/meson-logs/perf.xml

	rm -f "$log"
	TAILRACE_BUILD=$PWD/$folder /usr/bin/python3 -m pytest -p no:cacheprovider -ra -s \
		--junit-xml="$log" test/perf || status=$?
	add "$status" "$log"
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. config/packages.sh
folder=build
compiler=()
setup=()
targets=()
packages=("${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}")
suites=()
defaults=("${SUITES[@]}")
install=1
build_only=0
while (($# > 0)); do
	case "$1" in
	--suite)
		[[ " ${SUITES[*]} " == *" ${2-} "* && -n ${2-} ]] || die "--suite takes one of ${SUITES[*]}"
		suites+=("$2")
		shift
		;;
	--asan)
		folder=build-asan
		setup=('-Db_sanitize=address,undefined' '-Db_lundef=false' '-Doptimization=2'
			'-Dc_args=-DRTE_ENABLE_ASSERT')
		defaults=("${ASAN_SUITES[@]}")
		;;
	--tsan)
		folder=build-tsan
		setup=('-Db_sanitize=thread' '-Db_lundef=false' '-Doptimization=2')
		defaults=("${TSAN_SUITES[@]}")
		;;
	--fuzz)
		folder=build-fuzz
		compiler=(CC=clang)
		# DPDK's headers ask for the version of gcc without asking whether it is one. Each check
		# of a pointer is a comparison that is followed, which took more than all else: the
		# corpora meet those checks with --asan, and a null pointer ends a run without them.
		setup=('-Db_sanitize=address,undefined' '-Db_lundef=false' '-Doptimization=2'
			'-Dc_args=-DRTE_ENABLE_ASSERT -fsanitize=fuzzer-no-link -fno-sanitize=null,alignment -Wno-undef')
		defaults=("${FUZZ_SUITES[@]}")
		targets=(fuzz)
		packages=("${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}")
		;;
	--build-only) build_only=1 ;;
	--no-install) install=0 ;;
	--help)
		usage
		exit 0
		;;
	*) die "unknown option $1; see test/run.sh --help" ;;
	esac
	shift
done
((${#suites[@]} > 0)) || suites=("${defaults[@]}")
if [[ " ${suites[*]} " == *' system '* ]] && ((build_only == 0)); then
	[ "$(id -u)" -eq 0 ] || die "the system suite needs root; choose others with --suite"
	[ -c /dev/net/tun ] || die "the system suite needs /dev/net/tun; choose others with --suite"
fi

# Undefined behaviour ends a test as an address error does.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=suppressions=$PWD/test/tsan.supp:halt_on_error=1
export PYTHONDONTWRITEBYTECODE=1

((install == 0)) || install_packages "${packages[@]}"
passed=0 failed=0 skipped=0
if ! build; then
	say "$folder does not build"
	failed=1
elif ((build_only == 0)); then
	for suite in "${suites[@]}"; do
		say "$folder: $suite"
		case "$suite" in
		system) run_system ;;
		perf) run_perf ;;
		*) run_meson "$suite" ;;
		esac
	done
fi
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
