"""What goes into the engine and what comes out: inputs, effects and answers, all plain values."""

from decimal import Decimal

from msgspec import Struct

from oms.core.events import Fact
from oms.core.messages import Anomaly, Candidate, Command, Mark, NewOrder, Report
from oms.core.venue_inputs import (
    InstrumentsSeen,
    MoneyAnswered,
    MoveMoney,
    PricesSeen,
    ResolveMoney,
    TakeBack,
)


class PlaceOrder(Struct, frozen=True, kw_only=True):
    """Somebody wants a new order. `client_order_id` is the desk's own id, unique within the account.

    `rounding`: price and quantity may be rounded to the venue's steps, away from the market.
    """

    client_order_id: str
    symbol: str
    side: str
    ord_type: str = "2"
    time_in_force: str = "1"
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    price: Decimal | None = None
    exchange: str | None = None
    session: str | None = None
    rounding: bool = False
    actor: str | None = None
    origin: str | None = None


class Cancel(Struct, frozen=True, kw_only=True):
    """Somebody wants an order canceled; `id` is any id of it."""

    id: str
    actor: str | None = None
    origin: str | None = None


class Replace(Struct, frozen=True, kw_only=True):
    """Somebody wants other terms; None keeps one as it is. `order_qty` is the total, what is filled included."""

    id: str
    order_qty: Decimal | None = None
    price: Decimal | None = None
    actor: str | None = None
    origin: str | None = None


class CancelAll(Struct, frozen=True, kw_only=True):
    """Somebody wants every open order canceled; None is any session, exchange or symbol."""

    session: str | None = None
    exchange: str | None = None
    symbol: str | None = None
    actor: str | None = None
    origin: str | None = None


class Resolve(Struct, frozen=True, kw_only=True):
    """A person decides what became of an order in doubt. `outcome` is one of `oms.core.deciding.OUTCOMES`.

    `cum_qty`: what was executed in all; `avg_px`: at which average price; `order_id`: the venue's number of the order.
    """

    id: str
    outcome: str
    evidence: str
    cum_qty: Decimal | None = None
    avg_px: Decimal | None = None
    order_id: str | None = None
    actor: str | None = None
    origin: str | None = None


class Reconcile(Struct, frozen=True, kw_only=True):
    """Somebody wants every open order of a session (None: of all) asked for now."""

    session: str | None = None
    actor: str | None = None
    origin: str | None = None


class ReserveNonces(Struct, frozen=True, kw_only=True):
    """Nonces up to this one are about to be used; once it is answered, that is on disk. `key` names the key."""

    session: str
    key: str
    up_to: int


class Resume(Struct, frozen=True, kw_only=True):
    """A person lets new orders leave again by a session whose trading was stopped."""

    session: str
    actor: str | None = None
    origin: str | None = None


class AskStatus(Struct, frozen=True, kw_only=True):
    """Somebody wants the venue asked for an order's state; `id` is any id of it."""

    id: str
    actor: str | None = None
    origin: str | None = None


class Received(Struct, frozen=True, kw_only=True, gc=False):
    """A venue said something. `raw` is the text as it came; `request`: which of our requests it answers, if any."""

    session: str
    raw: str
    report: Report
    request: int | None = None


class WentOut(Struct, frozen=True, kw_only=True):
    """A message was handed to the session's socket under this MsgSeqNum. `request` 0 is a status question."""

    session: str
    order: int
    request: int
    seq: int
    raw: str


class StayedHere(Struct, frozen=True, kw_only=True):
    """A message did not leave this machine, for certain."""

    session: str
    order: int
    request: int
    reason: str


class Refused(Struct, frozen=True, kw_only=True):
    """The venue definitely did not do it: the answer to one request of ours, by its number."""

    session: str
    order: int
    request: int
    reason: str
    raw: str | None = None


class Unanswered(Struct, frozen=True, kw_only=True):
    """A request left, and no answer that can be read will come: its outcome is unknown.

    `cum_qty`: what the venue said was executed all the same, of an order that it did not name.
    """

    session: str
    order: int
    request: int
    reason: str
    raw: str | None = None
    cum_qty: Decimal | None = None


class MarkTaken(Struct, frozen=True, kw_only=True):
    """The answer to `TakeMark`: nothing of the request has left yet."""

    session: str
    order: int
    request: int
    mark: Mark
    raw: str | None = None


