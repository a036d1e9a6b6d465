"""What people ask Apifiny about: account, activity, currencies, addresses, commissions, and market data by REST."""

import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from oms.core.errors import VenueUnavailable
from oms.core.times import NS_PER_MS, ns_to_iso
from oms.core.values import format_decimal
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.history import HOUR_MS
from oms.rest.apifiny.market import PERIODS
from oms.rest.gathering import Asked, Inquiry, Rows

ACTIVITY_MS: Final = 24 * HOUR_MS
# "The UNIX timestamp in seconds", says the table of klines, and its sample prints milliseconds.
_LARGEST_SECONDS: Final = 100_000_000_000
_TIMES: Final = frozenset(
    {
        "created_at",
        "updated_at",
        "expired_at",
        "next_status_at",
        "log_created_at",
        "log_updated_at",
        "trade_time",
        "update_time",
        "update_at",
        "timestamp",
    }
)


class ApifinyInquiries:
    """Implements `oms.rest.gathering.Inquirer` with one client."""

    def __init__(self, client: ApifinyClient, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Ask by `client`."""
        self._client = client
        self._now_ns = now_ns
        self._asking: Mapping[Asked, Callable[[Inquiry], Iterable[Struct]]] = {
            Asked.ACCOUNT: self._account,
            Asked.ACTIVITY: self._activity,
            Asked.CURRENCIES: lambda inquiry: client.reference.currencies(_exchange(inquiry)),
            Asked.ADDRESS: lambda inquiry: (
                client.accounts.deposit_address(_exchange(inquiry), inquiry.coin),
            ),
            Asked.COMMISSION: lambda inquiry: (
                client.orders.commission_rate(_exchange(inquiry), inquiry.symbol),
            ),
            Asked.KLINES: self._klines,
            Asked.TRADES: lambda inquiry: client.market.trades(inquiry.symbol, _exchange(inquiry)),
            Asked.TICKER: lambda inquiry: (client.market.ticker(inquiry.symbol, _exchange(inquiry)),),
        }

    def inquire(self, inquiry: Inquiry) -> Rows:
        """See `Inquirer`."""
        return tuple(row_of(each) for each in self._asking[inquiry.asked](inquiry))

    def _account(self, inquiry: Inquiry) -> Iterable[Struct]:
        """List the account, and then what it is at each exchange."""
        info = self._client.accounts.account_info(inquiry.exchange)
        return (info, *info.sub_account_info)

    def _activity(self, inquiry: Inquiry) -> Iterable[Struct]:
        now_ms = self._now_ns() // NS_PER_MS
        found = self._client.accounts.activities(inquiry.span or (now_ms - ACTIVITY_MS, now_ms + HOUR_MS))
        return sorted(found, key=lambda each: -(each.log_created_at or 0))

    def _klines(self, inquiry: Inquiry) -> Iterable[Struct]:
        base, _, quote = inquiry.symbol.partition("/")
        if inquiry.period not in PERIODS or not (base and quote):
            told = f"nothing was sent: the symbol is BASE/QUOTE, the period one of {', '.join(PERIODS)}"
            raise VenueUnavailable(told)
        return self._client.market.klines(_exchange(inquiry), (base, quote), inquiry.period, inquiry.span)


def _exchange(inquiry: Inquiry) -> str:
    if inquiry.exchange is None:
        told = f"nothing was sent: {inquiry.asked} is of one exchange; name it"
        raise VenueUnavailable(told)
    return inquiry.exchange


def row_of(answer: Struct) -> dict[str, Any]:
    """Write an answer for people; what is a list in it is left to others."""
    return {
        name: _shown(name, value) for name, value in asdict(answer).items() if not isinstance(value, tuple)
    }


def _shown(name: str, value: Any) -> str | int | bool | None:  # noqa: ANN401 - whatever a venue tells
    if isinstance(value, Decimal):
        return format_decimal(value)
    if name in _TIMES and isinstance(value, int):
        return ns_to_iso(value * NS_PER_MS * (1 if value > _LARGEST_SECONDS else 1000))
    shown: str | int | bool | None = value
    return shown
