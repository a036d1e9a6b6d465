"""The simulated WEEX as a process, without faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rest.weex.marked import CREDENTIALS
from tests.rest.weex.simulated import Simulator


@pytest.fixture
def simulator(record: Path) -> Iterator[Simulator]:
    """Run it, with its record."""
    with Simulator("weex", *CREDENTIALS, "--cache", "off", "--record", str(record)) as running:
        yield running
