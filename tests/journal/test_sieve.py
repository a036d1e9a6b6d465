"""The sieve: it never denies what was put in, and seldom claims what was not."""

import msgspec

from oms.journal.sieve import Layer, Sieve
from oms.journal.snapshot import encode_layer

IDS = 150_000  # more than the first layer takes


def test_what_was_put_in_is_in_and_hardly_anything_else() -> None:
    sieve = Sieve()
    for number in range(IDS):
        sieve.add(f"id {number}")
    assert len(sieve.layers) > 1
    layers = [msgspec.msgpack.decode(encode_layer(layer), type=Layer) for layer in sieve.layers]
    for each in (sieve, Sieve(layers)):
        assert all(f"id {number}" in each for number in range(IDS))
        claimed = sum(f"other {number}" in each for number in range(IDS))
        assert claimed < IDS / 100
    assert "é\ud800" not in sieve
