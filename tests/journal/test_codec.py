"""What goes into a journal comes out of it, also what an older release wrote."""

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core.errors import JournalError
from oms.core.records import Record
from oms.journal.codec import decode, encode, link
from tests.journal.builders import EVENT_TYPES, GOLDEN, covered, due, filled, golden, records, structs


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: str(kind.__name__))
@given(data=st.data())
def test_an_event_of_every_type_comes_back_equal(kind: type[Any], data: st.DataObject) -> None:
    event = data.draw(structs(kind))
    back = decode(encode(Record(kind="received", time_ns=1, events=(event,)))).events[0]
    assert back == event
    assert type(back) is kind


@given(records)
def test_a_record_comes_back_equal_and_writes_the_same_bytes(record: Record) -> None:
    body = encode(record)
    assert decode(body) == record
    assert encode(decode(body)) == body
    assert body.startswith(b'{"v":1,"kind":')


@pytest.mark.parametrize("text", ["1E-18", "0.000", "-0", "1" * 39, "100", "1E+3"])
def test_a_decimal_keeps_its_digits(text: str) -> None:
    record = filled()
    event = type(record.events[0])(order=1, last_shares=Decimal(text))  # type: ignore[call-arg]
    back = decode(encode(Record(kind="received", time_ns=1, events=(event,)))).events[0]
    assert str(back.last_shares) == str(Decimal(text))  # type: ignore[union-attr]


def test_version_1_stays_readable() -> None:
    for body in golden():
        assert encode(decode(body)) == body


def test_the_golden_file_only_ever_grows() -> None:
    """Lines that were published are in journals out there: they are added to and never edited."""
    first = b"\n".join(golden()[:38]) + b"\n"
    assert hashlib.sha256(first).hexdigest() == GOLDEN_FIRST_38


GOLDEN_FIRST_38 = "b0cbffea296b099b3da0a2ff3891c2aa1747dc52c727add1d9c5d24d35b31e80"


def test_the_golden_file_covers_every_event_and_field() -> None:
    missing = due() - covered(iter(golden()))
    assert not missing, f"run `python -m tests.journal.builders`, which adds lines to {GOLDEN.name}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"v":1}',
        b'{"v":1,"kind":"x"',
        b'{"v":1,"kind":"\xff","time_ns":1}',
        b'{"v":"1"}',
        b'{"v":1,"kind":"received","time_ns":1,"events":[{"type":"Nonsense","order":1}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_record_is_refused(body: bytes) -> None:
    with pytest.raises(JournalError, match="not a record of the journal"):
        decode(body)


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(JournalError, match=r"version 2 .* reads up to 1.*newer"):
        decode(b'{"v":2,"kind":"received","time_ns":1}')


@pytest.mark.parametrize("command", [{"x": object()}, {"x": "\ud800"}])
def test_what_json_cannot_say_is_refused(command: dict[str, Any]) -> None:
    with pytest.raises(JournalError, match="kind 'command' cannot be written"):
        encode(Record(kind="command", time_ns=1, command=command))


def test_the_hash_covers_previous_number_and_body() -> None:
    assert (
        link(b"p" * 32, 258, b"body") == hashlib.sha256(b"p" * 32 + bytes(6) + b"\x01\x02" + b"body").digest()
    )


def test_the_independent_verifier_is_independent() -> None:
    source = (Path(__file__).parent / "independent.py").read_text()
    assert "oms" not in source.replace("program", "")
