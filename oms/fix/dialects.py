"""How venues bend FIX 4.2. A dialect is data: the codec and the daemon read it, nobody asks for its name."""

from typing import Final

from msgspec import Struct

from oms.core.values import TimeInForce


class Dialect(Struct, frozen=True, kw_only=True):
    """What a venue does differently.

    Attributes:
        fill_price_in_price: Price (44) is the fill's price where LastPx (31) is missing.
        full_reports: reports and cancel rejects carry all that FIX 4.2 requires of them, and only its reasons.
        ambiguous_reject: ExecType Rejected may also answer a cancel or a status request.
        cancel_repeats_id: a cancel carries the order's own ClOrdID in 11 and 41, not a new one.
        has_replace: the venue knows OrderCancelReplaceRequest.
        market_exchanges: the exchanges that take market orders; None means all.
        times_in_force: the values of TimeInForce (59) that the venue takes.

    """

    name: str
    fill_price_in_price: bool = False
    full_reports: bool = True
    ambiguous_reject: bool = False
    cancel_repeats_id: bool = False
    has_replace: bool = True
    market_exchanges: frozenset[str] | None = None
    times_in_force: frozenset[str] = frozenset(TimeInForce)


FIX42: Final = Dialect(name="fix42")
APIFINY: Final = Dialect(
    name="apifiny",
    fill_price_in_price=True,
    full_reports=False,
    ambiguous_reject=True,
    cancel_repeats_id=True,
    has_replace=False,
    market_exchanges=frozenset({"BINANCEUS", "COINBASEPRO", "HUOBI", "KUCOIN", "OKEX"}),
    times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.POST_ONLY}),
)
DIALECTS: Final = {dialect.name: dialect for dialect in (FIX42, APIFINY)}
