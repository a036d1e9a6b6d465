"""In touch with a venue: reached, compared with what is known here, polled, and told when it goes and comes back."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from oms.core.errors import VenueError
from oms.core.inputs import Alert, Input, Received, SessionDown, SessionUp
from oms.core.order import Order
from oms.rest.adapter import Adapter, Told
from oms.rest.hands import Hands, Task, is_answer
from oms.rest.keys import KeySpent, KeyTrouble
from oms.rest.polling import Pace, Poller, interval_s
from oms.rest.standing import Seen, Standing
from oms.rest.worker import Bounds, VenueBanned

_FIRST_PAUSE_S: Final = 0.5
_log = structlog.get_logger()

Question = Callable[[Adapter], Iterable[Told]]


class Outlet(Struct, frozen=True, kw_only=True):
    """Where things go and come from. Both are called from other threads than the engine's, and do not block.

    Attributes:
        sink: takes inputs of the engine, and alerts.
        open_orders: gives copies of the session's open orders.

    """

    sink: Callable[[Input | Alert], None]
    open_orders: Callable[[], Iterable[Order]]


class Habit(Struct, frozen=True, kw_only=True):
    """How a venue is treated.

    Attributes:
        polls: open orders are polled; else the venue is only asked whether it is there.
        is_session: its coming and going are the session's; else they are alerts: the session is another's.
        pace: how often it is asked.
        bounds: of what waits, and how long a ban holds.
        apart: the first of several connections is for orders and cancels alone, so that no question delays them.
        wait_s: an order that could not leave for so long, seconds, stays here: nobody wants it minutes later, and the
            venue may have been asked in vain for it meanwhile. Keep it well below the fence of "unknown order".
        failures: so many in a row make it count as down,
        quiet_s: where it has answered nothing for so long, seconds.
        probe_s: the longest pause between two attempts to reach it, seconds.

    """

    polls: bool = True
    is_session: bool = True
    pace: Pace = Pace()
    bounds: Bounds = Bounds()
    apart: bool = False
    wait_s: float = 10.0
    failures: int = 3
    quiet_s: float = 1.0
    probe_s: float = 30.0


class Contact:
    """Polls on a thread of its own; every other method may be called from any thread."""

    def __init__(self, session: str, adapters: Sequence[Adapter], outlet: Outlet, habit: Habit) -> None:
        """Prepare; `start` starts it."""
        self._session = session
        self._outlet = outlet
        self._habit = habit
        self._standing = Standing(habit.failures, habit.quiet_s)
        self.hands = Hands(
            *(session, adapters, habit.bounds),
            apart=habit.apart,
            judge=self._judge,
            alert=self._alert,
        )
        self._keys = len(adapters)
        self._poller = Poller(session, self._turn)
        self._shown: dict[str, Told] = {}
        self._behind = True
        self._comparing = False
        self._more_polls = 0
        self._pause_s = _FIRST_PAUSE_S
        self._told = ""
        self._uncompared: str | None = None
        self._ending = False
        self._is_news = False
        self._greet_again_at = 0.0
        self._changing = threading.Lock()  # it goes and comes, and is told so, in one order

    @property
    def seen(self) -> Seen:
        """How the venue stands."""
        standing = self._standing
        return Seen(
            up=standing.up,
            reason=standing.reason,
            age_s=standing.age_s,
            poll_s=self._poller.interval_s,
            banned=self.hands.banned,
            keys_out=self.hands.out,
            comparing=standing.up and (self._behind or self._comparing),
            uncompared=self._uncompared,
        )

    def start(self) -> None:
        """Begin."""
        self.hands.start()
        self._poller.start()

    def resume(self) -> None:
        """Speak again to a venue that banned us."""
        self.hands.resume()
        self._poller.kick()

    def refresh(self) -> None:
        """Compare the orders there with ours once more, as soon as can be."""
        self._behind = True
        self._poller.kick()

    def expect(self) -> None:
        """Poll quickly from now on: something was sent."""
        if self._habit.polls and self._poller.interval_s > self._habit.pace.quick_s:
            self._poller.kick()

    def stop(self, within_s: float) -> bool:
        """Ask nothing more; tell whether what was under way ended in time."""
        self._ending = True
        until = time.monotonic() + within_s
        ended = [self.hands.stop(within_s), self._poller.stop(max(until - time.monotonic(), 0.1))]
        if self._habit.is_session:
            self._outlet.sink(SessionDown(session=self._session, reason="we stopped", expected=True))
        return all(ended)

    def show(
        self, question: Question, done: Callable[[bool], None] = lambda _well: None, key: int | None = None
    ) -> None:
        """Have a question asked, and put in what is new of its answers; `done` is told whether it was answered."""

        def work(adapter: Adapter) -> None:
            for told in question(adapter):
                self._show(told)
            done(True)  # noqa: FBT003

        self.hands.ask(Task(work=work, failed=lambda _error, _said: done(False)), key)  # noqa: FBT003

    # --- how it stands

    def _judge(self, error: VenueError | None) -> None:
        """Learn from how a task ended whether the venue can be reached."""
        keyless = isinstance(error, KeyTrouble) and self.hands.is_keyless
        if is_answer(error) and not keyless:
            self._standing.heard()
        if not keyless and (is_answer(error) or isinstance(error, KeyTrouble | KeySpent)):
            return
        with self._changing:
            self._failed(str(error), for_good=keyless or isinstance(error, VenueBanned))

    def _failed(self, reason: str, *, for_good: bool) -> None:
        news = self._standing.failed(reason, for_good=for_good)
        if self._ending:
            return
        if news:
            self._behind = True
            self._tell_down(reason, again=False)
            self._poller.kick()
        elif not self._standing.up and self._told != reason:
            self._tell_down(reason, again=True)

    def _tell_down(self, reason: str, *, again: bool) -> None:
        """Say why it is out; where it was out before, and only the reason is another, nobody is alarmed."""
        self._told = reason
        if self._habit.is_session:
            self._outlet.sink(SessionDown(session=self._session, reason=reason, expected=again))
        elif not again and self.hands.banned is None:  # people are told of a ban by itself
            self._alert("REST_DOWN", reason)

    def _tell_up(self) -> None:
        """Say that it can be reached, once that is so, and all keys were greeted: none that is of no use has work."""
        with self._changing:
            if not (self._is_news and self._standing.up):
                return
            self._is_news = False
            self._pause_s = _FIRST_PAUSE_S
            if self._habit.is_session:
                self._outlet.sink(SessionUp(session=self._session))
            else:
                _log.info("the venue can be reached over REST", session=self._session)

    def _alert(self, code: str, text: str) -> None:
        self._outlet.sink(Alert(code=code, text=text, session=self._session))

    # --- on the poller's thread

    def _turn(self) -> float:
        """Take one step, and say how long to wait for the next, seconds."""
        if not self._standing.up:
            self._shown.clear()
            self._greet_all(range(self._keys))
            if not self._standing.up:
                self._pause_s = min(self._pause_s * 2, self._habit.probe_s)
                return self._pause_s
        elif self.hands.out and time.monotonic() >= self._greet_again_at:
            self._greet_all([key for key in range(self._keys) if self.hands.is_out(key)])
        self._tell_up()
        if self._behind:
            self._comparing, self._behind = True, False
            self._behind = not self._ask_around(self._catch_up) or self._behind
            self._comparing = False
        else:
            self._ask_around(self._poll if self._habit.polls else self._greet)
        orders = self._outlet.open_orders() if self._habit.polls else ()
        return interval_s(orders, time.time_ns(), self._habit.pace)

    def _ask_around(self, first: Question) -> bool:
        """Ask, and poll at once for orders that had no turn; each a task, so that a cancel goes between.

        Returns:
            whether all of it was asked and answered.

        """
        self._more_polls = 0
        goes_on = self._wait_for(first)
        for _ in range(self._more_polls):
            goes_on = goes_on and not (self._ending or self._behind) and self._wait_for(self._poll)
        return goes_on

    def _wait_for(self, question: Question, key: int | None = None) -> bool:
        """Have a question asked, and wait for its end; tell whether it was answered."""
        ended = threading.Event()
        answered: list[bool] = []

        def done(well: bool) -> None:  # noqa: FBT001
            answered.append(well)
            ended.set()

        self.show(question, done, key)
        ended.wait()
        return answered[0]

    def _greet_all(self, keys: Iterable[int]) -> None:
        """Greet these keys, those that were left out as well."""
        for key in keys:
            self._wait_for(self._greet, key)
        self._greet_again_at = time.monotonic() + self._habit.probe_s

    def _greet(self, adapter: Adapter) -> Iterable[Told]:
        adapter.greet()
        self.hands.restore(adapter)
        with self._changing:
            if self.hands.banned is None:  # else it was asked before the ban, and proves nothing any more
                self._is_news = self._standing.came_up() or self._is_news
        return ()

    def _catch_up(self, adapter: Adapter) -> Iterable[Told]:
        try:
            yield from adapter.catch_up()
        except VenueError as error:
            if is_answer(error):
                self._is_uncompared(str(error))
            raise
        self._uncompared = None
        self._more_polls = adapter.more_polls

    def _is_uncompared(self, why: str) -> None:
        """Say once why the orders there are not compared with ours, which is tried again."""
        if why != self._uncompared:
            self._uncompared = why
            self._alert("NOT_COMPARED", f"its orders cannot be compared with ours: {why}")

    def _poll(self, adapter: Adapter) -> Iterable[Told]:
        orders = list(self._outlet.open_orders())
        kept = {order.cl_ord_id or order.order_id for order in orders}
        for gone in [name for name in self._shown if name not in kept]:
            self._shown.pop(gone, None)
        if not orders:
            self._greet(adapter)
        yield from adapter.poll(orders)  # without any, too: there may be some that nobody here knows
        self._more_polls = adapter.more_polls

    def _show(self, told: Told) -> None:
        """Put in how an order stands, unless that was put in before."""
        name = told.state.cl_ord_id or told.state.order_id or ""
        known = self._shown.get(name)
        if known is None or known.report != told.report:
            self._shown[name] = told
            self._outlet.sink(Received(session=self._session, raw=told.raw, report=told.report))
