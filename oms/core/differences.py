"""What is not agreed between us and the venue, order by order: what a round of questions leaves for people to look at.

Pure: an order in, its differences out. Nothing here decides anything; `oms.core.deciding` does, on a person's word.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from oms.core.order import Order, Request
from oms.core.times import ns_to_iso
from oms.core.values import ANOMALY_TEXTS, Phase, format_decimal

IN_DOUBT: Final = "IN_DOUBT"
UNANSWERED: Final = "UNANSWERED"
UNHEARD: Final = "UNHEARD"
UNASKABLE: Final = "UNASKABLE"
GAP: Final = "GAP"
UNCONFIRMED: Final = "UNCONFIRMED"
EXTERNAL: Final = "EXTERNAL"
INFERRED: Final = "INFERRED"


class Difference(Struct, frozen=True):
    """One thing. `what` is a code: one of those above or of `AnomalyCode`; `text` says it to people."""

    what: str
    text: str


def differences(order: Order, *, unanswered: bool = False, by_number: bool = False) -> list[Difference]:
    """List what is not agreed with the venue about an order, the gravest first; empty: all is.

    Args:
        order: the order.
        unanswered: the last round of questions ended without the venue's answer about it.
        by_number: its venue knows orders by numbers of its own, and no ClOrdIDs.

    """
    silence = _silence(order, unanswered=unanswered, by_number=by_number)
    found = [*_doubts(order), *silence, *_gap(order)]
    if order.unconfirmed:
        told = f"{order.unconfirmed} fills could also have been status answers, and nothing confirms them yet"
        found.append(Difference(UNCONFIRMED, told))
    return [*found, *_contradiction(order)]


def notes(order: Order) -> list[Difference]:
    """List what is agreed, and not as usual: worth a look, and no difference."""
    found = []
    if order.external and order.is_open:
        found.append(
            Difference(EXTERNAL, "the venue reported it and nobody sent it from here; it was adopted")
        )
    if order.inferred is not None and order.inferred.shares:
        shares = format_decimal(order.inferred.shares)
        found.append(
            Difference(INFERRED, f"{shares} of CumQty rest on the venue's total; no fill explains them")
        )
    return found


def _doubts(order: Order) -> Iterator[Difference]:
    for request in order.pending:
        if request.in_doubt:
            told = f"{_sent(request)}: {request.doubt_reason or 'its outcome is unknown'}"
            if request.candidates:
                told += f"; orders {', '.join(request.candidates)} at the venue could each be it"
            yield Difference(IN_DOUBT, told)


def _sent(request: Request) -> str:
    return f"{request.kind} {request.cl_ord_id}, sent at {ns_to_iso(request.since_ns)}"


def _silence(order: Order, *, unanswered: bool, by_number: bool) -> Iterator[Difference]:
    """The venue has not stated the order: it was asked in vain, was not asked, or cannot be."""
    if unanswered and order.questions:
        yield Difference(
            UNANSWERED, f"the venue was asked and did not answer ({order.questions} open questions)"
        )
    elif order.is_open and (why := _unaskable(order, by_number=by_number)) is not None:
        yield Difference(UNASKABLE, why)
    elif order.is_open and order.unheard:
        told = "reports may have been lost with the connection, and the venue has not stated the order since"
        yield Difference(UNHEARD, told)


def _unaskable(order: Order, *, by_number: bool) -> str | None:
    """Say why the venue cannot be asked for an order; one that was not answered yet is looked for."""
    if not by_number:
        named = order.cl_ord_id is not None
        return None if named else "it has no ClOrdID, so the venue cannot be asked for it from here"
    if order.order_id is not None or order.phase is Phase.PENDING_NEW:
        return None
    return "its number at the venue is not known, so it can neither be asked for nor canceled: a person has to say it"


def _gap(order: Order) -> Iterator[Difference]:
    if order.gap:
        theirs, ours = format_decimal(order.reported_cum), format_decimal(order.cum_qty)
        told = f"the venue's CumQty is {theirs}, the fills on record make {ours}: {format_decimal(order.gap)} missing"
        yield Difference(GAP, told)
    elif order.unsized_gap:
        yield Difference(GAP, "fills may be missing, and the venue does not say how many")


def _contradiction(order: Order) -> Iterator[Difference]:
    """The last anomaly, unless the venue has stated the order since and contradicted nothing."""
    if order.disputed is not None:
        code, _, text = order.disputed.partition(": ")
        meaning = _MEANINGS.get(code)
        yield Difference(code, f"{text} ({meaning})" if meaning else text)


_MEANINGS: Final = {str(code): text for code, text in ANOMALY_TEXTS.items()}
