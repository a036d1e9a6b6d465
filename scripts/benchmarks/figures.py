"""What every benchmark shares: one JSON line a figure, medians of several runs, a peer process."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent


def figure(name: str, **values: object) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"bench": name, **values}), flush=True)


def say(text: str) -> None:
    """Tell how it goes, beside the figures."""
    print(text, file=sys.stderr, flush=True)


def medians(runs: int, *measure: Callable[[], float]) -> list[float]:
    """Take turns between measurements, so that a change of the machine's speed meets all; give each one's median."""
    taken: list[list[float]] = [[] for _ in measure]
    for number in range(runs):
        for values, take in zip(taken, measure, strict=True):
            values.append(take())
        say(f"  run {number + 1} of {runs}: " + ", ".join(f"{values[-1]:,.6g}" for values in taken))
    return [statistics.median(values) for values in taken]


class Peer:
    """The acceptor of peer.py, in its own process."""

    def __init__(self, *arguments: str) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "peer.py"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.expect("port").split()[1])

    def expect(self, word: str) -> str:
        """Read its next line, which must begin with `word`."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(word), line
        return line

    def go(self) -> None:
        """Let it send what it has prepared."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def peer(*arguments: str) -> Iterator[Peer]:
    """Run an acceptor for a while."""
    started = Peer(*arguments)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        for stream in (started.process.stdin, started.process.stdout):
            if stream is not None:
                stream.close()


def fresh_folder(base: Path, name: str) -> Path:
    """Make a folder for one run."""
    folder = base / f"{name}-{os.getpid()}-{len(list(base.iterdir()))}"
    folder.mkdir()
    return folder
