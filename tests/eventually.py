"""Waiting for what other processes do, without guessing how long they take."""

import time
from collections.abc import Callable


def eventually(what: Callable[[], object], seconds: float = 30.0) -> None:
    """Returns as soon as `what()` is true; the limit is for a thing that never comes, not for a slow one."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"this did not come true in {seconds:.0f} s: {what}")
        time.sleep(0.02)
