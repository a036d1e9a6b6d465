"""Orders at rest and snapshots as bytes and back. Derived from the journal: whatever does not fit is thrown away.

1. Nothing is believed without its checksum: an order's body ends with eight bytes of one, a snapshot has a SHA-256.
2. What another program folded is not believed either: `fingerprint` changes with every line of `oms.core`, so that a
   mended fold never goes on from what the faulty one had made.
"""

import hashlib
from functools import lru_cache
from importlib import resources
from typing import Final

import msgspec
from msgspec import Struct

from oms.core.errors import JournalError
from oms.core.residence import Resting
from oms.core.state import State
from oms.journal.sieve import Layer

FORMAT: Final = 1
_SUM_BYTES: Final = 8
_encode: Final = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode_order: Final = msgspec.msgpack.Decoder(Resting).decode
_decode_state: Final = msgspec.msgpack.Decoder(State).decode
_decode_layer: Final = msgspec.msgpack.Decoder(Layer).decode


class Torn(JournalError):  # noqa: N818 - says what is the case, as the names in `errors`
    """Something derived from the journal is damaged: it has to be derived anew."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """All state in memory after record `n` of the journal, whose hash is `head`.

    Attributes:
        n: the number of the last record that is part of it.
        head: that record's hash, hexadecimal.
        fold: the fingerprint of the program that folded it.
        rows: how many orders at rest had been stored by then; what was stored later is not part of it.
        state: the encoded state.
        layers: the encoded layers of the sieve.

    """

    n: int
    head: str
    fold: str
    rows: int
    state: bytes
    layers: tuple[bytes, ...]

    def digest(self) -> bytes:
        """Compute the hash over all of it."""
        parts = [f"{FORMAT} {self.n} {self.head} {self.fold} {self.rows}".encode(), self.state, *self.layers]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Name the program that folds: a hash over the sources of `oms.core` and the version of this format."""
    found = hashlib.sha256(f"snapshot {FORMAT} msgspec {msgspec.__version__}".encode())
    sources = (file for file in resources.files("oms.core").iterdir() if file.name.endswith(".py"))
    for source in sorted(sources, key=lambda file: file.name):
        content = source.read_bytes()
        found.update(f"{source.name} {len(content)}\n".encode() + content)
    return found.hexdigest()


def encode_order(resting: Resting) -> bytes:
    """Write an order at rest."""
    body = _encode(resting)
    return body + _sum(body)


def decode_order(body: bytes) -> Resting:
    """Read an order at rest.

    Raises:
        Torn: the bytes are not what was written.

    """
    content, found = body[:-_SUM_BYTES], body[-_SUM_BYTES:]
    if _sum(content) != found:
        message = "an order at rest does not fit its checksum"
        raise Torn(message)
    return _decode_order(content)


def _sum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SUM_BYTES).digest()


def encode_state(state: State) -> bytes:
    """Write the state."""
    return _encode(state)


def decode_state(snapshot: Snapshot) -> State:
    """Read the state of a snapshot whose hash was checked."""
    return _decode_state(snapshot.state)


def encode_layer(layer: Layer) -> bytes:
    """Write a layer of the sieve."""
    return _encode(layer)


def decode_layers(snapshot: Snapshot) -> list[Layer]:
    """Read the sieve of a snapshot whose hash was checked."""
    return [_decode_layer(layer) for layer in snapshot.layers]
