"""Every kind of session that is spoken to over REST alone: how the engine sees it, and what makes its venue.

A new kind needs a section in `config_session`, and here its route and its maker (spec/venues/adding.md).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from oms.app import wiring_marked, wiring_rest
from oms.app.config import ApifinyRestSection, Config, Session
from oms.app.config_marked import CloudSection, WeexSection
from oms.core.work import Route

ROUTES: Final[Mapping[type[Session], Callable[[Config, Any], Route]]] = {
    ApifinyRestSection: wiring_rest.apifiny_route,
    WeexSection: wiring_marked.weex_route,
    CloudSection: wiring_marked.cloud_route,
}
MAKERS: Final[Mapping[type[Session], Callable[[wiring_rest.Around, Any], wiring_rest.Made]]] = {
    ApifinyRestSection: wiring_rest.apifiny,
    WeexSection: wiring_marked.weex,
    CloudSection: wiring_marked.cloud,
}
