"""The blotter and the sessions as tables for a terminal, from the API's objects."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIDES: Final = {"1": ("buy", "green"), "2": ("sell", "red")}
_TIMES: Final = {"3": "IOC", "4": "FOK", "7": "post-only"}
_STYLES: Final = {
    "Filled": "green",
    "PartiallyFilled": "cyan",
    "Rejected": "red",
    "Canceled": "dim",
    "Expired": "dim",
    "PendingCancel": "yellow",
    "PendingReplace": "yellow",
    "PendingNew": "yellow",
}
_SESSION: Final = ("session", "account", "logon", "venue", "since (UTC)", "what is open")
WIDE: Final = 100  # columns
IN_DOUBT: Final = "IN DOUBT"
DOUBT_STYLE: Final = "bold black on yellow"
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


class Layout:
    """A table in two forms: on a narrow terminal what would not fit into its last column stands below it."""

    def __init__(self, wide: Table, narrow: Callable[[Console, int], Iterable[RenderableType]]) -> None:
        """Take both; `narrow` is asked with the width that there is."""
        self._wide = wide
        self._narrow = narrow

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Choose."""
        if options.max_width >= WIDE:
            yield self._wide
        else:
            yield from self._narrow(console, options.max_width)


def blotter_table(orders: Iterable[dict[str, Any]], title: str | None = None) -> Layout:
    """Lay out orders, one a row, in the order given; 80 columns are enough to read every word of it."""
    orders = list(orders)

    def narrow(_console: Console, _width: int) -> Iterator[RenderableType]:
        yield _blotter(orders, title, "status", _short_status)
        for order in orders:
            if open_points(order):
                yield Text.assemble(text_of(f"{own_id(order)}: "), _status(order), overflow="fold")

    return Layout(_blotter(orders, title, "status, and what is open", _status), narrow)


def _blotter(
    orders: list[dict[str, Any]], title: str | None, last: str, status: Callable[[dict[str, Any]], Text]
) -> Table:
    table = new_table(title)
    table.add_column("order", overflow="fold", min_width=8)
    table.add_column("symbol", overflow="fold")
    table.add_column("side", no_wrap=True)
    table.add_column("filled / qty", justify="right", overflow="fold")
    table.add_column("price", justify="right", overflow="fold")
    table.add_column("avg px", justify="right", overflow="fold", min_width=6)
    table.add_column(last, overflow="fold", min_width=10)
    for order in orders:
        side, side_style = _SIDES.get(order["side"], (order["side"], ""))
        table.add_row(
            text_of(own_id(order)),
            text_of(order["symbol"]),
            text_of(side, side_style),
            text_of(f"{order['cum_qty']} / {_size(order)}"),
            text_of(_price(order)),
            text_of(order["avg_px"] if order["cum_qty"] != "0" else ""),
            status(order),
        )
    return table


def sessions_table(sessions: Iterable[dict[str, Any]]) -> Layout:
    """Lay out sessions, one a row; where it is narrow, without what is needed least."""
    sessions = list(sessions)

    def narrow(console: Console, width: int) -> Iterator[RenderableType]:
        table = _sessions(sessions, _SESSION[:3])
        for columns in (_SESSION[:4], _SESSION[:5]):
            more = _sessions(sessions, columns)
            if console.measure(more, options=console.options.update(max_width=WIDE * 10)).maximum <= width:
                table = more
        yield table
        for session in sessions:
            notes = _notes(session)
            if notes:
                yield Text(plain(f"{session.get('name')}: {notes}"), overflow="fold")

    return Layout(_sessions(sessions, _SESSION), narrow)


def _sessions(sessions: list[dict[str, Any]], columns: Iterable[str]) -> Table:
    table = new_table()
    for column in columns:
        table.add_column(column, overflow="fold", min_width=12 if column == _SESSION[-1] else None)
    for session in sessions:
        is_on = bool(session.get("logged_on"))
        cells = {
            "session": text_of(session.get("name")),
            "account": text_of(session.get("account")),
            "logon": text_of("logged on", "green") if is_on else text_of("logged out", "bold red"),
            "venue": text_of(f"{session.get('host')}:{session.get('port')}"),
            "since (UTC)": text_of(second(session.get("since"))),
            "what is open": text_of(_notes(session)),
        }
        table.add_row(*(cells[column] for column in columns))
    return table


def _notes(session: dict[str, Any]) -> str:
    held = session.get("held") or ()
    notes = [str(session["reason"])] if session.get("reason") and not session.get("logged_on") else []
    notes += [f"{len(held)} reports wait for their order"] if held else []
    rest = session.get("rest") or {}
    notes += [f"{key} is left out: {why}" for key, why in rest.get("keys_out", {}).items()]
    if session.get("halted"):
        notes.insert(0, f"no new order leaves: {session['halted']}; oms sessions --resume {session['name']}")
    return "; ".join([*notes, *_last_round(session)])


