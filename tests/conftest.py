"""What every test may ask for: `--long`, and a real Valkey, empty at the start of each test."""

import os
from collections.abc import Iterator

import pytest
import redis as redis_client

from worker import valkey


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds our one option."""
    parser.addoption(
        "--long", action="store_true", help="the long versions of crash and simulation tests, and `slow` ones"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests wait for --long; see `_share`."""
    if hasattr(config, "workerinput"):
        _share(items)
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: pytest --long"))


def _share(items: list[pytest.Item]) -> None:
    """
    Several processes do the tests, a file whole in one of them, for what its tests have in common.

    All of tests/crash is one's, from the beginning: its tests share what they kill, take longest, and mostly wait.
    """
    items.sort(key=_crash, reverse=True)
    for item in items:
        item.add_marker(pytest.mark.xdist_group("crash" if _crash(item) else str(item.path)))


def _crash(item: pytest.Item) -> bool:
    return item.path.parent.name == "crash"


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
