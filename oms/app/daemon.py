"""The composition root: journal, engine, FIX sessions and API put together, started, and stopped in order."""

import contextlib
import gc
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import structlog
import uvicorn
from msgspec.structs import replace

from oms.app import reference_side, wiring
from oms.app.api import create_app
from oms.app.clock import Clock
from oms.app.config import Config
from oms.app.hosts import Hosts
from oms.app.keeper import Keeper
from oms.app.loop import Loop
from oms.app.recovery import READ_ALL_THE_SAME, recover
from oms.app.reference_side import ReferenceSide, completed
from oms.app.reference_views import figures
from oms.app.rest_side import RestSide
from oms.app.second_look import SecondLook
from oms.app.session_view import session_object, sweep_object
from oms.app.tokens import Tokens
from oms.app.wiring_rest import Around
from oms.core.errors import JournalError
from oms.core.inputs import (
    Alert,
    Answer,
    Input,
    Instruction,
    Received,
    ResendRefused,
    SessionDown,
    SessionUp,
)
from oms.core.messages import Other
from oms.engine import Engine
from oms.fix import inputs as fix_in
from oms.fix.codec import decode
from oms.fix.dialects import DIALECTS, Dialect
from oms.fix.initiator import Initiator
from oms.fix.settings import SessionConfig
from oms.fix.text import field, fields_of
from oms.journal.archive import Archive
from oms.journal.sqlite import SqliteJournal

if TYPE_CHECKING:
    from concurrent.futures import Future

EXIT_OK: Final = 0
EXIT_FATAL: Final = 1
STOP_TIMEOUT_S: Final = 20.0
GC_THRESHOLDS: Final = (50_000, 20, 20)
SWITCH_INTERVAL_S: Final = (
    0.0005  # another busy thread delays a FIX message by about this, ten times less than usual
)
log = structlog.get_logger("oms")


