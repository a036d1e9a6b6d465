"""Everything that is spoken to over REST: sessions of their own, and the REST keys of FIX sessions."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from oms.app import wiring_rest
from oms.app.config import Session, SessionSection
from oms.app.wiring_kinds import MAKERS
from oms.core.errors import VenueUnavailable
from oms.core.inputs import Instruction, Reconcile, Resume
from oms.core.messages import CancelOrder, Command, StatusRequest
from oms.ports import Sent, Venue
from oms.rest.standing import Seen

if TYPE_CHECKING:
    from oms.rest.feed import Feed
    from oms.rest.gathering import Gatherer
    from oms.rest.venue import RestVenue

_log = structlog.get_logger("oms")


class RestSide:
    """Starts and stops them together. `seen`, `resume` and `refresh` may be called from any thread.

    Attributes:
        gatherers: what asks for accounts besides orders and shares something with the venue, by session.

    """

    def __init__(self, around: wiring_rest.Around) -> None:
        """Prepare every one that is configured; nothing leaves yet.

        Raises:
            ConfigError: a secret is not there.

        """
        self._hosts = around.hosts
        self._urls = {each.name: _url(each) for each in around.config.session}
        self._venues: dict[str, RestVenue] = {}
        self._feeds: dict[str, Feed] = {}
        self.gatherers: dict[str, Gatherer] = {}
        for session in around.config.session:
            if not isinstance(session, SessionSection):
                made = MAKERS[type(session)](around, session)
                self._venues[session.name] = made.venue
                if made.feed is not None:
                    self._feeds[session.name] = made.feed
                if made.gatherer is not None:
                    self.gatherers[session.name] = made.gatherer
            elif session.rest is not None:
                self._venues[session.name] = wiring_rest.apifiny_beside_fix(around, session, session.rest)

    def venues(self, of_fix: Callable[[str], Venue], sessions: list[SessionSection]) -> dict[str, Venue]:
        """Give the ways out by session: FIX, helped by REST where there are keys, and REST alone.

        Args:
            of_fix: gives the way of a FIX session.
            sessions: the FIX sessions.

        """
        ways: dict[str, Venue] = dict(self._venues)
        for session in sessions:
            way = of_fix(session.name)
            rest = self._venues.get(session.name)
            if rest is None or session.rest is None:
                ways[session.name] = way
            else:
                ways[session.name] = Helped(way, rest, cancels=session.rest.cancel_over_rest)
        return ways

    def start(self) -> None:
        """Reach all venues."""
        for venue in self._venues.values():
            venue.start()
        for feed in self._feeds.values():
            feed.start()

    def stop(self, within_s: float) -> None:
        """Send nothing more, and wait for what is under way; all together no longer than that."""
        until = time.monotonic() + within_s
        parts: dict[str, Feed | RestVenue] = {
            **{f"{feed.name} of {session}": feed for session, feed in self._feeds.items()},
            **self._venues,
        }
        late = [name for name, part in parts.items() if not part.stop(max(until - time.monotonic(), 0.0))]
        if late:
            _log.warning("still under way at the end", venues=late)

    def seen(self, session: str) -> Seen | None:
        """Say how a venue stands over REST; None where it has no REST keys."""
        venue = self._venues.get(session)
        return None if venue is None else venue.seen

    def look_at(self, session: str, message: StatusRequest) -> bool:
        """Have an order shown, with its fills and fees; tells whether the venue can be asked."""
        venue = self._venues.get(session)
        if venue is None or not venue.seen.up:
            return False
        venue.look_at(message)
        return True

    def resume(self, session: str) -> None:
        """Speak again to a venue that banned us, by every way to its host."""
        if (url := self._urls.get(session)) is not None:
            self._hosts.lift(url)
        if session in self._venues:
            self._venues[session].resume()
        if session in self._feeds:
            self._feeds[session].resume()

    def refresh(self, session: str) -> None:
        """Compare the orders there with ours: messages of the session may have been missed."""
        if session in self._venues:
            self._venues[session].refresh()

    def heed(self, instruction: Instruction) -> None:
        """Do the part of an instruction that is not the engine's."""
        match instruction:
            case Resume():
                self.resume(instruction.session)
            case Reconcile():  # the engine asks for the orders that it knows; others may be open there
                for name in self._venues if instruction.session is None else (instruction.session,):
                    self.refresh(name)

    def is_comparing(self, session: str) -> bool:
        """Whether that has not ended yet."""
        seen = self.seen(session)
        return seen is not None and seen.comparing


def _url(session: Session) -> str | None:
    if isinstance(session, SessionSection):
        return session.rest.url if session.rest is not None else None
    return session.url


class Helped:
    """Implements `oms.ports.Venue`: a FIX session whose account has REST keys too.

    Questions go over REST while that can be reached: the answer states CumQty and lists the fills, which no report of
    Apifiny's does; but over FIX about an order whose OrderID nobody has told: later reports name nothing else, and REST
    does not know it. Cancels leave over REST while FIX is down, where that is configured.
    """

    def __init__(self, fix: Venue, rest: "RestVenue", *, cancels: bool) -> None:
        """Send by `fix`, ask by `rest`."""
        self._fix = fix
        self._rest = rest
        self._cancels = cancels

    def send(self, message: Command, *, order: int, request: int) -> Sent | None:
        """See `oms.ports.Venue.send`.

        Raises:
            VenueUnavailable: nothing left.

        """
        if isinstance(message, StatusRequest) and message.order_id is not None and self._rest.seen.up:
            self._rest.send(message, order=order, request=request)
            return None
        try:
            return self._fix.send(message, order=order, request=request)
        except VenueUnavailable:
            if not self._cancels or not isinstance(message, CancelOrder):
                raise
        self._rest.send(message, order=order, request=request)
        return None
