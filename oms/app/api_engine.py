"""What every handler does: hand an instruction to the engine, find the order that was meant, show it."""

from collections.abc import Callable

from fastapi import Request
from starlette.responses import Response

from oms.app.api_errors import ApiError, json_response, refused
from oms.app.api_wait import Errand, Until
from oms.app.desk import Desk
from oms.core.inputs import Answer, Instruction
from oms.core.order import Order
from oms.core.views import full_view


class ToEngine:
    """From a handler to the engine and back."""

    def __init__(self, desk: Desk, now: Callable[[], int]) -> None:
        """Speak for this desk; `now` gives nanoseconds since the epoch, for ages."""
        self.desk = desk
        self.now = now

    async def instruct(
        self, command: Instruction, until: Until | None = None, timeout_s: float = 0
    ) -> Answer:
        """Hand in an instruction, and wait for the commit, or for a state of the order.

        Raises:
            ApiError: the engine refused it.
            JournalError: it could not be committed; nothing was taken on.
            VenueUnavailable: the daemon is stopping; nothing was taken on.

        """
        answer = await Errand(self.desk, until).run(command, timeout_s)
        if answer.refusal is not None:
            raise refused(answer)
        return answer

    async def ask(
        self, command: Instruction, until: Until | None = None, timeout_s: float = 0
    ) -> tuple[Answer, Order]:
        """`instruct`, for what is about one order: gives it as it stands afterwards."""
        answer = await self.instruct(command, until, timeout_s)
        order = self.desk.published.get(answer.order) if answer.order is not None else None
        if order is None:
            raise ApiError(404, "NOT_FOUND", "the order is committed and not shown yet; ask for it by its id")
        return answer, order

    def shown(self, order: Order, status: int) -> Response:
        """Answer with an order."""
        return json_response(full_view(order, self.now()), status)

    def known_as(self, any_id: str) -> str:
        """Give an id that the engine knows: our number is the API's own way to name an order."""
        if not self.desk.published.find(any_id):
            for order in self.numbered(any_id):
                return order.cl_ord_id or order.order_id or any_id
        return any_id

    def numbered(self, text: str) -> list[Order]:
        """Find by our number, unless the desk numbers its orders too: then it means its own, which is not there."""
        if not text.isascii() or not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - what fits an int64
            return []
        order = self.desk.published.get(int(text))
        return [order] if order is not None and not (order.client_order_id or "").isdecimal() else []


def origin(request: Request) -> str | None:
    """Say where a request came from: host and port."""
    return f"{request.client.host}:{request.client.port}" if request.client else None
