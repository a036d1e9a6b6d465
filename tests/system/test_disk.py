"""No room: orders are refused aloud, what was acknowledged stays, and a full disk for logs alone stops nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.harness import SECRET, Daemon, Venue, configure, free_port, oms, running, until

pytestmark = pytest.mark.system

Mount = Callable[[Path, str], Path]


@pytest.fixture
def small_disk() -> Iterator[Mount]:
    """Mount real file systems with little room."""
    mounted: list[Path] = []

    def mount(path: Path, size: str) -> Path:
        path.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(
                "a small file system needs the right to mount one; the file size limit is tested instead"
            )
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def until_refused(daemon: Daemon) -> list[str]:
    """Place orders until one is refused; gives the ids of those that were acknowledged."""
    taken: list[str] = []
    for number in range(20_000):
        response = daemon.submit(f"o-{number}")
        if response.status_code == 503:
            assert response.json()["error"]["code"] == "UNAVAILABLE"
            return taken
        assert response.status_code == 201, response.text
        taken.append(response.json()["cl_ord_id"])
    pytest.fail("the disk never filled up")


def check_the_end(folder: Path, venue: Venue, daemon: Daemon, *, room: Callable[[], object]) -> None:
    """Fill the disk; the daemon ends with 1, says why, and after a restart everything acknowledged is there."""
    taken = until_refused(daemon)
    assert taken
    assert daemon.process.wait(30) == 1
    log = (folder / "daemon.log").read_text(encoding="utf-8")
    assert "no order is taken on any more" in log
    room()
    assert oms("journal", "verify", str(folder / "journal.db")).returncode == 0
    at_venue = {
        entry["cl_ord_id"]
        for entry in venue.entries()
        if entry["event"] == "received" and entry["msg_type"] == "D"
    }
    with running(again := Daemon(folder)):
        again.logged_on()
        known = {order["cl_ord_id"] for order in again.orders()}
        assert set(taken) | at_venue <= known
        until(lambda: not any(order["pending"] for order in again.orders()), "everything is answered", 30)
        assert again.place("afterwards").json()["ord_status_name"] == "New"


TIMING = "[timing]\nunknown_order_fence_s = 2\nack_timeout_s = 1\nquestion_pause_s = 0.001\nask_again_s = 1\n"


def test_a_full_disk_ends_trading_and_loses_nothing(tmp_path: Path, small_disk: Mount) -> None:
    folder = small_disk(tmp_path / "desk", "2m")
    venue = Venue(tmp_path)
    configure(folder, venue.port, more=TIMING)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(600_000))
    with running(venue), running(daemon := Daemon(folder)):
        daemon.logged_on()
        remount = ["mount", "-o", "remount,size=16m", str(folder)]
        check_the_end(folder, venue, daemon, room=lambda: subprocess.run(remount, check=True))


def test_a_limit_on_the_size_of_files_ends_trading_and_loses_nothing(tmp_path: Path) -> None:
    """The same without any right to mount: the kernel refuses to let the journal grow."""
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port, more=TIMING)
    limited = (
        "import resource, signal, sys; from oms.app.cli import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000)); main()"
    )
    with running(venue), running(daemon := Daemon(tmp_path, program=("-c", limited))):
        daemon.logged_on()
        check_the_end(tmp_path, venue, daemon, room=lambda: None)


def test_the_daemon_goes_on_trading_when_only_its_logs_have_no_room(
    tmp_path: Path, small_disk: Mount
) -> None:
    small_disk(tmp_path / "fix", "64k")
    venue = Venue(tmp_path)
    configure(tmp_path, venue.port)
    with running(venue), running(daemon := Daemon(tmp_path)):
        daemon.logged_on()
        for number in range(300):
            assert daemon.place(f"o-{number}").json()["ord_status_name"] == "New"
        log = (tmp_path / "daemon.log").read_text(encoding="utf-8")
        assert log.count('"LOG_NOT_WRITTEN"') >= 1
        assert "No space left on device" in log
        assert "the journal still has every message" in log
        assert log.count('"LOG_NOT_WRITTEN"') < 10  # once until it is well again
        assert daemon.stop() == 0
    assert oms("journal", "verify", str(tmp_path / "journal.db")).returncode == 0


def test_the_daemon_runs_when_standard_output_has_no_room(tmp_path: Path) -> None:
    """It ends with 0 when it is told to: nothing of it waits for the line that could not be written."""
    configure(tmp_path, free_port())
    command = [sys.executable, "-m", "oms", "run", "--config", str(tmp_path / "oms.toml")]
    environment = {**os.environ, "OMS_TEST_SECRET": SECRET}
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment) as process,
    ):
        assert process.stderr is not None
        try:
            told = process.stderr.readline()
            assert "ready api=http://127.0.0.1:" in told
            assert "No space left on device" in told
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
