"""What concerns the whole process: Ctrl-C, the end of a program, a kill -9."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fix.peer import WITHIN_S, Peer

pytestmark = pytest.mark.system

CTRL_C = """
import os, signal
{before}
import oms.fix.{module}
try:
    os.kill(os.getpid(), signal.SIGINT)
    print("passed over")
except KeyboardInterrupt:
    print("interrupted")
"""

SENDING = """
import queue, sys
from pathlib import Path
from oms.fix.inputs import LoggedOn
from tests.fix.desk import Desk, config, new_order
desk = Desk(Path(sys.argv[1]), config(int(sys.argv[2]), name="main"))
desk.initiator.start()
desk.next(LoggedOn)
desk.venue.send(new_order())
print("sent", flush=True)
sys.stdin.readline()
print(desk.initiator.stop(10))
"""


def run(program: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("module", ["initiator", "settings"])
@pytest.mark.parametrize(
    ("before", "result"),
    [
        ("signal.signal(signal.SIGINT, signal.default_int_handler)", "interrupted"),
        ("signal.signal(signal.SIGINT, lambda *_: print('handled'))", "handled\npassed over"),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", "passed over"),
    ],
)
def test_ctrl_c_does_what_it_did_before_quickfix_was_imported(module: str, before: str, result: str) -> None:
    process = run(CTRL_C.format(before=before, module=module))
    out, err = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, out.strip(), err) == (0, result, "")


def test_a_program_that_stopped_its_sessions_ends_well(tmp_path: Path) -> None:
    with Peer() as peer:
        process = run(SENDING, str(tmp_path), str(peer.port))
        with peer.accept() as connection:
            connection.log_on()
            connection.receive("D")
            assert process.stdout is not None
            assert process.stdout.readline() == "sent\n"
            out, err = process.communicate("\n", timeout=WITHIN_S)
    assert (process.returncode, out, err) == (0, "True\n", "")


def test_a_program_that_forgot_to_stop_logs_out_all_the_same(tmp_path: Path) -> None:
    with Peer() as peer:
        process = run(SENDING.replace("print(desk.initiator.stop(10))", ""), str(tmp_path), str(peer.port))
        with peer.accept() as connection:
            connection.log_on()
            connection.receive("D")
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            connection.receive("5")
            connection.send("5")
            out, err = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, out, err) == (0, "sent\n", "")


def test_whatever_left_is_in_the_log_after_a_kill(tmp_path: Path) -> None:
    with Peer() as peer:
        process = run(SENDING, str(tmp_path), str(peer.port))
        with peer.accept() as connection:
            connection.log_on()
            connection.receive("D")
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=WITHIN_S)
            assert connection.raw in (tmp_path / "fix" / "main.messages.log").read_bytes()
