"""What goes over the API's wire about replaces, decisions and rounds of questions; see `api_models`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.app.api_models import Amount


class Terms(BaseModel):
    """Other terms of an order, at least one; what is left out stays as it is."""

    order_qty: Amount | None = Field(None, description="The total wanted, what is filled included.")
    price: Amount | None = Field(None, examples=["30000"])


class Which(BaseModel):
    """Which open orders to cancel; without any of these: all."""

    model_config = ConfigDict(extra="forbid")

    session: str | None = Field(None, min_length=1, description="Those of this session only.")
    exchange: str | None = Field(
        None, min_length=1, description="Those at this venue only (SecurityExchange, 207)."
    )
    symbol: str | None = Field(None, min_length=1, description="Those of this symbol only.")


class Canceling(BaseModel):
    """What a cancel of many began."""

    canceling: int = Field(description="How many open orders fit and have a cancel now.", examples=[3])


class Decision(BaseModel):
    """What became of an order in doubt, by a person's word."""

    as_: Literal["not-placed", "working", "replaced", "canceled", "filled", "expired"] = Field(alias="as")
    evidence: str = Field(
        description="What shows it, and where.",
        examples=["venue's screen, 14:02 UTC, order 8812"],
        max_length=1000,
    )
    cum_qty: Amount | None = Field(None, description="All that was executed, where fills are missing here.")
    avg_px: Amount | None = Field(None, description="At which average price, where it is known.")
    order_id: str | None = Field(
        None,
        min_length=1,
        description="The venue's number of the order: needed where several could be it (`candidates` of a doubt), and"
        " for what works on at a venue that knows no ClOrdIDs.",
        examples=["343152"],
    )


class RoundOf(BaseModel):
    """Whose orders to ask for."""

    session: str | None = Field(None, description="Those of this session; else of all that are logged on.")


class Asking(BaseModel):
    """What a round begins with."""

    asking: int = Field(description="How many orders the venue is asked for.", examples=[3])


class Named(BaseModel):
    """An order by its ids."""

    id: int = Field(description="Our number.")
    client_order_id: str | None
    cl_ord_id: str | None
    order_id: str | None
    symbol: str


class Finding(BaseModel):
    """One thing about one order."""

    order: Named | None = Field(description="Null: a report that waits for its order.")
    what: str = Field(
        description="IN_DOUBT, UNANSWERED (asked in vain), UNHEARD (reports may be lost), UNASKABLE (by no id),"
        " GAP (fills missing), UNCONFIRMED, HELD, or the code of an anomaly, like STATUS_MISMATCH. In notes: EXTERNAL,"
        " INFERRED.",
        examples=["GAP"],
    )
    text: str


class SessionRound(BaseModel):
    """What is agreed and not agreed on one session."""

    session: str
    logged_on: bool
    reason: str | None = Field(description="Why it is not logged on.")
    under_way: bool = Field(description="A round of questions is not finished.")
    uncompared: str | None = Field(description="What the venue said instead of its list of orders.")
    reconciled_at: str | None = Field(description="When the last round ended; null: none since the start.")
    asked: int | None = Field(description="For how many orders it asked.")
    unanswered: list[int] = Field(description="Our numbers of those that have had no answer, then or since.")
    differences: list[Finding] = Field(description="Empty: nothing but agreement.")
    notes: list[Finding] = Field(description="Agreed, and not as usual.")


class Reconciliation(BaseModel):
    """What is not agreed with the venues."""

    sessions: list[SessionRound]
