"""What all who speak to one host have in common: whether it banned us, and its clock."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from oms.app.config_parts import HttpSection
from oms.core.inputs import Alert
from oms.rest.apifiny.clock import VenueTime
from oms.rest.ban import HostBan


class Hosts:
    """One ban for each host, and one difference of clocks for each host and key."""

    def __init__(self, sink: Callable[[Any], None]) -> None:
        """Begin with none; `sink` takes alerts."""
        self._sink = sink
        self._bans: dict[str, HostBan] = {}
        self._clocks: dict[tuple[str, str], VenueTime] = {}

    def ban(self, url: str, section: HttpSection) -> HostBan:
        """Give the ban of the host of a URL; how long it holds is up to the session that named the host first."""
        host = urlsplit(url).netloc
        if host not in self._bans:
            self._bans[host] = HostBan(host, self._alert, section.resume_after_s)
        return self._bans[host]

    def clock(self, url: str, key_id: str) -> VenueTime:
        """Give what is known of the clock of the host of a URL, for those who use a key."""
        return self._clocks.setdefault((urlsplit(url).netloc, key_id), VenueTime())

    def lift(self, url: str) -> None:
        """Let all who speak to the host of a URL go on; a person's decision."""
        ban = self._bans.get(urlsplit(url).netloc)
        if ban is not None:
            ban.lift()

    def _alert(self, text: str) -> None:
        self._sink(Alert(code="VENUE_BANNED", text=text))
