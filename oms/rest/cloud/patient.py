"""The questions of a look, asked again where they fail."""

from typing import Protocol

from oms.rest.cloud.models import MatchRow, OrderRow
from oms.rest.cloud.orders import OrderClient, Search
from oms.rest.patience import Patience


class Questions(Protocol):
    """What a look asks; see `OrderClient`."""

    def open_orders(self, account_id: int, symbol: str) -> list[OrderRow]:
        """Ask for open orders."""
        ...

    def orders(self, search: Search) -> list[OrderRow]:
        """Search orders."""
        ...

    def order(self, order_id: int) -> OrderRow:
        """Ask for one order."""
        ...

    def order_match_results(self, order_id: int) -> list[MatchRow]:
        """Ask for the executions of one order."""
        ...


class PatientQuestions:
    """Implements `Questions`."""

    def __init__(self, client: OrderClient, patience: Patience) -> None:
        """Ask by `client`."""
        self._client = client
        self._patience = patience

    def open_orders(self, account_id: int, symbol: str) -> list[OrderRow]:
        """See `OrderClient.open_orders`."""
        return self._patience.ask(lambda: self._client.open_orders(account_id, symbol))

    def orders(self, search: Search) -> list[OrderRow]:
        """See `OrderClient.orders`."""
        return self._patience.ask(lambda: self._client.orders(search))

    def order(self, order_id: int) -> OrderRow:
        """See `OrderClient.order`."""
        return self._patience.ask(lambda: self._client.order(order_id))

    def order_match_results(self, order_id: int) -> list[MatchRow]:
        """See `OrderClient.order_match_results`."""
        return self._patience.ask(lambda: self._client.order_match_results(order_id))
