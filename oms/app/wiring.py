"""From the configuration to what the parts are made of."""

import socket

from oms.app.config import (
    Config,
    JournalSection,
    Session,
    SessionSection,
    TimingSection,
    seconds,
    secret_of,
)
from oms.app.keeper import Keeping
from oms.app.limits import limits
from oms.app.wiring_kinds import ROUTES
from oms.core.doubt import Timing
from oms.core.errors import ConfigError
from oms.core.ids import account_digits
from oms.core.secret import Secret
from oms.core.values import External
from oms.engine import Route
from oms.fix.dialects import DIALECTS
from oms.fix.settings import SessionConfig


def listen(config: Config) -> socket.socket:
    """Bind the API's address before anything else is touched, so that a second daemon ends here at the latest."""
    family = socket.AF_INET6 if ":" in config.api.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.api.host, config.api.port))
    except OSError as error:
        message = (
            f"{config.path}: api.port: cannot listen on {config.api.host}:{config.api.port}: {error.strerror};"
            " another daemon may be running, or name another port"
        )
        raise ConfigError(message) from error
    listener.listen(128)
    return listener


def timing(section: TimingSection) -> Timing:
    """Turn seconds into the nanoseconds of the engine."""
    return Timing(
        ack_timeout_ns=seconds(section.ack_timeout_s),
        fence_ns=seconds(section.unknown_order_fence_s),
        ask_again_ns=seconds(section.ask_again_s),
        ask_again_most_ns=seconds(section.ask_again_most_s),
        question_pause_ns=seconds(section.question_pause_s),
        round_timeout_ns=seconds(section.round_timeout_s),
        wait_after_logon=section.wait_after_logon,
        reconcile_ns=seconds(section.reconcile_s),
        replace_within_ns=seconds(section.replace_within_s),
        late_ns=seconds(section.late_fill_s),
        infer_ns=seconds(section.infer_fills_after_s),
    )


def keeping(section: JournalSection) -> Keeping:
    """Say how much stays in memory, and how often a snapshot is written."""
    return Keeping(
        finished_orders=section.finished_in_memory,
        snapshot_records=section.snapshot_records,
        snapshot_s=section.snapshot_s,
    )


def route(config: Config, session: Session) -> Route:
    """Say how the engine sees a session."""
    if not isinstance(session, SessionSection):
        return ROUTES[type(session)](config, session)
    dialect = DIALECTS[session.dialect]
    states_total = dialect.has_replace if session.reports_cum_qty is None else session.reports_cum_qty
    return Route(
        session=session.name,
        account=session.account,
        id_prefix=account_digits(session.account),
        cancel_repeats_id=dialect.cancel_repeats_id,
        cancel_before_ack=not dialect.ambiguous_reject,
        has_replace=dialect.has_replace,
        proves_cum_qty=session.rest is not None or states_total,
        cancel_by_rest=session.rest is not None and session.rest.cancel_over_rest,
        external=External(session.external_orders),
        limits=limits(session.limits or config.limits, dialect),
    )


def fix_session(config: Config, session: SessionSection) -> SessionConfig:
    """Say how QuickFIX sees a session; its secret is fetched here."""
    return SessionConfig(
        name=session.name,
        host=session.host,
        port=session.port,
        sender_comp_id=session.account,
        target_comp_id=session.target_comp_id,
        tls=session.tls,
        ca_file=config.under(session.ca_file) if session.ca_file else None,
        heartbeat_s=session.heartbeat_s,
        reconnect_s=session.reconnect_s,
        dialect=session.dialect,
        account=session.account,
        key_id=session.key_id,
        secret=Secret(secret_of(config, session, session.name)),
        jwt_method=session.jwt_method,
        jwt_digest_param=session.jwt_digest_param,
        jwt_lifetime_s=session.jwt_lifetime_s,
        cash_order_qty_tag=session.cash_order_qty_tag,
    )
