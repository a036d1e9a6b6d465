"""How venues stand: a row for each that is asked over REST, with its polls; a ban is seen at once."""

import io
from typing import Any

from rich.console import Console

from oms.app.cli_venue import _account, venues_table
from oms.app.reference import Facts
from oms.app.reference_models import Balances, Venues
from oms.app.reference_views import balances_view, venues_view
from oms.app.reference_waits import Waits
from oms.app.tables import second
from oms.core.balances import Compared
from oms.core.times import NS_PER_S, ns_to_iso
from oms.rest.gathering import LeftOut

NOW_NS = 1_772_355_600_000_000_000


def session(name: str, **rest: Any) -> dict[str, Any]:
    polled = {"up": True, "reason": None, "poll_s": 0.5, "age_s": 1.25, "banned": None}
    return {"name": name, "account": f"of {name}", "rest": polled | rest}


def shown(rows: list[dict[str, Any]]) -> str:
    console = Console(width=200, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(venues_table(rows))
    return captured.get()


def test_polls_stand_beside_what_else_is_known() -> None:
    facts = Facts("weex", "of weex")
    facts.problems["balances"] = "no answer"
    rows = venues_view({"weex": facts}, [session("weex"), session("second", poll_s=15.0)], NOW_NS)
    Venues.model_validate({"venues": rows}, extra="forbid")
    told = {row["session"]: (row["poll_s"], row["answer_age_s"], row["problems"]) for row in rows}
    assert told == {"weex": (0.5, 1.25, {"balances": "no answer"}), "second": (15.0, 1.25, {})}
    text = shown(rows)
    for heading in ("polled every, s", "last answer, s ago", "0.5", "1.25", "15", "balances: no answer"):
        assert heading in text
    assert "BANNED" not in text


def test_a_venue_without_polls_shows_none() -> None:
    rows = venues_view(
        {"fix": Facts("fix", "of fix")}, [{"name": "fix", "account": "of fix", "rest": None}], NOW_NS
    )
    assert [(row["session"], row["poll_s"], row["answer_age_s"]) for row in rows] == [("fix", None, None)]
    assert shown(rows)


def test_why_orders_cannot_be_asked_for() -> None:
    down, silent = session("a", up=False, reason="invalid sign"), session("b", up=False, age_s=None)
    rows = venues_view({}, [down, silent], NOW_NS)
    assert [row["problems"] for row in rows] == [{"orders": "invalid sign"}, {"orders": "not reached yet"}]


def test_a_ban_by_the_venue_of_the_orders_is_shown() -> None:
    why = "WEEX ActiveOrders: HTTP 403"
    rows = venues_view(
        {"weex": Facts("weex", "of weex")}, [session("weex", up=False, banned=why, reason=why)], NOW_NS
    )
    assert (rows[0]["banned"], rows[0]["problems"]) == (why, {})
    assert f"BANNED, until `oms sessions --resume weex`: {why}" in " ".join(shown(rows).split())


def balances(**changes: Any) -> str:
    facts = Facts("main", "A")
    facts.compared = changes.get("compared", Compared(since_ns=0, time_ns=NOW_NS))
    facts.unread = changes.get("unread", ())
    row = balances_view(facts, NOW_NS, changes.get("waits"))
    Balances.model_validate({"accounts": [row]}, extra="forbid")
    console = Console(width=200, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(*_account(row), sep="\n")
    return captured.get()


def test_balances_say_why_they_are_not_compared_and_since_when() -> None:
    down = Waits("session main is not logged on (connection refused)", NOW_NS - 60 * NS_PER_S)
    told = "session main is not logged on (connection refused), since "
    since = second(ns_to_iso(NOW_NS - 60 * NS_PER_S))
    assert f"not compared with executions since {second(ns_to_iso(NOW_NS))} UTC: {told}{since}" in balances(
        waits=down
    )
    begins = "the comparison with executions has not begun: "
    assert f"{begins}{told}" in balances(waits=down, compared=None)
    assert f"{begins}balances have not been had yet" in balances(compared=None)
    assert "compared" not in balances()
    assert f"{begins}asking\n" in balances(waits=Waits("asking"), compared=None)


def test_a_balance_that_cannot_be_read_is_no_balance_of_nothing() -> None:
    unread = (LeftOut(why="w", text="{}", exchange="EX", name="BTC"), LeftOut(why="w", text="5"))
    (line,) = [line for line in balances(unread=unread).splitlines() if "BTC" in line]
    assert line.split() == ["EX", "BTC", "?", "?", "?"]
