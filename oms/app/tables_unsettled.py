"""What is not settled, as tables: doubts, what differs from the venue, what a cancel of all left open."""

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from oms.app.tables import (
    DOUBT_STYLE,
    age,
    new_table,
    orders_counted,
    own_id,
    plain,
    second,
    status_word,
    text_of,
    which,
)


def doubts_table(orders: Iterable[dict[str, Any]]) -> Table:
    """Lay out every request in doubt: what was sent and when, why nobody knows its outcome, what was asked."""
    table = _columns("order", "sent", "at (UTC)", "age", "why, and what was asked")
    for order in orders:
        for doubt in order["doubts"]:
            table.add_row(
                text_of(own_id(order)),
                text_of(_request(doubt)),
                text_of(second(doubt["sent"])),
                text_of(age(doubt["age_s"])),
                text_of(_why(doubt)),
            )
    return table


def _request(doubt: dict[str, Any]) -> str:
    terms = [
        f"{label} {doubt[name]}"
        for name, label in (("order_qty", "qty"), ("price", "at"))
        if doubt[name] is not None
    ]
    return " ".join([doubt["kind"], doubt["cl_ord_id"], *terms])


def _why(doubt: dict[str, Any]) -> str:
    parts = [doubt["reason"] or "no reason on record"]
    parts += [which(doubt)] if doubt.get("candidates") else []
    count = doubt["questions"]
    if count:
        parts.append(f"{count} question{'s' if count > 1 else ''} without an answer")
    if doubt["unknown_at"] is not None:
        parts.append(f"the venue did not know the order at {second(doubt['unknown_at'])}")
    return "; ".join(parts)


def left_table(orders: Iterable[dict[str, Any]]) -> Table:
    """Lay out the orders that are open after a cancel of all; `why` says what keeps each."""
    table = _columns("order", "symbol", "status", "filled / qty", "why it is open")
    for order in orders:
        status = text_of(status_word(order), DOUBT_STYLE if order["doubts"] else "")
        done = f"{order['cum_qty']} / {order['order_qty'] or '?'}"
        table.add_row(
            text_of(own_id(order)), text_of(order["symbol"]), status, text_of(done), text_of(order["why"])
        )
    return table


def rounds_table(rows: Iterable[dict[str, Any]]) -> Group:
    """Lay out what is agreed with each session's venue, and what is not."""
    parts: list[RenderableType] = []
    for row in rows:
        parts.append(Text(plain(f"session {row['session']}: {_round(row)}"), style="bold"))
        if row["differences"]:
            parts.append(_findings(row["differences"]))
        parts += [Text(plain(f"note: {_name(note)}: {note['text']}"), style="dim") for note in row["notes"]]
    return Group(*parts)


def _round(row: dict[str, Any]) -> str:
    if not row["logged_on"]:
        return "not logged on"
    if row["under_way"]:
        return "still asking"
    if row["reconciled_at"] is None:
        return "not asked yet"
    count = len(row["unanswered"])
    answers = f"{count} without an answer" if count else "all answered" if row["asked"] else "none is open"
    differs = "differences:" if row["differences"] else "nothing differs"
    return f"{orders_counted(row['asked'])} asked for at {second(row['reconciled_at'])} UTC, {answers}; {differs}"


def _findings(found: Iterable[dict[str, Any]]) -> Table:
    table = _columns("order", "what", "how")
    for each in found:
        table.add_row(text_of(_name(each)), text_of(each["what"], "yellow"), text_of(each["text"]))
    return table


def _name(finding: dict[str, Any]) -> str:
    return own_id(finding["order"]) if finding["order"] else "-"


def _columns(*names: str) -> Table:
    table = new_table()
    for name in names:
        table.add_column(name, overflow="fold", min_width=8)
    return table
