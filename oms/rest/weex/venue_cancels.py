"""Cancels of one or several orders, with the outcome of each."""

from collections.abc import Callable, Sequence

from oms.core.errors import VenueError
from oms.core.messages import CancelOrder, ExecutionReport
from oms.core.values import ExecTransType, OrdStatus
from oms.rest.adapter import Outcome
from oms.rest.keys import KeyTrouble
from oms.rest.weex.client import TradeClient
from oms.rest.weex.models import CancelResult
from oms.rest.weex.refusals import Reason, WeexInDoubt, WeexRefused, reason_of


def cancel_many(client: TradeClient, numbers: Sequence[int]) -> dict[int, VenueError | None]:
    """Cancel several orders by CancelOrders; give of each what went wrong, None where it is canceled.

    Raises:
        KeyTrouble: nothing was done, and another key may do it.

    """
    if not numbers:
        return {}
    try:
        results = client.cancel_orders(numbers).cancel_result
    except KeyTrouble:
        raise
    except VenueError as error:
        return dict.fromkeys(numbers, error)
    return {number: _error_of(number, results.get(number)) for number in numbers}


def in_parts(
    messages: Sequence[CancelOrder], most: int, cancel: Callable[[Sequence[CancelOrder]], Sequence[Outcome]]
) -> list[Outcome]:
    """Cancel `most` orders at a time; once something was done, nothing of it is said to be another key's to do."""
    ends: list[Outcome] = []
    for at in range(0, len(messages), most):
        part = messages[at : at + most]
        try:
            ends += cancel(part)
        except KeyTrouble as error:
            if not ends:
                raise
            ends += [error] * len(part)
    return ends


def canceling(message: CancelOrder) -> ExecutionReport:
    """Say that the venue has carried the cancel out, and that what was executed before is not known yet.

    A cancel that is final states its total: it comes with the question that follows. Until then it is pending.
    """
    return ExecutionReport(
        exec_trans_type=str(ExecTransType.STATUS),
        cl_ord_id=message.orig_cl_ord_id or None,
        order_id=message.order_id,
        ord_status=str(OrdStatus.PENDING_CANCEL),
        symbol=message.symbol,
        side=message.side,
    )


def _error_of(number: int, result: CancelResult | None) -> VenueError | None:
    if result is not None and result.done:
        return None
    text = "the answer does not name the order" if result is None else result.error
    refused = WeexRefused("CancelOrders", reason_of(text), text)
    if result is None or result.done is None or refused.reason is Reason.OTHER:
        return WeexInDoubt(f"WEEX CancelOrders, order {number}: {text or 'without a text'}", None)
    return refused
