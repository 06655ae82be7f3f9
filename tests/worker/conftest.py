"""What the worker's tests share."""

import logging
from collections.abc import Iterator

import pytest

from worker import reporting
from worker.ports import free_port


@pytest.fixture
def unused_port() -> int:
    """A port on loopback that nobody listens on."""
    return free_port()


@pytest.fixture
def own_log() -> Iterator[None]:
    """Whatever a test sets up of logging, the next one finds it as it was."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {log: log.level for log in (root, *map(logging.getLogger, reporting.QUIET))}
    yield
    root.handlers[:] = handlers
    for log, level in levels.items():
        log.setLevel(level)
    logging.captureWarnings(capture=False)
