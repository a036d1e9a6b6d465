"""Accounts and orders, one method for each of the API's."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal

import msgspec

from oms.core.errors import OutcomeUnknown
from oms.core.values import format_decimal
from oms.rest.cloud.caller import Caller, present
from oms.rest.cloud.models import (
    Account,
    Balance,
    BatchCanceled,
    Kind,
    MatchRow,
    OpenOrdersCanceled,
    OrderRow,
    PlaceRequest,
    Side,
    State,
)

MOST_CANCELS: Final = 50
MOST_OPEN_CANCELS: Final = 100
MOST_OPEN_ORDERS: Final = 500
PAGE: Final = 100


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """/v1/order/orders and /v1/order/matchresults; what is None is left out.

    Attributes:
        symbol: such as `btcusdt`.
        states: of orders only, and required there; empty for all of `SEARCHABLE`.
        types: empty for all of them.
        start_date: `yyyy-mm-dd`; matchresults: 61 days back where left out.
        end_date: `yyyy-mm-dd`.
        from_: the id that the page starts at.
        direct: `next` towards older rows, `prev` towards younger ones.
        size: rows, at most 100.

    """

    symbol: str
    states: tuple[State, ...] = ()
    types: tuple[Kind, ...] = ()
    start_date: str | None = None
    end_date: str | None = None
    from_: int | None = None
    direct: Literal["prev", "next"] | None = None
    size: int | None = None


# What `states` may name (GET /v1/order/orders, Request). An order on its way into the book (`submitting`) or out of it
# (`cancelling`) is in no search: the latter is among the open orders, and the former is somewhere else soon.
SEARCHABLE: Final[tuple[State, ...]] = (
    "pre-submitted",
    "submitted",
    "partial-filled",
    "partial-canceled",
    "filled",
    "canceled",
)


class OrderClient:
    """The methods for accounts and orders. What raises is said in oms.rest.cloud.caller."""

    def __init__(self, caller: Caller) -> None:
        """Ask through `caller`, which has a key."""
        self._caller = caller

    # --- accounts ---------------------------------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        """Ask for the accounts of the key."""
        return self._caller.ask("/v1/account/accounts", list[Account], {})

    def balance(self, account_id: int) -> Balance:
        """Ask what an account holds."""
        return self._caller.ask(f"/v1/account/accounts/{account_id}/balance", Balance, {})

    # --- orders that move -------------------------------------------------------------------------------------------

    def place(self, request: PlaceRequest) -> int:
        """Place an order; gives its id. Never sent twice."""
        parameters = present(
            {
                "account-id": request.account_id,
                "amount": format_decimal(request.amount),
                "price": None if request.price is None else format_decimal(request.price),
                "source": request.source,
                "symbol": request.symbol,
                "type": request.type,
            }
        )
        return self._caller.move("/v1/order/orders/place", int, parameters)

    def submit_cancel(self, order_id: int) -> None:
        """Ask the venue to cancel an order; that it was asked is not yet that it is canceled."""
        answered = self._caller.move(f"/v1/order/orders/{order_id}/submitcancel", int, {})
        if answered != order_id:
            message = f"Cloud API submitcancel: asked for order {order_id}, the answer is about {answered}"
            raise OutcomeUnknown(message)

    def batch_cancel(self, order_ids: Sequence[int]) -> BatchCanceled:
        """Ask the venue to cancel at most 50 orders; oms.rest.cloud.cancels splits more.

        Raises:
            ValueError: more than 50.

        """
        if len(order_ids) > MOST_CANCELS:
            message = f"{len(order_ids)} orders in one batchcancel; at most {MOST_CANCELS} are possible"
            raise ValueError(message)
        ids = [str(order_id) for order_id in order_ids]
        return self._caller.move("/v1/order/orders/batchcancel", BatchCanceled, {"order-ids": ids})

    def batch_cancel_open_orders(
        self,
        account_id: int,
        *,
        symbol: str | None = None,
        side: Side | None = None,
        size: int = MOST_OPEN_CANCELS,
    ) -> OpenOrdersCanceled:
        """Ask the venue to cancel an account's open orders, at most 100 at once; `next_id` says that more are open."""
        parameters = present(
            {
                "account-id": account_id,
                "symbol": symbol,
                "side": side,
                "size": min(size, MOST_OPEN_CANCELS),
            }
        )
        return self._caller.move("/v1/order/orders/batchCancelOpenOrders", OpenOrdersCanceled, parameters)

    # --- questions --------------------------------------------------------------------------------------------------

    def open_orders(
        self,
        account_id: int | None = None,
        symbol: str | None = None,
        *,
        side: Side | None = None,
        size: int = MOST_OPEN_ORDERS,
    ) -> list[OrderRow]:
        """Ask for open orders, the latest first, at most 500; account and symbol both or neither."""
        parameters = {
            "account-id": account_id,
            "symbol": symbol,
            "side": side,
            "size": min(size, MOST_OPEN_ORDERS),
        }
        return self._caller.ask("/v1/order/openOrders", list[OrderRow], parameters)

    def order(self, order_id: int) -> OrderRow:
        """Ask for one order."""
        row = self._caller.ask(f"/v1/order/orders/{order_id}", OrderRow, {})
        if row.id != order_id:
            message = f"Cloud API order: asked for order {order_id}, the answer is about {row.id}"
            raise OutcomeUnknown(message)
        return row

    def order_match_results(self, order_id: int) -> list[MatchRow]:
        """Ask for the executions of one order."""
        rows = self._caller.ask(f"/v1/order/orders/{order_id}/matchresults", list[MatchRow], {})
        others = {row.order_id for row in rows} - {order_id}
        if others:
            message = (
                f"Cloud API matchresults: asked for order {order_id}, the answer is about {sorted(others)}"
            )
            raise OutcomeUnknown(message)
        return rows

    def orders(self, search: Search) -> list[OrderRow]:
        """Search orders: one page. oms.rest.cloud.paging asks for all."""
        states = ",".join(search.states or SEARCHABLE)
        return self._caller.ask("/v1/order/orders", list[OrderRow], {**_searched(search), "states": states})

    def match_results(self, search: Search) -> list[MatchRow]:
        """Search executions: one page. oms.rest.cloud.paging asks for all."""
        return self._caller.ask("/v1/order/matchresults", list[MatchRow], _searched(search))


def _searched(search: Search) -> dict[str, str | int | Decimal | None]:
    return {
        "symbol": search.symbol,
        "types": ",".join(search.types) or None,
        "start-date": search.start_date,
        "end-date": search.end_date,
        "from": search.from_,
        "direct": search.direct,
        "size": search.size,
    }
