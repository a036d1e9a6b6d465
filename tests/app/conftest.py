"""A desk behind its API, and the command line that speaks to it."""

import os
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from oms.app.cli_commands import app
from tests.app.fake_desk import TOKENS, FakeDesk, serving


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def url(desk: FakeDesk) -> Iterator[str]:
    with serving(desk) as url:
        yield url


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OMS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def oms(url: str, environment: None) -> Callable[..., Result]:
    """Run a line, with further arguments that may hold spaces, and variables of the environment."""

    def run(line: str, *more: str, **variables: str) -> Result:
        known = {"OMS_API": url, "OMS_TOKEN": TOKENS["both"], **variables}
        return CliRunner().invoke(app, [*line.split(), *more], env=known)

    return run
