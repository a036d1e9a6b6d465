"""Whether SQLite quietly dropped a part of the write-ahead log.

SQLite reads the log up to the first frame whose checksum fails and takes the rest for a torn last write.
That is right after a crash, and wrong where a bit flipped in the middle: acknowledged records would vanish
without a word. A commit starts only when the one before it is on disk, so a second transaction of the same
generation beyond the last frame that SQLite accepted proves damage. One alone may be a torn write; then only
a head kept elsewhere (`--head`) can tell.

Layouts: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

_HEADER_BYTES: Final = 32
_FRAME_HEADER: Final = struct.Struct(">II8s8s")  # page, pages after a commit (else 0), salts, checksum
_MAX_FRAME: Final = slice(16, 20)
_INDEX_SALTS: Final = slice(32, 40)
_TRIES: Final = 20


def broken_tail(path: Path) -> str | None:
    """Say why the end of the log cannot be trusted, or None. A reader must be open: it writes the index."""
    try:
        with Path(f"{path}-wal").open("rb") as log, Path(f"{path}-shm").open("rb") as index:
            return _judge(log, index)
    except OSError:
        return None  # no log, or no index because the directory is read-only: nothing can be said


def _judge(log: BinaryIO, index: BinaryIO) -> str | None:
    header = log.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return None
    page_bytes = int.from_bytes(header[8:12], "big")
    if _checksum(header[:24]) != header[24:32] or not 512 <= page_bytes <= 65536:  # noqa: PLR2004 - SQLite's limits
        return "the header of the write-ahead log is damaged: records at the end are lost"
    for _ in range(_TRIES):  # a live writer may commit between the two looks: then the index has changed
        accepted, salts = _read_index(index)
        if salts != header[16:24] or not _completed_beyond(log, accepted, page_bytes, salts):
            return None
        if _read_index(index) == (accepted, salts):
            return f"the write-ahead log is damaged at frame {accepted + 1}: records from there on are lost"
    return None


def _read_index(index: BinaryIO) -> tuple[int, bytes]:
    index.seek(0)
    head = index.read(48)
    return struct.unpack("=I", head[_MAX_FRAME].ljust(4, b"\0"))[0], head[_INDEX_SALTS]


def _completed_beyond(log: BinaryIO, accepted: int, page_bytes: int, salts: bytes) -> bool:
    """Whether a transaction ended after frame `accepted` and another one followed it."""
    frame_bytes = _FRAME_HEADER.size + page_bytes
    offset, committed = _HEADER_BYTES + accepted * frame_bytes, False
    while True:
        log.seek(offset)
        frame = log.read(_FRAME_HEADER.size)
        if len(frame) < _FRAME_HEADER.size:
            return False
        _page, commit, found, _sum = _FRAME_HEADER.unpack(frame)
        if found == salts:
            if committed:
                return True
            committed = commit != 0
        offset += frame_bytes


def _checksum(header: bytes) -> bytes:
    """Compute the checksum of a log's header; its magic number says in which byte order."""
    order = ">" if header[3] & 1 else "<"
    first = second = 0
    words = struct.unpack(f"{order}6I", header)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return struct.pack(">II", first, second)
