"""FIX logs as they are found: QuickFIX message logs, plain lines with SOH or `|` between fields, plain or gzip.

A line is a message, garbled (it has the shape of a FIX message and a damaged frame), or no FIX at all. A message whose
text holds a newline goes on in the next line; BodyLength says how far, and the lines are joined again. BodyLength and
CheckSum are held against the text where a message of the file's beginning has them right, or one before: logs written
by hand often carry invented ones. Logon is excepted, because logs mask the secret in its RawData.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

from msgspec import Struct

from oms.core.errors import CommandError

_STAMPED = re.compile(rb"(\d{8}-\d\d:\d\d:\d\d(?:\.\d+)?)\s*:\s*(?=8=FIX)")
_BEGIN: Final = b"8=FIX"
_BEGIN_AGAIN = re.compile(_BEGIN)
_REGULAR = re.compile(
    rb"(?:(\d{8}-\d\d:\d\d:\d\d(?:\.\d+)?)\s*:\s*)?(8=FIX[^\x01]*)\x019=(\d{1,9})\x01(?=35=[^\x01])"
)
_FRAME = re.compile(rb"8=FIX[^\x01]*\x019=(\d{1,9})\x01(?=35=([^\x01]+)\x01)")
_TRAILER = re.compile(rb"\x0110=\d{3}\x01\Z")
_JOINTS: Final = {  # by the separator: where a whole message ends and the next begins on the same line
    separator: re.compile(
        rb"(?<=" + separator + rb"10=\d{3}" + separator + rb")[ \t]*(?=(?:\d{8}-[\d:.]+\s*:\s*)?8=FIX)"
    )
    for separator in (b"\x01", b"\\|")
}
_TRAILER_BYTES: Final = len(b"10=000\x01")
_TRAILERS: Final = tuple(b"\x0110=%03d\x01" % value for value in range(256))
_EXACT_BYTES: Final = (
    256  # in fewer bytes the low half of Adler-32 is exactly 1 + their sum; in ASCII in twice as many
)
_BEGINNING_BYTES: Final = 1 << 13
_BLANK: Final = b"\r\n \t"
_LONGEST_REST: Final = 1 << 16  # a damaged BodyLength must not make the rest of a file one message


class Line(Struct, frozen=True):
    """One line of a log: `text` is the message with SOH between its fields; `damage` says what is wrong with it."""

    stamp: str | None
    text: str
    damage: str | None = None


class Unfinished(Struct):
    """A message of which the lines that came hold less than its BodyLength; `line` is what the first is by itself."""

    line: Line
    parts: list[bytes]
    missing: int


class Counts(Struct):
    """What a file held: lines that are FIX, torn and garbled ones included, and what is none."""

    fix: int = 0
    not_fix: int = 0
    torn: int = 0


def byte_sum(data: bytes) -> int:
    """Sum the bytes (CheckSum, FIX 4.2 volume 1: modulo 256 of this)."""
    if len(data) < _EXACT_BYTES or (len(data) < 2 * _EXACT_BYTES and data.isascii()):
        return (zlib.adler32(data) & 0xFFFF) - 1
    return sum(data)


def unpacked(file: BufferedReader) -> BufferedReader | gzip.GzipFile:
    """Give what a log holds, unpacking gzip by its magic number; nothing is consumed, so that a pipe will do."""
    gzipped = file.peek(2)[:2] == b"\x1f\x8b"
    return gzip.GzipFile(fileobj=file) if gzipped else file


class LogReader:
    """Reads the lines of one file, counting what is not FIX."""

    def __init__(self, path: Path) -> None:
        """Prepare to read `path`."""
        self.path = path
        self.counts = Counts()
        self._file: BufferedReader | None = None
        self._read = 0  # how much of the file, once it is closed
        self._framed = False  # whether this file's BodyLength and CheckSum can be trusted
        self._trailed = False  # whether messages without BodyLength end with a CheckSum all the same

    def __iter__(self) -> Iterator[Line]:
        """Yield each message, whole or garbled.

        Raises:
            CommandError: the file cannot be read: there is none, or its gzip is damaged or ends early.

        """
        try:
            with self.path.open("rb") as self._file:
                yield from self._lines(unpacked(self._file))
                self._read = self._file.tell() if self._file.seekable() else 0
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            message = f"cannot read {self.path}: {reason}"
            raise CommandError(message) from error

    def position(self) -> int:
        """Say how many bytes of the file are read, packed ones where it is packed."""
        return self._file.tell() if self._file is not None and not self._file.closed else self._read

    def _lines(self, file: BufferedReader | gzip.GzipFile) -> Iterator[Line]:
        beginning = _split(
            file.peek(_BEGINNING_BYTES).split(b"\n")
        )  # what is buffered: a pipe is not waited for
        self._framed = any(_is_right(_body(raw, raw.find(_BEGIN))) for raw in beginning if _BEGIN in raw)
        held: Unfinished | None = None
        for raw in _split(file):
            if held is None or _BEGIN in raw:
                if held is not None:
                    yield self._given_up(held)
                line = self._line(raw)
                held = _unfinished(raw, line) if line is not None and line.damage is not None else None
            else:
                held.parts.append(raw)
                held.missing -= len(raw)
                if held.missing > _TRAILER_BYTES:
                    continue
                line, held = self._joined(held), None
            if line is not None and held is None:
                yield line
        self.counts.torn += held is not None

    def _joined(self, unfinished: Unfinished) -> Line | None:
        """Read lines as one message where its BodyLength and CheckSum are at their places, or the file ends in it."""
        raw = b"".join(unfinished.parts)
        body = _body(raw, raw.find(_BEGIN))
        frame = _FRAME.match(body)
        fits = frame is not None and len(body) - _TRAILER_BYTES - frame.end() == int(frame.group(1))
        if raw.endswith(b"\n") and not (fits and _TRAILER.search(body)):
            return self._given_up(unfinished)
        self.counts.fix -= 1  # it was counted with its first line
        return self._line(raw)

    def _given_up(self, unfinished: Unfinished) -> Line:
        """Take lines that were held together as what each is by itself."""
        self.counts.not_fix += sum(bool(part.rstrip(_BLANK)) for part in unfinished.parts[1:])
        return unfinished.line

    def _line(self, raw: bytes) -> Line | None:
        regular = _regular(raw)
        if regular is not None:
            self._framed = True
            self.counts.fix += 1
            return regular
        start = raw.find(_BEGIN)
        if start < 0:
            self.counts.not_fix += bool(raw.rstrip(_BLANK))
            return None
        while True:
            self.counts.fix += 1
            stamped = _STAMPED.match(raw) if start else None
            body = _body(raw, start)
            damage = self._damage(body)
            if damage is None or not self._is_torn(raw):
                stamp = stamped.group(1).decode() if stamped else None
                return Line(stamp, body.decode("utf-8", "backslashreplace"), damage)
            self.counts.torn += 1
            again = _STAMPED.search(raw, start + 1) or _BEGIN_AGAIN.search(raw, start + 1)
            if again is None:
                return None
            raw = raw[again.start() :]
            start = raw.find(_BEGIN)

    def _is_torn(self, raw: bytes) -> bool:
        """Whether a damaged line ends early: the file ends there, or the next message begins on it after a crash."""
        return not raw.endswith(b"\n") or raw.count(_BEGIN) > 1

    def _damage(self, body: bytes) -> str | None:
        """Say what is wrong with the frame; None if nothing is, or if nothing can be said."""
        frame = _FRAME.match(body)
        if frame is None:
            return self._loose_damage(body)
        if body[-_TRAILER_BYTES - 1 : -4] != b"\x0110=":
            return "CheckSum (10) is missing"
        if _is_right(body, frame):
            self._framed = True
            return None
        if frame.group(2) == b"A":
            return None
        return "BodyLength (9) or CheckSum (10) does not fit the text" if self._framed else None

    def _loose_damage(self, body: bytes) -> str | None:
        """Judge a message without the standard start: tolerated in hand-written logs that leave BodyLength out."""
        if self._framed or b"\x0135=" not in body or b"\x019=" in body:
            return "it does not begin with BeginString (8), BodyLength (9), MsgType (35)"
        if _TRAILER.search(body):
            self._trailed = True
        elif self._trailed:
            return "CheckSum (10) is missing"
        return None


def _regular(raw: bytes) -> Line | None:
    """Read a line that is one message, right in its frame, and nothing else: what nearly all are."""
    head = _REGULAR.match(raw)
    if head is None or len(raw) - head.end() - _TRAILER_BYTES - 1 != int(head[3]):
        return None
    body = raw[head.start(2) : -1]
    if body[-_TRAILER_BYTES - 1 :] != _TRAILERS[byte_sum(body[:-_TRAILER_BYTES]) % 256]:
        return None
    stamp = head[1].decode() if head[1] else None
    return Line(stamp, body.decode("utf-8", "backslashreplace"))


def _split(file: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines, one that holds whole messages behind one another as a line for each."""
    for raw in file:
        if raw.count(_BEGIN) <= 1:
            yield raw
            continue
        *whole, last = _JOINTS[b"\x01" if b"\x01" in raw else b"\\|"].split(raw)
        yield from (each + b"\n" for each in whole)
        yield last


