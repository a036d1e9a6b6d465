"""The base information: venues, currencies, symbols, the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.apifiny_http import fields
from oms.sim.market import INSTRUMENTS, VENUES
from oms.sim.rules import MAX_PRICE
from oms.sim.venue import now
from oms.sim.wallet import COINS

if TYPE_CHECKING:
    from oms.sim.apifiny_http.fields import Body
    from oms.sim.apifiny_http.rows import Row
    from oms.sim.market import Instrument
    from oms.sim.venue import Venue

PRECISION = 8


class Reference:
    """Tells what there is. Call it under the venue's lock."""

    def __init__(self, venue: Venue) -> None:
        """Look at the venue's standing."""
        self._standing = venue.standing

    def venues(self, account: str, body: Body) -> list[Row]:
        """Return every exchange."""
        del account, body
        closed = self._standing.closed
        return [{"exchange": each, "status": "disabled" if closed(each) else "enabled"} for each in VENUES]

    def currencies(self, account: str, body: Body) -> list[Row]:
        """Return every coin of a venue."""
        del account
        fields.venue(body)
        return [
            {
                "currency": coin.currency,
                "currencyPrecision": coin.precision,
                "status": "DEPOSIT_WITHDRAW",
                "withdrawMaxAmount": coin.largest,
                "withdrawMinAmount": coin.smallest,
                "withdrawMinFee": coin.fee,
                "nextStatus": None,
                "nextStatusAt": None,
                "coin": coin.coin,
            }
            for coin in COINS.values()
        ]

    def symbols(self, account: str, body: Body) -> list[Row]:
        """Return every symbol of a venue, with its rules."""
        del account
        status = "disabled" if self._standing.closed(fields.venue(body)) else "enabled"
        return [_symbol(each) | {"status": status} for each in INSTRUMENTS]

    def clock(self, account: str, body: Body) -> int:
        """Return the venue's time."""
        del account, body
        return fields.ms(now())


def _symbol(instrument: Instrument) -> Row:
    return {
        "symbol": instrument.symbol,
        "baseAsset": instrument.base,
        "baseAssetPrecision": PRECISION,
        "quoteAsset": instrument.quote,
        "quotePrecision": PRECISION,
        "minPrice": instrument.tick,
        "maxPrice": MAX_PRICE,
        "minQuantity": instrument.min_qty,
        "maxQuantity": instrument.max_qty,
        "tickSize": instrument.tick,
        "stepSize": instrument.step,
        "minNotional": instrument.min_notional,
        "maxNotional": instrument.max_qty * MAX_PRICE,
    }