class Daemon:
    """Implements `oms.app.desk.Desk` on top of the loop."""

    def __init__(self, config: Config) -> None:
        """Open the journal, recover the state, prepare the sessions; nothing leaves yet.

        Raises:
            ConfigError: the configuration cannot be used.
            JournalError: the journal is damaged, or another daemon has it.

        """
        self.config = config
        self._dialects = {session.name: DIALECTS[session.dialect] for session in config.fix_sessions}
        self.clock = Clock()
        tokens = Tokens.load(config.under(config.api.tokens_file))
        self._api_socket = wiring.listen(config)
        self.journal = SqliteJournal(config.under(config.journal.path))
        self._unread = False
        self._second_look = SecondLook(self.journal.path, self._damaged)
        self.keeper = self._recovered()
        self.initiator = Initiator(
            [self._in_step(wiring.fix_session(config, session)) for session in config.fix_sessions],
            sink=self._put,
            log_dir=config.under(config.fix.log_dir),
        )
        hosts = Hosts(self._put)
        self.rest = RestSide(
            Around(
                config=config,
                sink=self._put,
                orders=lambda: self.published,
                submit=self.submit,
                nonces=lambda session: self.keeper.engine.blotter.book(session).nonces,
                hosts=hosts,
            ),
        )
        venues = self.rest.venues(self.initiator.venue, config.fix_sessions)
        self.loop = Loop(
            *(self.keeper.engine, self.journal, venues, self.clock, self._translate),
            flush=self.initiator.flush,
            keeper=self.keeper,
        )
        self.published = self.loop.published
        self.reference = ReferenceSide(config, self._around(), hosts, self.rest.gatherers)
        app = create_app(self, tokens, reference=self.reference)
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        self._api_thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._api_socket]}, name="api", daemon=True
        )
        self._stopping = threading.Event()

    def _recovered(self) -> Keeper:
        """Recover the state from the journal, or sooner."""
        config = self.config
        routes = [completed(config, session, wiring.route(config, session)) for session in config.session]
        timing = wiring.timing(config.timing)
        keeping = wiring.keeping(config.journal)
        archive = Archive(self.journal.path)
        found = recover(lambda: Engine(routes, timing), self.journal, archive, keeping)
        open_orders = sum(len(book.open) for book in found.engine.blotter.books.values())
        log.info(
            "recovered",
            records=self.journal.head[0],
            orders=found.engine.blotter.last_order,
            open=open_orders,
            snapshot=found.snapshot or None,
        )
        self._unread = found.snapshot > READ_ALL_THE_SAME
        return Keeper(found.engine, found.residents, archive, keeping)

    def _around(self) -> reference_side.Around:
        return reference_side.Around(
            sink=self.loop.put,
            positions=lambda: self.published.positions,
            sessions=lambda: self.loop.sessions,
            orders=self.published.in_memory,
            under_way=lambda name: name in self.loop.asking or self.rest.is_comparing(name),
            look_at=self.rest.look_at,
            now_ns=self.clock,
        )

    def _in_step(self, session: SessionConfig) -> SessionConfig:
        """Let a session sign by the venue's clock, once that is known."""
        return replace(session, clock_ahead_s=lambda: self.reference.clock_ahead_s(session.account))

    # --- running

    def run(self, ready: Callable[[str], None]) -> int:
        """Trade until a signal or a fatal error; returns the exit code.

        Args:
            ready: called with the API's URL when the daemon takes orders.

        """
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.freeze()  # what was recovered stays; looking through it again and again would cost every new event
        gc.set_threshold(*GC_THRESHOLDS)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self.loop.start(on_end=self._stopping.set)
        self.initiator.start()
        self.rest.start()
        self.reference.start()
        self._api_thread.start()
        host, port = self._api_socket.getsockname()[:2]
        log.info(
            "ready", api=f"http://{host}:{port}", sessions=[session.name for session in self.config.session]
        )
        ready(f"http://{host}:{port}")
        if self._unread:
            self._second_look.start()
        self._stopping.wait()
        return self._stop()

    def _stop(self) -> int:
        """Send nothing more, log out of FIX, commit what waits, close; in that order, each bounded."""
        failure = self.loop.failure
        self._second_look.stop()
        log.info("stopping", because="of a failure" if failure else "a signal")
        self._server.should_exit = True
        self.rest.stop(STOP_TIMEOUT_S)
        self.reference.stop(STOP_TIMEOUT_S)
        self.initiator.stop(STOP_TIMEOUT_S)
        self.loop.stop(STOP_TIMEOUT_S)
        self._api_thread.join(STOP_TIMEOUT_S)
        with contextlib.suppress(JournalError):
            self.journal.close()
        failure = failure or self.loop.failure
        log.info("stopped", failure=str(failure) if failure else None)
        return EXIT_FATAL if failure else EXIT_OK

    def _damaged(self, told: str) -> None:
        self.loop.fail(JournalError(f"the journal is damaged: {told}"))

    # --- what comes from the venues

    def _put(self, item: "fix_in.Input | Input | Alert") -> None:
        self.loop.put(item)
        if isinstance(item, fix_in.LoggedOn):
            self.rest.refresh(item.session)

    def _translate(self, item: Any) -> "Input | Alert":  # noqa: ANN401 - whatever was put into the loop
        """Turn what the FIX side puts in into the engine's words; runs on the engine's thread."""
        match item:
            case fix_in.Received():
                return Received(
                    session=item.session,
                    raw=item.raw,
                    report=_decoded(item.raw, self._dialects[item.session]),
                )
            case fix_in.LoggedOn():
                return SessionUp(session=item.session)
            case fix_in.LoggedOut():
                expected = self._stopping.is_set()
                reason = "we logged out" if expected else item.reason
                return SessionDown(session=item.session, reason=reason, expected=expected)
            case fix_in.ResendRefused():
                cl_ord_id = field(item.raw, "11") or ""
                return ResendRefused(session=item.session, raw=item.raw, cl_ord_id=cl_ord_id)
            case fix_in.Alarm(raw=str(raw), session=str(session)):  # what it says counts all the same
                log.warning(item.text, code=item.code, session=session)
                return Received(session=session, raw=raw, report=_decoded(raw, self._dialects[session]))
            case fix_in.Alarm():
                return Alert(code=item.code, text=item.text, session=item.session)
        message: Input = item
        return message

    # --- what the API asks

    def submit(self, instruction: Instruction) -> "Future[Answer]":
        """See `Desk.submit`."""
        self.rest.heed(instruction)
        future = self.loop.submit(instruction)
        self.reference.heed(instruction, future)
        return future

    def sessions(self) -> list[dict[str, Any]]:
        """See `Desk.sessions`."""
        now = self.clock()
        states = {state.name: state for state in self.initiator.sessions()}
        return [
            {
                **session_object(
                    session,
                    self.loop.sessions.get(session.name, {}),
                    fix=states.get(session.name),
                    rest=self.rest.seen(session.name),
                    now=now,
                ),
                "under_way": session.name in self.loop.asking or self.rest.is_comparing(session.name),
                **sweep_object(session.name, self.loop.sweeping, self.loop.swept),
            }
            for session in self.config.session
        ]

    def readiness(self) -> list[str]:
        """See `Desk.readiness`."""
        if self.loop.failure is not None:
            return [f"the engine stopped: {self.loop.failure}"]
        if self._stopping.is_set():
            return ["the daemon is stopping"]
        stranded = self.loop.stranded()
        if stranded:
            return [f"open orders of sessions that are not configured: {', '.join(stranded)}"]
        sessions = self.sessions()
        return [
            f"session {session['name']} is not logged on: {session['reason'] or 'no logon yet'}"
            for session in sessions
            if not session["logged_on"]
        ] + [
            f"session {session['name']} takes no new orders until a person resumes it: {session['halted']}"
            for session in sessions
            if session["halted"]
        ]

    def figures(self) -> dict[str, float]:
        """See `Desk.figures`."""
        counts = self.loop.counts
        return {
            "oms_orders_open": self.loop.open_orders,
            "oms_orders_in_doubt": len(self.loop.in_doubt),
            "oms_sessions_logged_on": sum(1 for session in self.sessions() if session["logged_on"]),
            "oms_journal_records_total": self.journal.head[0],
            "oms_commits_total": counts["batches"],
            "oms_anomalies_total": counts["anomalies"],
            "oms_alerts_total": counts["alerts"],
            "oms_clock_ahead_seconds": self.clock.ahead_ns / 1e9,
            **figures(self.reference.facts, self.reference.movements(), self.clock()),
        }


def _decoded(raw: str, dialect: Dialect) -> Any:  # noqa: ANN401 - a report; our own words do not come back
    try:
        return decode(fields_of(raw), dialect)
    except ValueError:
        return Other(msg_type="")
