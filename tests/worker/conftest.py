"""What the worker's tests share."""

import pytest

from worker.ports import free_port


@pytest.fixture
def unused_port() -> int:
    """A port on loopback that nobody listens on."""
    return free_port()
