"""Instagram carried by the worker: Redis, lanes and the stand-in as they are, nothing replaced."""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections import Counter
from typing import Any

import pytest
import redis

from connectors.errors import Refused
from connectors.guards import HookRequest
from connectors.instagram import webhooks
from connectors.instagram.simulator import InstagramSimulator
from connectors.instagram.simulator_memory import Token
from tests.connectors.instagram import bodies
from tests.worker.pipeline import Pipeline, build
from worker import provision, reconcile, states
from worker.accept import accept
from worker.store import letters, messages, runs
from worker.store.connections import Stored

A, C = bodies.A, bodies.C
T = 1767225600000
TEXT = bodies.message(T, "m1", text="hello")


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """A pipeline whose waits are short."""
    return build(redis, unknown_hold_seconds=0.1, lease_seconds=2.0)


@pytest.fixture
def shop(ferry: Pipeline) -> Stored:
    """The account A."""
    return ferry.connect("instagram", "shop")


def hear(ferry: Pipeline, stored: Stored, *items: dict[str, Any]) -> None:
    """One body with these items, verified as the receiver does, and carried to its end."""
    tell(ferry, stored, bodies.entry(*items))


def tell(ferry: Pipeline, stored: Stored, body: Any) -> None:
    """A body, signed with the connection's own secret."""
    spoken = stored.speak("")
    raw = HookRequest("POST", "", "", {"content-type": "application/json"}, json.dumps(body).encode())
    request = webhooks.sign(spoken, raw)
    webhooks.guard(spoken, request)
    ferry.ingest(stored, request)
    ferry.settle()


def item(at: int, sender: str = C, account: str = A, **content: Any) -> dict[str, Any]:
    """One item, from a customer unless told."""
    return {"sender": {"id": sender}, "recipient": {"id": account}, "timestamp": at, **content}


def test_a_thousand_items_of_twenty_accounts_each_reach_their_own(ferry: Pipeline) -> None:
    """One source, 20 accounts, 1,000 items in one body, told twice: one bad item falls alone, and nothing doubles."""
    accounts = [f"178414000000{n:05d}" for n in range(20)]
    made = [ferry.connect("instagram", f"shop-{n}", account_id=one) for n, one in enumerate(accounts)]
    for one in made[1:]:
        ferry.core.connections.save(dataclasses.replace(one, source=made[0].id))
    entries: list[dict[str, Any]] = []
    for account in accounts:
        items = [item(T + n, account=account, message={"mid": f"m-{n}", "text": str(n)}) for n in range(50)]
        entries += [{"id": account, "time": T, "messaging": part} for part in (items[:7], items[7:30])] + [
            {"id": account, "time": T, "standby": items[30:]}
        ]
    entries[18]["messaging"][3] = {"message": "no object"}  # of the seventh account
    random.Random(8).shuffle(entries)
    for _ in range(2):
        tell(ferry, made[0], {"object": "instagram", "entry": entries})

    heard = ferry.events("message.received", "unknown")
    expected = {(f"shop-{n}", "message.received"): 50 for n in range(20)}
    expected |= {("shop-6", "message.received"): 49, ("shop-6", "unknown"): 1}
    assert expected == Counter((one["connection"], one["type"]) for one in heard)
    for event in ferry.events("message.received"):
        assert accounts[int(event["connection"].removeprefix("shop-"))] == event["raw"]["recipient"]["id"]
    assert [] == letters.listing(ferry.core.store)


def test_a_tenant_reaches_no_account_but_those_behind_its_own_source(ferry: Pipeline, shop: Stored) -> None:
    """One that signs with its own secret, at its own URL, may name another's account: that is nobody's there."""
    given = {**shop.settings, "account_id": "17841400000000222"}
    own = {**shop.secrets, "app_secret": "another-app-secret", "instagram_app_secret": "another-ig-secret"}
    tenant = provision.create(ferry.core, "instagram", "tenant", given, own)
    signed = webhooks.sign(tenant.speak(""), HookRequest("POST", body=json.dumps(bodies.entry(TEXT)).encode()))
    with pytest.raises(Refused):
        webhooks.guard(shop.speak(""), signed)
    tell(ferry, tenant, bodies.entry(TEXT))

    (event,) = ferry.events("message.received", "unknown")
    assert ("tenant", "unknown") == (event["connection"], event["type"])


