"""What people ask a venue about besides what the daemon asks by itself: each question once, in its turn."""

from collections import deque
from concurrent.futures import Future
from typing import Any, Final

from oms.core.errors import VenueError, VenueUnavailable
from oms.rest.gathering import Inquirer, Inquiry, Rows
from oms.rest.worker import VenueBanned

MOST_WAITING: Final = 16


class Inquiries:
    """Questions wait here for the thread that speaks to the venue; `put` may be called from any thread."""

    def __init__(self, gatherer: Any) -> None:  # noqa: ANN401 - whatever it is, it may be one that can be asked
        """Ask by `gatherer`, where it is an `Inquirer`."""
        self._inquirer = gatherer if isinstance(gatherer, Inquirer) else None
        self._waiting: deque[tuple[Inquiry, Future[Rows]]] = deque()

    def put(self, inquiry: Inquiry) -> "Future[Rows] | None":
        """Have something asked; the future gives the answer, or the VenueError that came instead. None: impossible."""
        if self._inquirer is None:
            return None
        future: Future[Rows] = Future()
        if len(self._waiting) >= MOST_WAITING:
            told = f"{MOST_WAITING} questions wait already, nothing was sent; ask again in a while"
            future.set_exception(VenueUnavailable(told))
        else:
            self._waiting.append((inquiry, future))
        return future

    def answer_one(self, banned: str | None) -> VenueBanned | None:
        """Ask the venue the next question, if there is one; of a venue that `banned` us nothing. Gives a ban."""
        if not self._waiting or self._inquirer is None:
            return None
        inquiry, future = self._waiting.popleft()
        if not future.set_running_or_notify_cancel():
            return None  # nobody waits for it any more
        if banned is not None:
            told = f"the venue is left alone, nothing was sent: {banned}"
            future.set_exception(VenueUnavailable(told))
            return None
        try:
            future.set_result(self._inquirer.inquire(inquiry))
        except VenueError as error:
            future.set_exception(error)
            return error if isinstance(error, VenueBanned) else None
        except Exception as error:  # noqa: BLE001 - a boundary: whoever asked is told
            future.set_exception(error)
        return None

    @property
    def waiting(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)
