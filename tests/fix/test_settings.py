"""What QuickFIX is told: the venue's document, our dictionary, and whom to trust."""

import os
from pathlib import Path
from typing import Any

import pytest

from oms.core.errors import ConfigError
from oms.fix.settings import engine_groups, session_id, session_settings, trusting_only
from tests.fix.desk import SECRET, config

PEM = "-----BEGIN CERTIFICATE-----\n"


def read(settings: Any, *keys: str) -> dict[str, str]:
    return {key: settings.get().getString(key) for key in keys}


def test_the_settings_are_those_of_the_document() -> None:
    main = config(1443, name="main", host="fix.api.apifiny.com", reconnect_s=5)
    settings = session_settings([main])
    documented = {
        "ConnectionType": "initiator",
        "StartTime": "00:00:00",
        "EndTime": "00:00:00",
        "ReconnectInterval": "5",
        "UseDataDictionary": "Y",
        "ResetOnLogon": "Y",
        "ResetOnLogout": "Y",
        "ResetOnDisconnect": "Y",
    }
    assert read(settings, *documented) == documented
    section = settings.get(session_id(main))
    assert section.getString("SocketConnectHost") == "fix.api.apifiny.com"
    assert (section.getInt("SocketConnectPort"), section.getInt("HeartBtInt")) == (1443, 30)
    assert Path(settings.get().getString("DataDictionary")).name == "FIX42-oms.xml"


def test_a_wrong_clock_logs_nobody_out() -> None:
    assert read(session_settings([config(1)]), "CheckLatency") == {"CheckLatency": "N"}


def test_sessions_share_an_engine_where_they_can(tmp_path: Path) -> None:
    one, two, slow = config(1), config(2), config(3, reconnect_s=9)
    a, b = (config(4, tls=True, ca_file=tmp_path / name) for name in "ab")
    plain_with_a_file = config(5, ca_file=tmp_path / "a")
    groups = engine_groups([one, slow, a, two, b, plain_with_a_file])
    assert groups == [[one, two, plain_with_a_file], [slow], [a], [b]]


def test_tls_reads_its_trust_where_quickfix_looks(tmp_path: Path) -> None:
    """In [SESSION] QuickFIX passes over it, and verifies nothing."""
    authority = tmp_path / "ca.pem"
    authority.write_text(PEM)
    settings = session_settings([config(1, tls=True, ca_file=authority)])
    assert read(settings, "CertificationAuthoritiesFile") == {"CertificationAuthoritiesFile": str(authority)}


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_tls_without_certificates_to_trust_is_refused(tmp_path: Path, content: str | None) -> None:
    authority = tmp_path / "ca.pem"
    if content is not None:
        authority.write_text(content)
    with pytest.raises(ConfigError, match=r"session main\d+: .*ca_file"):
        session_settings([config(1, tls=True, ca_file=authority)])
    with pytest.raises(ConfigError, match="tls needs ca_file"):
        session_settings([config(1, tls=True)])


def test_the_system_s_authorities_are_kept_out_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "system.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with trusting_only(tmp_path / "ca.pem"):
        assert os.environ["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
        assert not Path(os.environ["SSL_CERT_DIR"]).exists()
    assert os.environ["SSL_CERT_FILE"] == "system.pem"
    assert "SSL_CERT_DIR" not in os.environ
    with trusting_only(None):
        assert os.environ["SSL_CERT_FILE"] == "system.pem"


def test_no_configuration_shows_its_secret() -> None:
    shown = config(1)
    assert SECRET not in f"{shown} {shown!r} {shown.secret}"
    assert shown.secret.reveal() == SECRET