def _is_right(body: bytes, frame: re.Match[bytes] | None = None) -> bool:
    """Whether BodyLength and CheckSum fit the text."""
    frame = frame or _FRAME.match(body)
    return (
        frame is not None
        and int(frame.group(1)) == len(body) - _TRAILER_BYTES - frame.end()
        and body[-4:] == _TRAILERS[byte_sum(body[:-_TRAILER_BYTES]) % 256][-4:]
    )


def _body(raw: bytes, start: int) -> bytes:
    """Give the message of a line: from BeginString on, with SOH between its fields and at its end."""
    body = raw[start:].rstrip(_BLANK)
    if b"\x01" not in body and b"|" in body:
        body = body.replace(b"|", b"\x01")
    return body if body.endswith(b"\x01") else body + b"\x01"


def _unfinished(raw: bytes, line: Line) -> Unfinished | None:
    """Begin to join lines, where BodyLength announces more than this one holds and no CheckSum ends it."""
    start = raw.find(_BEGIN)
    body = _body(raw, start)
    frame = _FRAME.match(body)
    if frame is None or _TRAILER.search(body) or raw.count(_BEGIN) > 1:
        return None
    held = len(raw) - start - frame.end()
    missing = int(frame.group(1)) - held + _TRAILER_BYTES
    return Unfinished(line, [raw], missing) if _TRAILER_BYTES < missing <= _LONGEST_REST else None
