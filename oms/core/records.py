"""The journal's unit: one input and everything it became, tied together by its number."""

from typing import Any

from msgspec import Struct

from oms.core.events import AnyEvent
from oms.core.messages import Anomaly


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One input to the engine with the events it became.

    Attributes:
        kind: `command`, `received`, `sent`, `unsent`, `session`, `timer` or `start`.
        time_ns: when it was taken in, nanoseconds since the epoch, UTC.
        session: the FIX session it came by or left by.
        raw: the FIX message as it was on the wire (SOH between fields; RawData masked).
        command: what was asked, by whom (`actor`) and from where (`origin`); never a secret.
        events: what it became, in order.
        anomaly: why it contradicts the record, with the order concerned in `order`.
        order: also the order of a message that left without a number, as over REST.

    """

    kind: str
    time_ns: int
    session: str | None = None
    raw: str | None = None
    command: dict[str, Any] | None = None
    events: tuple[AnyEvent, ...] = ()
    anomaly: Anomaly | None = None
    order: int | None = None
