"""What the order stream of Apifiny tells: that an order changed. What it became is asked for, which proves it.

A row of the stream carries one fill, no execution id, and totals that may be 0: the order's own information is better
evidence, and one question away.
"""

from collections.abc import Callable

from oms.core.inputs import Alert, Input
from oms.core.messages import StatusRequest
from oms.rest.apifiny.models import StreamEntry
from oms.rest.apifiny.signing import Credentials
from oms.rest.apifiny.stream import OrderStream, Route, Watch
from oms.rest.apifiny.terms import SIDE_CODES
from oms.rest.apifiny.venue import Whose
from oms.rest.venue import RestVenue


def order_stream(
    venue: RestVenue,
    credentials: Credentials,
    whose: Whose,
    route: Route,
    sink: Callable[[Input | Alert], None],
) -> OrderStream:
    """Make the stream that has `venue` look at each order that changed; start and stop it yourself."""

    def on_change(entry: StreamEntry) -> None:
        row = entry.payload
        order = whose.find(row.order_id)
        if order is not None and (order.session != whose.session or order.cl_ord_id != row.order_id):
            return
        side = SIDE_CODES.get(row.order_side, row.order_side)
        venue.look_at(StatusRequest(cl_ord_id=row.order_id, symbol=row.symbol, side=side, exchange=row.venue))

    def alert(text: str) -> None:
        sink(Alert(code="ORDER_STREAM", text=text, session=whose.session))

    return OrderStream(credentials, on_change, Watch(on_gap=lambda _why: venue.refresh(), alert=alert), route)
