"""What the simulation's tests share: the scripts, and the seeds to play."""

import os
import secrets

import pytest

from tests.simulation.world import texts


@pytest.fixture(scope="session")
def scripts() -> dict[str, str]:
    """The real scripts."""
    return texts()


@pytest.fixture(scope="session")
def chosen_seed() -> int:
    """FERRY_SEED, to play one schedule again, or a new one each time."""
    given = os.environ.get("FERRY_SEED")
    return int(given) if given else secrets.randbelow(10**9)
