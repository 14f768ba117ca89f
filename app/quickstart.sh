#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# From a fresh clone to a stock memcached client that talks to tailrace: on a tap, without
# hugepages and without a NIC. Then the prompt is yours; --check ends instead.
set -euo pipefail

TAP=tailrace0
HOST=10.77.0.1/24
HOST_MAC=02:00:00:77:00:01
SERVER=10.77.0.2/24
SUBNET=10.77.0.0/24
PORT=11211
START_S=30

usage()
{
	cat <<-END
	Usage: app/quickstart.sh [--check]

	Installs the Debian packages that are missing, builds, starts tailrace at ${SERVER%/*}:$PORT on
	the tap $TAP, stores values through it with pymemcache and reads them back. Then it leaves
	you at the prompt of tailrace; quit or Ctrl-D ends it and the tap vanishes.

	  --check   end after the client, with status 0 when all went well, else 1
	  --help    this text

	Needs root and /dev/net/tun; status 2 says what is missing. Also runs in a network namespace:
	ip netns exec NAME app/quickstart.sh
	END
}

# What must hold before anything is built.
check_host()
{
	[ "$(id -u)" -eq 0 ] || die "making a tap takes root"
	[ -c /dev/net/tun ] || die "/dev/net/tun is missing: modprobe tun, or give it to this container"
	install_packages "${BUILD_PACKAGES[@]}" python3-pymemcache
	if [ -n "$(ip -4 route show root "$SUBNET")" ]; then
		die "the subnet $SUBNET is in use here; run this in a network namespace"
	fi
	if ip link show dev "$TAP" >/dev/null 2>&1; then
		die "there is an interface $TAP already: does another quickstart run?"
	fi
}

build()
{
	[ -f build/build.ninja ] || meson setup build
	ninja -C build app/tailrace drivers/engine/engine_dram.so
}

# Run a command beside us, in a process group of its own: $child.
start()
{
	set -m
	"$@" &
	child=$!
	set +m
}

# Whether the server answers, once our side has its addresses. net_tap gives both ends its own MAC
# address, and does so once more when its port has started: with one and the same, neither hears the
# other. So ours is set again before each attempt.
answers()
{
	[ -n "$(ip -o link show dev "$TAP" up 2>/dev/null)" ] &&
		ip link set dev "$TAP" address "$HOST_MAC" &&
		ip address replace "$HOST" dev "$TAP" &&
		timeout 1 bash -c ": </dev/tcp/${SERVER%/*}/$PORT" 2>/dev/null
}

# Wait for a server that starts.
await_server()
{
	local deadline=$((SECONDS + START_S))

	until answers; do
		if ((SECONDS >= deadline)) || { [ -n "$child" ] && ! kill -0 "$child" 2>/dev/null; }; then
			echo "quickstart: the server does not answer"
			return 1
		fi
		sleep 0.1
	done
}

# Store and read with a client that knows nothing of tailrace.
talk()
{
	/usr/bin/python3 - "${SERVER%/*}" "$PORT" <<-'END'
	import sys
	from pymemcache.client.base import Client

	client = Client((sys.argv[1], int(sys.argv[2])), connect_timeout=5, timeout=5,
	                default_noreply=False)
	print(f"version         {client.version().decode()}")

	def show(what, got, wanted):
	    print(f"{what:15} {got!r}")
	    if got != wanted:
	        sys.exit(f"quickstart: wanted {wanted!r}")

	show("set greeting", client.set("greeting", "hello"), True)
	show("get greeting", client.get("greeting"), b"hello")
	show("set counter", client.set("counter", "41"), True)
	show("incr counter", client.incr("counter", 1), 42)
	large = bytes(range(256)) * 2048
	show("set large", client.set("large", large), True)
	show("get large ==", client.get("large") == large, True)
	show("get_many", client.get_many(["greeting", "counter"]),
	     {"greeting": b"hello", "counter": b"42"})
	show("delete counter", client.delete("counter"), True)
	show("get counter", client.get("counter"), None)
	client.close()
	END
}

# The whole of it, beside a server that starts.
visit()
{
	await_server || return
	printf '\n== pymemcache at %s:%s, over %s\n' "${SERVER%/*}" "$PORT" "$TAP"
	talk
}

# Only what this script started.
clean_up()
{
	if [ -n "$child" ] && kill -TERM -- "-$child" 2>/dev/null; then
		wait "$child" || true
	fi
	rm -f "$log"
}

run_check()
{
	local status=0

	start "${command[@]}" </dev/null >"$log" 2>&1
	visit || status=1
	# It may have ended by itself, badly.
	kill -TERM "$child" 2>/dev/null || status=1
	wait "$child" || status=1
	child=
	if ip link show dev "$TAP" >/dev/null 2>&1; then
		echo "quickstart: $TAP is still there"
		status=1
	fi
	if ((status != 0)); then
		printf '\n== tailrace said\n'
		cat "$log"
	fi
	return "$status"
}

greet()
{
	visit && printf '\nAll is well. The prompt is yours: Enter, help, show conn, quit.\n'
}

# The client runs beside the server, which has the terminal.
run_prompt()
{
	start greet
	"${command[@]}" -i
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. config/packages.sh
check=0
case "${1-}" in
'') ;;
--check) check=1 ;;
--help)
	usage
	exit 0
	;;
*) die "unknown option $1; see --help" ;;
esac

check_host
build
# The first CPU that we may use.
cpu=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
command=(build/app/tailrace -l "$cpu" --no-huge -m 512 --no-pci --file-prefix=tailrace
	"--vdev=net_tap0,iface=$TAP" -- --addr "$SERVER" --listen "$PORT" --engine dram)
printf '\n== %s\n' "${command[*]}"
child=
log=$(mktemp)
trap clean_up EXIT
if ((check)); then
	run_check
else
	run_prompt
fi
