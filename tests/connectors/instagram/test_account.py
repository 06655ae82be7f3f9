"""Ice breakers, subscriptions, comments, and whose token it is (page §3.15–§3.18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.connection import Connection
from connectors.errors import InvalidCall, OutcomeUnknown, Rejected
from connectors.instagram import PROVIDER
from connectors.instagram.account import proof
from connectors.instagram.schemas_account import SUBSCRIBED
from tests.connectors.conversation import Conversation
from tests.connectors.instagram.accounts import ACCOUNT, APP_SECRET, FACEBOOK, IG_APP_SECRET, INSTAGRAM, PAGE

WHERE = {"question": "Where are you located?", "payload": "IB_LOCATION"}
SHIP = {"question": "Do you ship abroad?", "payload": "IB_SHIPPING"}
ONDE = {"question": "Onde fica a loja?", "payload": "IB_LOCATION"}
SETS = [
    {"locale": "default", "call_to_actions": [WHERE, SHIP]},
    {"locale": "pt_BR", "call_to_actions": [ONDE]},
]
PROFILE = {"path": "/v25.0/me/messenger_profile", "query": {"platform": "instagram"}}
SET = {"method": "POST", **PROFILE, "json": {"platform": "instagram", "ice_breakers": SETS}}
GET = {"method": "GET", **PROFILE, "query": {"platform": "instagram", "fields": "ice_breakers"}}
DELETE = {"method": "DELETE", **PROFILE, "json": {"fields": ["ice_breakers"]}}
DONE = {"success": True}
ME = {"method": "GET", "path": "/v25.0/me", "query": {"fields": "id,user_id,username,account_type"}}
TOLD_ME = {"id": "24840000000000001", "user_id": ACCOUNT, "username": "my.shop", "account_type": "BUSINESS"}
MADE_ME = {
    "account_id": ACCOUNT,
    "app_scoped_id": "24840000000000001",
    "username": "my.shop",
    "account_type": "BUSINESS",
}
APPS = {"path": "/v25.0/me/subscribed_apps"}
REPLIES = {"method": "POST", "path": "/v25.0/17900000000000777/replies", "json": {"message": "We wrote to you."}}
TO_COMMENT = {"comment_id": "17900000000000777", "text": "We wrote to you."}


def breakers(*listed: Mapping[str, Any]) -> dict[str, Any]:
    """The input of set-ice-breakers."""
    return {"ice_breakers": list(listed)}


CONVERSATIONS = {
    "set": Conversation("set-ice-breakers", breakers(*SETS), SET, (200, {"success": True}), DONE),
    "set, answered Messenger's way": Conversation(
        "set-ice-breakers", breakers(*SETS), SET, (200, {"result": "success"}), DONE
    ),
    "set, answered with nothing": Conversation("set-ice-breakers", breakers(*SETS), SET, (200, None), DONE),
    "a set without a word about language": Conversation(
        "set-ice-breakers",
        breakers({"call_to_actions": [WHERE]}),
        {**SET, "json": {"platform": "instagram", "ice_breakers": [{"locale": "default", "call_to_actions": [WHERE]}]}},
        (200, DONE),
        DONE,
    ),
    "set, refused": Conversation(
        "set-ice-breakers", breakers(*SETS), SET, (400, {"error": {"code": 100, "message": "x"}}), raises=Rejected
    ),
    "get": Conversation("get-ice-breakers", {}, GET, (200, {"data": SETS}), {"ice_breakers": SETS}),
    "get, Messenger's shape": Conversation(
        "get-ice-breakers", {}, GET, (200, {"data": [{"ice_breakers": SETS}]}), {"ice_breakers": SETS}
    ),
    "get, the flat shape": Conversation(
        "get-ice-breakers", {}, GET, (200, {"data": [WHERE, SHIP]}), {"ice_breakers": [SETS[0]]}
    ),
    "get, the flat shape inside Messenger's": Conversation(
        "get-ice-breakers", {}, GET, (200, {"data": [{"ice_breakers": [WHERE, SHIP]}]}), {"ice_breakers": [SETS[0]]}
    ),
    "get, none": Conversation("get-ice-breakers", {}, GET, (200, {"data": []}), {"ice_breakers": []}),
    "delete": Conversation("delete-ice-breakers", {}, DELETE, (200, {"result": "success"}), DONE),
    "me, wrapped": Conversation("get-account", {}, ME, (200, {"data": [TOLD_ME]}), MADE_ME),
    "me, flat": Conversation("get-account", {}, ME, (200, TOLD_ME), MADE_ME),
    "me, with a dead token": Conversation(
        "get-account", {}, ME, (400, {"error": {"code": 190, "message": "x"}}), raises=Rejected, reason="auth"
    ),
    "subscribe": Conversation(
        "subscribe-webhooks",
        {"subscribed_fields": ["messages", "comments"]},
        {"method": "POST", **APPS, "query": {"subscribed_fields": "messages,comments"}},
        (200, DONE),
        DONE,
    ),
    "subscriptions": Conversation(
        "get-webhook-subscriptions",
        {},
        {"method": "GET", **APPS},
        (200, {"data": [{"id": "99", "name": "Ferry", "subscribed_fields": ["messages"]}]}),
        {"items": [{"app_id": "99", "name": "Ferry", "subscribed_fields": ["messages"]}]},
    ),
    "unsubscribe": Conversation("unsubscribe-webhooks", {}, {"method": "DELETE", **APPS}, (200, DONE), DONE),
    "a public answer": Conversation(
        "reply-to-comment", TO_COMMENT, REPLIES, (200, {"id": "17900000000000778"}), {"comment_id": "17900000000000778"}
    ),
    "a public answer, nobody knows": Conversation(
        "reply-to-comment", TO_COMMENT, REPLIES, (200, {}), raises=OutcomeUnknown
    ),
}


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_account(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Exactly this leaves (a DELETE with a body among it), and every shape Meta answers in is read."""
    said.check(PROVIDER, INSTAGRAM, caplog)


