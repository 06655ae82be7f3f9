"""Both directions through the stand-in, over real HTTP."""

from __future__ import annotations

import json

from connectors import samples
from connectors.connection import Connection
from connectors.events import EventType
from connectors.onemsg import PROVIDER
from connectors.provider import Stamp
from tests.connectors.onemsg.channel import hook
from tests.connectors.onemsg.conftest import World


def test_a_message_goes_out_and_its_echo_and_receipts_come_back(world: World) -> None:
    """`register` is all it takes to be called: the target is learned the provider's own way."""
    assert PROVIDER.register is not None
    PROVIDER.register(world.connection, world.ask)

    sent = world.ask("send-message", {"to": "+1 (555) 010-0123", "text": "Hello 🌍"})

    facts = [fact for one in world.hear(4) for fact in PROVIDER.parse(hook(one.content))]
    assert [EventType.SENT, EventType.STATUS, EventType.STATUS, EventType.STATUS] == [fact.type for fact in facts]
    assert {"15550100123@c.us"} == {fact.conversation for fact in facts}
    assert sent["message_id"] == facts[0].key
    states = [fact.status.state for fact in facts if fact.status]
    assert ["sent", "delivered", "read"] == states
    assert {sent["message_id"]} == {fact.status.message for fact in facts if fact.status}


def test_every_action_of_the_first_crossing(world: World) -> None:
    """Text, read mark, reaction, webhook, status, settings."""
    said = world.ask("send-message", {"to": "15550100123@c.us", "text": "hi"})
    assert "accepted" == said["state"]
    assert {"done": True} == world.ask("mark-message-as-read", {"message_id": "wamid.IN1=="})
    react = {"to": "15550100123@c.us", "message_id": "wamid.IN1==", "emoji": "👍"}
    assert world.ask("send-reaction", react)["message_id"].startswith("wamid.")
    assert "up" == world.ask("get-channel-status", {})["state"]
    assert [] == world.ask("get-settings", {})["webhook_urls"]
    assert world.ask("set-webhook", {})["confirmed"] is True
    assert [world.connection.webhook_url] == world.ask("get-settings", {})["webhook_urls"]


def test_every_sample_is_heard_when_fired(world: World) -> None:
    """What `ferry trigger` and the stand-in send is the same body."""
    world.tell("PUT", "webhook", {"url": world.connection.webhook_url})
    for name in PROVIDER.samples:
        assert 200 == world.tell("POST", "fire", {"kind": name}).status_code
    heard = world.hear(len(PROVIDER.samples))
    assert len(PROVIDER.samples) == len(heard)
    for one in heard:
        assert json.loads(one.content)["instanceId"] == "ABC000111222"
        PROVIDER.guard(world.connection, hook(one.content))
        assert PROVIDER.parse(hook(one.content))
    assert 404 == world.tell("POST", "fire", {"kind": "nothing of the sort"}).status_code


def test_samples_are_addressed_to_the_connection() -> None:
    """A sample for another channel passes that channel's guard and no other's."""
    other = Connection("other", "onemsg", {"channel_id": "305999"}, {"token": "x"})
    request = samples.make(PROVIDER, PROVIDER.samples["message"], other, Stamp("0001", 1767225600))
    assert "305999" == json.loads(request.body)["instanceId"]
