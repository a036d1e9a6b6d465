"""Orders by one kind of id, and every id by which one is found: what has to be known to let an order leave memory."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oms.core.order import Order


class Ids(dict[str, "Order"]):
    """Orders by id. An id belongs to one order: to the last that it was given to.

    The other way round only what the order does not tell itself is kept: not its first ClOrdID.
    """

    def __init__(self) -> None:
        """Start without ids."""
        super().__init__()
        self._more: dict[int, str | tuple[str, ...]] = {}

    def __setitem__(self, any_id: str, order: "Order") -> None:
        """Give an id to an order, whoever had it before."""
        super().__setitem__(any_id, order)
        if any_id == order.first_cl_ord_id:
            return
        more = self._more.get(order.number)
        if more is None:
            self._more[order.number] = any_id
        elif isinstance(more, str):
            if more != any_id:
                self._more[order.number] = (more, any_id)
        elif any_id not in more:
            self._more[order.number] = (*more, any_id)

    def setdefault(self, any_id: str, order: "Order") -> "Order":
        """Give an id to an order unless it belongs to one."""
        found = self.get(any_id)
        if found is None:
            self[any_id] = order
            return order
        return found

    def of(self, order: "Order") -> "Iterator[str]":
        """Give the ids that belong to an order."""
        more = self._more.get(order.number, ())
        for any_id in (order.first_cl_ord_id, *((more,) if isinstance(more, str) else more)):
            if any_id is not None and self.get(any_id) is order:
                yield any_id

    def release(self, order: "Order") -> None:
        """Take out an order with all its ids."""
        for any_id in list(self.of(order)):
            del self[any_id]
        self._more.pop(order.number, None)