def test_facebook_login_goes_by_the_page() -> None:
    """The same actions hang on the Page, and the account is the one linked to it."""
    fields = "id,name,instagram_business_account{id,username}"
    told = {"id": PAGE, "name": "My shop", "instagram_business_account": {"id": ACCOUNT, "username": "my.shop"}}
    made = {"account_id": ACCOUNT, "username": "my.shop", "page_id": PAGE, "page_name": "My shop"}
    me = {"method": "GET", "path": f"/v25.0/{PAGE}", "query": {"fields": fields}}
    Conversation("get-account", {}, me, (200, told), made).check(PROVIDER, FACEBOOK)
    for key, wanted in (("delete-ice-breakers", DELETE), ("unsubscribe-webhooks", {"method": "DELETE", **APPS})):
        there = {**wanted, "path": str(wanted["path"]).replace("/me/", f"/{PAGE}/")}
        Conversation(key, {}, there, (200, DONE), DONE).check(PROVIDER, FACEBOOK)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "no sets": ("set-ice-breakers", breakers()),
    "five questions": ("set-ice-breakers", breakers({"call_to_actions": [WHERE] * 5})),
    "no questions": ("set-ice-breakers", breakers({"call_to_actions": []})),
    "a question without a payload": ("set-ice-breakers", breakers({"call_to_actions": [{"question": "x"}]})),
    "an empty question": ("set-ice-breakers", breakers({"call_to_actions": [{"question": "", "payload": "x"}]})),
    "a language twice": ("set-ice-breakers", breakers(SETS[0], SETS[0])),
    "no default": ("set-ice-breakers", breakers(SETS[1])),
    "a language there is not": ("set-ice-breakers", breakers(SETS[0], {**SETS[1], "locale": "Portuguese"})),
    "no fields": ("subscribe-webhooks", {"subscribed_fields": []}),
    "an empty answer": ("reply-to-comment", {"comment_id": "1", "text": ""}),
    "a word for nobody": ("get-account", {"x": 1}),
}


