"""The stand-in over real HTTP: every action, every push, and the strictness of the page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from connectors.action import Call, Outcome
from connectors.clicksend import PROVIDER
from connectors.clicksend.simulator import API_KEY, ClickSendSimulator
from connectors.clicksend.standin.deeds import DEEDS
from connectors.client import asking, new_client, perform
from connectors.connection import Connection
from connectors.errors import OutcomeUnknown, Reason, Rejected, Throttled, Unreachable
from connectors.events import EventType, Fact, State
from tests.connectors.clicksend.loopback import Receiver, carry, serving

ADA = "+61491570156"


@dataclass
class World:
    """The stand-in, a receiver its pushes reach, and a client, all on loopback."""

    sim: ClickSendSimulator
    receiver: Receiver
    connection: Connection
    client: httpx.Client
    origin: str

    def run(self, action: str, given: dict[str, Any], ref: str = "run-1") -> Outcome:
        """One action over real HTTP."""
        return perform(PROVIDER, PROVIDER.actions[action], Call(self.connection, given, ref), self.client)

    def register(self) -> None:
        """As `ferry connection ensure` does."""
        assert PROVIDER.register is not None
        PROVIDER.register(self.connection, asking(PROVIDER, self.connection, self.client))

    def heard(self) -> Fact:
        """The next push, read."""
        (fact,) = PROVIDER.parse(self.receiver.next())
        return fact

    def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Asks the stand-in itself."""
        return self.client.request(method, f"{self.origin}/_sim{path}", json=body)


@pytest.fixture
def world() -> Iterator[World]:
    """All of it, fresh."""
    receiver = Receiver()
    settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
    sim = PROVIDER.simulator(settings, secrets, carry)
    with serving(sim) as origin, serving(receiver) as hooks:
        settings, secrets = PROVIDER.simulated(origin)
        webhook = f"{hooks}/webhooks/con_cs/secret"
        connection = Connection("con_cs", "clicksend", settings, secrets, webhook)
        with new_client() as client:
            yield World(sim, receiver, connection, client, origin)


def test_a_message_crosses_both_ways(world: World) -> None:
    """A text comes in, its answer goes out to the same conversation, and the receipt finds its message."""
    world.register()
    world.control("POST", "/fire", {"kind": "sms", "set": {"body": "Is a table free?"}})
    text = world.heard()
    assert (EventType.RECEIVED, "Is a table free?") == (text.type, text.message and text.message.text)

    key, given = PROVIDER.verb("send", {"to": text.contact and text.contact.id, "text": "Yes", "via": text.via})
    assert text.conversation == PROVIDER.actions[key].party(given)
    outcome = world.run(key, given)
    receipt = world.heard()

    assert receipt.status is not None
    assert (outcome.output["message_id"], State.DELIVERED, "run-1") == (
        receipt.status.message,
        receipt.status.state,
        receipt.status.ref,
    )
    world.control("POST", "/fire", {"kind": "sms-form", "set": {"body": "Thanks"}})
    thanks = world.heard()
    assert thanks.message is not None
    assert outcome.output["message_id"] == thanks.message.reply_to
    assert {"custom_string": "run-1"} == thanks.data


@pytest.mark.parametrize("kind", sorted(PROVIDER.samples))
def test_every_push_arrives(world: World, kind: str) -> None:
    """By the rules' URLs when there are some, else by the URL the stand-in was told; read as what it is."""
    world.control("PUT", "/webhook", {"url": world.connection.webhook_url})
    world.control("POST", "/fire", {"kind": kind})
    pushed = world.receiver.next()

    assert PROVIDER.samples[kind].hook == pushed.hook
    (fact,) = PROVIDER.parse(pushed)
    meant = EventType.RECEIVED if pushed.hook == "inbound" else EventType.STATUS
    assert fact.type is (EventType.UNKNOWN if PROVIDER.samples[kind].unknown else meant)


def test_an_unknown_push_is_told(world: World) -> None:
    """Asking for a push that is none is a 404."""
    assert 404 == world.control("POST", "/fire", {"kind": "fax"}).status_code


def test_a_push_refused_is_pushed_again(world: World) -> None:
    """The receiver may be restarting."""
    world.register()
    world.receiver.refuse = 2
    world.control("POST", "/fire", {"kind": "sms"})
    assert EventType.RECEIVED == world.heard().type


