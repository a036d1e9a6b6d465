"""What goes over the API's wire about venues and accounts, described for its OpenAPI document. Decimals are strings."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.app.api_models import Amount


class Which(BaseModel):
    """Which ones to list."""

    model_config = ConfigDict(extra="forbid")

    session: str | None = Field(None, description="Those of this session only.")
    exchange: str | None = Field(None, description="Those at this exchange only.")
    symbol: str | None = Field(None, description="This symbol only.")


class InstrumentObject(BaseModel):
    """What a venue says of a symbol; a limit is null where there is none, or the venue does not tell."""

    session: str
    exchange: str | None
    symbol: str
    base: str | None
    quote: str | None
    tick_size: str | None
    step_size: str | None
    min_price: str | None
    max_price: str | None
    min_qty: str | None
    max_qty: str | None
    min_notional: str | None
    max_notional: str | None
    status: str | None = Field(description="The venue's own word.")
    trading: bool = Field(description="Whether orders are taken at present.")


class Instruments(BaseModel):
    """Symbols."""

    instruments: list[InstrumentObject]


class PriceObject(BaseModel):
    """The best prices of a symbol."""

    session: str
    exchange: str | None
    symbol: str
    bid: str | None
    ask: str | None
    age_s: float
    stale: bool = Field(description="Too old to be relied on; price checks do not use it.")


class Prices(BaseModel):
    """Prices that are watched."""

    prices: list[PriceObject]


class PositionObject(BaseModel):
    """A position, folded from executions; null is what depends on a price that nobody told."""

    account: str | None
    symbol: str
    qty: str = Field(description="Base asset; negative is short.")
    avg_cost: str | None
    realised_pnl: str | None = Field(description="Quote asset, before fees.")
    bought: str
    sold: str
    fees: dict[str, str] = Field(description="By currency, positive where they cost.")
    unpriced: int = Field(description="How many executions have no price.")


class Positions(BaseModel):
    """Positions by account and symbol."""

    positions: list[PositionObject]


class BalanceObject(BaseModel):
    """What an account has of a currency at an exchange, by the venue's word; null: it cannot be read."""

    exchange: str | None
    currency: str
    amount: str | None
    available: str | None
    frozen: str | None


class DifferenceObject(BaseModel):
    """A balance that changed otherwise than executions and withdrawals explain."""

    currency: str
    expected: str
    actual: str
    difference: str
    standing: bool = Field(description="The comparison before showed the very same; then people are told.")


class Comparison(BaseModel):
    """Balances held against executions: both as of `at`, against both as of `since`."""

    since: str = Field(
        description="The first quiet moment after the daemon's start, or after an earlier beginning proved wrong."
    )
    at: str
    unknown: list[str] = Field(
        description="Currencies that cannot be compared, and symbols that keep all from it."
    )
    differences: list[DifferenceObject]


class Waiting(BaseModel):
    """Why balances are not compared at present."""

    reason: str
    since: str | None


class AccountBalances(BaseModel):
    """An account's balances that are not 0, or cannot be read."""

    session: str
    account: str
    age_s: float | None
    problem: str | None
    balances: list[BalanceObject]
    waits: Waiting | None = Field(
        description="Why nothing is compared now; `comparison` is the one before then."
    )
    comparison: Comparison | None = Field(description="The last one; null: there was none yet.")


class Balances(BaseModel):
    """Accounts whose venue can be asked."""

    accounts: list[AccountBalances]


class VenueObject(BaseModel):
    """How a venue stands besides orders, and how it is polled."""

    session: str
    account: str
    clock_ahead_s: float | None = Field(description="The venue's clock less ours, seconds.")
    clock_uncertain_s: float | None
    clock_age_s: float | None
    instruments_age_s: float | None
    poll_s: float | None = Field(
        description="Seconds between two polls of orders at present; null where orders are not polled."
    )
    answer_age_s: float | None = Field(description="How long ago the venue last answered about orders.")
    problems: dict[str, str] = Field(description="What cannot be had at present, and why.")
    banned: str | None = Field(
        description="Why the venue is left alone until a person resumes; null: it is not."
    )


class Venues(BaseModel):
    """Venues that are asked besides orders."""

    venues: list[VenueObject]


class MoveBody(BaseModel):
    """Money to move by a lane of the configuration; the same `id` again moves nothing and shows the first."""

    id: str = Field(max_length=64)
    label: str = Field(description="The lane's label.", max_length=64)
    amount: Amount


class RepaymentBody(MoveBody):
    """What to repay of a loan."""

    loan: str = Field(description="The loan's number at the venue: `log_id` of the movement.", max_length=18)


class RedemptionBody(MoveBody):
    """A coupon to redeem; `amount` is what it is said to be worth."""

    coupon: str = Field(description="Its code: money for whoever reads it.", max_length=200)


class TakeBackBody(BaseModel):
    """A withdrawal to be taken back."""

    id: str = Field(description="The request's own id; the same again asks nothing.", max_length=64)


class DecisionBody(BaseModel):
    """What became of a movement in doubt, by a person's word."""

    as_: Literal["done", "not-done"] = Field(alias="as")
    evidence: str = Field(max_length=1000)


class MovementObject(BaseModel):
    """A movement of money."""

    id: str
    status: Literal["REQUESTED", "SUBMITTED", "DONE", "REFUSED", "IN_DOUBT"] = Field(
        description="SUBMITTED: the venue has taken it on, and may still complete or cancel it."
    )
    reason: str | None
    kind: Literal[
        "withdrawal",
        "withdrawal-cancel",
        "transfer",
        "coupon",
        "redemption",
        "margin-in",
        "margin-out",
        "loan",
        "repayment",
    ]
    label: str
    session: str
    account: str
    exchange: str
    currency: str
    amount: str
    address: str | None
    memo: str
    target: str | None = Field(
        description="Of a transfer the exchange, of a coupon its receiver, of margin and loans the symbol."
    )
    subject: str | None = Field(
        description="Of a repayment the loan, of a redemption the code's fingerprint, of a withdrawal-cancel our id of"
        " the withdrawal."
    )
    moved: str | None = Field(description="How much it was by the venue's word, where that says so.")
    fee: str | None = Field(description="What the venue took for it beside the amount, where it says so.")
    log_id: str | None = Field(description="The venue's own id of it.")
    requested: str
    ended: str | None
    actor: str | None


class CouponObject(MovementObject):
    """A coupon that was made, in the one answer that tells its code."""

    coupon: str


class Movements(BaseModel):
    """Movements, newest first."""

    movements: list[MovementObject]
