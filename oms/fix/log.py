"""QuickFIX's message and event logs, written by ourselves so that no secret gets into them.

One message log and one event log a session, appended, in QuickFIX's own line format, so that any tool reads them.
RawData (96) is masked at its own length: BodyLength stays right, the token stays out.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import quickfix as fix

from oms.fix.text import masked

_LOOK_EVERY_S: Final = 1.0


class LogFile:
    """A file that lines are appended to; one that was moved away for rotation is opened anew.

    Lines are noted at once and written by `flush`, because a write gives up Python's lock, and a session's thread has
    to fight for it again. Who acts on a message flushes first, so that the log has whatever the journal has.
    """

    def __init__(self, path: Path, on_error: Callable[[str], None]) -> None:
        """Append to `path`; what goes wrong is told to `on_error`, once until it is well again, and never raised."""
        self._path = path
        self._on_error = on_error
        self._lines: deque[tuple[int, str]] = deque()
        self._writing = (
            threading.Lock()
        )  # held for one write at most; nothing else is ever waited for under it
        self._descriptor = -1
        self._second = 0
        self._prefix = ""
        self._looked_s = 0.0
        self._failed = False

    def line(self, text: str) -> None:
        """Note one line with the present time."""
        self._lines.append((time.time_ns(), text))

    def flush(self) -> None:
        """Write what was noted, each line with its time, UTC, in nanoseconds, and without secrets."""
        if not self._lines:
            return
        with self._writing:
            try:
                data = _as_bytes(masked("".join(self._written())))
                descriptor = self._file()
                while data:
                    data = data[os.write(descriptor, data) :]
            except Exception as error:  # noqa: BLE001 - the callback boundary
                self._fail(error)
            else:
                self._failed = False

    def _written(self) -> Iterator[str]:
        for _ in range(len(self._lines)):
            time_ns, text = self._lines.popleft()
            seconds, rest = divmod(time_ns, 1_000_000_000)
            if seconds != self._second:
                self._second = seconds
                self._prefix = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d-%H:%M:%S.")
            yield f"{self._prefix}{rest:09d} : {text}\n"

    def _file(self) -> int:
        """Give the file of that name, whatever became of the one before."""
        now = time.monotonic()
        if self._descriptor < 0 or (now - self._looked_s > _LOOK_EVERY_S and self._was_moved()):
            self.close()
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._looked_s = now
        return self._descriptor

    def _was_moved(self) -> bool:
        self._looked_s = time.monotonic()
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return True
        ours = os.fstat(self._descriptor)
        return (there.st_ino, there.st_dev) != (ours.st_ino, ours.st_dev)

    def _fail(self, error: Exception) -> None:
        if not self._failed:
            self._failed = True
            reason = getattr(error, "strerror", None) or str(error)
            self._on_error(f"cannot write {self._path}: {reason}; the journal still has every message")

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _as_bytes(text: str) -> bytes:
    """Give back the bytes that came: QuickFIX turns those that are no UTF-8 into surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte; no wire makes one
        return text.encode("utf-8", "backslashreplace")


class SessionLog(fix.Log):  # type: ignore[misc]  # QuickFIX has no types
    """What QuickFIX calls for every message of one session. Nothing escapes from here: it would stop the session."""

    def __init__(self, messages: LogFile, events: LogFile, on_event: Callable[[str], None]) -> None:
        """Write to these files, and show events to `on_event` as well."""
        super().__init__()
        self._messages = messages
        self._events = events
        self._on_event = on_event
        self.last_in = ""  # the latest message that came, before QuickFIX has judged it

    def clear(self) -> None:
        """Clear nothing: the log is kept."""

    def backup(self) -> None:
        """Move nothing."""

    def flush(self) -> None:
        """Write what was noted."""
        self._messages.flush()
        self._events.flush()

    def onIncoming(self, text: str) -> None:  # noqa: N802 - QuickFIX's name
        """Note a message that came in."""
        self.last_in = text
        self._messages.line(text)

    def onOutgoing(self, text: str) -> None:  # noqa: N802
        """Write a message before it goes out: whatever a venue has, the log has too, even after a kill -9."""
        self._messages.line(text)
        self._messages.flush()

    def onEvent(self, text: str) -> None:  # noqa: N802
        """Note what QuickFIX says of the session."""
        self._events.line(text)
        self._on_event(masked(text))


class LogFactory(fix.LogFactory):  # type: ignore[misc]
    """Makes the logs of every session, and one for what concerns none."""

    def __init__(
        self,
        folder: Path,
        on_event: Callable[[str | None, str], None],
        on_error: Callable[[str | None, str], None],
    ) -> None:
        """Write into `folder`; `on_event` and `on_error` get the session's name and a text, and must raise nothing.

        Raises:
            OSError: the folder cannot be made.

        """
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._on_event = on_event
        self._on_error = on_error
        self._made: list[SessionLog] = []
        self._by_name: dict[str | None, SessionLog] = {}

    def create(self, *arguments: "fix.SessionID") -> SessionLog:
        """Make the log of a session, named by its qualifier."""
        name = arguments[0].getSessionQualifier() if arguments else None
        stem = name or "engine"
        log = SessionLog(
            LogFile(self._folder / f"{stem}.messages.log", lambda text: self._on_error(name, text)),
            LogFile(self._folder / f"{stem}.event.log", lambda text: self._on_error(name, text)),
            lambda text: self._on_event(name, text),
        )
        log.__disown__()  # QuickFIX deletes it, and so would Python
        self._made.append(log)
        self._by_name[name] = log
        return log

    def last_in(self, name: str) -> str:
        """Give the latest message that came in on a session, before QuickFIX has judged it."""
        log = self._by_name.get(name)
        return log.last_in if log is not None else ""

    def flush(self) -> None:
        """Write what every log has noted."""
        for log in self._made:
            log.flush()

    def destroy(self, _log: SessionLog) -> None:
        """Leave it to QuickFIX."""
