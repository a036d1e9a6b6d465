"""Examples of everything that a journal holds, built from the types themselves, and the growth of the golden file.

`python -m tests.journal.builders` adds to `golden/v1.jsonl` what it does not cover yet: event types, and fields of
them. It never changes a line, because journals with such lines exist.
"""

import types
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_type_hints

import msgspec
from hypothesis import strategies as st

from oms.core.events import AnyEvent, Filled
from oms.core.instruments import Instrument
from oms.core.messages import Anomaly, ExecutionReport, Mark
from oms.core.records import Record
from oms.core.values import AnomalyCode
from oms.journal.codec import encode

GOLDEN: Final = Path(__file__).parent / "golden" / "v1.jsonl"
EVENT_TYPES: Final[tuple[type[Any], ...]] = get_args(AnyEvent)
KINDS: Final = ("command", "received", "sent", "session", "timer", "start")
RAW: Final = "8=FIX.4.2\x019=5\x0135=8\x0158=Grüße\x0110=000\x01"

T = TypeVar("T")

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_decimal = st.decimals(allow_nan=False, allow_infinity=False, places=18) | st.sampled_from(
    [Decimal("1E-18"), Decimal("-0"), Decimal("0.000"), Decimal(10) ** 39]
)
_SCALARS: Final[dict[Any, st.SearchStrategy[Any]]] = {
    int: st.integers(0, 2**63 - 1),
    str: _text,
    bool: st.booleans(),
    Decimal: _decimal,
    AnomalyCode: st.sampled_from(AnomalyCode),
    tuple[int, ...]: st.lists(st.integers(1, 2**40), max_size=3).map(tuple),
    tuple[str, ...]: st.lists(_text, max_size=3).map(tuple),
    tuple[Instrument, ...]: st.deferred(lambda: st.lists(structs(Instrument), max_size=2).map(tuple)),
}


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    if isinstance(kind, types.UnionType):
        return st.one_of([st.none() if part is types.NoneType else anything(part) for part in get_args(kind)])
    return _SCALARS[kind] if kind in _SCALARS else structs(kind)


def structs(kind: type[T]) -> st.SearchStrategy[T]:
    """Any instance of a struct, field by field."""
    hints = get_type_hints(kind)
    names = kind.__struct_fields__  # type: ignore[attr-defined]
    return st.builds(kind, **{name: anything(hints[name]) for name in names})


events: Final = st.one_of([structs(kind) for kind in EVENT_TYPES])
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
records: Final = st.builds(
    Record,
    kind=st.sampled_from(KINDS),
    time_ns=st.integers(0, 2**63 - 1),
    session=st.none() | _text,
    raw=st.none() | _text,
    command=st.none() | st.dictionaries(_text, _json, max_size=4),
    events=st.lists(events, max_size=4).map(tuple),
    anomaly=st.none() | structs(Anomaly),
    order=st.none() | st.integers(1, 2**40),
)


def filled(number: int = 1) -> Record:
    """A record such as a busy day has most of."""
    event = Filled(
        order=number, last_shares=Decimal("0.5"), last_px=Decimal("30000.25"), exec_id=f"E{number}"
    )
    return Record(kind="received", time_ns=number, session="S", raw=RAW, events=(event,))


# --- the golden file


def example(kind: Any, name: str = "") -> Any:
    """One value with every field set, and none at its default."""
    if isinstance(kind, types.UnionType):
        return example(next(part for part in get_args(kind) if part is not types.NoneType), name)
    if kind == tuple[Instrument, ...]:
        return (example(Instrument),)
    if kind in (Instrument, ExecutionReport, Anomaly, Mark) or kind in EVENT_TYPES:
        hints = get_type_hints(kind)
        return kind(**{name: example(hints[name], name) for name in kind.__struct_fields__})
    if kind is bool:
        return name not in {"readable", "trading"}
    scalars = {
        int: 7,
        str: f"{name}-ü\x01",
        Decimal: Decimal("12345.000000000000000678"),
        AnomalyCode: "GAP_OPEN",
        tuple[int, ...]: (7,),
        tuple[str, ...]: (f"{name}-ü\x01",),
    }
    return AnomalyCode.GAP_OPEN if kind is AnomalyCode else scalars[kind]


def covered(bodies: Iterator[bytes]) -> set[tuple[str, str]]:
    """The event types and fields that these bodies hold."""
    events = (event for body in bodies for event in msgspec.json.decode(body).get("events", ()))
    return {(event["type"], name) for event in events for name in event}


def due() -> set[tuple[str, str]]:
    """The event types and fields that there are."""
    return {(kind.__name__, name) for kind in EVENT_TYPES for name in ("type", *kind.__struct_fields__)}


def golden() -> list[bytes]:
    """The bodies of the golden file."""
    return GOLDEN.read_bytes().splitlines() if GOLDEN.exists() else []


def _grow() -> None:
    missing = {kind for kind, _ in due() - covered(iter(golden()))}
    new = [
        Record(
            kind=KINDS[index % len(KINDS)],
            time_ns=1_700_000_000_000_000_000 + index,
            session="venue-1",
            raw=RAW,
            command={"type": "new", "actor": "desk", "order_qty": "1.50", "nested": [1, None, {"a": True}]},
            events=(example(kind),),
            anomaly=Anomaly(AnomalyCode.OVERFILL, "more than asked"),
            order=7,
        )
        for index, kind in enumerate(kind for kind in EVENT_TYPES if kind.__name__ in missing)
    ]
    with GOLDEN.open("ab") as file:
        file.writelines(encode(record) + b"\n" for record in new)


if __name__ == "__main__":
    _grow()
