# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The server on a port other than a tap."""

import contextlib
import pathlib
import signal
import subprocess

import server as servers
import telemetry


@contextlib.contextmanager
def running(folder, vdev, *args, **eal):
    """The server on a port of this kind; afterwards it must end as it should."""
    with open(folder.path / "log", "w+b") as log:
        proc = subprocess.Popen([servers.BINARY, *servers.eal_args(folder.prefix, tap=False, **eal),
                                 f"--vdev={vdev}", "--", "--addr", f"{servers.ADDRESS}/24", *args],
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                **folder.options())
        try:
            yield proc
            proc.send_signal(signal.SIGTERM)
            assert proc.wait(servers.STOP_DEADLINE_S) == 0
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace"))
            raise
        finally:
            if proc.poll() is None:
                proc.kill()
                proc.wait()


def has_engine_thread(pid):
    """Whether a server has got as far as its engine threads, right before it starts the port."""
    comms = pathlib.Path(f"/proc/{pid}/task").glob("*/comm")
    with contextlib.suppress(OSError):
        return any(comm.read_text().startswith("tr-engine") for comm in comms)
    return False


def port_started(folder):
    """Whether ethdev has started the port."""
    with telemetry.Session(folder.runtime) as session:
        return session.ask("/ethdev/info,0")["dev_started"] == 1


@contextlib.contextmanager
def memif_server(folder, *args, lcores="0"):
    """The server on a memif; yields the device for its peer in another process."""
    vdev = f"net_memif0,role=%s,socket={folder.path / 'memif.sock'},socket-abstract=no"
    with running(folder, vdev % "server", *args, lcores=lcores, telemetry=True) as proc:
        servers.wait_until("the engine thread", lambda: has_engine_thread(proc.pid),
                           servers.START_DEADLINE_S)
        # memif's client asks once: too early is never. The server waits ten seconds for its peer.
        servers.wait_until("the port", lambda: port_started(folder), servers.START_DEADLINE_S)
        yield vdev % "client" + ",mac=02:00:00:00:00:77"
