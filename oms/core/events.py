"""What happened, in the past tense: the journal's words. State is the fold of these and of nothing else.

Every event names its order by our own number. Money is Decimal; `time_ns` is nanoseconds since the epoch, UTC;
`transact_time` is the venue's own text of TransactTime (60). A field added later gets a default: every version of an
event that was ever written stays readable.
"""

from decimal import Decimal
from typing import ClassVar

from msgspec import Struct

from oms.core.instruments import Instrument
from oms.core.messages import ExecutionReport, Mark


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True, gc=False):
    """Something that happened: to an order, or to a session. It refers to nothing that could refer back to it."""


class SessionFact(Fact, frozen=True, kw_only=True):
    """Something that happened to a session."""

    session: str


class Event(Fact, frozen=True, kw_only=True):
    """Something that happened to one order. `BOOKKEEPING` events leave the order itself as it was."""

    BOOKKEEPING: ClassVar[bool] = False

    order: int


class Placed(Event, frozen=True, kw_only=True):
    """A new order was taken on. `waiting`: it may not leave yet. `asked_…`: its terms before they were rounded."""

    request: int
    cl_ord_id: str
    session: str
    symbol: str
    side: str
    ord_type: str
    time_in_force: str
    time_ns: int
    account: str | None = None
    exchange: str | None = None
    client_order_id: str | None = None
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    price: Decimal | None = None
    waiting: bool = False
    actor: str | None = None
    origin: str | None = None
    asked_qty: Decimal | None = None
    asked_price: Decimal | None = None


class Adopted(Event, frozen=True, kw_only=True):
    """The venue reported an order that nobody sent from here: a telephone order, or another system's.

    `account`: that of the session; None in a log, and in journals from before it was noted.
    """

    session: str
    order_id: str
    symbol: str
    side: str
    time_ns: int
    cl_ord_id: str | None = None
    exchange: str | None = None
    order_qty: Decimal | None = None
    price: Decimal | None = None
    account: str | None = None


class Denied(Event, frozen=True, kw_only=True):
    """We refused the order before the wire."""

    code: str
    reason: str


class CancelRequested(Event, frozen=True, kw_only=True):
    """Somebody wants the order canceled."""

    request: int
    cl_ord_id: str
    time_ns: int
    waiting: bool = False
    actor: str | None = None
    origin: str | None = None


class ReplaceRequested(Event, frozen=True, kw_only=True):
    """Somebody wants other terms; `order_qty` is the total wanted. `by_cancel`: as cancel, then new order."""

    request: int
    cl_ord_id: str
    time_ns: int
    order_qty: Decimal | None = None
    price: Decimal | None = None
    waiting: bool = False
    by_cancel: bool = False
    actor: str | None = None
    origin: str | None = None


class LegOpened(Event, frozen=True, kw_only=True):
    """The new order of a replace that is carried out as cancel-then-new leaves, as request `request`.

    `replace` is the number of the replace; `base_qty` what the venue proved to be executed before.
    """

    request: int
    replace: int
    cl_ord_id: str
    base_qty: Decimal
    time_ns: int
    waiting: bool = False


class RequestReleased(Event, frozen=True, kw_only=True):
    """A request that waited, or one whose outcome was proven negative, leaves now."""

    BOOKKEEPING: ClassVar[bool] = True

    request: int
    time_ns: int


class RequestHeld(Event, frozen=True, kw_only=True):
    """A request that was let go did not leave this machine, for certain: it waits again, and leaves when it can."""

    BOOKKEEPING: ClassVar[bool] = True

    request: int
    reason: str


class Marked(Event, frozen=True, kw_only=True):
    """Before a submit to a venue without client order ids: where its numbering stood. Only what is above can be it."""

    BOOKKEEPING: ClassVar[bool] = True

    request: int
    mark: Mark


class CandidatesFound(Event, frozen=True, kw_only=True):
    """Looks for a submit in doubt have found these orders at the venue, and each of them could be it.

    `order_ids` are all that were ever found: one that is not to be seen any more may have been it.
    """

    BOOKKEEPING: ClassVar[bool] = True

    request: int
    order_ids: tuple[str, ...]


class LookedInVain(Event, frozen=True, kw_only=True):
    """A full look for a submit in doubt found nothing, at a time when it could not start any more."""

    BOOKKEEPING: ClassVar[bool] = True

    time_ns: int


class RequestSent(Event, frozen=True, kw_only=True):
    """A request went onto the wire under this MsgSeqNum. `request` 0 is a status question."""

    BOOKKEEPING: ClassVar[bool] = True

    request: int
    seq: int


class RequestDropped(Event, frozen=True, kw_only=True):
    """A cancel or replace came to nothing: it never left, or its outcome was decided here; `reason` says why."""

    request: int
    reason: str


