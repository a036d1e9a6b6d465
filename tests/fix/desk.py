"""Our side of a FIX session as tests use it: an initiator whose inputs can be waited for."""

import itertools
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from oms.core.messages import CancelOrder, Command, NewOrder, ReplaceOrder, StatusRequest
from oms.core.secret import Secret
from oms.core.values import parse_decimal
from oms.fix.initiator import FixVenue, Initiator
from oms.fix.inputs import Input, LoggedOn
from oms.fix.settings import SessionConfig
from oms.fix.standing import SessionState
from tests.fix.peer import ACCOUNT, WITHIN_S, Connection, Peer

KEY_ID, SECRET = "K-1", "a secret that is long enough for HS256"
STOP_S = 10.0
T = TypeVar("T")

_numbers = itertools.count(
    1
)  # QuickFIX keeps its sessions for as long as the process lives: every test has its own


def config(port: int, **changes: Any) -> SessionConfig:
    values = {
        "name": f"main{next(_numbers)}",
        "host": "127.0.0.1",
        "port": port,
        "sender_comp_id": ACCOUNT,
        "account": ACCOUNT,
        "key_id": KEY_ID,
        "secret": Secret(SECRET),
        "reconnect_s": 1,
    }
    return SessionConfig(**{**values, **changes})


class Desk:
    """An initiator; what it brings waits in a queue. `disturb` is called with each input first, and may raise."""

    def __init__(self, folder: Path, *configs: SessionConfig, clock: Callable[[], int] | None = None) -> None:
        self.folder = folder / "fix"
        self.configs = configs
        self.inputs: queue.SimpleQueue[Input] = queue.SimpleQueue()
        self.disturb: Callable[[Input], None] = lambda _: None
        more = {"clock": clock} if clock is not None else {}
        self.initiator = Initiator(configs, sink=self._take, log_dir=self.folder, **more)

    def _take(self, item: Input) -> None:
        self.disturb(item)
        self.inputs.put(item)

    def __enter__(self) -> Self:
        self.initiator.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.initiator.stop(STOP_S)

    def next(self, kind: type[T]) -> T:
        """Take the next input, which must be of this kind."""
        item = self.inputs.get(timeout=WITHIN_S)
        assert isinstance(item, kind), item
        return item

    def established(self, peer: Peer) -> Connection:
        """Log on and wait for it on both sides."""
        connection = peer.accept()
        connection.log_on()
        self.next(LoggedOn)
        return connection

    @property
    def venue(self) -> FixVenue:
        return self.initiator.venue(self.configs[0].name)

    @property
    def state(self) -> SessionState:
        (state,) = self.initiator.sessions()
        return state

    def log(self, kind: str = "messages") -> bytes:
        """Read the log of the first session."""
        self.initiator.flush()
        return (self.folder / f"{self.configs[0].name}.{kind}.log").read_bytes()


def new_order(**changes: Any) -> NewOrder:
    values = {
        "cl_ord_id": "000000151795000000000001",
        "symbol": "BTCUSDT",
        "side": "1",
        "ord_type": "2",
        "order_qty": parse_decimal("0.5"),
        "price": parse_decimal("29000.10"),
        "time_in_force": "1",
        "account": ACCOUNT,
        "exchange": "VENUE1",
        "text": "new Order",
    }
    return NewOrder(**{**values, **changes})


def commands() -> dict[str, Command]:
    """One command of each type, by MsgType."""
    about: dict[str, Any] = {"symbol": "BTCUSDT", "side": "1", "account": ACCOUNT, "exchange": "VENUE1"}
    return {
        "D": new_order(),
        "F": CancelOrder(cl_ord_id="1", orig_cl_ord_id="1", text="Cancel Order", **about),
        "G": ReplaceOrder(
            cl_ord_id="2",
            orig_cl_ord_id="1",
            ord_type="2",
            order_qty=parse_decimal("1"),
            price=parse_decimal("2"),
            time_in_force="1",
            **about,
        ),
        "H": StatusRequest(cl_ord_id="1", **about),
    }
