"""The list of webhooks: adding ours without dropping another's, and taking it out again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from connectors.action import Call, Outcome
from connectors.client import new_client, perform, prepare
from connectors.connection import Connection
from connectors.errors import BadReply, InvalidCall, Rejected
from connectors.onemsg import PROVIDER
from tests.connectors.onemsg.channel import CONNECTION, HOOK, TOKEN, with_settings

INBOX = "https://app.1msg.io/service/inbox/000"
CRM = "https://crm.example.test/in"
FULL = [f"https://hooks.example.test/{number}" for number in range(5)]


class Theirs:
    """A channel's list behind the wire, and what was asked of it."""

    def __init__(self, stored: Any, *, deaf: bool = False, acks: bool = False) -> None:
        self.stored = stored
        self.deaf = deaf  # takes a list and keeps the old one
        self.acks = acks
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        body: Any = None if request.method == "GET" else json.loads(request.read())
        self.asked.append((request.method, path, body))
        if (request.method, path) == ("GET", "webhook"):
            return httpx.Response(200, json={"webhookUrl": self.stored, "webhookStatuses": []})
        if path == "webhook":
            if not self.deaf:
                self.stored = body["webhookUrl"]
            return httpx.Response(200, json={"set": True, "message": body["webhookUrl"]})
        if "webhookUrl" in body:
            self.stored = body["webhookUrl"]
        self.acks = body.get("ackNotificationsOn", self.acks)
        return httpx.Response(200, json={"update": body})

    def do(self, given: Mapping[str, Any], connection: Connection = CONNECTION) -> Outcome:
        """The action, all of it."""
        with new_client(httpx.MockTransport(self)) as client:
            return perform(PROVIDER, PROVIDER.actions["set-webhook"], Call(connection, given, "ref"), client)

    def ask(self, key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """As register and check are given it."""
        with new_client(httpx.MockTransport(self)) as client:
            return perform(PROVIDER, PROVIDER.actions[key], Call(CONNECTION, given, "ref"), client).output


@pytest.mark.parametrize(
    ("stored", "left"),
    [
        ([INBOX, CRM], [INBOX, CRM, HOOK]),
        (INBOX, [INBOX, HOOK]),
        (f"{INBOX},{CRM}", [INBOX, CRM, HOOK]),
        (f" {INBOX} , {CRM} ", [INBOX, CRM, HOOK]),
        ("https://a.test/x?y=1,2", ["https://a.test/x?y=1,2", HOOK]),
        (None, HOOK),
        ("", HOOK),
        ([], HOOK),
    ],
)
def test_ours_is_added_to_whatever_form_the_list_has(stored: Any, left: Any) -> None:
    """Read, write, receipts on, read back, in this order; one address is a text, several are a list."""
    theirs = Theirs(stored)
    outcome = theirs.do({})
    assert [
        ("GET", "webhook", None),
        ("POST", "webhook", {"webhookUrl": left}),
        ("POST", "settings", {"ackNotificationsOn": True}),
        ("GET", "webhook", None),
    ] == theirs.asked
    listed = [left] if isinstance(left, str) else left
    assert {"webhook_urls": listed, "changed": True, "confirmed": True} == outcome.output


def test_an_unchanged_list_is_not_written() -> None:
    """Unless somebody wants disabled addresses taken up again; one trailing slash makes no difference."""
    for stored in ([INBOX, HOOK], [INBOX, HOOK + "/"]):
        theirs = Theirs(stored)
        assert theirs.do({"acks": False}).output["changed"] is False
        assert [("GET", "webhook", None)] == theirs.asked
    theirs = Theirs([INBOX, HOOK])
    theirs.do({})
    assert [("GET", "webhook", None), ("POST", "settings", {"ackNotificationsOn": True})] == theirs.asked
    theirs = Theirs([INBOX, HOOK])
    theirs.do({"acks": False, "reenable": True})
    assert ("POST", "webhook", {"webhookUrl": [INBOX, HOOK]}) in theirs.asked


def test_a_sixth_is_refused_before_writing() -> None:
    """And says that one has to go."""
    theirs = Theirs(FULL)
    with pytest.raises(InvalidCall, match="remove one first"):
        theirs.do({"acks": False})
    assert [("GET", "webhook", None)] == theirs.asked
    assert FULL == theirs.stored


def test_ours_is_taken_out_and_no_other() -> None:
    """The last one is cleared the other way, as POST /webhook refuses an empty list."""
    theirs = Theirs([INBOX, HOOK + "/", CRM])
    assert [INBOX, CRM] == theirs.do({"mode": "remove"}).output["webhook_urls"]
    assert [INBOX, CRM] == theirs.stored
    alone = Theirs([HOOK])
    assert {"webhook_urls": [], "changed": True, "confirmed": True} == alone.do({"mode": "remove"}).output
    assert ("POST", "settings", {"webhookUrl": ""}) in alone.asked
    assert not any(method == "POST" and path == "webhook" for method, path, _ in alone.asked)
    absent = Theirs([INBOX])
    assert absent.do({"mode": "remove"}).output["changed"] is False
    assert not [one for one in absent.asked if one[0] == "POST"]


def test_replacing_is_a_word_one_has_to_say() -> None:
    """Then all others go."""
    theirs = Theirs([INBOX, CRM])
    theirs.do({"mode": "replace", "urls": [HOOK]})
    assert HOOK == theirs.stored


def test_a_list_that_was_not_read_never_leaves() -> None:
    """Whoever prepares the call without asking first cannot drop the others by mistake."""
    for given in ({"urls": [HOOK]}, {"urls": [HOOK], "mode": "add"}, {"mode": "replace"}, {}):
        with pytest.raises(InvalidCall):
            prepare(PROVIDER, PROVIDER.actions["set-webhook"], Call(CONNECTION, given, "ref"))


def test_a_list_we_cannot_read_is_left_alone() -> None:
    """An answer without the list is no empty list: writing over it would cut others off."""

    def odd(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET" or request.url.path.endswith("/settings")
        return httpx.Response(200, json={"hello": 1})

    with new_client(httpx.MockTransport(odd)) as client, pytest.raises(BadReply):
        perform(PROVIDER, PROVIDER.actions["set-webhook"], Call(CONNECTION, {}, "ref"), client)


def test_register_and_unregister() -> None:
    """Safe to repeat, and one undoes the other."""
    assert PROVIDER.register is not None
    assert PROVIDER.unregister is not None
    theirs = Theirs([INBOX])
    for _ in range(2):
        PROVIDER.register(CONNECTION, theirs.ask)
    assert [INBOX, HOOK] == theirs.stored
    assert theirs.acks is True
    for _ in range(2):
        PROVIDER.unregister(CONNECTION, theirs.ask)
    assert INBOX == theirs.stored


def test_register_as_the_settings_say() -> None:
    """Receipts may stay as they are; retries are switched on only when asked."""
    assert PROVIDER.register is not None
    quiet = Theirs([])
    with new_client(httpx.MockTransport(quiet)) as client:
        connection = with_settings(acks_on_register=False, guaranteed_hooks=True)

        def ask(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
            return perform(PROVIDER, PROVIDER.actions[key], Call(connection, given, "ref"), client).output

        PROVIDER.register(connection, ask)
    assert [{"guaranteedHooks": True}] == [body for method, path, body in quiet.asked if path == "settings"]


def test_register_believes_only_what_it_reads_back() -> None:
    """A channel that says yes and keeps its list."""
    assert PROVIDER.register is not None
    deaf = Theirs([INBOX], deaf=True)
    assert deaf.do({}).output["confirmed"] is False
    with pytest.raises(BadReply):
        PROVIDER.register(CONNECTION, deaf.ask)


def test_a_connection_without_an_address_cannot_register() -> None:
    """In a sentence."""
    assert PROVIDER.register is not None
    with pytest.raises(InvalidCall, match="no webhook address"):
        PROVIDER.register(Connection("c", "onemsg", {"channel_id": "1"}, {"token": TOKEN}), Theirs([]).ask)


@pytest.mark.parametrize(
    "urls", [[], ["ftp://a.test"], ["hooks"], [" https://a.test"], [*FULL, "https://a.test/6"], "x"]
)
def test_addresses_that_are_none(urls: Any) -> None:
    """Told before anything is asked."""
    theirs = Theirs([])
    with pytest.raises(InvalidCall):
        theirs.do({"urls": urls})
    assert [] == theirs.asked


@pytest.mark.parametrize(
    ("word", "fine"),
    [("connected", True), ("connecting", True), ("disconnected", False), ("uninitialized", False), ("odd", False)],
)
def test_check(word: str, fine: bool) -> None:  # noqa: FBT001  (a column)
    """One question that spends nothing."""
    assert PROVIDER.check is not None
    asked: list[str] = []

    def ask(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(key)
        answer = httpx.MockTransport(lambda request: httpx.Response(200, json={"status": word}))
        with new_client(answer) as client:
            return perform(PROVIDER, PROVIDER.actions[key], Call(CONNECTION, given, "ref"), client).output

    if fine:
        PROVIDER.check(CONNECTION, ask)
    else:
        with pytest.raises(Rejected) as raised:
            PROVIDER.check(CONNECTION, ask)
        assert word == raised.value.code
    assert ["get-channel-status"] == asked