class InDoubt(Event, frozen=True, kw_only=True):
    """A request was sent and its outcome is unknown. `exec_id`: the report that left it open, where one did.

    `request` 0 is the order itself: a report may mean that the venue, which had taken it on, does not have it any more.
    """

    request: int
    reason: str
    time_ns: int
    exec_id: str | None = None


class Resolved(Event, frozen=True, kw_only=True):
    """A person decided what became of an order in doubt; the events beside this one are what follows.

    `order_id`: the venue's number of the order, where the person named it.
    """

    outcome: str
    evidence: str
    time_ns: int
    actor: str | None = None
    origin: str | None = None
    order_id: str | None = None


class StatusRequested(Event, frozen=True, kw_only=True):
    """The venue was asked for the order's state."""

    BOOKKEEPING: ClassVar[bool] = True

    time_ns: int


class StatusAnswered(Event, frozen=True, kw_only=True):
    """The venue answered a question about the order's state. `avg_px`: as stated, where fills are missing."""

    BOOKKEEPING: ClassVar[bool] = True

    exec_id: str | None = None
    avg_px: Decimal | None = None
    transact_time: str | None = None


class AnswerRepeated(Event, frozen=True, kw_only=True):
    """An answer can be an earlier one's, or by its `transact_time` one from before a report: it proves nothing."""

    BOOKKEEPING: ClassVar[bool] = True
    transact_time: str | None = None


class QuestionLost(Event, frozen=True, kw_only=True):
    """A question about the order's state has no answer, and none will come. `exec_id`: the report that refused it."""

    BOOKKEEPING: ClassVar[bool] = True

    exec_id: str | None = None


class UnknownAtVenue(Event, frozen=True, kw_only=True):
    """The venue says that it does not know the order."""

    BOOKKEEPING: ClassVar[bool] = True

    time_ns: int


class DuplicateSent(Event, frozen=True, kw_only=True):
    """A second NewOrderSingle with this order's ClOrdID was seen on the wire."""

    BOOKKEEPING: ClassVar[bool] = True


class DuplicateRefused(Event, frozen=True, kw_only=True):
    """The venue refused that second NewOrderSingle; the first order goes on (OrdRejReason 6)."""

    BOOKKEEPING: ClassVar[bool] = True

    exec_id: str | None = None


class AnomalyNoted(Event, frozen=True, kw_only=True):
    """A report contradicted this order's record; what it said beyond the other events of its record is not counted."""

    BOOKKEEPING: ClassVar[bool] = True

    code: str
    text: str


class GapOpened(Event, frozen=True, kw_only=True):
    """The venue's total is `cum_qty`, which says how much is missing. None: fills are, and nobody says how much."""

    cum_qty: Decimal | None = None


class Told(Event, frozen=True, kw_only=True):
    """What a report said. `cum_qty` is there only where the venue's total exceeds what we can explain."""

    exec_id: str | None = None
    order_id: str | None = None
    transact_time: str | None = None
    cum_qty: Decimal | None = None


class Accepted(Told, frozen=True, kw_only=True):
    """The venue works the order (ExecType New), for the first time or again after a halt."""


class PendingNewSeen(Told, frozen=True, kw_only=True):
    """The venue has the order and did not decide yet (Pending New)."""


class Filled(Told, frozen=True, kw_only=True):
    """One execution. `complete`: the venue says that nothing is left, where no OrderQty can tell.

    `last_px` None: the venue named no price. `unconfirmed`: it could also have been a status answer. `source`
    `query`: a list of fills showed it, and no report has yet. `beyond`: the venue's total proves that it is none of
    the shares inferred before. `fee` is positive where it costs; `fee_computed`: it follows from the venue's rate, and
    the venue did not tell it.
    """

    last_shares: Decimal
    last_px: Decimal | None = None
    exchange: str | None = None
    complete: bool = False
    unconfirmed: bool = False
    source: str | None = None
    beyond: bool = False
    fee: Decimal | None = None
    fee_currency: str | None = None
    fee_computed: bool = False


class FillIdentified(Told, frozen=True, kw_only=True):
    """A fill on record was told again under this ExecID, and counts once.

    `replaces` is the key it was counted under. `source` `query`: a list of fills named it; else a report did.
    """

    replaces: str
    source: str | None = None


class LegFilled(Filled, frozen=True, kw_only=True):
    """A late execution of an earlier leg of a replaced order; `excess` is what the venue's own total left out."""

    excess: Decimal = Decimal(0)


class FillBusted(Told, frozen=True, kw_only=True):
    """An execution was taken back (ExecTransType Cancel). `cum_qty` is the venue's total after it."""

    exec_ref_id: str


