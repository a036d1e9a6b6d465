"""Chapter "Base Information API": venues, currencies, symbols, the time."""

from oms.rest.apifiny import params
from oms.rest.apifiny.answers import ApifinyUnknown
from oms.rest.apifiny.calls import Caller
from oms.rest.apifiny.models import Currency, SymbolInfo, VenueInfo


class ReferenceClient:
    """One method for each of the chapter. All raise what `Caller.read` raises."""

    def __init__(self, caller: Caller) -> None:
        """Ask by `caller`."""
        self._caller = caller
        self._account_id = caller.credentials.account_id

    def venues(self) -> tuple[VenueInfo, ...]:
        """utils.listVenueInfoLite: the exchanges. The sample's names end in a space, which is passed over."""
        method = "utils.listVenueInfoLite"
        rows = self._caller.read(method, params.Params(), tuple[dict[str, str | None], ...])
        return tuple(_venue(method, {key.strip(): value for key, value in row.items()}) for row in rows)

    def currencies(self, venue: str) -> tuple[Currency, ...]:
        """utils.listCurrencyLite: the currencies of an exchange."""
        asked = params.Account(account_id=self._account_id, venue=venue)
        return self._caller.read("utils.listCurrencyLite", asked, tuple[Currency, ...])

    def symbols(self, venue: str) -> tuple[SymbolInfo, ...]:
        """utils.listSymbolInfoLite: the pairs of an exchange, with their limits."""
        asked = params.Account(account_id=self._account_id, venue=venue)
        return self._caller.rows("utils.listSymbolInfoLite", asked, SymbolInfo)

    def time_ms(self) -> int:
        """utils.currentTimeMillis: the venue's time, milliseconds since the epoch."""
        return self._caller.read("utils.currentTimeMillis", params.Params(), int)


def _venue(method: str, row: dict[str, str | None]) -> VenueInfo:
    exchange, status = row.get("exchange"), row.get("status")
    if exchange is None or status is None:
        missing = "exchange" if exchange is None else "status"
        told = f"{method}: the answer cannot be read: the answer is missing required field `{missing}`"
        raise ApifinyUnknown(told)
    return VenueInfo(exchange=exchange, status=status)