@pytest.mark.parametrize("echo", [False, True])
def test_an_entry_of_a_strange_id_goes_by_the_sides_of_its_item(ferry: Pipeline, shop: Stored, *, echo: bool) -> None:
    """entry.id when it is a known account, else the account's side of the item (page §4.5), both behind this source."""
    sides = (A, C) if echo else (C, A)
    told = item(T, *sides, message={"mid": "m1", "text": "hello", "is_echo": echo})
    tell(ferry, shop, {"object": "instagram", "entry": [{"id": "100000000000001", "time": T, "messaging": [told]}]})

    (event,) = ferry.events("message.received", "message.sent", "unknown")
    assert "message.sent" if echo else "message.received" == event["type"]
    assert C == event["conversation"]["contact"]["id"]


def test_the_dashboards_test_is_flagged_and_told_once(ferry: Pipeline, shop: Stored) -> None:
    """Its account is nobody's: an `unknown` with its time and the flag, which a second press of the button repeats."""
    tell(ferry, shop, bodies.TEST)
    tell(ferry, shop, bodies.TEST)

    (event,) = ferry.events("message.received", "unknown")
    assert ("unknown", True) == (event["type"], event["unknown"]["test"])
    assert "2018-05-27T22:23:44.000Z" == event["occurred_at"]


def test_unsend_is_final_whatever_arrives_late(ferry: Pipeline, shop: Stored) -> None:
    """The message and its edits come after they were unsent: told without their words, anywhere."""
    hear(ferry, shop, item(T + 3, message={"mid": "m1", "is_deleted": True}))
    picture = {"type": "image", "payload": {"url": "https://lookaside.fbsbx.com/secret"}}
    hear(ferry, shop, item(T, message={"mid": "m1", "text": "secret", "attachments": [picture]}))
    hear(ferry, shop, item(T + 1, message_edit={"mid": "m1", "text": "secret", "num_edit": 1}))

    deleted, *late = ferry.events("message.deleted", "message.received", "message.edited")
    assert ["message.received", "message.edited"] == [one["type"] for one in late]
    for one in late:
        assert deleted["message"]["id"] == one["message"]["id"]
        assert ("unsupported", None, []) == tuple(one["message"][name] for name in ("kind", "text", "attachments"))
        assert {"unsent": True} == one[one["type"].rpartition(".")[2]]
        assert "secret" not in json.dumps(one)
    kept = messages.get(ferry.core.store, deleted["message"]["id"])
    assert kept is not None
    assert kept["deleted_at"] == deleted["occurred_at"]


def test_unsend_and_its_message_in_one_body_are_told_as_they_stand(ferry: Pipeline, shop: Stored) -> None:
    """Within a body too what follows the unsend is bare; told again, in whatever order, nothing is new."""
    gone = item(T + 3, message={"mid": "m1", "is_deleted": True})
    hear(ferry, shop, gone, item(T, message={"mid": "m1", "text": "secret"}))
    hear(
        ferry, shop, item(T, message={"mid": "m2", "text": "seen"}), item(T, message={"mid": "m2", "is_deleted": True})
    )
    hear(ferry, shop, item(T, message={"mid": "m2", "text": "seen"}), gone)

    heard = ferry.events("message.received", "message.deleted", "unknown")
    assert [None, None, "seen", None] == [one["message"]["text"] for one in heard]


def test_what_is_about_a_message_may_come_before_it(ferry: Pipeline, shop: Stored) -> None:
    """A reaction, an edit and a hint first: all stand in the message's timeline, whose time is the message's own."""
    hear(ferry, shop, item(T + 2, reaction={"mid": "m1", "action": "react", "reaction": "love", "emoji": "❤️"}))
    hear(ferry, shop, item(T + 3, message_edit={"mid": "m1", "text": "second", "num_edit": 1}))
    hear(ferry, shop, {"timestamp": T + 4, "message_edit": {"mid": "m1", "num_edit": 0}})
    hear(ferry, shop, item(T, message={"mid": "m1", "text": "first"}))

    (told,) = ferry.events("message.received")
    ident = told["message"]["id"]
    about = ["message.reaction", "message.edited", "message.received"]
    assert about == [one["kind"] for one in messages.timeline(ferry.core.store, ident)]
    kept = messages.get(ferry.core.store, ident)
    assert kept is not None
    assert kept["at"] == told["occurred_at"]
    (hint,) = ferry.events("unknown")
    assert {"hint": {"message_id": "m1"}} == hint["unknown"]


