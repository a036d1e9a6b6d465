"""Each fault of the simulated venue, seen through a socket."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.sim.wire_client import Client, Message, Venue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.system


@contextmanager
def faulty(*faults: str, form: str = "documented", record: Path | None = None) -> Iterator[Client]:
    arguments = [word for fault in faults for word in ("--fault", fault)]
    with Venue("--reports", form, *arguments, record=record) as venue, Client(venue.port) as client:
        client.logon()
        yield client


def pick(message: Message, *tags: int) -> tuple[str | None, ...]:
    return tuple(message.get(tag) for tag in tags)


def test_a_silent_venue_has_done_it(tmp_path: Path) -> None:
    record = tmp_path / "record"
    with faulty("silent=1", record=record) as client:
        cl_ord_id = client.order()
        assert client.nothing_more()
        client.about("H", cl_ord_id)
        assert pick(client.receive(), 11, 39) == (cl_ord_id, "0")
        client.about("F", cl_ord_id)
        assert client.nothing_more()
        client.about("H", cl_ord_id)
        assert client.receive()[39] == "4"
    events = [json.loads(line)["event"] for line in record.read_text().splitlines()]
    assert [event for event in events if event in {"accepted", "canceled"}] == ["accepted", "canceled"]


def test_a_lost_request_has_no_effect() -> None:
    with faulty("silent-lost=1") as client:
        cl_ord_id = client.order()
        assert client.nothing_more()
        client.about("H", cl_ord_id)
        assert client.receive()[39] == "8"


def test_an_order_is_rejected_for_no_reason() -> None:
    with faulty("reject=1") as client:
        cl_ord_id = client.order()
        rejected = client.receive()
        assert pick(rejected, 11, 150, 39) == (cl_ord_id, "8", "8")
        assert "New order failure" in rejected[58]


def test_an_acknowledgement_comes_after_the_fill() -> None:
    with faulty("ack-after-fill=1") as client:
        client.order("2", "30010")
        messages = client.receive_all(3)
        assert [message[150] for message in messages] == ["1", "0", "2"]
        assert len({message[37] for message in messages}) == 1


@pytest.mark.parametrize(
    ("way", "tags", "values"),
    [
        ("9", (35, 434, 102, 39), ("9", "1", "2", "0")),
        ("3", (35, 45, 372), ("3", "3", "F")),
        ("j", (35, 45, 372, 380), ("j", "3", "F", "0")),
        ("8", (35, 150, 39, 11), ("8", "8", "8", None)),
    ],
)
def test_the_four_ways_of_refusing_a_cancel(way: str, tags: tuple[int, ...], values: tuple[str, ...]) -> None:
    with faulty(f"cancel-reject-{way}=1") as client:
        cl_ord_id = client.order()
        client.receive()
        client.about("F", cl_ord_id)
        refused = client.receive()
        assert pick(refused, *tags) == values
        assert refused[58] == "cancel order error, need to contact customer service."
        client.about("H", cl_ord_id)
        assert client.receive()[39] == "0", "the order goes on"


def test_a_fill_comes_after_the_cancel() -> None:
    with faulty("late-fill=1", form="full") as client:
        cl_ord_id = client.order("2")
        client.receive()
        client.about("F", cl_ord_id)
        canceled, fill = client.receive_all(2)
        assert pick(canceled, 150, 39, 14, 151) == ("4", "4", "0", "0")
        assert pick(fill, 150, 39, 151) == ("1", "4", "0")
        assert float(fill[32]) == float(fill[14]) == 1


def test_a_report_comes_twice_with_the_same_id() -> None:
    with faulty("repeat=1") as client:
        client.order("1", "30000")
        ids = [pick(message, 150, 17) for message in client.receive_all(4)]
        assert ids[0] == ids[1]
        assert ids[2] == ids[3]
        assert ids[0] != ids[2]


def test_reports_change_places() -> None:
    with faulty("reorder=1") as client:
        client.order("1", "30000")
        assert [message[150] for message in client.receive_all(2)] == ["2", "0"]


def test_a_delayed_report_delays_what_follows() -> None:
    with faulty("delay=1") as client:
        client.order("1", "30000")
        with pytest.raises(TimeoutError):
            client.receive(0.1)
        assert [message[150] for message in client.receive_all(2)] == ["0", "2"]


def _until_the_end(client: Client) -> list[str]:
    answers = []
    with suppress(ConnectionError):
        while True:
            answers.append(client.receive()[150])
    return answers


def test_a_connection_drops_before_between_or_after_and_nothing_comes_later(tmp_path: Path) -> None:
    record = tmp_path / "record"
    answered: list[bool] = []
    with Venue("--fault", "drop=1", record=record) as venue:
        for _ in range(12):
            with Client(venue.port) as client:
                assert client.logon()[35] == "A"
                client.order()
                answers = _until_the_end(client)
                assert answers in ([], ["0"])
                answered.append(bool(answers))
    events = [json.loads(line)["event"] for line in record.read_text().splitlines()]
    assert events.count("received") == 12
    assert 12 > events.count("accepted") > sum(answered) > 0


def test_a_rate_between_hits_some_and_the_seed_decides_which() -> None:
    def fates() -> list[str]:
        with faulty("reject=0.5") as client:
            for _ in range(30):
                client.order("0.01")
            return [message[150] for message in client.receive_all(30)]

    first = fates()
    assert set(first) == {"0", "8"}
    assert fates() == first