@pytest.mark.parametrize(("action", "given"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_leave(action: str, given: dict[str, Any]) -> None:
    """Held before Meta would have to."""
    Conversation(action, given, None, raises=InvalidCall).check(PROVIDER, INSTAGRAM)


# Checking and registering -------------------------------------------------------------------------------------------


class Asked:
    """An Ask that notes what it was asked and answers from a function."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((key, given))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Mapping)
        return answer


def test_check_is_content_with_the_right_account() -> None:
    """One question that costs nothing."""
    assert PROVIDER.check is not None
    ask = Asked({"account_id": ACCOUNT})
    PROVIDER.check(INSTAGRAM, ask)

    assert [("get-account", {})] == ask.asked


@pytest.mark.parametrize(
    ("connection", "told", "field"),
    [(INSTAGRAM, {"account_id": "17841400000000002"}, "account_id"), (FACEBOOK, {"account_id": None}, "page_id")],
)
def test_check_names_what_is_wrong(connection: Connection, told: dict[str, Any], field: str) -> None:
    """Another account's token, or a Page without an account: the setting to mend is named."""
    assert PROVIDER.check is not None
    with pytest.raises(InvalidCall) as problem:
        PROVIDER.check(connection, Asked(told))

    assert [field] == list(problem.value.fields or {})


def test_check_hands_a_dead_token_on() -> None:
    """A dead token is the connection's state, told as such."""
    assert PROVIDER.check is not None
    with pytest.raises(Rejected):
        PROVIDER.check(INSTAGRAM, Asked(Rejected("dead", code="190")))


@pytest.mark.parametrize("connection", [INSTAGRAM, FACEBOOK])
def test_register_asks_for_less_when_a_name_is_not_known(connection: Connection) -> None:
    """Not every flavour has every field, and one unknown name refuses the whole list."""
    assert PROVIDER.register is not None
    lists = SUBSCRIBED[str(connection.settings["login_type"])]
    ask = Asked(*[Rejected("no", code="100")] * (len(lists) - 1), {"success": True})
    PROVIDER.register(connection, ask)

    assert [("subscribe-webhooks", {"subscribed_fields": list(names)}) for names in lists] == ask.asked


def test_register_gives_up_on_anything_else() -> None:
    """A missing permission is told at once, and the last list's refusal too."""
    assert PROVIDER.register is not None
    ask = Asked(Rejected("no", code="200"))
    with pytest.raises(Rejected):
        PROVIDER.register(INSTAGRAM, ask)
    assert 1 == len(ask.asked)
    with pytest.raises(Rejected):
        PROVIDER.register(INSTAGRAM, Asked(*[Rejected("no", code="100/33")] * 3))


def test_register_takes_the_connections_own_list() -> None:
    """What the setting says, and nothing else."""
    assert PROVIDER.register is not None
    ask = Asked({"success": True})
    PROVIDER.register(replace(INSTAGRAM, settings={**INSTAGRAM.settings, "subscribed_fields": ["messages"]}), ask)

    assert [("subscribe-webhooks", {"subscribed_fields": ["messages"]})] == ask.asked


def test_unregister() -> None:
    """The subscription is taken back."""
    assert PROVIDER.unregister is not None
    ask = Asked({"success": True})
    PROVIDER.unregister(INSTAGRAM, ask)

    assert [("unsubscribe-webhooks", {})] == ask.asked


# Settings and proofs ------------------------------------------------------------------------------------------------


def test_the_pages_worked_proofs() -> None:
    """appsecret_proof, plain and with its time (page §1.3)."""
    assert "ab536250317b5a6066d22dd99d6237097f9dec8f00a8cd4caa5f48b071bbe991" == proof("IGAAtesttoken0001", APP_SECRET)
    assert "6800cf5202c0962fadf796cc77f0ccfbbb30eafe437efa9b87f0e772c27f3473" == proof(
        "IGAAtesttoken0001", APP_SECRET, 1767225600
    )


@pytest.mark.parametrize(
    ("connection", "secret"), [(INSTAGRAM, IG_APP_SECRET), (FACEBOOK, APP_SECRET)], ids=["instagram", "facebook"]
)
def test_the_proof_goes_with_every_call(connection: Connection, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    """When the connection asks for it; it is in the query, and in no log."""
    shown = proof(connection.secret("access_token"), secret)
    node = "me" if connection is INSTAGRAM else PAGE
    wanted = {"method": "DELETE", "path": f"/v25.0/{node}/subscribed_apps", "query": {"appsecret_proof": shown}}
    said = Conversation("unsubscribe-webhooks", {}, wanted, (200, DONE), DONE, settings={"use_appsecret_proof": True})
    said.check(PROVIDER, connection, caplog)

    assert shown not in caplog.text


@pytest.mark.parametrize("token", ["", "\t", "IGAA token", "IGAAtoken\n", "IGAAé"])
def test_a_token_no_header_can_carry_does_not_leave(token: str) -> None:
    """Pasted with a line end it is named as what it is, not tried for ever as if nobody were at the door."""
    broken = replace(INSTAGRAM, secrets={"access_token": token})
    problem = Conversation("get-account", {}, None, raises=InvalidCall, reason="auth").check(PROVIDER, broken)

    assert isinstance(problem, InvalidCall)
    assert ["access_token"] == list(problem.fields or {})
    with pytest.raises(ValidationError):
        PROVIDER.secrets().load({"access_token": token})


GOOD = {"account_id": ACCOUNT}
WRONG_SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "no account": ({}, "account_id"),
    "a login there is not": ({**GOOD, "login_type": "google"}, "login_type"),
    "facebook without a page": ({**GOOD, "login_type": "facebook_login"}, "page_id"),
    "a version that would leave the path": ({**GOOD, "api_version": "v25.0/../x"}, "api_version"),
    "a setting there is not": ({**GOOD, "colour": "red"}, "colour"),
    "a time without a zone": ({**GOOD, "token_expires_at": "2026-03-01T00:00:00"}, "token_expires_at"),
}


@pytest.mark.parametrize(("given", "field"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_settings_name_what_is_wrong(given: dict[str, Any], field: str) -> None:
    """A mistake in the settings is told by its name."""
    with pytest.raises(ValidationError) as problem:
        PROVIDER.settings().load(given)

    assert [field] == list(problem.value.messages_dict)


def test_settings_have_safe_defaults() -> None:
    """What is not said is the safe choice of the page."""
    told = PROVIDER.settings().load(GOOD)

    assert {
        "account_id": ACCOUNT,
        "login_type": "instagram_login",
        "api_version": "v25.0",
        "use_appsecret_proof": False,
        "appsecret_time": False,
        "human_agent_enabled": False,
        "any_reaction": False,
    } == told


def test_the_connection_stands_for_its_account() -> None:
    """By which the worker routes what one URL hears for many."""
    assert ACCOUNT == PROVIDER.account(INSTAGRAM)
