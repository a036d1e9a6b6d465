"""A record as bytes and back, and the chain that ties it to the one before.

A body is the record as JSON with the version of its words in front: `{"v":1,"kind":...}`. Every version that was ever
written stays readable, so a version is never edited: a change that an older program could not read, or would quietly
ignore, gets the next number and a decoder of its own in `_DECODERS`.
"""

import hashlib
from typing import Final

import msgspec

from oms.core.errors import JournalError
from oms.core.records import Record

VERSION: Final = 1
GENESIS: Final = bytes(32)
"""What stands for the hash of record 0."""

_MARK: Final = b'{"v":1,'
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode
_DECODERS: Final = {1: msgspec.json.Decoder(Record)}
_decode: Final = _DECODERS[VERSION].decode
_sha256: Final = hashlib.sha256


class _Versioned(msgspec.Struct):
    v: int


_version_of: Final = msgspec.json.Decoder(_Versioned)


def encode(record: Record) -> bytes:
    """Write a record in the newest version.

    Raises:
        JournalError: it holds something that JSON cannot say; nothing was written.

    """
    try:
        return _MARK + _encode(record)[1:]
    except (TypeError, ValueError, RecursionError) as error:
        message = f"a record of kind {record.kind!r} cannot be written as JSON: {error}"
        raise JournalError(message) from error


def decode(body: bytes) -> Record:
    """Read a record of any version.

    Raises:
        JournalError: the bytes are no record, or one that only a newer program can read.

    """
    try:
        if body.startswith(_MARK):
            return _decode(body)
        return _decode_other(body)
    except (ValueError, RecursionError) as error:  # msgspec's errors and UnicodeDecodeError are ValueErrors
        message = f"its body is not a record of the journal: {error}"
        raise JournalError(message) from error


def _decode_other(body: bytes) -> Record:
    version = _version_of.decode(body).v
    if version not in _DECODERS:
        message = (
            f"it is written in version {version} of the journal's words and this program reads up to {VERSION}: "
            "use the release that wrote it, or a newer one"
        )
        raise JournalError(message)
    return _DECODERS[version].decode(body)


def link(previous: bytes, number: int, body: bytes) -> bytes:
    """Compute a record's hash: SHA-256 of the hash before it, its number (8 bytes, big-endian) and its body."""
    return _sha256(previous + number.to_bytes(8, "big") + body).digest()