class FillCorrected(Told, frozen=True, kw_only=True):
    """An execution got other shares or another price (ExecTransType Correct). `cum_qty` as in `FillBusted`."""

    exec_ref_id: str
    last_shares: Decimal
    last_px: Decimal | None = None


class LegBusted(FillBusted, frozen=True, kw_only=True):
    """A bust of an execution of an earlier leg."""


class LegCorrected(FillCorrected, frozen=True, kw_only=True):
    """A correction of an execution of an earlier leg."""


class LegCanceled(Told, frozen=True, kw_only=True):
    """The first half of a replace as cancel-then-new is done. `proven`: the order's CumQty, where it is stated."""

    proven: Decimal | None = None


class FillsListed(Event, frozen=True, kw_only=True):
    """A venue's list of fills was held against the record for the first time.

    From here on the order's fills are counted by shares and price as well.
    """

    BOOKKEEPING: ClassVar[bool] = True


class FillConfirmed(Event, frozen=True, kw_only=True):
    """The venue's list or total proves a fill that could also have been a status answer."""

    BOOKKEEPING: ClassVar[bool] = True

    exec_id: str


class FeeNoted(Event, frozen=True, kw_only=True):
    """The fee of a fill on record is known; it takes the place of an earlier one. `fee_computed` as in `Filled`."""

    exec_id: str
    fee: Decimal
    fee_currency: str | None = None
    fee_computed: bool = False


class FillInferred(Event, frozen=True, kw_only=True):
    """So much is counted on the strength of the venue's total alone; the fills that it consists of never arrived.

    It takes the place of what was inferred before, and gives way to the fills themselves. `amount` is in quote
    currency, None where the venue states no average. `cum_qty` is the total that it rests on.
    """

    last_shares: Decimal
    cum_qty: Decimal
    amount: Decimal | None = None


class Completed(Event, frozen=True, kw_only=True):
    """The venue says that nothing is left to execute, where no OrderQty can tell."""


class FilledWhole(Told, frozen=True, kw_only=True):
    """The venue says that all of an order is executed, and not by which executions.

    Its submit stays in doubt until they are found: the venue has named no order that they could be asked for by.
    """


class Canceled(Told, frozen=True, kw_only=True):
    """The rest of the order is gone. `stated_qty`: the venue's total, where a replacement waits for it.

    `decided`, here and in the other ends: what was decided here without the venue's word; None: the venue said so.
    """

    cl_ord_id: str | None = None
    reason: str | None = None
    stated_qty: Decimal | None = None
    decided: str | None = None


class Expired(Told, frozen=True, kw_only=True):
    """The order ran out of time."""

    reason: str | None = None
    decided: str | None = None


class DoneForDay(Told, frozen=True, kw_only=True):
    """Nothing more happens today."""


class Rejected(Told, frozen=True, kw_only=True):
    """The venue refused the order, at once or later. `reason` is its text."""

    reason: str | None = None
    decided: str | None = None


class Reopened(Event, frozen=True, kw_only=True):
    """The venue has had an order that was ended here without its word. `agrees`: it says that it is over, too."""

    said: str
    agrees: bool = False


class CancelPending(Told, frozen=True, kw_only=True):
    """The venue has the cancel request."""

    cl_ord_id: str | None = None


class ReplacePending(Told, frozen=True, kw_only=True):
    """The venue has the replace request."""

    cl_ord_id: str | None = None


class Replaced(Told, frozen=True, kw_only=True):
    """Other terms hold now."""

    cl_ord_id: str | None = None
    orig_cl_ord_id: str | None = None
    order_qty: Decimal | None = None
    price: Decimal | None = None


class CancelRejected(Told, frozen=True, kw_only=True):
    """The venue refused a cancel."""

    request: int
    reason: str | None = None


class ReplaceRejected(Told, frozen=True, kw_only=True):
    """The venue refused a replace."""

    request: int
    reason: str | None = None


class Stopped(Told, frozen=True, kw_only=True):
    """An execution is guaranteed; it is not a fill."""


class Suspended(Told, frozen=True, kw_only=True):
    """The order may not trade at present."""


class Calculated(Told, frozen=True, kw_only=True):
    """The day's executions are final; nothing is open."""


class Restated(Told, frozen=True, kw_only=True):
    """The venue changed or renewed the order by itself.

    `base_qty` and `base_px` are there after a corporate action only: CumQty and AvgPx on the new basis.
    """

    order_qty: Decimal | None = None
    price: Decimal | None = None
    base_qty: Decimal | None = None
    base_px: Decimal | None = None
    reason: str | None = None


class Resumed(Told, frozen=True, kw_only=True):
    """An order that was done for the day trades again without a restatement."""


