"""The FIX sessions: QuickFIX runs them, and this hands over what they bring and sends what it is given.

Every callback is total and waits for nothing: an exception that escapes one would hang the session's thread while the
process lives on, and `onLogout` runs under the session's own lock. Nothing is sent inside `toApp`.
"""

import atexit
import threading
import time
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import Final, NoReturn

import quickfix as fix

from oms.core.errors import CommandError, ConfigError, VenueUnavailable
from oms.core.messages import Command
from oms.core.times import ns_to_fix
from oms.fix.encoder import encode
from oms.fix.engine_thread import EngineThread
from oms.fix.guard import Guard
from oms.fix.inputs import Alarm, Input, LoggedOn, LoggedOut, Received, ResendRefused
from oms.fix.log import LogFactory
from oms.fix.logon import logon_token
from oms.fix.looking_up import LookUp
from oms.fix.settings import BEGIN_STRING, SessionConfig, engine_groups, session_id, session_settings
from oms.fix.standing import SessionState, Standing, is_trouble
from oms.fix.text import SOH, field, masked, plain, shown
from oms.ports import Sent

_OF_ORDERS: Final = ("8", "9", "j")
_POSS_DUP: Final = f"{SOH}43=Y{SOH}"
_LAST_WISH_S: Final = 10.0  # to log out when nobody said for how long
_FLUSH_EVERY_S: Final = 0.25  # for lines that nobody acts on, as heartbeats


class _Session:
    """One endpoint as the callbacks see it."""

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self.id = session_id(config)
        self.standing = Standing(config.name, config.host, config.port)
        self.look_up = LookUp(config.host, self.standing.resolved)
        self.out: Sent | None = None  # what toApp saw of the message being sent
        self.begun: threading.Event | None = None  # of its engine


