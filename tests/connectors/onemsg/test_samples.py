"""What `ferry trigger` and the stand-in send."""

from __future__ import annotations

import pytest

from connectors.events import EventType
from connectors.onemsg import PROVIDER
from connectors.provider import Stamp
from connectors.samples import make
from tests.connectors.onemsg.bodies import (
    NOON,
)
from tests.connectors.onemsg.channel import CHANNEL, CONNECTION

# what each sample is, by name
SAMPLES: dict[str, list[EventType]] = {
    **{name: [EventType.RECEIVED] for name in PROVIDER.samples},
    "reaction": [EventType.REACTION],
    "reaction-removed": [EventType.REACTION],
    "raw-reaction": [EventType.REACTION],
    "referral": [EventType.RECEIVED, EventType.REFERRAL],
    "edited": [EventType.EDITED],
    "revoked": [EventType.DELETED],
    "welcome": [EventType.POSTBACK],
    "echo": [EventType.SENT],
    "echo-app": [EventType.SENT],
    "raw-echo": [EventType.SENT],
    **{f"ack-{state}": [EventType.STATUS] for state in ("sent", "delivered", "viewed", "played", "failed", "minimal")},
    "raw-status": [EventType.STATUS],
    "raw-failed": [EventType.STATUS],
    "ack-deleted": [EventType.DELETED],
    "batch": [EventType.RECEIVED, EventType.RECEIVED, EventType.SENT, EventType.STATUS, EventType.STATUS],
    "calls": [EventType.NOTICE],
    "template-status": [EventType.TEMPLATE_STATUS],
}
PROMISED = {"message", "echo", "reaction", "ack-sent", "ack-delivered", "ack-viewed", "ack-failed"}


@pytest.mark.parametrize("name", PROVIDER.samples)
def test_each_sample(name: str) -> None:
    """Passes the guard, means what its name says, and the same again is the same fact."""
    request = make(PROVIDER, PROVIDER.samples[name], CONNECTION, Stamp("0001", NOON))
    PROVIDER.guard(CONNECTION, request)
    found = PROVIDER.parse(request)
    assert SAMPLES[name] == [fact.type for fact in found]
    assert [fact.key for fact in found] == [fact.key for fact in PROVIDER.parse(request)]
    assert {CHANNEL} == {fact.account for fact in found}


def test_the_samples_others_rely_on_exist() -> None:
    """`ferry trigger 1msg …`."""
    assert set(PROVIDER.samples) >= PROMISED
