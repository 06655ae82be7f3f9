"""Every action and every callback through the stand-in, over real HTTP."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors import samples
from connectors.connection import Connection
from connectors.errors import OutcomeUnknown, Rejected, Throttled, Unsupported
from connectors.events import EventType, Fact
from connectors.listing import every
from connectors.onemsg import PROVIDER
from connectors.provider import Stamp, UnknownCall
from tests.connectors.onemsg.channel import ADA, IN, hook
from tests.connectors.onemsg.conftest import World

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
FAILING = {"131026": "unknown_recipient", "131049": "policy", "130472": "policy"}


def facts(world: World, count: int) -> list[Fact]:
    """What the next `count` webhooks say."""
    found = []
    for one in world.hear(count):
        assert one.url.path == httpx.URL(world.connection.webhook_url or "").path
        PROVIDER.guard(world.connection, hook(one.content))
        found += PROVIDER.parse(hook(one.content))
    return found


def registered(world: World) -> World:
    """A channel that was told where to call, its own way."""
    assert PROVIDER.register is not None
    PROVIDER.register(world.connection, world.ask)
    return world


def test_a_message_goes_out_and_its_echo_and_receipts_come_back(world: World) -> None:
    """`register` is all it takes to be called."""
    sent = registered(world).ask("send-message", {"to": "+1 (555) 010-0123", "text": "Hello 🌍"})

    found = facts(world, 4)
    assert [EventType.SENT, EventType.STATUS, EventType.STATUS, EventType.STATUS] == [fact.type for fact in found]
    assert {ADA} == {fact.conversation for fact in found}
    assert sent["message_id"] == found[0].key
    assert ["sent", "delivered", "read"] == [fact.status.state for fact in found if fact.status]
    assert {sent["message_id"]} == {fact.status.message for fact in found if fact.status}


SENDS: dict[str, dict[str, Any]] = {
    "send-message": {"text": "hi", "reply_to": IN},
    "send-template-message": {"template": "order_ready", "language": "es", "variables": ["Ada", "42"]},
    "send-file": {"media_url": PNG, "caption": "look"},
    "send-contact": {"contact": {"name": "Grace Example", "phone": "+15550100777"}},
    "send-location": {"latitude": 40.0001, "longitude": -74.0002, "name": "Pickup point"},
    "send-reaction": {"message_id": IN, "emoji": "👍"},
}
ECHOES = {
    "send-message": "text",
    "send-template-message": "template",
    "send-file": "image",
    "send-contact": "contact",
    "send-location": "location",
}


@pytest.mark.parametrize("mode", ["query", "bearer"])
@pytest.mark.parametrize("action", SENDS)
def test_every_send(world: World, action: str, mode: str) -> None:
    """Accepted with either way to show the token, echoed as what it is, kept in the history."""
    settings = {**world.connection.settings, "auth_mode": mode}
    world.connection = Connection("c", "onemsg", settings, world.connection.secrets, world.connection.webhook_url)
    sent = registered(world).ask(action, {"to": ADA, **SENDS[action]})
    assert "accepted" == sent["state"]
    echo, *receipts = facts(world, 4)
    assert (sent["message_id"], ADA) == (echo.key, echo.conversation)
    if echo.message is not None:
        assert ECHOES[action] == echo.message.kind
    else:
        assert echo.reaction is not None
        assert ("👍", IN, "us") == (echo.reaction.emoji, echo.reaction.message, echo.reaction.by)
    assert [EventType.STATUS] * 3 == [one.type for one in receipts]
    (kept,) = world.ask("get-messages", {"newest": True, "to": ADA})["items"]
    assert sent["message_id"] == kept["message_id"]
    hooks = world.ask("get-message-statuses", {"message_id": sent["message_id"]})["items"]
    assert ["sent", "delivered", "read"] == [one["state"] for one in hooks]


def test_every_other_action(world: World) -> None:
    """Asked once each, and nothing is missing in the stand-in."""
    assert {"done": True} == world.ask("mark-message-as-read", {"message_id": IN, "typing": True})
    media = world.ask("upload-media", {"media_url": PNG})["media_id"]
    assert "image/png" == world.ask("retrieve-media", {"media_id": media})["mime_type"]
    header = [{"type": "header", "parameters": [{"type": "image", "image": {"id": media}}]}]
    body = [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]
    look = {"to": ADA, "template": "look", "language": "en", "params": header + body}
    assert world.ask("send-template-message", look)["message_id"]
    assert world.ask("send-file", {"to": ADA, "media_id": media, "kind": "image"})["message_id"]
    assert {"done": True} == world.ask("delete-media", {"media_id": media})
    assert "up" == world.ask("get-channel-status", {})["state"]
    assert world.ask("set-webhook", {})["confirmed"] is True
    assert [world.connection.webhook_url] == world.ask("get-webhook", {})["webhook_urls"]
    assert [world.connection.webhook_url] == world.ask("get-settings", {})["webhook_urls"]
    assert world.ask("update-settings", {"raw_hooks": True})["raw_hooks"] is True
    assert {"done": True} == world.ask("update-profile-info", {"about": "Open 10-19"})
    assert "Open 10-19" == world.ask("get-profile-info", {})["about"]
    assert 6 == len(world.ask("get-templates", {"limit": 100})["items"])
    assert "03.2026" == world.ask("get-channel-statistics", {"month": "03.2026"})["month"]
    assert 1 == len(world.ask("get-extended-statistics", {})["items"])
    assert "192.0.2.10" == world.ask("get-output-ip", {})["ip"]
    asked = {one["action"] for one in world.simulator.requests()}
    assert set(PROVIDER.actions) - set(SENDS) - {"get-messages", "get-message-statuses"} <= asked
    assert set(PROVIDER.actions) == set(world.simulator.channel.methods)


@pytest.mark.parametrize("action", [key for key in PROVIDER.actions if key not in {"retrieve-media", "delete-media"}])
def test_every_example_works_as_it_stands(world: World, action: str) -> None:
    """Whoever copies one has something that works; the other two need a file first."""
    assert world.ask(action, PROVIDER.actions[action].example) is not None


def test_history_and_templates_stream_page_by_page(world: World) -> None:
    """No message twice, none missing."""
    for number in range(7):
        world.ask("send-message", {"to": ADA, "text": f"{number}"})
    for action, count, given in (("get-messages", 7, {"limit": 3}), ("get-templates", 6, {"limit": 2})):
        found = list(every(world.ask, action, given))
        assert count == len(found)
    assert [str(number) for number in range(7)] == [
        one["text"] for one in world.ask("get-messages", {"limit": 100})["items"]
    ]


def test_every_sample_is_heard_when_fired(world: World) -> None:
    """What `ferry trigger` and the stand-in send is the same body."""
    world.tell("PUT", "webhook", {"url": world.connection.webhook_url})
    for name in PROVIDER.samples:
        assert 200 == world.tell("POST", "fire", {"kind": name}).status_code
    heard = world.hear(len(PROVIDER.samples))
    for one in heard:
        assert json.loads(one.content)["instanceId"] == "ABC000111222"
        assert PROVIDER.parse(hook(one.content))
    assert 404 == world.tell("POST", "fire", {"kind": "nothing of the sort"}).status_code


def test_samples_are_addressed_to_the_connection() -> None:
    """A sample for another channel passes that channel's guard and no other's."""
    other = Connection("other", "onemsg", {"channel_id": "305999"}, {"token": "x"})
    request = samples.make(PROVIDER, PROVIDER.samples["message"], other, Stamp("0001", 1767225600))
    assert "305999" == json.loads(request.body)["instanceId"]
    PROVIDER.guard(other, request)


def test_a_closed_window_refuses_all_but_templates(world: World) -> None:
    """Of a number made for it, of a chat last heard of a day ago, and of everybody where that is the rule."""
    closed = "15550131047@c.us"
    for action, given in SENDS.items():
        if action == "send-template-message":
            assert world.ask(action, {"to": closed, **given})["message_id"]
            continue
        with pytest.raises(Rejected) as raised:
            world.ask(action, {"to": closed, **given})
        assert "window_closed" == raised.value.reason
    world.tell("POST", "fire", {"kind": "message", "set": {"messages.0.time": 1}})
    with pytest.raises(Rejected):
        world.ask("send-message", {"to": ADA, "text": "too late"})
    world.tell("POST", "fire", {"kind": "message"})
    assert world.ask("send-message", {"to": ADA, "text": "in time"})["message_id"]
    world.tell("PUT", "channel", {"strict_window": True})
    with pytest.raises(Rejected):
        world.ask("send-message", {"to": "15550100555", "text": "who are you"})


@pytest.mark.parametrize(("suffix", "reason"), FAILING.items())
def test_failures_come_by_receipt(world: World, suffix: str, reason: str) -> None:
    """Accepted, sent, and then not."""
    registered(world).ask("send-message", {"to": f"15550{suffix}", "text": "hi"})
    _, sent, failed = facts(world, 3)
    assert sent.status is not None
    assert failed.status is not None
    assert failed.status.error is not None
    assert ("sent", "failed", reason) == (sent.status.state, failed.status.state, failed.status.error.reason)


def test_a_queued_send_is_told_by_its_echo(world: World) -> None:
    """Its part is unknown until then."""
    outcome = registered(world).do("send-message", {"to": "15550100202", "text": "hi"})
    assert ("queued", None) == (outcome.output["state"], outcome.output["message_id"])
    assert outcome.output["job_id"]
    assert ["unknown"] == [part.state for part in outcome.parts]
    assert EventType.SENT == facts(world, 1)[0].type


def test_too_much_to_one_person(world: World) -> None:
    """429, and only that conversation waits."""
    with pytest.raises(Throttled) as raised:
        world.ask("send-message", {"to": "15550131056", "text": "hi"})
    assert "lane" == raised.value.scope


@pytest.mark.parametrize(
    ("template", "variables", "status"),
    [("hello", ["too many"], "132000"), ("order_ready", ["too few"], "132000")],
)
def test_templates_are_counted(world: World, template: str, variables: list[str], status: str) -> None:
    """As many texts as placeholders."""
    with pytest.raises(Rejected) as raised:
        world.ask("send-template-message", {"to": ADA, "template": template, "language": "en", "variables": variables})
    assert ("template", status) == (raised.value.reason, raised.value.code)


@pytest.mark.parametrize("template", ["new_prices", "too_loud"])
def test_templates_are_approved_first(world: World, template: str) -> None:
    """The provider refuses too, where nobody looked before."""
    given = {"to": ADA, "template": template, "language": "en", "namespace": "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee"}
    with pytest.raises(Rejected) as raised:
        world.ask("send-template-message", given)
    assert ("template", "132015") == (raised.value.reason, raised.value.code)
    with pytest.raises(Rejected) as raised:
        world.ask("send-template-message", {**given, "template": "hello", "namespace": "another"})
    assert "132001" == raised.value.code


@pytest.mark.parametrize(
    ("lid", "fine"), [("", {"chatId", "bsuid", "phone"}), ("bsuid", {"bsuid"}), ("phone", {"phone"})]
)
def test_hidden_numbers_are_addressed_as_the_channel_wants(world: World, lid: str, fine: set[str]) -> None:
    """The setting is the way out, never a second try."""
    world.tell("PUT", "channel", {"lid": lid})
    for strategy in ("chatId", "bsuid", "phone"):
        settings = {**world.connection.settings, "lid_strategy": strategy}
        world.connection = Connection("c", "onemsg", settings, world.connection.secrets)
        given = {"to": "US.100000000000001@lid", "text": "hi"}
        if strategy in fine:
            assert world.ask("send-message", given)["message_id"]
        else:
            with pytest.raises(Rejected):
                world.ask("send-message", given)


def test_methods_a_channel_does_not_have(world: World) -> None:
    """A 404 is no outage; a channel without history says so."""
    world.tell("PUT", "channel", {"statistics": False, "history": False, "status": "unregistered"})
    for action in ("get-channel-statistics", "get-extended-statistics"):
        with pytest.raises(Unsupported):
            world.ask(action, {})
    assert world.ask("get-messages", {})["notice"]
    assert "down" == world.ask("get-channel-status", {})["state"]
    assert 400 == world.tell("PUT", "channel", {"weather": "fine"}).status_code


def test_receipts_only_while_they_are_switched_on(world: World) -> None:
    """And in Meta's shape as well where raw webhooks are: the same facts, twice."""
    registered(world).ask("update-settings", {"ack_notifications": False})
    world.ask("send-message", {"to": ADA, "text": "quiet"})
    assert [EventType.SENT] == [fact.type for fact in facts(world, 1)]
    world.ask("update-settings", {"ack_notifications": True, "raw_hooks": True})
    world.ask("send-message", {"to": ADA, "text": "loud"})
    found = facts(world, 7)
    assert [EventType.SENT] + [EventType.STATUS] * 6 == [fact.type for fact in found]
    assert 3 == len({fact.key for fact in found[1:]})


