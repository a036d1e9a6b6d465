"""The lock of a journal's writer: the kernel's, so that it dies with the process, however that dies."""

import contextlib
import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from oms.core.errors import JournalError


def acquire(journal: Path) -> int:
    """Lock a journal for writing and return the descriptor that holds the lock; closing it releases the lock.

    The lock is on `<journal>.lock` and not on the journal itself, because closing any descriptor of a SQLite file
    takes SQLite's own locks with it. The lock file stays when the lock goes: removing it would let two processes
    lock two files of one name.

    Raises:
        JournalError: another process writes this journal, or the lock file cannot be made.

    """
    path = Path(f"{journal}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"the journal {journal} cannot be locked: {path}: {error.strerror}. Check the rights"
        raise JournalError(message) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        message = _refusal(journal, path, descriptor, error)
        os.close(descriptor)
        raise JournalError(message) from error
    _sign(descriptor)
    return descriptor


def _refusal(journal: Path, path: Path, descriptor: int, error: OSError) -> str:
    if not isinstance(error, BlockingIOError):
        return f"the journal {journal} cannot be locked: {path}: {error.strerror}. Keep it on a local file system"
    holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "it left no name"
    return (
        f"the journal {journal} is in use: another process holds {path} ({holder}). "
        "Two writers would contradict each other: stop the other one first"
    )


def _sign(descriptor: int) -> None:
    """Say who holds the lock. For people only; a full disk must not keep the lock from being taken."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {now}\n".encode(), 0)
