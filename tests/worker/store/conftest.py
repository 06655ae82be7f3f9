"""A shelf for every test of the store."""

import pytest
import redis as redis_client

from tests.worker.store.shelf import Shelf


@pytest.fixture
def shelf(redis: redis_client.Redis) -> Shelf:
    """An empty store whose clock stands until a test moves it."""
    return Shelf(redis)
