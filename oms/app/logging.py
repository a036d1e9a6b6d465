"""The daemon's own log: lines for people on a terminal, JSON everywhere else."""

import contextlib
import logging
import sys
from pathlib import Path
from typing import TextIO, cast

import structlog


def set_up(level: str, file: Path | None) -> None:
    """Send structlog, and whatever libraries log, to standard error or to a file (appended, mode 0600)."""
    pretty = file is None and sys.stderr.isatty()
    stream = cast("TextIO", Unfailing(_open(file) if file else sys.stderr))
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(message)s", force=True)


class Unfailing:
    """A stream whose trouble stays its own: a full disk must not end the engine because of a log line."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or lose the line."""
        with contextlib.suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        """Flush, or not."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def _open(file: Path) -> TextIO:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)
    return file.open("a", encoding="utf-8", buffering=1)
