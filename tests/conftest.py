"""What every test may ask for: `--long`, and a real Valkey, empty at the start of each test."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client

from worker import valkey

CRASH = "tests/crash/"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds our one option."""
    parser.addoption(
        "--long", action="store_true", help="the long versions of crash and simulation tests, and `slow` ones"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests wait for --long.  Where processes share the tests, those that kill begin: they take longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(CRASH))
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: pytest --long"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`: a file is one process', for what its tests have in common; all of tests/crash is, for its stands."""
    from xdist.scheduler import LoadScopeScheduling  # only where it is asked for

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return CRASH if nodeid.startswith(CRASH) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # else the largest number of tests begins
    return ByFile(config, log)


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """Whether the long versions were asked for."""
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[valkey.Server]:
    """One server for all tests of a run; quick rather than durable.  Tests that kill or restart start their own."""
    try:
        valkey.find_server()
    except valkey.ServerError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    with valkey.start(tmp_path_factory.mktemp("valkey"), appendfsync="no") as server:
        yield server


@pytest.fixture
def redis(valkey_server: valkey.Server) -> Iterator[redis_client.Redis]:
    """A client of an empty server; answers are bytes."""
    with redis_client.Redis.from_url(valkey_server.url, decode_responses=False) as client:
        client.flushall()
        yield client


@pytest.fixture
def redis_url(redis: redis_client.Redis, valkey_server: valkey.Server) -> str:
    """The address of an empty server."""
    return valkey_server.url
