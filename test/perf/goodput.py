#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What one connection gets through a tap that loses frames and takes its time: the kernel as the
sender, and our server, in turns and with the same seeds. Needs root: it makes a network namespace."""
import argparse
import pathlib
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

import server as servers  # pylint: disable=wrong-import-position

VALUE_BYTES = 900000
REQUESTS = 4  # under way at a time, so that there is always something to send
STALL_S = 30
BYTES_ACKED_OFFSET = 120  # of struct tcp_info


def parse_args():
    parser = argparse.ArgumentParser(prog="goodput.py", description=__doc__)
    parser.add_argument("--loss", default="1%", help="of frames, each way (default: 1%%)")
    parser.add_argument("--delay", default="10ms", help="each way (default: 10ms)")
    parser.add_argument("--congestion", default="cubic", choices=["cubic", "reno"],
                        help="algorithm of both ends (default: cubic)")
    parser.add_argument("--seeds", type=int, default=8, metavar="N",
                        help="measurements of each sender (default: 8)")
    parser.add_argument("--warmup", type=float, default=2, metavar="SECONDS",
                        help="before each measurement (default: 2)")
    parser.add_argument("--duration", type=float, default=15, metavar="SECONDS",
                        help="of each measurement (default: 15)")
    return parser.parse_args()


def measure(args, count, work):
    """Mbit/s by what count() says, while work() is called again and again."""
    begin_s, begin = None, None
    start_s = time.monotonic()
    while True:
        now_s = time.monotonic()
        if begin_s is None and now_s >= start_s + args.warmup:
            begin_s, begin = now_s, count()
        if begin_s is not None and now_s >= begin_s + args.duration:
            return (count() - begin) * 8 / (now_s - begin_s) / 1e6
        work()


def kernel_sends(server, args):
    """Values that nobody is told about; what counts is what our end acknowledged."""
    command = b"set goodput 0 0 %d noreply\r\n" % VALUE_BYTES + bytes(VALUE_BYTES) + b"\r\n"
    with server.connect(timeout=STALL_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, args.congestion.encode())
        # Short, so that the clock is looked at.
        sock.settimeout(0.1)
        left = memoryview(command)

        def acked():
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            return struct.unpack_from("Q", info, BYTES_ACKED_OFFSET)[0]

        def send():
            nonlocal left
            try:
                left = left[sock.send(left[:65536]):] or memoryview(command)
            except TimeoutError:
                pass

        return measure(args, acked, send)


def server_sends(server, args):
    """Values that are asked for: what counts is what came."""
    with server.text() as client:
        client.set(b"goodput", bytes(VALUE_BYTES))
    response_bytes = len(b"VALUE goodput 0 %d\r\n" % VALUE_BYTES) + VALUE_BYTES + len(b"\r\nEND\r\n")
    with server.connect(timeout=STALL_S) as sock:
        received, asked = 0, 0
        sock.settimeout(0.1)

        def receive():
            nonlocal received, asked
            while asked < received // response_bytes + REQUESTS:
                sock.sendall(b"get goodput\r\n")
                asked += 1
            try:
                received += len(sock.recv(1 << 18))
            except TimeoutError:
                pass

        return measure(args, lambda: received, receive)


def impair(server, args, seed):
    """The same both ways, from the same seed."""
    assert server.cmd(f"set impair port 0 seed {seed}") == ""
    for direction in ("rx", "tx"):
        assert server.cmd(f"set impair port 0 {direction} loss {args.loss}") == ""
        assert server.cmd(f"set impair port 0 {direction} delay {args.delay}") == ""


def main():
    args = parse_args()
    ours = {"cubic": "cubic", "reno": "newreno"}[args.congestion]
    senders = {"kernel": kernel_sends, "tailrace": server_sends}
    results = {name: [] for name in senders}
    with servers.Tailrace(args=("--congestion", ours)) as server:
        for seed in range(1, args.seeds + 1):
            for name, sends in senders.items():
                impair(server, args, seed)
                results[name].append(sends(server, args))
                assert server.cmd("set impair port 0 off") == ""
            print(f"seed {seed}: " + ", ".join(f"{name} {values[-1]:.2f}"
                                               for name, values in results.items()), flush=True)
    print(f"goodput in Mbit/s at {args.loss} loss and {args.delay} delay each way, "
          f"{args.congestion}, {args.seeds} seeds:")
    for name, values in results.items():
        print(f"  {name:10} median {statistics.median(values):6.2f}, "
              f"{min(values):.2f} to {max(values):.2f}")
    medians = [statistics.median(results[name]) for name in ("tailrace", "kernel")]
    print(f"  tailrace reaches {100 * medians[0] / medians[1]:.0f}% of the kernel's")


if __name__ == "__main__":
    main()
