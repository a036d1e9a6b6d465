"""What threads read at once: msgspec ends the process where two of them are the first to use a type."""

import subprocess
import sys

PROGRAM = """
import sys, threading
from msgspec import defstruct
from oms.rest.shapes import decoder

sys.setswitchinterval(1e-6)
for number in range(150):
    fields = [(f"f{each}", "int | None", None) for each in range(5)]
    inner = [defstruct(f"Inner{number}{at}", fields) for at in range(20)]
    shape = defstruct(f"Outer{number}", [(f"f{at}", kind, None) for at, kind in enumerate(inner)])
    start, read = threading.Barrier(4), []

    def first(shape=shape, start=start, read=read):
        start.wait()
        read.append(decoder(shape).decode(b'{"f1": {"f2": "3"}}'))

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.f1.f2 for each in read] == [3] * 4, read
"""


def test_several_threads_may_be_the_first_to_read_a_type() -> None:
    """In a process of its own: what goes wrong there is a segmentation fault."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, done.stderr) == (0, "")
