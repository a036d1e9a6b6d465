"""What holds for the replay of any log: the same bytes each time, and every prefix works."""

import gzip
from itertools import accumulate
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.app.replay import Replay, Row, read_in_time_order, row_object
from oms.fix.dialects import FIX42
from oms.fix.logs import LogReader, byte_sum
from tests.properties.venue import Fields, lives, ours, wild

LOGON = {"35": "A", "98": "0"}


def framed(fields: Fields, number: int) -> str:
    """Write fields as a line of a QuickFIX message log."""
    sent = fields["35"] in "DFGHA"
    time = f"20260301-09:{number // 60 % 60:02d}:{number % 60:02d}.000"
    parts = {"35": fields["35"], "34": str(number), "49": "WE" if sent else "THEY", "52": time}
    parts |= {"56": "THEY" if sent else "WE", **fields}
    body = "".join(f"{tag}={value}\x01" for tag, value in parts.items())
    head = f"8=FIX.4.2\x019={len(body.encode())}\x01{body}"
    return f"{time} : {head}10={byte_sum(head.encode()) % 256:03d}\x01"


MESSAGES = st.lists(
    st.one_of(
        wild(),
        ours(),
        st.just(LOGON),
        lives().map(lambda life: life[1][-1]),
        lives().map(lambda life: life[1][-1] | {"58": "a text\n\nof several\r\nlines\n"}),
    ),
    max_size=12,
)


def replayed(*paths: Path) -> bytes:
    """Replay files, and give every row and every order as bytes."""
    rows: list[Row] = []
    replay = Replay(FIX42, ["WE"], rows.append)
    for line in read_in_time_order([LogReader(path) for path in paths]):
        replay.feed(line)
    replay.finish()
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))
    shown = msgspec.json.encode([row_object(row) for row in rows])
    return shown + repr((replay.anomalies, replay.blotter.orders, replay.tally)).encode()


@given(MESSAGES, st.data())
@settings(max_examples=150)
def test_the_same_log_gives_the_same_bytes_however_it_is_stored(
    tmp_path_factory: object, messages: list[Fields], data: st.DataObject
) -> None:
    folder: Path = tmp_path_factory.mktemp("logs")  # type: ignore[attr-defined]
    lines = [framed(fields, number) for number, fields in enumerate(messages, 1)]
    whole, packed, doubled = folder / "whole", folder / "packed", folder / "doubled"
    text = "".join(line + "\n" for line in lines).encode()
    whole.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    assert replayed(whole) == replayed(whole) == replayed(packed)
    cut = data.draw(st.integers(0, len(lines)))
    first, second = folder / "first", folder / "second"
    first.write_bytes("".join(line + "\n" for line in lines[:cut]).encode())
    second.write_bytes("".join(line + "\n" for line in lines[cut:]).encode())
    assert replayed(second, first) == replayed(whole), "files are merged in the order of time"
    doubled.write_bytes("".join(f"{line}\n{line}\n" for line in lines).encode())
    assert replayed(doubled).split(b"Tally")[0] == replayed(whole).split(b"Tally")[0]


@given(MESSAGES, st.data())
@settings(max_examples=150)
def test_every_prefix_works_to_the_byte(
    tmp_path_factory: object, messages: list[Fields], data: st.DataObject
) -> None:
    folder: Path = tmp_path_factory.mktemp("logs")  # type: ignore[attr-defined]
    lines = [framed(fields, number).encode() for number, fields in enumerate(messages, 1)]
    text = b"".join(line + b"\n" for line in lines)
    ends = list(accumulate(len(line) + 1 for line in lines))
    inner = [place + 1 for place, byte in enumerate(text) if byte == ord("\n") and place + 1 not in ends]
    end = data.draw(st.one_of(st.integers(0, len(text)), *([st.sampled_from(inner)] if inner else [])))
    begun = text[:end]
    complete = sum(
        place - 2 <= end for place in ends
    )  # the newline may be missing, and the separator before it
    torn, whole = folder / "torn", folder / "whole"
    torn.write_bytes(begun)
    whole.write_bytes(b"".join(line + b"\n" for line in lines[:complete]))
    assert replayed(torn) == replayed(whole)