# Sends ---------------------------------------------------------------------------------------------------------------


def send(ferry: Pipeline, to: str, words: str) -> str:
    """A text, forced past the window; the run's id."""
    body = {"connection": "shop", "action": "send-text-message", "input": {"to": to, "text": words}, "force": True}
    ident = accept(ferry.core, body).id
    ferry.settle()
    return ident


def run_of(ferry: Pipeline, ident: str) -> dict[str, Any]:
    """The run as the outside sees it."""
    found = runs.get(ferry.core.store, ident)
    assert found is not None
    return found


def asked(ferry: Pipeline, action: str) -> int:
    """How often the stand-in was asked for this."""
    return len(ferry.simulators["instagram"].requests(action))


@pytest.mark.parametrize("proof", ["echo", "provider"])
def test_an_error_after_a_delivery_is_unknown_until_it_is_proven(ferry: Pipeline, shop: Stored, proof: str) -> None:
    """1/1357046: never sent again; the echo proves it, and where none comes the thread, read again."""
    ident = send(ferry, "900000000007046", "did it arrive?")
    found = run_of(ferry, ident)
    assert ("unknown", "1/1357046") == (found["state"], found["error"]["code"])
    if proof == "echo":
        for request in ferry.simulators["instagram"].sent:
            ferry.ingest(shop, request)
        ferry.settle()

    assert "proven" == reconcile.look(ferry.core, 0, ident)
    found = run_of(ferry, ident)
    assert ("succeeded", f"proven:{proof}") == (found["state"], found["attempts"][-1]["outcome"])
    assert 1 == asked(ferry, "send-text-message")
    (sent,) = ferry.events("message.sent")
    assert sent["message"]["provider_id"] == found["output"]["message_id"]


def test_an_expired_token_holds_the_sends_until_a_person_has_been(ferry: Pipeline, shop: Stored) -> None:
    """190/463: the connection asks for a person, its sends wait in their order, and leave once with the new token."""
    simulator = ferry.simulators["instagram"]
    simulator.webhook["token_issued_at"] = time.time() - 61 * 86400
    idents = [send(ferry, C, words) for words in ("one", "two")]
    assert states.CLIENT_ACTION_REQUIRED == _state(ferry)
    assert {"waiting", "queued"} >= {run_of(ferry, one)["state"] for one in idents}
    assert 1 == asked(ferry, "send-text-message")

    del simulator.webhook["token_issued_at"]
    assert isinstance(simulator, InstagramSimulator)
    simulator.tokens["IGAA-new"] = Token(time.time(), None)
    provision.ensure(ferry.core, "instagram", "shop", {}, {"access_token": "IGAA-new"})
    ferry.settle()
    assert "READY" == _state(ferry)
    assert ["succeeded"] * 2 == [run_of(ferry, one)["state"] for one in idents]


def _state(ferry: Pipeline) -> str:
    found = ferry.core.connections.get("shop", fresh=True)
    assert found is not None
    return found.state


def test_usage_headers_close_the_gate_before_the_limit_bites(ferry: Pipeline, shop: Stored) -> None:
    """At 95 % the next send waits although this one was taken; below 80 % it does not."""
    simulator = ferry.simulators["instagram"]
    simulator.webhook["usage"] = 79
    assert ["succeeded"] * 2 == [run_of(ferry, send(ferry, C, words))["state"] for words in ("a", "b")]
    simulator.webhook["usage"] = 95
    assert "succeeded" == run_of(ferry, send(ferry, C, "c"))["state"]
    assert run_of(ferry, send(ferry, C, "d"))["state"] in {"queued", "waiting"}
    assert 3 == asked(ferry, "send-text-message")