class ReportHeld(SessionFact, frozen=True, kw_only=True):
    """A report with an unknown OrderID waits for the acknowledgement that ties it to an order.

    `ref` is the number of the record, or of the line, that brought it.
    """

    report: ExecutionReport
    ref: int
    time_ns: int


class ReportUnheld(SessionFact, frozen=True, kw_only=True):
    """A held report was applied, or given up as one about an unknown order."""

    ref: int


class LoggedOn(SessionFact, frozen=True, kw_only=True):
    """A FIX session was established; MsgSeqNum starts anew."""

    time_ns: int


class LoggedOut(SessionFact, frozen=True, kw_only=True):
    """A FIX session ended, or could not be established. `reason` is the venue's text where there is one."""

    time_ns: int
    reason: str | None = None


class NonceReserved(SessionFact, frozen=True, kw_only=True):
    """Nonces of a key up to this one may have been used: it is on disk before the first of them leaves.

    `key` names the key without telling it.
    """

    key: str
    up_to: int


class TradingStopped(SessionFact, frozen=True, kw_only=True):
    """No new order leaves by this session until a person says so."""

    time_ns: int
    reason: str


class TradingResumed(SessionFact, frozen=True, kw_only=True):
    """A person lets new orders leave again."""

    time_ns: int
    actor: str | None = None
    origin: str | None = None


class Reconciled(SessionFact, frozen=True, kw_only=True):
    """A round of questions has ended: so many orders were asked for, and these have no answer."""

    time_ns: int
    asked: int
    unanswered: tuple[int, ...] = ()


class InstrumentsKnown(SessionFact, frozen=True, kw_only=True):
    """What the venue says of its symbols, as far as it is new."""

    time_ns: int
    instruments: tuple[Instrument, ...]


class MoneyRequested(SessionFact, frozen=True, kw_only=True):
    """Money or credit is to move; the fields are those of `oms.core.movements.Movement`."""

    id: str
    time_ns: int
    account: str
    kind: str
    label: str
    exchange: str
    currency: str
    amount: Decimal
    address: str | None = None
    memo: str = ""
    target: str | None = None
    inward: bool = False
    subject: str | None = None
    actor: str | None = None
    origin: str | None = None


class MoneyDecided(SessionFact, frozen=True, kw_only=True):
    """What became of a movement of money; `log_id` is the venue's id of it.

    `moved`, `fee` and `asset` are those of `oms.core.movements.Movement`, if told.
    """

    id: str
    time_ns: int
    reason: str | None = None
    log_id: str | None = None
    moved: Decimal | None = None
    fee: Decimal | None = None
    asset: str | None = None
    actor: str | None = None
    origin: str | None = None


class MoneySubmitted(MoneyDecided, frozen=True, kw_only=True):
    """The venue took a movement on, and may still complete or cancel it."""


class MoneyDone(MoneyDecided, frozen=True, kw_only=True):
    """The venue made a movement (or took it on, where it tells nothing of it later), or a person says that it did."""


class MoneyRefused(MoneyDecided, frozen=True, kw_only=True):
    """A movement was definitely not made."""


class MoneyInDoubt(MoneyDecided, frozen=True, kw_only=True):
    """A movement may have been made; nobody knows."""


OrderEvent = (
    Placed
    | Adopted
    | Denied
    | CancelRequested
    | ReplaceRequested
    | LegOpened
    | Resolved
    | RequestReleased
    | RequestHeld
    | Marked
    | CandidatesFound
    | LookedInVain
    | RequestSent
    | RequestDropped
    | InDoubt
    | StatusRequested
    | StatusAnswered
    | AnswerRepeated
    | QuestionLost
    | UnknownAtVenue
    | DuplicateSent
    | DuplicateRefused
    | AnomalyNoted
    | GapOpened
    | Accepted
    | PendingNewSeen
    | Filled
    | LegFilled
    | LegCanceled
    | LegBusted
    | LegCorrected
    | FillBusted
    | FillCorrected
    | FillIdentified
    | FillsListed
    | FillConfirmed
    | FeeNoted
    | FillInferred
    | Completed
    | FilledWhole
    | Canceled
    | Expired
    | DoneForDay
    | Rejected
    | Reopened
    | CancelPending
    | ReplacePending
    | Replaced
    | CancelRejected
    | ReplaceRejected
    | Stopped
    | Suspended
    | Calculated
    | Restated
    | Resumed
)
DeskEvent = (
    ReportHeld
    | ReportUnheld
    | LoggedOn
    | LoggedOut
    | NonceReserved
    | TradingStopped
    | TradingResumed
    | Reconciled
)
VenueEvent = InstrumentsKnown | MoneyRequested | MoneySubmitted | MoneyDone | MoneyRefused | MoneyInDoubt
AnyEvent = OrderEvent | DeskEvent | VenueEvent
