"""TLS: who is let in, and who is not."""

import shutil
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import quickfix as fix

from oms.core.errors import ConfigError
from oms.fix.inputs import LoggedOn
from tests.fix.desk import Desk, config, new_order
from tests.fix.peer import Peer

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl here to make certificates with"
)


def certificate(folder: Path, name: str) -> Path:
    """Make a key and a certificate that signs itself, in one file."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert


@pytest.fixture
def with_tls(tmp_path: Path) -> None:
    """Skip where QuickFIX was built without TLS."""
    try:
        Desk(tmp_path, config(1, tls=True, ca_file=certificate(tmp_path, "probe")))
    except ConfigError as error:
        if "HAVE_SSL" not in str(error):
            raise
        pytest.skip("this quickfix is built without TLS")


def server(cert: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert.with_suffix(".key"))
    return context


def test_a_venue_that_is_trusted_is_logged_on_to(tmp_path: Path, with_tls: None) -> None:
    cert = certificate(tmp_path, "venue")
    with (
        Peer(server(cert)) as peer,
        Desk(tmp_path, config(peer.port, tls=True, ca_file=cert)) as desk,
        peer.accept() as connection,
    ):
        assert isinstance(connection.socket, ssl.SSLSocket)
        assert connection.socket.version() == "TLSv1.3"
        connection.log_on()
        desk.next(LoggedOn)
        desk.venue.send(new_order())
        assert connection.receive("D")[55] == "BTCUSDT"


def test_damaged_certificates_are_told_at_the_start(tmp_path: Path, with_tls: None) -> None:
    damaged = tmp_path / "ca.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    with Peer() as peer:
        desk = Desk(tmp_path, config(peer.port), config(peer.port, tls=True, ca_file=damaged))
        with pytest.raises(ConfigError, match=r"QuickFIX cannot start: .*certificates in .*ca\.pem"):
            desk.initiator.start()
        assert desk.initiator.stop(0.0)


@pytest.mark.parametrize("system_trusts", [False, True])
def test_nobody_else_gets_a_token(
    tmp_path: Path, with_tls: None, monkeypatch: pytest.MonkeyPatch, system_trusts: bool
) -> None:
    """QuickFIX compares no host names: what the system trusts must not do, or any public certificate would."""
    ours, other = certificate(tmp_path, "venue"), certificate(tmp_path, "other")
    if system_trusts:
        monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with Peer(server(other)) as peer, Desk(tmp_path, config(peer.port, tls=True, ca_file=ours)) as desk:
        with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
            peer.accept().receive()
        deadline = time.monotonic() + 10
        while "ca_file" not in (desk.state.last_error or "") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert "ca_file" in (desk.state.last_error or "")
        assert desk.inputs.empty()
    assert not (desk.folder / f"{desk.configs[0].name}.messages.log").exists()  # no Logon was ever written


def test_a_quickfix_without_tls_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def built_without(*_: Any) -> None:
        raise fix.ConfigError("HAVE_SSL not enabled")  # noqa: EM101, TRY003 - as its stub does

    monkeypatch.setattr(fix, "SSLSocketInitiator", built_without)
    with pytest.raises(ConfigError, match="QuickFIX refuses the sessions: .*; is it built with TLS?"):
        Desk(tmp_path, config(1, tls=True, ca_file=certificate(tmp_path, "venue")))
