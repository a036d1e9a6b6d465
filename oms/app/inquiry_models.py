"""What people ask a venue over the API, described for its OpenAPI document. Times are ISO 8601 with a zone."""

from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from oms.app.api_models import MAX_WAIT_S

_LONGEST: Final = 64
_EXCHANGE: Final = "The exchange behind the venue."


class Waiting(BaseModel):
    """How long an answer is waited for."""

    model_config = ConfigDict(extra="forbid")

    timeout_s: float = Field(
        MAX_WAIT_S, gt=0, le=MAX_WAIT_S, allow_inf_nan=False, description="After so many seconds: 504."
    )


class Anywhere(Waiting):
    """At one exchange, or at all."""

    exchange: str | None = Field(None, max_length=_LONGEST, description=_EXCHANGE)


class AtExchange(Waiting):
    """At one exchange."""

    exchange: str = Field(min_length=1, max_length=_LONGEST, description=_EXCHANGE)


class OfCoin(AtExchange):
    """A coin at an exchange."""

    coin: str = Field(
        min_length=1, max_length=_LONGEST, description="The venue's code of a currency on one chain."
    )


class OfSymbol(AtExchange):
    """A symbol at an exchange."""

    symbol: str = Field(min_length=1, max_length=_LONGEST)


class Period(Waiting):
    """From when to when."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = Field(None, description="Until now if nothing is said.")


class Klines(OfSymbol, Period):
    """Candles of a symbol."""

    period: Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"] = Field(
        "1m", description="The time of one candle."
    )


class Rows(BaseModel):
    """The venue's answer, named as in its document, in small letters: decimals as text, times in ISO 8601."""

    rows: list[dict[str, str | int | bool | None]]