def test_callbacks_come_twice_and_in_any_order(world: World) -> None:
    """As the real ones may; the keys tell them apart."""
    registered(world)
    world.tell("POST", "behaviour", {"action": "send-message", "callbacks": {"duplicate": 2, "shuffle": True}})
    sent = world.ask("send-message", {"to": ADA, "text": "hi"})
    found = facts(world, 8)
    assert 4 == len({(fact.type, fact.key) for fact in found})
    assert sent["message_id"] in {fact.key for fact in found}


def test_a_lost_answer_is_proven_by_the_history(world: World) -> None:
    """The request arrived, the answer did not: the echo is found, and nothing is sent again."""
    assert PROVIDER.prove is not None
    world.tell("POST", "behaviour", {"action": "send-message", "drop": "after", "times": 1})
    left = datetime.now(UTC)
    given = {"to": ADA, "text": "did you get this?"}
    with pytest.raises(OutcomeUnknown):
        world.ask("send-message", given)
    call = UnknownCall(world.connection, PROVIDER.actions["send-message"], given, "ref", left)
    found = PROVIDER.prove(call, world.ask)
    assert found is not None
    (kept,) = world.ask("get-messages", {"newest": True})["items"]
    assert kept["message_id"] == found.output["message_id"]
    assert 1 == len(world.simulator.requests("send-message"))


def test_set_webhook_keeps_the_vendor_s_inbox(world: World) -> None:
    """And `unregister` takes out ours alone."""
    assert PROVIDER.unregister is not None
    inbox = "https://app.1msg.io/service/inbox/000"
    world.ask("set-webhook", {"urls": [inbox], "mode": "replace"})
    registered(world)
    assert [inbox, world.connection.webhook_url] == world.ask("get-webhook", {})["webhook_urls"]
    PROVIDER.unregister(world.connection, world.ask)
    assert [inbox] == world.ask("get-webhook", {})["webhook_urls"]
