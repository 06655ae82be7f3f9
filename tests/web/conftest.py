"""What the tests of web/ share."""

from __future__ import annotations

import pytest
import redis

from tests.web.door import Door, open_door


@pytest.fixture
def door(redis: redis.Redis) -> Door:
    """The app over an empty Redis; waits are short."""
    return open_door(redis, unknown_hold_seconds=0.2, patience_seconds=3.0, lease_seconds=2.0)