class Looked(Struct, frozen=True, kw_only=True):
    """The answer to `Look`: every order at the venue that is above the mark, open ones first, then history.

    `past_fence`: the request could not start any more when the look began. An incomplete look is not put in.
    """

    session: str
    order: int
    request: int
    candidates: tuple[Candidate, ...]
    past_fence: bool
    raw: str | None = None


class OpenShown(Struct, frozen=True, kw_only=True):
    """The answer to `CancelOpen`: what is open at the venue, all of it shown; `fault`: why that is not known."""

    session: str
    turn: int
    order_ids: tuple[str, ...] = ()
    fault: str | None = None
    raw: str | None = None


class ResendRefused(Struct, frozen=True, kw_only=True):
    """The session wanted to send an old request again, because the venue asked for it, and was not let."""

    session: str
    raw: str
    cl_ord_id: str


class SessionUp(Struct, frozen=True, kw_only=True):
    """A session logged on."""

    session: str


class SessionDown(Struct, frozen=True, kw_only=True):
    """A session ended or was refused. `reason`: the venue's text, if any; `expected`: we logged out ourselves."""

    session: str
    reason: str | None = None
    expected: bool = False


class Tick(Struct, frozen=True):
    """Time passed: look at what is due."""


class Start(Struct, frozen=True):
    """The daemon starts, on the state that the journal gave."""


Instruction = (
    MoveMoney
    | TakeBack
    | ResolveMoney
    | PlaceOrder
    | Cancel
    | CancelAll
    | Replace
    | AskStatus
    | Resolve
    | Reconcile
    | ReserveNonces
    | Resume
)
Input = (
    InstrumentsSeen
    | PricesSeen
    | MoveMoney
    | TakeBack
    | MoneyAnswered
    | ResolveMoney
    | PlaceOrder
    | Cancel
    | CancelAll
    | Replace
    | AskStatus
    | Resolve
    | Reconcile
    | ReserveNonces
    | Resume
    | Received
    | WentOut
    | StayedHere
    | Refused
    | Unanswered
    | MarkTaken
    | Looked
    | OpenShown
    | ResendRefused
    | SessionUp
    | SessionDown
    | Tick
    | Start
)


class Send(Struct, frozen=True, kw_only=True):
    """Effect: say this to the venue. `request` 0 is a status question."""

    session: str
    message: Command
    order: int
    request: int


class TakeMark(Struct, frozen=True, kw_only=True):
    """Effect: read where the venue's numbering stands; answer `MarkTaken`, or `StayedHere` where it cannot be read."""

    session: str
    order: int
    request: int
    symbol: str


class Look(Struct, frozen=True, kw_only=True):
    """Effect: look for a submit in doubt at a venue without client order ids, and answer `Looked` when it is complete.

    `message` is what was submitted, `since_ns` when it left, `mark` where the numbering stood before.
    """

    session: str
    order: int
    request: int
    message: NewOrder
    since_ns: int
    mark: Mark


class CancelOpen(Struct, frozen=True, kw_only=True):
    """Effect: have all canceled that is open of a symbol (None: of all), show what nobody knew, and answer `OpenShown`.

    `cancels` are on record, each with an answer of its own; nothing else is canceled until it is on record too.
    """

    session: str
    symbol: str | None
    cancels: tuple[Send, ...]
    turn: int


class Alert(Struct, frozen=True, kw_only=True):
    """Effect: tell people."""

    code: str
    text: str
    session: str | None = None
    order: int | None = None


Effect = Send | TakeMark | Look | CancelOpen | Alert


class Answer(Struct, frozen=True, kw_only=True):
    """What an instruction came to.

    `order` is the order concerned; `count` how many there are, where it is not one. `refusal` is the code of why
    nothing was taken on, as `NOT_FOUND`, `AMBIGUOUS`, `CONFLICT` or `INVALID`, with the reason in `text`; `created`
    tells a new order from one that was there already.
    """

    order: int | None = None
    created: bool = False
    refusal: str | None = None
    text: str | None = None
    field: str | None = None
    count: int | None = None


class Step(Struct, frozen=True, kw_only=True, gc=False):
    """What one input became."""

    events: tuple[Fact, ...] = ()
    effects: tuple[Effect, ...] = ()
    answer: Answer | None = None
    anomaly: Anomaly | None = None
    order: int | None = None