class Application(fix.Application):  # type: ignore[misc]  # QuickFIX has no types
    """What QuickFIX calls."""

    def __init__(
        self, sessions: dict[str, _Session], sink: Callable[[Input], None], last_in: Callable[[str], str]
    ) -> None:
        """Serve these sessions, by name; put everything into `sink`, which must not block.

        `last_in` gives the latest message of a session, whether or not QuickFIX lets it through.
        """
        super().__init__()
        self._sessions = sessions
        self._sink = sink
        self._last_in = last_in
        self._guard = Guard(sink)
        self._only = next(iter(sessions)) if len(sessions) == 1 else None  # asking QuickFIX takes time

    def onCreate(self, _id: "fix.SessionID") -> None:  # noqa: N802 - QuickFIX's names
        """Note nothing: the sessions are known."""

    def onLogon(self, session_id: "fix.SessionID") -> None:  # noqa: N802
        """Tell that a session is established."""
        with self._guard:
            session = self._of(session_id)
            now = time.time_ns()
            session.standing.logged_on(now)
            self._sink(LoggedOn(session.config.name, now))

    def onLogout(self, session_id: "fix.SessionID") -> None:  # noqa: N802
        """Tell that a session ended, or that the venue refused the logon and said why."""
        with self._guard:
            session = self._of(session_id)
            now = time.time_ns()
            tell, reason = session.standing.logged_out(now)
            if tell:
                self._sink(LoggedOut(session.config.name, now, reason))

    def toAdmin(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Sign each Logon; raise an alarm for each Reject of ours, because it lost a message, and for each gap."""
        with self._guard:
            text = message.toString()
            session = self._of(session_id)
            match field(text, "35"):
                case "A":
                    _sign(message, session.config)
                case "3":
                    self._lost(text, session)
                case "2":
                    told = f"messages from MsgSeqNum {field(text, '7')} on did not arrive; the venue is asked for them"
                    self._sink(Alarm(session.config.name, time.time_ns(), "GAP", told))
                case "5":
                    session.standing.we_said_logout(field(text, "58"))

    def fromAdmin(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Hand over a session Reject; keep what a Logout says, or the Reject of a Logon."""
        with self._guard:
            text = masked(plain(message.toString()))
            session = self._of(session_id)
            match field(text, "35"):
                case "3":
                    session.standing.they_rejected(field(text, "58"))
                    self._sink(Received(session.config.name, text, time.time_ns()))
                case "5":
                    session.standing.they_said_logout(field(text, "58"))

    def toApp(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Note under which number a request leaves; refuse to send an old one again.

        Raises:
            DoNotSend: QuickFIX wants to resend a request because the venue asked for it. Or this very callback failed:
                what is not on record does not leave.

        """
        leaves = False
        with self._guard:
            leaves = self._lets_out(message.toString(), self._of(session_id))
        if not leaves:
            raise fix.DoNotSend

    def fromApp(self, message: "fix.Message", session_id: "fix.SessionID") -> None:  # noqa: N802
        """Hand over an application message as text: the message itself dies with this call."""
        try:
            name = self._only or session_id.getSessionQualifier()
            self._sink(Received(name, plain(message.toString()), time.time_ns()))
        except BaseException as error:  # noqa: BLE001 - the callback boundary
            self._guard.failed(error)

    def _of(self, session_id: "fix.SessionID") -> _Session:
        return self._sessions[session_id.getSessionQualifier()]

    def _lets_out(self, text: str, session: _Session) -> bool:
        msg_type = field(text, "35")
        if msg_type == "j":  # QuickFIX's own; nothing here sends one
            self._lost(text, session)
        elif _POSS_DUP not in text:
            session.out = Sent(int(field(text, "34") or 0), plain(text))
        elif msg_type in ("D", "F", "G"):  # a status request may be asked twice
            self._sink(ResendRefused(session.config.name, plain(text), time.time_ns()))
            return False
        return True

    def _lost(self, reject: str, session: _Session) -> None:
        name, number = session.config.name, field(reject, "45")
        last = self._last_in(name)
        found = field(last, "34") == number
        lost = shown(last) if found else f"see MsgSeqNum {number} in the message log"
        told = f"QuickFIX rejected a message before the application saw it: {shown(reject)}; the message was: {lost}"
        raw = masked(plain(last)) if found and field(last, "35") in _OF_ORDERS else None
        self._sink(Alarm(name, time.time_ns(), "MESSAGE_LOST", told, raw))


class FixVenue:
    """The way out of one session; implements `oms.ports.Venue`."""

    def __init__(self, session: _Session, clock: Callable[[], int]) -> None:
        """Send by `session`; `clock` gives TransactTime, nanoseconds since the epoch."""
        self._session = session
        self._clock = clock

    def send(self, message: Command, *, order: int = 0, request: int = 0) -> Sent:  # noqa: ARG002 - FIX needs neither
        """Send one message; see `oms.ports.Venue.send`. What `toApp` saw counts as sent, whatever QuickFIX says then.

        Raises:
            VenueUnavailable: nothing left this machine.
            CommandError: a field is empty or holds a control character, which would break the message.

        """
        session = self._session
        found = fix.Session.lookupSession(session.id)
        if found is None or not found.isLoggedOn():
            self._stays_here("it is not logged on")
        wire = self._message(message)
        session.out = None
        try:
            fix.Session.sendToTarget(wire, session.id)
        except (fix.FIXException, RuntimeError) as error:
            if session.out is None:
                self._stays_here(f"QuickFIX failed, {type(error).__name__} {error}")
        if session.out is None:
            self._stays_here("it logged out just now")
        return session.out

    def _stays_here(self, why: str) -> NoReturn:
        state = self._session.standing.state
        last = f" ({state.last_error})" if state.last_error else ""
        told = f"session {state.name}: {why}{last}; nothing was sent"
        raise VenueUnavailable(told)

    def _message(self, message: Command) -> "fix.Message":
        config = self._session.config
        body = ""
        for tag, value in encode(
            message, ns_to_fix(self._clock()), cash_order_qty_tag=config.cash_order_qty_tag
        ):
            if not value or not value.isprintable():
                wrong = f"holds a character that cannot be sent: {value!r}" if value else "is empty"
                told = f"session {config.name}: field {tag} {wrong}; nothing was sent"
                raise CommandError(told)
            body += f"{tag}={value}{SOH}"
        unchecked = f"8={BEGIN_STRING}{SOH}9={len(body.encode())}{SOH}{body}10=000{SOH}"
        return fix.Message(unchecked, False)  # noqa: FBT003 - whether to check what QuickFIX writes itself


class Initiator:
    """All configured sessions, on as many QuickFIX engines as they need (see `engine_groups`): most often one."""

    def __init__(
        self,
        configs: Iterable[SessionConfig],
        *,
        sink: Callable[[Input], None],
        log_dir: Path,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Prepare the sessions; nothing connects yet.

        Args:
            configs: one for each endpoint, with names of their own.
            sink: gets everything the sessions bring; called on QuickFIX's threads, must not block.
            log_dir: where the FIX logs go.
            clock: the machine's clock, nanoseconds since the epoch: TransactTime comes from it.

        Raises:
            ConfigError: the sessions cannot be set up like this.

        """
        self._sessions = {config.name: _Session(config) for config in configs}
        self._sink = sink
        self._guard = Guard(sink)
        self._clock = clock
        self._engine_trouble: str | None = None
        self._store = fix.MemoryStoreFactory()  # a store on disk would keep the Logon's token in clear
        try:
            self._logs = LogFactory(log_dir, self._on_event, self._on_log_error)
        except OSError as error:
            told = f"fix.log_dir: cannot make {log_dir}: {error.strerror}"
            raise ConfigError(told) from error
        self._application = Application(self._sessions, sink, self._logs.last_in)
        self._engines: list[EngineThread] = []
        for group in engine_groups(session.config for session in self._sessions.values()):
            engine = self._engine(group)
            self._engines.append(engine)
            for config in group:
                self._sessions[config.name].begun = engine.begun
        self._stopping = threading.Event()
        self._stoppers: list[threading.Thread] = []

    def _engine(self, group: list[SessionConfig]) -> EngineThread:
        settings, tls = session_settings(group), group[0].tls
        kind = fix.SSLSocketInitiator if tls else fix.SocketInitiator
        try:
            engine = kind(self._application, self._store, settings, self._logs)  # it keeps its settings alive
        except (fix.ConfigError, fix.RuntimeError) as error:
            hint = (
                "; is it built with TLS? OpenSSL's headers must be there when it is compiled" if tls else ""
            )
            told = f"QuickFIX refuses the sessions: {error}{hint}"
            raise ConfigError(told) from error
        return EngineThread(engine, group[0].ca_file if tls else None)

    def start(self) -> None:
        """Connect, and go on trying for ever.

        Raises:
            ConfigError: QuickFIX cannot start.

        """
        atexit.register(self.stop, _LAST_WISH_S)  # Python must not end while QuickFIX still calls it
        try:
            for engine in self._engines:
                engine.start()
        except ConfigError:
            self.stop(_LAST_WISH_S)
            raise
        threading.Thread(target=self._keep_flushing, name="fix-log", daemon=True).start()

    def stop(self, timeout_s: float) -> bool:
        """Log out and disconnect; tell whether it is done within the time. A second call waits for the first's work."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._stoppers = [threading.Thread(target=engine.stop, daemon=True) for engine in self._engines]
            for thread in self._stoppers:
                thread.start()
        deadline = time.monotonic() + timeout_s
        for thread in self._stoppers:
            thread.join(max(deadline - time.monotonic(), 0))
        self.flush()
        return not any(thread.is_alive() for thread in self._stoppers)

    def flush(self) -> None:
        """Write the FIX logs up to now; called before what the sessions brought is acted on."""
        self._logs.flush()

    def _keep_flushing(self) -> None:
        while not self._stopping.wait(_FLUSH_EVERY_S):
            self.flush()

    def venue(self, name: str) -> FixVenue:
        """Give the way out of a session."""
        return FixVenue(self._sessions[name], self._clock)

    def sessions(self) -> list[SessionState]:
        """Describe the sessions as they are now."""
        return [copy(session.standing.state) for session in self._sessions.values()]

    def _on_event(self, name: str | None, text: str) -> None:
        with self._guard:
            session = self._sessions.get(name or "")
            if session is None:
                if is_trouble(text):  # a failure of TLS; the disconnection of its session is noted next
                    self._engine_trouble = f"{text}; does its certificate come from an authority in ca_file?"
                return
            if session.begun is not None and text.startswith("Connecting to "):
                session.begun.set()
            session.standing.noted(text, self._engine_trouble)
            self._engine_trouble = None
            if text.startswith("Connecting to "):
                session.look_up.begin()
            if text.startswith("Invalid message"):  # FIX has it ignored: the next one shows the gap
                told = f"QuickFIX ignored what came: {text}: {shown(self._logs.last_in(session.config.name))}"
                self._sink(Alarm(session.config.name, time.time_ns(), "MESSAGE_GARBLED", told))

    def _on_log_error(self, name: str | None, text: str) -> None:
        with self._guard:
            self._sink(Alarm(name, time.time_ns(), "LOG_NOT_WRITTEN", text))


def _sign(message: "fix.Message", config: SessionConfig) -> None:
    token = logon_token(
        account=config.account,
        key_id=config.key_id,
        secret=config.secret,
        method=config.jwt_method,
        digest_param=config.jwt_digest_param or config.account,
        lifetime_s=config.jwt_lifetime_s,
        now_s=time.time() + config.clock_ahead_s(),
    )
    message.setField(95, str(len(token)))
    message.setField(96, token)