def test_two_rules_are_two_pushes_of_one_fact(world: World) -> None:
    """Stale rules of other integrations double every event: the key is the same."""
    world.register()
    address = f"{world.connection.webhook_url}/inbound"
    world.run("create-inbound-rule", {"name": "stale", "do": "URL", "address": address, "encoding": "get"})
    world.control("POST", "/fire", {"kind": "sms"})
    assert world.heard().key == world.heard().key


ENDINGS = {
    "301": [State.FAILED],
    "300": [State.SENT, State.DELIVERED],
    "302": [State.SENT],
    "200": [State.SENT],
    "156": [State.DELIVERED],
}


@pytest.mark.parametrize(("end", "states"), ENDINGS.items(), ids=ENDINGS)
def test_what_becomes_of_a_message(world: World, end: str, states: list[State]) -> None:
    """A number's end says what its receipts say."""
    world.register()
    outcome = world.run("send-sms", {"to": f"+61491570{end}", "text": "hello"})
    heard = [world.heard() for _ in states]

    assert set(states) == {one.status.state for one in heard if one.status}
    assert {outcome.output["message_id"]} == {one.status.message for one in heard if one.status}


def test_a_call_is_heard_with_its_key(world: World) -> None:
    """A voice receipt goes by a rule of its own and carries the digits."""
    address = f"{world.connection.webhook_url}/voice-receipt"
    world.run("create-receipt-rule", {"name": "calls", "do": "URL", "address": address, "channel": "voice"})
    world.run("send-voice", {"to": ADA, "text": "Press two", "lang": "en-au", "require_input": True})
    fact = world.heard()
    assert ("voice", "2") == (fact.channel, fact.data["digits"])


def test_sample_pushes_come_in_every_encoding(world: World) -> None:
    """Receipts and texts ClickSend makes up for a URL are read like real ones."""
    url = f"{world.connection.webhook_url}/inbound"
    for encoding in ("post", "get", "json"):
        world.run("test-inbound-push", {"url": url, "encoding": encoding})
        assert EventType.RECEIVED == world.heard().type
    world.run("test-receipt-push", {"url": url})
    assert EventType.STATUS == world.heard().type


def test_drop_and_duplicate_over_the_wire(world: World) -> None:
    """An answer that never came is unknown, and what was pushed three times is one fact."""
    world.register()
    world.control(
        "POST",
        "/behaviour",
        {"action": "send-sms", "drop": "after", "times": 1, "callbacks": {"duplicate": 3, "shuffle": True}},
    )
    with pytest.raises(OutcomeUnknown):
        world.run("send-sms", {"to": ADA, "text": "hello"})
    assert 1 == len({world.heard().key for _ in range(3)})


def test_its_own_429_is_told_with_its_wait(world: World) -> None:
    """The account may be asked twenty times a minute, whoever asks."""
    for _ in range(20):
        world.run("get-account", {})
    with pytest.raises(Throttled) as told:
        world.run("get-account", {})
    assert (60.0, "HTTP_TOO_MANY_REQUESTS") == (told.value.after, told.value.code)


def test_wrong_credentials(world: World) -> None:
    """Refused alike for everything, in words that show nothing of them."""
    wrong = Connection("c", "clicksend", world.connection.settings, {"api_key": "WRONG-API-KEY-0123456789"})
    for key in ("get-account", "send-sms", "cancel-scheduled-sms"):
        action = PROVIDER.actions[key]
        with pytest.raises(Rejected) as told:
            perform(PROVIDER, action, Call(wrong, action.example, "r"), world.client)
        assert Reason.AUTH == told.value.reason
        assert "WRONG" not in repr(told.value.as_dict())
    assert "WRONG" not in repr(world.sim.requests())


def test_nobody_listens() -> None:
    """A stand-in that is not there is unreachable: nothing left."""
    connection = Connection("c", "clicksend", {"username": "a", "base_url": "http://127.0.0.1:9"}, {"api_key": "k"})
    with new_client() as client, pytest.raises(Unreachable):
        perform(PROVIDER, PROVIDER.actions["get-account"], Call(connection, {}, "r"), client)


