"""What `ferry trigger` and the stand-in send."""

from __future__ import annotations

import pytest

from connectors.onemsg import PROVIDER
from connectors.provider import Stamp
from connectors.samples import make
from tests.connectors.onemsg.bodies import (
    NOON,
)
from tests.connectors.onemsg.channel import CHANNEL, CONNECTION

PROMISED = {"message", "echo", "reaction", "ack-sent", "ack-delivered", "ack-viewed", "ack-failed"}


@pytest.mark.parametrize("name", PROVIDER.samples)
def test_each_sample(name: str) -> None:
    """Passes the guard, is of its channel, and the same again is the same fact."""
    request = make(PROVIDER, PROVIDER.samples[name], CONNECTION, Stamp("0001", NOON))
    PROVIDER.guard(CONNECTION, request)
    found = PROVIDER.parse(request)
    assert [fact.key for fact in found] == [fact.key for fact in PROVIDER.parse(request)]
    assert {CHANNEL} == {fact.account for fact in found}


def test_the_samples_others_rely_on_exist() -> None:
    """`ferry trigger 1msg …`."""
    assert set(PROVIDER.samples) >= PROMISED
