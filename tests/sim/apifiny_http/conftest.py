"""One simulated venue for all tests that leave no trace that others mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sim.apifiny_http.document_client import Rest, Venue

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def venue() -> Iterator[Venue]:
    with Venue("--md-interval-s", "0", "--withdraw-address", "3NxwenaOutside", fix=True) as running:
        yield running
        assert running.stop() == (0, "", "")


@pytest.fixture
def rest(venue: Venue) -> Rest:
    return venue.client()


@pytest.fixture
def other(venue: Venue) -> Rest:
    return venue.other()
