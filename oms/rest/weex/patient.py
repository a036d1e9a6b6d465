"""The questions of a look, asked again where they fail."""

from typing import Protocol

from oms.rest.patience import Patience
from oms.rest.weex.client import HistoryRequest, TradeClient
from oms.rest.weex.models import ActiveOrder, OrderRow, TradeRow


class Questions(Protocol):
    """What a look asks; see `TradeClient`."""

    def active_orders(self, pair: str | None = None) -> dict[int, ActiveOrder]:
        """Ask for the open orders."""
        ...

    def order_info(self, order_id: int) -> OrderRow:
        """Ask for one order."""
        ...

    def trade_history(self, request: HistoryRequest | None = None) -> dict[int, TradeRow]:
        """Ask for executions."""
        ...


class PatientQuestions:
    """Implements `Questions`."""

    def __init__(self, client: TradeClient, patience: Patience) -> None:
        """Ask by `client`."""
        self._client = client
        self._patience = patience

    def active_orders(self, pair: str | None = None) -> dict[int, ActiveOrder]:
        """See `TradeClient.active_orders`."""
        return self._patience.ask(lambda: self._client.active_orders(pair))

    def order_info(self, order_id: int) -> OrderRow:
        """See `TradeClient.order_info`."""
        return self._patience.ask(lambda: self._client.order_info(order_id))

    def trade_history(self, request: HistoryRequest | None = None) -> dict[int, TradeRow]:
        """See `TradeClient.trade_history`."""
        return self._patience.ask(lambda: self._client.trade_history(request))
