"""Cancels of any number of orders, in batches of 50, with the outcome of each."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from oms.core.errors import OutcomeUnknown, VenueUnavailable
from oms.rest.cloud.models import BatchCanceled
from oms.rest.cloud.orders import MOST_CANCELS, OrderClient
from oms.rest.cloud.refusals import CloudRefused, Reason, reason_of
from oms.rest.keys import KeyRefused


class Cancels(Struct, frozen=True, kw_only=True):
    """Each order that was to be canceled stands in exactly one of these.

    Attributes:
        asked: the venue took the request on.
        refused: it did not, with err-code and text; the order's own state says why.
        in_doubt: sent, and the answer does not say.
        unsent: nothing left, with the reason.

    """

    asked: tuple[int, ...] = ()
    refused: Mapping[int, str] = {}
    in_doubt: Mapping[int, str] = {}
    unsent: Mapping[int, str] = {}


def cancel_all(client: OrderClient, order_ids: Sequence[int]) -> Cancels:
    """Ask the venue to cancel all these orders. One batch that fails stops none of the others.

    Raises:
        KeyTrouble: nothing was done, and another key may do it.

    """
    wanted = list(dict.fromkeys(order_ids))
    parts = [
        _cancel(client, wanted[start : start + MOST_CANCELS], is_first=not start)
        for start in range(0, len(wanted), MOST_CANCELS)
    ]
    return Cancels(
        asked=tuple(order_id for part in parts for order_id in part.asked),
        refused={order_id: why for part in parts for order_id, why in part.refused.items()},
        in_doubt={order_id: why for part in parts for order_id, why in part.in_doubt.items()},
        unsent={order_id: why for part in parts for order_id, why in part.unsent.items()},
    )


def _cancel(client: OrderClient, batch: Sequence[int], *, is_first: bool) -> Cancels:
    try:
        return _sorted_out(batch, client.batch_cancel(batch))
    except KeyRefused as error:
        if is_first:
            raise
        return Cancels(refused=dict.fromkeys(batch, str(error)))
    except VenueUnavailable as error:
        return Cancels(unsent=dict.fromkeys(batch, str(error)))
    except OutcomeUnknown as error:
        return Cancels(in_doubt=dict.fromkeys(batch, str(error)))
    except CloudRefused as error:
        return Cancels(refused=dict.fromkeys(batch, str(error)))


def _sorted_out(batch: Sequence[int], answer: BatchCanceled) -> Cancels:
    failed = {row.order_id: row for row in answer.failed}
    asked, refused, in_doubt = [], {}, {}
    for order_id in batch:
        failure = failed.get(str(order_id))
        if failure is None and order_id in answer.success:
            asked.append(order_id)
        elif failure is None:
            in_doubt[order_id] = "the answer does not name the order"
        elif order_id in answer.success or reason_of(failure.err_code) is Reason.OTHER:
            in_doubt[order_id] = f"{failure.err_code}: {failure.err_msg}"
        else:
            refused[order_id] = f"{failure.err_code}: {failure.err_msg}"
    return Cancels(asked=tuple(asked), refused=refused, in_doubt=in_doubt)