def _last_round(session: dict[str, Any]) -> list[str]:
    """Say how the last round of questions ended, or that one is under way."""
    if session.get("under_way"):
        why = (session.get("rest") or {}).get("uncompared")
        return [f"asking for its orders{'' if why is None else f': {why}'}"]
    last = session.get("round")
    if not last:
        return []
    count = len(last["unanswered"])
    answers = f", {count} without an answer" if count else ""
    return [f"{orders_counted(last['asked'])} asked for until {second(last['ended'])}{answers}"]


def orders_counted(count: int) -> str:
    """Say how many orders."""
    return f"{count} order{'' if count == 1 else 's'}"


def new_table(title: str | None = None) -> Table:
    """Begin a table."""
    return Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, padding=(0, 1, 0, 0))


def own_id(order: dict[str, Any]) -> str:
    """Name an order by the desk's own id, else by one of the venue's."""
    return str(order["client_order_id"] or order["cl_ord_id"] or order["order_id"])


def status_word(order: dict[str, Any]) -> str:
    """Name an order's status as traders do; what we refused ourselves is denied, not rejected."""
    if order["phase"] == "DENIED":
        return "Denied"
    return _HUMP.sub(" ", order["ord_status_name"]).capitalize()


def plain(text: object) -> str:
    """Take out what could steer a terminal: venues' texts and foreign ids are shown, not obeyed."""
    return "".join(char if char.isprintable() else "?" for char in str(text))


def age(seconds: float) -> str:
    """Write an age in its largest unit."""
    seconds = max(seconds, 0)
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE_S:.0f} min" if seconds < _HOUR_S else f"{seconds / _HOUR_S:.1f} h"


def open_points(order: dict[str, Any]) -> list[str]:
    """List what is not settled about an order, and why it ended where it did, the gravest first."""
    doubts = [
        f"{IN_DOUBT}: {doubt['kind']}, {age(doubt['age_s'])}"
        + (f" ({doubt['reason']})" if doubt["reason"] else "")
        + (f"; {which(doubt)}" if doubt.get("candidates") else "")
        for doubt in order["doubts"]
    ]
    unsure = {(doubt["kind"], doubt["cl_ord_id"]) for doubt in order["doubts"]}
    held = f" ({order['held']})" if order.get("held") else ""
    pending = [
        _awaited(request["kind"], waiting=request["kind"] in order["waiting"], held=held)
        for request in order["pending"]
        if (request["kind"], request["cl_ord_id"]) not in unsure
    ]
    gap = [f"fills missing: {order['gap']}"] if order["gap"] != "0" else []
    gap += ["fills may be missing"] if order.get("gap_unsized") else []
    external = ["not sent from here"] if order["external"] else []
    code = f"{order['denial']}: " if order["denial"] else ""
    reason = [f"{code}{order['reason'] or ''}"] if order["denial"] or order["reason"] else []
    return [*doubts, *pending, *gap, *external, *reason]


def which(doubt: dict[str, Any]) -> str:
    """Name the orders at the venue that could each be the one in doubt, and what to do about it."""
    named = ", ".join(doubt["candidates"])
    return f"orders {named} at the venue could each be it: say which, oms resolve --order-id NUMBER"


def _awaited(kind: str, *, waiting: bool, held: str) -> str:
    if kind == "new":
        return "waits to be sent" if waiting else "not acknowledged yet"
    return f"{kind} waits to be sent{held}" if waiting else f"{kind} pending"


def second(time: str | None) -> str | None:
    """Shorten an ISO time to the second."""
    return time[:19].replace("T", " ") if time else None


def text_of(value: object, style: str = "") -> Text:
    """Make a cell; None is empty."""
    return Text("" if value is None else plain(value), style=style)


def _size(order: dict[str, Any]) -> str:
    if order["order_qty"] is not None:
        return str(order["order_qty"])
    return f"{order['cash_order_qty']} quote" if order["cash_order_qty"] is not None else "?"


def _price(order: dict[str, Any]) -> str:
    price = "market" if order["ord_type"] == "1" else order["price"] or "?"
    time = _TIMES.get(order["time_in_force"])
    return f"{price} {time}" if time else str(price)


def _short_status(order: dict[str, Any]) -> Text:
    text = text_of(status_word(order), _status_style(order))
    return text.append(" ").append(IN_DOUBT, DOUBT_STYLE) if order["doubts"] else text


def _status_style(order: dict[str, Any]) -> str:
    return "red" if order["phase"] == "DENIED" else _STYLES.get(order["ord_status_name"], "")


def _status(order: dict[str, Any]) -> Text:
    text = text_of(status_word(order), _status_style(order))
    for point in open_points(order):
        text.append("; ")
        text.append(plain(point), DOUBT_STYLE if point.startswith(IN_DOUBT) else "")
    return text
