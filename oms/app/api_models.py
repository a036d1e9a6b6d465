"""What goes over the API's wire, described for its OpenAPI document and for query strings.

Bodies are read by `api_body` and written by `oms.core.views`; these models say what those take and give.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.app.api_body import MAX_ID_CHARS
from oms.app.api_errors import invalid
from oms.core.order import Order
from oms.core.values import ORD_STATUS_NAMES

MAX_ORDERS: Final = 1000
MAX_WAIT_S: Final = 30.0
STATUSES: Final = ("open", "done", "in_doubt", "all")
STATUS_CODES: Final = {name.lower(): str(code) for code, name in ORD_STATUS_NAMES.items()}

Amount = Annotated[str, Field(examples=["1.5"], pattern=r"^-?(\d+(\.\d*)?|\.\d+)$")]


class Wait(BaseModel):
    """How long a command waits before it answers."""

    model_config = ConfigDict(extra="forbid")

    wait: Literal["ack"] | None = Field(
        None, description="`ack`: answer when the venue has answered, not at the commit already."
    )
    timeout_s: float = Field(
        10.0,
        gt=0,
        le=MAX_WAIT_S,
        allow_inf_nan=False,
        description="With `wait`: after so many seconds answer 202 with the order as it stands.",
    )


class Filter(BaseModel):
    """Which orders to list."""

    model_config = ConfigDict(extra="forbid")

    symbol: str | None = Field(None, description="This symbol only.")
    session: str | None = Field(None, description="This session only.")
    exchange: str | None = Field(None, description="This venue only (SecurityExchange, 207).")
    status: str = Field(
        "all",
        description="`open`, `done`, `in_doubt`, `all`, or an OrdStatus (39): code or name, like `1` or `Filled`.",
    )
    limit: int = Field(100, ge=1, le=MAX_ORDERS, description="At most so many.")
    before: int | None = Field(
        None, ge=1, description="Older than the order with this `id`: the `next` of a page."
    )


def matcher(query: Filter) -> Callable[[Order], bool]:
    """Build the test that an order has to pass.

    Raises:
        ApiError: 422, the status is not known.

    """
    status = query.status.lower()
    code = STATUS_CODES.get(status, query.status)
    if status not in STATUSES and code not in STATUS_CODES.values():
        known = ", ".join((*STATUSES, *STATUS_CODES))
        raise invalid(
            field="status", text=f"status {query.status!r} is not known; known are {known}, and the FIX codes"
        )
    is_code: Callable[[Order], bool] = lambda order: str(order.ord_status) == code  # noqa: E731
    by_status: dict[str, Callable[[Order], bool]] = {
        "open": lambda order: order.is_open,
        "done": lambda order: not order.is_open,
        "in_doubt": lambda order: order.in_doubt,
        "all": lambda _order: True,
    }
    has_status = by_status.get(status, is_code)

    def fits(order: Order) -> bool:
        return (
            (query.symbol is None or order.symbol == query.symbol)
            and (query.session is None or order.session == query.session)
            and (query.exchange is None or order.exchange == query.exchange)
            and has_status(order)
        )

    return fits


class Nothing(BaseModel):
    """No parameters at all: one that is misspelt should not be ignored."""

    model_config = ConfigDict(extra="forbid")


class ErrorText(BaseModel):
    """Why something was not done."""

    code: str = Field(description="The reason for programs.", examples=["INVALID"])
    text: str = Field(description="The reason for people, with what to do.")
    field: str | None = Field(description="The field or parameter it is about.")


class Error(BaseModel):
    """Every answer that is not 2xx."""

    error: ErrorText


class PendingRequest(BaseModel):
    """A request that the venue has not answered for good."""

    cl_ord_id: str
    kind: Literal["new", "cancel", "replace"]
    price: str | None
    order_qty: str | None


class Doubt(BaseModel):
    """A request that was sent and whose outcome is unknown."""

    cl_ord_id: str
    kind: Literal["new", "cancel", "replace"]
    price: str | None
    order_qty: str | None
    request: int = Field(description="Our number of the request.")
    reason: str | None = Field(description="Why its outcome is unknown.")
    sent: str = Field(description="When it left, UTC.", examples=["2026-03-01T09:00:07.000Z"])
    age_s: float = Field(description="How long ago that is.")
    questions: int = Field(description="How many questions about the order have no answer yet.")
    unknown_at: str | None = Field(
        description="When the venue said that it does not know the order; by itself that proves nothing yet."
    )
    candidates: list[str] = Field(
        description="The venue's numbers of the orders that could each be it; a person says which it is."
    )


class Refusal(BaseModel):
    """Why the last cancel or replace came to nothing."""

    kind: Literal["cancel", "replace"]
    cl_ord_id: str
    reason: str | None


class OrderObject(BaseModel):
    """An order. Decimals are strings without exponent or trailing zeros, null where unknown."""

    id: int = Field(description="Our number; newer orders have higher ones.")
    client_order_id: str | None = Field(description="The desk's own id.")
    cl_ord_id: str | None = Field(
        description="ClOrdID (11): the current id of the chain, as the venue knows it."
    )
    orig_cl_ord_id: str | None = Field(description="OrigClOrdID (41): the id before that.")
    order_id: str | None = Field(description="OrderID (37): the venue's own.")
    session: str
    account: str | None
    symbol: str
    exchange: str | None = Field(description="SecurityExchange (207): the venue behind the session.")
    side: str = Field(description="Side (54): 1 buy, 2 sell.")
    ord_type: str = Field(description="OrdType (40): 1 market, 2 limit.")
    time_in_force: str = Field(description="TimeInForce (59): 1 GTC, 3 IOC, 7 post-only.")
    order_qty: str | None
    cash_order_qty: str | None
    asked_qty: str | None = Field(description="The quantity asked for, where it was rounded.")
    asked_price: str | None = Field(description="The price asked for, where it was rounded.")
    price: str | None
    ord_status: str = Field(description="OrdStatus (39): what the venue has confirmed.", examples=["0"])
    ord_status_name: str = Field(examples=["New"])
    phase: str = Field(description="Our stage; DENIED: refused by us, before the wire.", examples=["WORKING"])
    cum_qty: str
    leaves_qty: str | None
    avg_px: str | None
    in_doubt: bool = Field(description="Whether the outcome of any request is unknown.")
    doubts: list[Doubt]
    pending: list[PendingRequest]
    waiting: list[str] = Field(description="The kinds of the requests that have not left yet.")
    held: str | None = Field(
        description="Why one of them stayed here when it was to leave; it is tried again."
    )
    gap: str = Field(description="What the venue has executed beyond the fills that arrived.")
    gap_unsized: bool = Field(
        description="Fills may be missing, and the venue does not say how many: reports were lost with a connection."
    )
    reason: str | None
    refusal: Refusal | None = Field(description="There once the last cancel or replace came to nothing.")
    denial: str | None = Field(description="The code, where we denied the order.", examples=["NOT_POSITIVE"])
    anomalies: int = Field(
        description="How many reports contradicted the record of this order.", examples=[0]
    )
    last_anomaly: str | None = Field(
        description="The last of them: its code and what it said that is not counted."
    )
    external: bool = Field(description="The venue reported it; nobody sent it from here.")
    unconfirmed: int = Field(description="How many fills could also have been status answers.")
    inferred: str = Field(
        description="What of `cum_qty` rests on the venue's total alone; the fills themselves take its place."
    )
    fees: dict[str, str] = Field(
        description="By currency (`?`: not named), positive where they cost.", examples=[{"USDT": "0.35"}]
    )
    actor: str | None = Field(description="Who asked for it: the name of the token.")
    origin: str | None = Field(description="From where: host and port.")
    created: str = Field(examples=["2026-03-01T09:00:07.000Z"])


class OrderList(BaseModel):
    """A page of orders, newest first."""

    orders: list[OrderObject]
    next: int | None = Field(description="`before` of the next page; null when there is none.")


class Round(BaseModel):
    """How a round of questions ended."""

    ended: str = Field(examples=["2026-03-01T09:00:07.000Z"])
    asked: int
    unanswered: list[int] = Field(description="Our numbers of the orders without an answer, then or since.")


class SessionObject(BaseModel):
    """A session with a venue."""

    model_config = ConfigDict(extra="allow")

    name: str
    account: str
    host: str
    port: int
    market_price: bool = Field(
        default=False, description="Market orders need a price here: the worst that the desk takes."
    )
    external_orders: str = Field(
        "adopt", description="What becomes of orders of others: adopt, ignore, stop."
    )
    logged_on: bool
    since: str | None
    reason: str | None = Field(description="Why it is not logged on.")
    halted: str | None = Field(
        description="Why no new order leaves, until a person resumes it; null: they do."
    )
    under_way: bool = Field(description="Its orders are being asked for.")
    canceling_all: bool = Field(
        default=False,
        description="Everything there is being canceled, and the venue looked through for what nobody here knew.",
    )
    canceled_all: str | None = Field(
        default=None,
        description="When everything there was canceled, and a look found no more; null: not since the start.",
    )
    round: Round | None = Field(
        description="How the last round of questions ended; null: none since the start."
    )
    held: list[dict[str, Any]] = Field(description="Reports that wait for their order.")


class SessionList(BaseModel):
    """The sessions with the venues."""

    sessions: list[SessionObject]


class NewOrder(BaseModel):
    """A new order. LIMIT needs `price` and `order_qty`, MARKET takes no price; a market buy has `cash_order_qty`.

    Where a session says `market_price`, MARKET needs `price` (the worst that the desk takes) and `order_qty`.
    """

    client_order_id: str = Field(
        description="The desk's own id, unique in the account. The same id with the same terms gives the first order"
        " (200), with other terms 409. `cl_ord_id` is accepted as another name of it.",
        min_length=1,
        max_length=MAX_ID_CHARS,
    )
    symbol: str = Field(examples=["BTCUSDT"])
    side: str = Field(description="BUY or SELL, or FIX's 1 or 2.", examples=["BUY"])
    ord_type: str = Field("LIMIT", description="LIMIT or MARKET, or FIX's 2 or 1.")
    time_in_force: str = Field("GTC", description="GTC, IOC or POST_ONLY, or FIX's 1, 3 or 7.")
    order_qty: Amount | None = Field(None, description="In base currency.")
    cash_order_qty: Amount | None = Field(
        None, description="In quote currency, for a market buy.", examples=["100"]
    )
    price: Amount | None = Field(None, examples=["30000"])
    exchange: str | None = Field(
        None, description="The venue, by its name in the session.", examples=["VENUE1"]
    )
    session: str | None = Field(
        None, description="The session to send it by; else the one made for the exchange."
    )
    account: str | None = Field(None, description="The venue account to trade for; else the session's.")
    rounding: bool = Field(
        default=False,
        description="Price and quantity may be rounded to the venue's steps: the quantity down, the price of a buy"
        " down, of a sell up. What was asked for stays with the order.",
    )
