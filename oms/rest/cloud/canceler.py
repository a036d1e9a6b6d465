"""Cancels at an exchange of the Cloud API: one, several by their numbers, or all that is open at one request.

batchCancelOpenOrders names no orders: it hits whatever is open. So it leaves only while every open order there is one
that is to be canceled; as soon as there is another one (of others, not on record yet; of ours, placed since), numbers
are used.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.core.messages import CancelOrder, ExecutionReport, NewOrder, OrderSnapshot
from oms.core.values import ExecTransType, OrdStatus
from oms.rest.adapter import Outcome, Told
from oms.rest.cloud.account import Account
from oms.rest.cloud.cancels import cancel_all
from oms.rest.cloud.look import order_snapshot
from oms.rest.cloud.models import OrderRow
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.refusals import CloudRefused, Reason
from oms.rest.line import Line

MOST_REQUESTS: Final = 100
Rows = Callable[[str | None], Sequence[OrderRow]]


class Canceler:
    """Cancels with one key; an outcome for each order, in their order."""

    def __init__(self, client: OrderClient, line: Line, account: Account, rows: Rows) -> None:
        """Ask by `client` over `line`; `rows` lists what is open in the account, of one symbol or of all."""
        self._orders = client
        self._line = line
        self._account = account
        self._rows = rows

    def cancel(self, messages: Sequence[CancelOrder]) -> Sequence[Outcome]:
        """submitcancel, or batchcancel for several."""
        numbers = [number_of(message.order_id) for message in messages]
        wanted = list(dict.fromkeys(number for number in numbers if number is not None))
        if len(messages) == len(wanted) == 1:
            return [self._cancel_one(messages[0], wanted[0])]
        ends = cancel_all(self._orders, wanted)
        raw = self._line.said
        errors: dict[int | None, VenueError] = {
            None: VenueUnavailable("the order has no number at the venue to cancel it by; nothing was sent"),
            **{
                number: VenueRefused(f"the venue refused the cancel: {why}")
                for number, why in ends.refused.items()
            },
            **{number: OutcomeUnknown(why) for number, why in ends.in_doubt.items()},
            **{number: VenueUnavailable(why) for number, why in ends.unsent.items()},
        }
        return [
            errors.get(number) or Told(_canceling(message), raw)
            for message, number in zip(messages, numbers, strict=True)
        ]

    def _cancel_one(self, message: CancelOrder, number: int) -> Told:
        """Ask for a cancel, and what became of it: it was asked for, whatever becomes of the question.

        Raises:
            OutcomeUnknown: refused because the venue has not begun with the order yet: it can be asked again.

        """
        try:
            self._orders.submit_cancel(number)
        except CloudRefused as refusal:
            if refusal.reason is not Reason.ORDER_STATE or not self._is_young(number):
                raise
            told = f"the venue has not begun with the order yet, and takes no cancel: {refusal}"
            raise OutcomeUnknown(told) from None
        raw = self._line.said
        try:
            shown = order_snapshot(self._orders, number, self._account.symbols)
        except VenueError:
            return Told(_canceling(message), raw)
        if shown.report.ord_status in {OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED}:
            return Told(_canceling(message), raw)
        return Told(named(shown, message.orig_cl_ord_id or None), f"{raw} {self._line.said}")

    def _is_young(self, number: int) -> bool:
        try:
            return self._orders.order(number).state in {"pre-submitted", "submitting"}
        except VenueError:
            return False

    # --- all that is open

    def cancel_open(self, messages: Sequence[CancelOrder], symbol: str | None) -> Sequence[Outcome]:
        """batchCancelOpenOrders, where that hits nothing else; what is open all the same, by its number."""
        named_ones = {message.order_id: number_of(message.order_id) for message in messages}
        wanted = {number for number in named_ones.values() if number is not None} | self._account.leaving()
        try:
            left, raw = self._sweep(symbol, wanted) if self._may_sweep(symbol, wanted) else (wanted, "")
        except CloudRefused:
            left, raw = wanted, ""
        rest = [each for each in messages if named_ones[each.order_id] in {None, *left}]
        outcomes = dict(
            zip((each.cl_ord_id for each in rest), self.cancel(rest) if rest else (), strict=True)
        )
        return [outcomes.get(each.cl_ord_id) or Told(_canceling(each), raw) for each in messages]

    def _may_sweep(self, symbol: str | None, wanted: AbstractSet[int]) -> bool:
        """Whether nothing is open there but what is to be canceled, and something is."""
        try:
            with self._line.asking():
                self._account.number(self._orders)  # asked for once, and needed by what leaves
                left = self._left(symbol)
        except VenueError:
            return False  # by their numbers, then: that needs no list
        return bool(left) and left <= wanted

    def _sweep(self, symbol: str | None, wanted: AbstractSet[int]) -> tuple[AbstractSet[int], str]:
        """Cancel until nothing is open; give the numbers that are open all the same, and what the exchange said.

        Raises:
            VenueError: the first request, as `OrderClient` raises.
            OutcomeUnknown: after that something had no answer: how far it came is not known.

        """
        account_id = self._account.number(self._orders)
        said: list[str] = []
        left: AbstractSet[int] = wanted
        try:
            for _ in range(MOST_REQUESTS):
                answer = self._orders.batch_cancel_open_orders(account_id, symbol=symbol)
                said.append(self._line.said)
                left = self._left(symbol)
                if not left or not left <= wanted or not answer.success_count:
                    break
        except VenueError as error:
            if not said:
                raise
            told = f"all that is open was asked to be canceled, and how far that came is not known: {error}"
            raise OutcomeUnknown(told) from None
        return left, " ".join(said)

    def _left(self, symbol: str | None) -> AbstractSet[int]:
        return {row.id for row in self._rows(symbol) if row.state != "cancelling"}


def number_of(order_id: str | None) -> int | None:
    """Read the exchange's number of an order; None where it has none."""
    return int(order_id) if order_id is not None and order_id.isdigit() else None


def named(shown: OrderSnapshot, cl_ord_id: str | None) -> OrderSnapshot:
    """Give a snapshot our ClOrdID, which the exchange does not know; None for an order of others."""
    report = msgspec.structs.replace(shown.report, cl_ord_id=cl_ord_id)
    return msgspec.structs.replace(shown, report=report)


def state_of(
    message: NewOrder | CancelOrder, cl_ord_id: str | None, order_id: str | None, status: OrdStatus
) -> ExecutionReport:
    """Say how an order stands by an answer that shows nothing else of it."""
    return ExecutionReport(
        exec_trans_type=str(ExecTransType.STATUS),
        cl_ord_id=cl_ord_id,
        order_id=order_id,
        ord_status=str(status),
        symbol=message.symbol,
        side=message.side,
    )


def _canceling(message: CancelOrder) -> ExecutionReport:
    """Say that the venue has taken the cancel on."""
    return state_of(message, message.orig_cl_ord_id or None, message.order_id, OrdStatus.PENDING_CANCEL)
