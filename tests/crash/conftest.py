"""One `ferry dev` for all tests here that leave it running, ended after the last; a seed for each test, printed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.crash.chaos import new_seed
from tests.crash.server import Server
from tests.crash.stand import Stand


@pytest.fixture(scope="package")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """It is killed part by part and comes back; each test's load has conversations of its own."""
    made = Stand.start(tmp_path_factory.mktemp("crash"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Celery's, apart from the state."""
    made = Server(tmp_path_factory.mktemp("broker") / "valkey")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Ours."""
    made = Server(tmp_path_factory.mktemp("state") / "valkey")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def apart(tmp_path_factory: pytest.TempPathFactory, state: Server, broker: Server) -> Iterator[Stand]:
    """The same as `stand`, with those two."""
    made = Stand.wired(tmp_path_factory.mktemp("apart"), state, broker)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def seed() -> int:
    """FERRY_SEED=n repeats the moments of a run that printed it."""
    chosen = int(os.environ.get("FERRY_SEED") or new_seed())
    print(f"FERRY_SEED={chosen}")
    return chosen
