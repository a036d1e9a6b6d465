"""The order's machine: every cell of the table, and OrdStatus as it follows from what holds at once."""

import copy
from decimal import Decimal

import pytest

from oms.core import events as ev
from oms.core.errors import IllegalTransition
from oms.core.order import _FOLDS, TRANSITIONS, Order, Request, fold
from oms.core.values import OrdStatus, Phase, RequestKind
from tests.core.desk import example

COLUMNS = [
    Phase.PENDING_NEW,
    Phase.WORKING,
    Phase.SUSPENDED,
    Phase.STOPPED,
    Phase.CALCULATED,
    Phase.DONE_FOR_DAY,
    Phase.CANCELED,
    Phase.EXPIRED,
    Phase.REJECTED,
    Phase.DENIED,
]
LETTERS = dict(zip("PWUTLDCXRN", COLUMNS, strict=True))
# = stays where it is, . is illegal; a letter is the phase that the order goes to. Written by hand from FIX 4.2,
# Appendix D, and from the rule that what an order has executed counts in whatever phase it is.
CELLS = """
                     P W U T L D C X R N
    Accepted         W W W W W W . . . .
    PendingNewSeen   = . . . . . . . . .
    Denied           N . . . . . . . . .
    Rejected         R R R R R R . . . .
    Reopened         . . . . . . P P P P
    Canceled         C C C C C C . . . .
    Expired          X X X X X X . . . .
    DoneForDay       D D D D D D . . . .
    Calculated       L L L L L = . . . .
    Stopped          T T T T T T . . . .
    Suspended        U U U U U U . . . .
    Resumed          . . W . . W . . . .
    Replaced         W = = = W W . . . .
    Restated         W W W W W W . . . .
    CancelPending    = = = = = = . . . .
    ReplacePending   = = = = = = . . . .
    Filled           W = = = = = = = = =
    FillBusted       W = = = = = = = = =
    FillCorrected    W = = = = = = = = =
    LegFilled        = = = = = = = = = =
    LegBusted        = = = = = = = = = =
    LegCorrected     = = = = = = = = = =
    LegCanceled      W = = = = = . . . .
    LegOpened        P P P P P P . . . .
    Marked           = = = = = = = = = =
    CandidatesFound  = = = = = = = = = =
    LookedInVain     = = = = = = = = = =
    Resolved         = = = = = = = = = =
    FillIdentified   = = = = = = = = = =
    FillsListed      = = = = = = = = = =
    FillConfirmed    = = = = = = = = = =
    FeeNoted         = = = = = = = = = =
    FillInferred     W = = = = = = = = =
    Completed        W = = = = = = = = =
    FilledWhole      W = = = = = . . . .
    GapOpened        = = = = = = = = = =
    AnomalyNoted     = = = = = = = = = =
    CancelRequested  = = = = = = = = = =
    ReplaceRequested = = = = = = = = = =
    CancelRejected   = = = = = = = = = =
    ReplaceRejected  = = = = = = = = = =
    RequestReleased  = = = = = = = = = =
    RequestHeld      = = = = = = = = = =
    RequestSent      = = = = = = = = = =
    RequestDropped   = = = = = = = = = =
    InDoubt          = = = = = = = = = =
    StatusRequested  = = = = = = = = = =
    StatusAnswered   = = = = = = = = = =
    AnswerRepeated   = = = = = = = = = =
    QuestionLost     = = = = = = = = = =
    UnknownAtVenue   = = = = = = = = = =
    DuplicateSent    = = = = = = = = = =
    DuplicateRefused = = = = = = = = = =
"""
ROWS = [line.split() for line in CELLS.strip().splitlines()[1:]]
TABLE = [(phase, row[0], cell) for row in ROWS for phase, cell in zip(COLUMNS, row[1:], strict=True)]


def an_order(phase: Phase = Phase.WORKING, **changes: object) -> Order:
    order = Order(number=1, session="S", symbol="BTCUSDT", side="1", cl_ord_id="X", created_ns=0, phase=phase)
    order.order_qty = Decimal(10)
    for name, value in changes.items():
        setattr(order, name, value)
    return order


def a_request(kind: RequestKind, *, seen: bool = False) -> Request:
    return Request(number=1, kind=kind, cl_ord_id="Y", since_ns=0, seen=seen)


def test_the_table_above_knows_every_phase_and_event() -> None:
    assert set(COLUMNS) == set(Phase) == set(TRANSITIONS)
    assert {row[0] for row in ROWS} == {kind.__name__ for kind in _FOLDS}
    taken_on = {ev.Placed, ev.Adopted}
    assert set(_FOLDS) | taken_on == {kind for kind in _subclasses(ev.Event) if kind is not ev.Told}


def _subclasses(kind: type[ev.Event]) -> set[type[ev.Event]]:
    direct = set(kind.__subclasses__())
    return direct.union(*(_subclasses(child) for child in direct))


