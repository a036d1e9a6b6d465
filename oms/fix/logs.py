"""FIX logs as they are found: QuickFIX message logs, plain lines with SOH or `|` between fields, plain or gzip.

A line is a message, garbled (it has the shape of a FIX message and a damaged frame), or no FIX at all. BodyLength and
CheckSum are held against the text as soon as one message of the file has them right: logs written by hand often carry
invented ones. Logon is excepted, because logs mask the secret in its RawData.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, cast

from msgspec import Struct

from oms.core.errors import CommandError

_STAMPED = re.compile(rb"^(\d{8}-\d\d:\d\d:\d\d(?:\.\d+)?)\s*:\s*(?=8=)")
_BEGIN: Final = b"8=FIX"
_ADLER_EXACT: Final = (
    256  # below this many bytes the low half of Adler-32 is exactly 1 + the sum of the bytes
)


class Line(Struct, frozen=True):
    """One line of a log: `text` is the message with SOH between its fields; `damage` says what is wrong with it."""

    stamp: str | None
    text: str
    damage: str | None = None


class Counts(Struct):
    """What a file held: lines that are FIX, torn and garbled ones included, and what is none."""

    fix: int = 0
    not_fix: int = 0
    torn: int = 0


def byte_sum(data: bytes) -> int:
    """Sum the bytes (CheckSum, FIX 4.2 volume 1: modulo 256 of this)."""
    return (zlib.adler32(data) & 0xFFFF) - 1 if len(data) < _ADLER_EXACT else sum(data)


def unpacked(file: BufferedReader) -> BinaryIO:
    """Give what a log holds, unpacking gzip by its magic number; nothing is consumed, so that a pipe will do."""
    gzipped = file.peek(2)[:2] == b"\x1f\x8b"
    return cast("BinaryIO", gzip.GzipFile(fileobj=file)) if gzipped else file


class LogReader:
    """Reads the lines of one file, counting what is not FIX."""

    def __init__(self, path: Path) -> None:
        """Prepare to read `path`."""
        self.path = path
        self.counts = Counts()
        self._file: BufferedReader | None = None
        self._read = 0  # how much of the file, once it is closed
        self._framed = False  # whether this file's BodyLength and CheckSum can be trusted

    def __iter__(self) -> Iterator[Line]:
        """Yield each message, whole or garbled.

        Raises:
            CommandError: the file cannot be read: there is none, or its gzip is damaged or ends early.

        """
        try:
            with self.path.open("rb") as self._file:
                for raw in unpacked(self._file):
                    line = self._line(raw)
                    if line is not None:
                        yield line
                self._read = self._file.tell() if self._file.seekable() else 0
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            message = f"cannot read {self.path}: {reason}"
            raise CommandError(message) from error

    def position(self) -> int:
        """Say how many bytes of the file are read, packed ones where it is packed."""
        return self._file.tell() if self._file is not None and not self._file.closed else self._read

    def _line(self, raw: bytes) -> Line | None:
        ended = raw.endswith(b"\n")
        body = raw.rstrip(b"\r\n")
        start = body.find(_BEGIN)
        if start < 0:
            self.counts.not_fix += bool(body.strip())
            return None
        self.counts.fix += 1
        stamp = None
        if start:
            stamped = _STAMPED.match(body)
            stamp = stamped.group(1).decode() if stamped else None
            body = body[start:]
        if b"\x01" not in body and b"|" in body:
            body = body.replace(b"|", b"\x01")
        body = body.rstrip(b" \t")
        if not body.endswith(b"\x01"):
            body += b"\x01"
        return self._framed_line(stamp, body, ended=ended)

    def _framed_line(self, stamp: str | None, body: bytes, *, ended: bool) -> Line | None:
        damage = self._damage(body)
        if damage is not None and not ended:
            self.counts.torn += 1
            return None
        return Line(stamp, body.decode("utf-8", "backslashreplace"), damage)

    def _damage(self, body: bytes) -> str | None:
        """Say what is wrong with the frame; None if nothing is, or if nothing can be said."""
        trailer = body.rfind(b"\x0110=")
        head = body.split(b"\x01", 3)
        if len(head) < 4 or not head[1].startswith(b"9=") or not head[2].startswith(b"35="):  # noqa: PLR2004
            return self._loose_damage(body, head)
        if trailer < 0:
            return "CheckSum (10) is missing"
        if head[2] == b"35=A":
            return None
        length_text, sum_text = head[1][2:], body[trailer + 4 : -1]
        start = len(head[0]) + len(head[1]) + 2
        right = length_text == b"%d" % (trailer + 1 - start) and sum_text == b"%03d" % (
            byte_sum(body[: trailer + 1]) % 256
        )
        if right:
            self._framed = True
            return None
        return "BodyLength (9) or CheckSum (10) does not fit the text" if self._framed else None

    def _loose_damage(self, body: bytes, head: list[bytes]) -> str | None:
        """Judge a message without the standard start: tolerated in hand-written logs that leave BodyLength out."""
        if not self._framed and len(head) > 1 and b"\x0135=" in body and b"\x019=" not in body:
            return None
        return "it does not begin with BeginString (8), BodyLength (9), MsgType (35)"
