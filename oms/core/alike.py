"""An order's fills by shares and price: what a venue's list of fills is held against where it names no ids.

The index begins with the first list (`begin`) and is kept up fill by fill, so that neither a report nor a list costs
more for an order with many fills. A fill is known by the key of the first execution of its chain.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct, field

from oms.core.values import format_decimal

if TYPE_CHECKING:
    from oms.core.order import Order


class Alike(Struct):
    """The fills of an order that have the same shares and the same price.

    Attributes:
        standing: how many count.
        taken_back: how many had these shares and this price before they were busted or corrected.
        unlisted: those that no list has shown under an id of its own.
        unreported: those that only lists have shown.
        feeless: those whose fee is not known.

    """

    standing: int = 0
    taken_back: int = 0
    unlisted: dict[str, None] = field(default_factory=dict)
    unreported: dict[str, None] = field(default_factory=dict)
    feeless: dict[str, None] = field(default_factory=dict)


def terms(shares: Decimal, price: Decimal | None, leg: str = "") -> str:
    """Name shares and price: `4@100`; equal numbers have equal names. Every leg of an order has lists of its own."""
    return f"{format_decimal(shares)}@{'?' if price is None else format_decimal(price)}{leg}"


def leg_of(key: str) -> str:
    """Give the end of an execution's key that names its leg; empty for an order that is a single one."""
    _, mark, leg = key.partition("\x01")[0].rpartition("/leg")
    return mark + leg if mark and leg.isdecimal() else ""


def derived_id(shares: Decimal, price: Decimal | None, number: int, leg: str = "") -> str:
    """Make up the key of a fill that a list shows without an id: no ExecID can look like it."""
    return f"q:{terms(shares, price)}#{number}{leg}\x01"


def is_derived(key: str) -> bool:
    """Whether a key was made up by `derived_id`."""
    return key.endswith("\x01")


def begin(order: "Order") -> dict[str, Alike]:
    """Build the index from the executions on record; the order is not changed."""
    index: dict[str, Alike] = {}
    for key, root in order.executions.items():
        if root.root is not None or not root.counted:
            continue
        leg = leg_of(key)
        first, now = terms(root.shares, root.price, leg), root
        if root.latest is not None:
            now = order.executions[root.latest]
            _at(index, first).taken_back += 1
        if root.busted:
            _at(index, terms(now.shares, now.price, leg)).taken_back += 1
        else:
            _add(index, terms(now.shares, now.price, leg), key, fee=root.fee)
    return index


def _at(index: dict[str, Alike], name: str) -> Alike:
    found = index.get(name)
    if found is None:
        found = index[name] = Alike()
    return found


def _add(index: dict[str, Alike], name: str, key: str, *, fee: Decimal | None) -> Alike:
    same = _at(index, name)
    same.standing += 1
    same.unlisted[key] = None
    if fee is None:
        same.feeless[key] = None
    return same


# --- kept up by the fold, for an order that has the index -----------------------------------------------------------


def added(index: dict[str, Alike], key: str, name: str, *, source: str | None, fee: Decimal | None) -> None:
    """Count a new fill; `source` None: a report brought it."""
    same = _add(index, name, key, fee=fee)
    if source is not None:
        same.unreported[key] = None
        if not is_derived(key):
            del same.unlisted[key]


def removed(index: dict[str, Alike], key: str, name: str) -> None:
    """Take a fill back."""
    same = _at(index, name)
    same.standing -= 1
    same.taken_back += 1
    for keys in (same.unlisted, same.unreported, same.feeless):
        keys.pop(key, None)


def moved(index: dict[str, Alike], key: str, before: str, after: str) -> None:
    """Give a fill other shares or another price; what is known of it otherwise stays."""
    old, new = _at(index, before), _at(index, after)
    old.standing -= 1
    old.taken_back += 1
    new.standing += 1
    for was, now in (
        (old.unlisted, new.unlisted),
        (old.unreported, new.unreported),
        (old.feeless, new.feeless),
    ):
        if key in was:
            del was[key]
            now[key] = None


def told(index: dict[str, Alike], key: str, name: str, *, source: str | None) -> None:
    """Note that a list (`source`) or a report has named a fill."""
    same = _at(index, name)
    (same.unreported if source is None else same.unlisted).pop(key, None)


def charged(index: dict[str, Alike], key: str, name: str) -> None:
    """Note that a fill's fee is known."""
    _at(index, name).feeless.pop(key, None)
