"""How we connect to Redis, and what counts as Redis being away."""

from __future__ import annotations

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry


class WentBack(Exception):
    """Redis was restored from an old backup, and until that is dealt with nothing may begin: see worker/restored.py."""


Away = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    ClusterDownError,
    OutOfMemoryError,
    WentBack,
)
"""Errors that mean: not now.  MISCONF comes as a plain ResponseError, see `is_away`."""


def connect(url: str, *, timeout: float = 5.0, retries: int = 3, connections: int = 256) -> redis.Redis:
    """
    A client whose every script call may be repeated: each is idempotent by its ids.

    timeout: seconds for one round trip
    retries: further tries on a lost connection, 50 ms to 1 s apart
    """
    return redis.Redis.from_url(
        url,
        decode_responses=False,
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 2.0),
        socket_keepalive=True,
        health_check_interval=30,
        max_connections=connections,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, BusyLoadingError],
    )


def is_away(problem: BaseException | None) -> bool:
    """Whether this error says that Redis cannot take anything at the moment."""
    if isinstance(problem, Away):
        return True
    return isinstance(problem, ResponseError) and str(problem).split(" ", 1)[0] in {
        "MISCONF",
        "LOADING",
        "READONLY",
        "OOM",
        "CLUSTERDOWN",
        "MASTERDOWN",
        "NOREPLICAS",
    }