@pytest.mark.parametrize(("phase", "name", "cell"), TABLE)
def test_cell(phase: Phase, name: str, cell: str) -> None:
    order = an_order(phase, pending=[a_request(RequestKind.CANCEL)])
    before = copy.deepcopy(order)
    event = example(getattr(ev, name))
    if cell == ".":
        with pytest.raises(IllegalTransition, match=name):
            fold(order, event)
        assert order == before
    else:
        fold(order, event)
        assert order.phase is (phase if cell == "=" else LETTERS[cell])


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (an_order(Phase.PENDING_NEW), OrdStatus.PENDING_NEW),
        (an_order(), OrdStatus.NEW),
        (an_order(replaced=True), OrdStatus.REPLACED),
        (an_order(cum_qty=Decimal(4)), OrdStatus.PARTIALLY_FILLED),
        (an_order(cum_qty=Decimal(4), replaced=True), OrdStatus.PARTIALLY_FILLED),
        (an_order(cum_qty=Decimal(10)), OrdStatus.FILLED),
        (an_order(cum_qty=Decimal(12)), OrdStatus.FILLED),
        (an_order(order_qty=None, cum_qty=Decimal(4)), OrdStatus.PARTIALLY_FILLED),
        (an_order(order_qty=None, cum_qty=Decimal(4), complete=True), OrdStatus.FILLED),
        (an_order(Phase.CANCELED), OrdStatus.CANCELED),
        (an_order(Phase.CANCELED, cum_qty=Decimal(4)), OrdStatus.CANCELED),
        (an_order(Phase.CANCELED, cum_qty=Decimal(10)), OrdStatus.FILLED),
        (an_order(Phase.EXPIRED, cum_qty=Decimal(4)), OrdStatus.EXPIRED),
        (an_order(Phase.STOPPED, cum_qty=Decimal(4)), OrdStatus.STOPPED),
        (an_order(Phase.STOPPED, cum_qty=Decimal(10)), OrdStatus.FILLED),
        (an_order(Phase.SUSPENDED), OrdStatus.SUSPENDED),
        (an_order(Phase.CALCULATED, cum_qty=Decimal(10)), OrdStatus.CALCULATED),
        (an_order(Phase.DONE_FOR_DAY, cum_qty=Decimal(10)), OrdStatus.DONE_FOR_DAY),
        (an_order(Phase.REJECTED), OrdStatus.REJECTED),
        (an_order(Phase.DENIED), OrdStatus.REJECTED),
        (an_order(Phase.REJECTED, cum_qty=Decimal(4)), OrdStatus.PARTIALLY_FILLED),
    ],
)
def test_ord_status_is_the_highest_that_holds(order: Order, status: OrdStatus) -> None:
    assert order.ord_status is status
    for kind, pending in (
        (RequestKind.REPLACE, OrdStatus.PENDING_REPLACE),
        (RequestKind.CANCEL, OrdStatus.PENDING_CANCEL),
    ):
        order.pending.append(a_request(kind))
        assert order.ord_status is status, "a request that the venue has not acknowledged changes nothing"
        order.pending[-1].seen = True
        assert order.ord_status is pending
        order.pending[-1].seen = kind is RequestKind.REPLACE
        status = order.ord_status


@pytest.mark.parametrize(
    ("phase", "tif", "leaves", "is_open"),
    [
        (Phase.PENDING_NEW, "0", 6, True),
        (Phase.WORKING, "0", 6, True),
        (Phase.SUSPENDED, "0", 6, True),
        (Phase.STOPPED, "0", 6, True),
        (Phase.DONE_FOR_DAY, "0", 0, False),
        (Phase.DONE_FOR_DAY, "1", 6, True),
        (Phase.DONE_FOR_DAY, "6", 6, True),
        (Phase.CALCULATED, "0", 0, False),
        (Phase.CANCELED, "0", 0, False),
        (Phase.EXPIRED, "0", 0, False),
        (Phase.REJECTED, "0", 0, False),
        (Phase.DENIED, "0", 0, False),
    ],
)
def test_leaves_qty_is_zero_once_the_order_is_no_longer_active(
    phase: Phase, tif: str, leaves: int, is_open: bool
) -> None:
    order = an_order(phase, time_in_force=tif, cum_qty=Decimal(4))
    assert order.leaves_qty == leaves
    assert order.is_open is is_open
    order.pending.append(a_request(RequestKind.CANCEL))
    assert order.is_open, "an answer is still to come"


def test_leaves_qty_is_unknown_without_order_qty_and_never_negative() -> None:
    assert an_order(order_qty=None).leaves_qty is None
    assert an_order(order_qty=None, complete=True).leaves_qty == 0
    assert an_order(cum_qty=Decimal(12)).leaves_qty == 0


def test_avg_px_is_derived_from_the_exact_notional() -> None:
    order = an_order(cum_qty=Decimal(3), notional=Decimal(10))
    assert str(order.avg_px) == "3.333333333333"
    assert an_order().avg_px == 0
    assert an_order(cum_qty=Decimal(3), unpriced=1).avg_px is None


def test_an_event_costs_the_same_after_a_hundred_thousand_fills() -> None:
    """Counted, not timed: nothing that an event calls may go over the executions."""
    order = an_order(order_qty=Decimal(10**9))
    order.executions = _Uncountable()
    for number in range(10):
        fold(order, ev.Filled(order=1, exec_id=f"E{number}", last_shares=Decimal(1), last_px=Decimal(1)))
    fold(order, ev.FillBusted(order=1, exec_id="B", exec_ref_id="E3"))
    fold(order, ev.FillCorrected(order=1, exec_id="C", exec_ref_id="E4", last_shares=Decimal(3)))
    assert order.cum_qty == 11
    assert order.leaves_qty == 10**9 - 11


class _Uncountable(dict):  # type: ignore[type-arg]
    def __iter__(self) -> None:  # type: ignore[override]
        pytest.fail("somebody walks over all executions")

    keys = values = items = __iter__  # type: ignore[assignment]