def test_every_action_over_real_http(world: World) -> None:
    """One afternoon of an account: everything that can be asked is asked, and answered in its words."""
    world.run("create-inbound-rule", {"name": "polled", "do": "POLL"})
    world.run("create-receipt-rule", {"name": "polled", "do": "POLL"})
    sent = world.run("send-sms", {"to": ADA, "text": "hello", "budget": 1}).output["message_id"]
    world.control("POST", "/fire", {"kind": "sms", "set": {"from": ADA}})
    soon = int(time.time()) + 3600
    later = world.run("send-sms", {"to": ADA, "text": "later", "send_at": soon}).output["message_id"]
    world.run("send-sms", {"to": ADA, "text": "much later", "send_at": soon, "custom_string": "bk-1"})
    call = world.run("send-voice", {"to": ADA, "text": "later", "lang": "en-au", "send_at": soon}).output["message_id"]
    rule = world.run("create-inbound-rule", {"name": "r", "do": "NONE"}).output["rule"]["rule_id"]
    receipt_rule = world.run("create-receipt-rule", {"name": "r", "do": "NONE"}).output["rule"]["rule_id"]
    template = world.run("create-sms-template", {"name": "Late", "text": "Sorry"}).output["template"]["template_id"]
    guests = world.run("create-contact-list", {"name": "Guests"}).output["list"]["list_id"]
    others = world.run("create-contact-list", {"name": "Others"}).output["list"]["list_id"]
    ada = world.run("create-contact", {"list_id": guests, "phone": ADA, "first_name": "Ada"}).output["contact"]
    contact = {"list_id": guests, "contact_id": ada["contact_id"]}
    campaign = {"list_id": guests, "name": "Friday", "text": "Live music", "send_at": soon}
    friday = world.run("send-sms-campaign", {**campaign, "budget": "5"}).output["campaign"]["campaign_id"]
    whole = {"list_id": guests, "name": "Friday", "text": "Live music"}
    inbound = world.run("get-inbound-sms", {}).output["items"][0]

    guests_file = PROVIDER.actions["import-contacts"].example
    asked: list[tuple[str, Mapping[str, Any], Any]] = [
        ("get-sms-price", {"to": ADA, "text": "hello"}, lambda told: told["total_price"] == "0.0792"),
        ("get-account", {}, lambda told: told["currency"] == "AUD"),
        ("get-sms-history", {"to": ADA, "order": "oldest"}, lambda told: told["items"][0]["message_id"] == sent),
        ("export-sms-history", {"file_name": "a.csv"}, lambda told: told["url"].endswith("a.csv")),
        ("get-delivery-receipts", {}, lambda told: told["items"][0]["state"] == "delivered"),
        ("get-delivery-receipt", {"message_id": sent}, lambda told: told["receipt"]["custom_string"] == "run-1"),
        ("get-delivery-receipt", {"message_id": later}, lambda told: told["receipt"] is None),
        ("get-inbound-reply", {"message_id": sent}, lambda told: told["message"]["from"] == ADA),
        ("mark-one-inbound-as-read", {"message_id": inbound["message_id"]}, lambda told: told["count"] == 1),
        ("get-inbound-sms", {}, lambda told: told["items"] == []),
        ("mark-inbound-as-read", {"date_before": soon}, lambda told: told["marked"]),
        ("mark-receipts-as-read", {"date_before": soon}, lambda told: told["marked"]),
        ("get-delivery-receipts", {}, lambda told: told["items"] == []),
        ("cancel-scheduled-sms", {"message_id": later.lower()}, lambda told: told["cancelled"]),
        ("cancel-all-scheduled-sms", {"custom_string": "bk-1"}, lambda told: told["count"] == 1),
        ("cancel-scheduled-voice", {"message_id": call}, lambda told: told["cancelled"]),
        ("get-sms-history", {"message_id": later}, lambda told: told["items"][0]["status"] == "Cancelled"),
        ("list-sms-templates", {"name": "Late"}, lambda told: told["total"] == 1),
        ("update-sms-template", {"template_id": template, "text": "Very sorry"}, lambda told: True),
        ("get-sms-template", {"template_id": template}, lambda told: told["template"]["name"] == "Late"),
        ("get-sms-template", {"template_id": template}, lambda told: told["template"]["text"] == "Very sorry"),
        ("delete-sms-template", {"template_id": template}, lambda told: told["existed"]),
        ("delete-sms-template", {"template_id": template}, lambda told: not told["existed"]),
        ("send-mms", PROVIDER.actions["send-mms"].example, lambda told: told["accepted"] == 1),
        ("get-mms-price", PROVIDER.actions["get-mms-price"].example, lambda told: told["messages"]),
        ("get-mms-history", {}, lambda told: told["items"][0]["subject"] == "Menu"),
        ("send-voice", PROVIDER.actions["send-voice"].example, lambda told: told["accepted"] == 1),
        ("get-voice-price", PROVIDER.actions["get-voice-price"].example, lambda told: told["messages"]),
        ("get-voice-history", {}, lambda told: told["items"][1]["lang"] == "en-au"),
        ("list-voice-languages", {}, lambda told: len(told["items"]) == 5),
        ("upload-media", PROVIDER.actions["upload-media"].example, lambda told: told["url"].endswith(".jpg")),
        ("get-sms-campaign-price", whole, lambda told: told["total_price"] == "0.0792"),
        ("get-sms-campaign", {"campaign_id": friday}, lambda told: told["campaign"]["status"] == "Scheduled"),
        ("cancel-sms-campaign", {"campaign_id": friday}, lambda told: told["campaign"]["status"] == "Cancelled"),
        ("list-sms-campaigns", {"name": "Friday"}, lambda told: told["total"] == 1),
        ("update-sms-campaign", {"campaign_id": friday, **whole, "now": True}, lambda told: True),
        ("list-contact-lists", {}, lambda told: told["items"][0]["contacts"] == 1),
        ("get-contact-list", {"list_id": guests}, lambda told: told["list"]["name"] == "Guests"),
        ("update-contact-list", {"list_id": guests, "name": "All"}, lambda told: told["list"]["name"] == "All"),
        ("get-contact", contact, lambda told: told["contact"]["phone"] == ADA),
        ("update-contact", {**contact, "first_name": "A."}, lambda told: told["contact"]["first_name"] == "A."),
        ("list-contacts", {"list_id": guests}, lambda told: told["total"] == 1),
        ("search-contacts", {"query": "A."}, lambda told: told["total"] == 1),
        ("copy-contact", {**contact, "to_list_id": guests}, lambda told: told["contact"]["phone"] == ADA),
        ("remove-duplicate-contacts", {"list_id": guests}, lambda told: told["details"] == {"count": 1}),
        ("copy-contact", {**contact, "to_list_id": others}, lambda told: told["contact"]["list_id"] == others),
        (
            "remove-opted-out-contacts",
            {"list_id": guests, "opt_out_list_id": others},
            lambda told: told["details"] == {"count": 1},
        ),
        (
            "import-contacts",
            {**guests_file, "list_id": guests},
            lambda told: told["done"],
        ),
        ("list-inbound-rules", {}, lambda told: told["total"] == 2),
        ("update-inbound-rule", {"rule_id": rule, "name": "s", "do": "NONE"}, lambda told: told["rule"]["name"] == "s"),
        ("delete-inbound-rule", {"rule_id": rule}, lambda told: told["existed"]),
        ("list-receipt-rules", {}, lambda told: told["total"] == 2),
        ("list-receipt-rules", {"channel": "email"}, lambda told: told["total"] == 0),
        ("update-receipt-rule", {"rule_id": receipt_rule, "name": "s", "do": "NONE"}, lambda told: True),
        ("delete-receipt-rule", {"rule_id": receipt_rule}, lambda told: told["existed"]),
        ("test-receipt-push", {"url": f"{world.connection.webhook_url}/receipt"}, lambda told: told["sample"]),
        ("test-inbound-push", {"url": f"{world.connection.webhook_url}/inbound"}, lambda told: told["sample"]),
        ("cancel-all-scheduled-sms", {"everything": True}, lambda told: told["count"] == 0),
        ("delete-contact-list", {"list_id": others}, lambda told: told["existed"]),
    ]
    for action, given, holds in asked:
        assert holds(world.run(action, dict(given), f"{action}-1").output), action
    moved = world.run("create-contact", {"list_id": guests, "phone": "+61491570157"}).output["contact"]["contact_id"]
    elsewhere = world.run("create-contact-list", {"name": "Elsewhere"}).output["list"]["list_id"]
    world.run("transfer-contact", {"list_id": guests, "contact_id": moved, "to_list_id": elsewhere})
    gone = world.run("delete-contact", {"list_id": elsewhere, "contact_id": moved}).output
    assert gone["existed"]

    assert set(PROVIDER.actions) == {one["action"] for one in world.sim.requests()} == set(DEEDS)
    assert {200} == {one["status"] for one in world.sim.requests()} - {404}
    assert API_KEY not in repr([one for one in world.sim.requests() if one["action"] != "get-account"])


def test_forgetting(world: World) -> None:
    """DELETE /_sim forgets messages and money; rules stay, as an account's do."""
    world.register()
    world.run("send-sms", {"to": ADA, "text": "hi"})
    world.control("DELETE", "")
    assert "10000.000000" == world.run("get-account", {}).output["balance"]
    assert 0 == world.run("get-sms-history", {}).output["total"]
    assert 1 == world.run("list-inbound-rules", {}).output["total"]
