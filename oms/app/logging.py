"""The daemon's own log: lines for people on a terminal, JSON everywhere else."""

import logging
import sys
from pathlib import Path
from typing import TextIO

import structlog


def set_up(level: str, file: Path | None) -> None:
    """Send structlog, and whatever libraries log, to standard error or to a file (appended, mode 0600)."""
    stream = _open(file) if file else sys.stderr
    pretty = file is None and stream.isatty()
    shared = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last = (
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


def _open(file: Path) -> TextIO:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)
    return file.open("a", encoding="utf-8", buffering=1)
