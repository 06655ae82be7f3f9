"""Templates and history page by page, a template's namespace, and proof of a lost answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.action import Call, Nature
from connectors.client import asking, new_client, perform
from connectors.errors import BadReply, ConnectorError, InvalidCall, Rejected
from connectors.listing import every
from connectors.onemsg import PROVIDER
from connectors.provider import UnknownCall
from tests.connectors.onemsg.bodies import ECHO, NOON, TEXT
from tests.connectors.onemsg.channel import ADA, CONNECTION, OUT, with_settings

NAMESPACE = "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee"


def asked(action: str, given: Mapping[str, Any], answer: Any) -> Mapping[str, Any]:
    """The output of one question."""
    with new_client(httpx.MockTransport(lambda request: httpx.Response(200, json=answer))) as client:
        return perform(PROVIDER, PROVIDER.actions[action], Call(CONNECTION, given, "ref"), client).output


def row(number: int, **fields: Any) -> dict[str, Any]:
    """A template as 1msg tells it."""
    return {"id": str(number), "name": f"t{number}", "language": "en", "status": "approved", **fields}


def test_a_template_in_all_its_variations() -> None:
    """Root, status, language, components and namespace vary; what is ours does not."""
    page = {
        "total": 2,
        "templates": [
            row(1, namespace=NAMESPACE, category="UTILITY", rejected_reason="NONE", components=[{"type": "BODY"}]),
            row(2, status="Submitted", language={"code": "en_US"}, components='[{"type": "BODY"}]'),
            row(3, message_template_namespace=NAMESPACE, components="{oops"),
            "nonsense",
        ],
    }
    first, second, third = asked("get-templates", {}, page)["items"]
    assert {
        "id": "1",
        "name": "t1",
        "language": "en",
        "category": "UTILITY",
        "status": "APPROVED",
        "namespace": NAMESPACE,
        "rejected_reason": "NONE",
        "components": [{"type": "BODY"}],
    } == first
    assert ("SUBMITTED", "en_US", [{"type": "BODY"}]) == (second["status"], second["language"], second["components"])
    assert (NAMESPACE, []) == (third["namespace"], third["components"])
    assert NAMESPACE == second["namespace"], "all that have one share it"
    assert ["t1"] == [one["name"] for one in asked("get-templates", {}, [row(1)])["items"]]
    two = [row(1, namespace="a"), row(2, messageTemplateNamespace="b"), row(3)]
    assert ["a", "b", None] == [one["namespace"] for one in asked("get-templates", {}, two)["items"]]


def test_templates_that_are_refused_in_a_200() -> None:
    """Or told in a shape nobody knows."""
    with pytest.raises(Rejected, match="Upstream refused"):
        asked("get-templates", {}, {"total": 0, "templates": [], "error": {"message": "Upstream refused", "code": 190}})
    with pytest.raises(BadReply):
        asked("get-templates", {}, {"hello": 1})


def pages(answer: Callable[[Mapping[str, str]], Any], action: str, given: dict[str, Any]) -> tuple[list[Any], int]:
    """Everything an action lists, following its cursor, and how many questions that took."""
    questions: list[Mapping[str, str]] = []

    def theirs(request: httpx.Request) -> httpx.Response:
        questions.append(dict(request.url.params))
        return httpx.Response(200, json=answer(questions[-1]))

    with new_client(httpx.MockTransport(theirs)) as client:
        return list(every(asking(PROVIDER, CONNECTION, client), action, given)), len(questions)


ROWS = [row(number) for number in range(25)]


@pytest.mark.parametrize(
    ("answer", "count", "questions"),
    [
        (lambda q: {"total": 25, "templates": ROWS[int(q["offset"]) : int(q["offset"]) + 10]}, 25, 3),
        (lambda q: {"templates": ROWS[int(q["offset"]) : int(q["offset"]) + 10]}, 25, 3),
        (lambda q: {"total": 20, "templates": ROWS[int(q["offset"]) : int(q["offset"]) + 10][:20]}, 20, 2),
        (lambda q: {"total": 25, "templates": ROWS}, 25, 1),
        (lambda q: ROWS, 25, 1),
        (lambda q: {"templates": ROWS[:10]}, 10, 2),
        (lambda q: {"templates": [row(int(q["offset"]) + n) for n in range(10)]}, 200, 20),
        (lambda q: {"templates": []}, 0, 1),
    ],
    ids=["as told", "no total", "total reached", "all at once", "a bare list", "offset ignored", "endless", "none"],
)
def test_templates_page_by_page(answer: Callable[[Mapping[str, str]], Any], count: int, questions: int) -> None:
    """Until nothing new comes, whatever the channel makes of `offset`."""
    found, took = pages(answer, "get-templates", {"limit": 10})
    assert (count, questions) == (len(found), took)
    assert count == len({one["id"] for one in found})


def stored(number: int, **fields: Any) -> dict[str, Any]:
    """A message of the history: numbers for booleans."""
    more = {"messageNumber": number, "id": f"wamid.{number}", "fromMe": 0, "isForwarded": 0, "time": NOON + number}
    return {**TEXT, **more, **fields}


HISTORY = [stored(number) for number in range(1, 26)]


def after(query: Mapping[str, str]) -> dict[str, Any]:
    """The page after a cursor."""
    start, limit = int(query["lastMessageNumber"]), int(query["limit"])
    return {"messages": [one for one in HISTORY if one["messageNumber"] > start][:limit]}


def test_history_page_by_page() -> None:
    """The next cursor is the largest number of the page; an empty, short or standing page is the end."""
    found, took = pages(after, "get-messages", {"limit": 10})
    assert (list(range(1, 26)), 3) == ([one["number"] for one in found], took)
    again, took = pages(lambda query: {"messages": HISTORY[:10]}, "get-messages", {"limit": 10})
    assert (20, 2) == (len(again), took)


def test_a_stored_message_is_told_in_the_words_of_events() -> None:
    """Sorted by number and time, whatever order they came in; a bad one is kept too."""
    rows = [
        stored(3, type="image", body="https://a.test/x.jpg", caption="c", quotedMsgId=OUT),
        stored(2, fromMe=1),
        stored(4, type="reaction", body="👍", quotedMsgId=OUT),
        stored(5, chatId=None, author=None),
    ]
    sent, image, reaction, odd = asked("get-messages", {}, {"messages": rows})["items"]
    assert ("message.sent", ADA, "2026-01-01T00:00:02Z", "text") == (sent["type"], sent["to"], sent["at"], sent["kind"])
    assert {
        "number": 3,
        "message_id": "wamid.3",
        "type": "message.received",
        "to": ADA,
        "at": "2026-01-01T00:00:03Z",
        "kind": "image",
        "text": "c",
        "reply_to": OUT,
        "attachments": [{"kind": "image", "url": "https://a.test/x.jpg", "name": "x.jpg"}],
        "raw": rows[0],
    } == image
    assert ("message.reaction", None) == (reaction["type"], reaction["kind"])
    assert ("unknown", rows[3]) == (odd["type"], odd["raw"])


@pytest.mark.parametrize("answer", [{"notice": "History is off", "messages": []}, {"notice": "History is off"}])
def test_a_channel_without_history_says_so(answer: Any) -> None:
    """Which is no proof that nothing was said."""
    assert {"items": [], "cursor": None, "notice": "History is off"} == asked("get-messages", {}, answer)


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({}, {"limit": "100", "lastMessageNumber": "0"}),
        ({"cursor": 41, "limit": 5}, {"limit": "5", "lastMessageNumber": "41"}),
        ({"newest": True, "to": "+15550100123"}, {"limit": "100", "last": "true", "chatId": ADA}),
        (
            {"since": "2026-01-01T00:00:00Z", "until": NOON + 10, "message_id": OUT},
            {
                "limit": "100",
                "lastMessageNumber": "0",
                "min_time": str(NOON - 1),
                "max_time": str(NOON + 11),
                "msgId": OUT,
            },
        ),
    ],
)
def test_what_is_asked_of_the_history(given: dict[str, Any], query: dict[str, str]) -> None:
    """Always a cursor or the newest; bounds overlap by a second."""
    seen: list[dict[str, str]] = []

    def theirs(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return httpx.Response(200, json={"messages": []})

    with new_client(httpx.MockTransport(theirs)) as client:
        perform(PROVIDER, PROVIDER.actions["get-messages"], Call(CONNECTION, given, "ref"), client)
    seen[0].pop("token")
    assert [query] == seen


@pytest.mark.parametrize("given", [{"limit": 0}, {"newest": True, "cursor": 1}, {"since": "soon"}, {"cursor": -1}])
def test_what_the_history_is_never_asked(given: dict[str, Any]) -> None:
    """`limit=0` would be everything."""
    with pytest.raises(InvalidCall):
        asked("get-messages", given, {})


TEMPLATE = {"to": ADA, "template": "t2", "language": "en"}


def sent(given: Mapping[str, Any], templates: Any, **settings: Any) -> list[tuple[str, Any]]:
    """What leaves when a template is sent: (path, namespace)."""
    left: list[tuple[str, Any]] = []

    def theirs(request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        if path == "templates":
            left.append((path, None))
            start = int(request.url.params["offset"])
            return httpx.Response(200, json={"total": len(templates), "templates": templates[start : start + 100]})
        left.append((path, json.loads(request.read()).get("namespace")))
        return httpx.Response(200, json={"sent": True, "id": OUT})

    action = PROVIDER.actions["send-template-message"]
    with new_client(httpx.MockTransport(theirs)) as client:
        perform(PROVIDER, action, Call(with_settings(**settings), given, "ref"), client)
    return left


def test_a_namespace_nobody_named_is_looked_up() -> None:
    """On whatever page it stands, in the right language; not where the call or the connection knows it."""
    many = [row(number, namespace="other") for number in range(100, 250)]
    listed = [*many, row(2, language="es", namespace="wrong"), row(2, namespace=NAMESPACE)]
    assert [("templates", None), ("templates", None), ("sendTemplate", NAMESPACE)] == sent(TEMPLATE, listed)
    assert [("sendTemplate", "mine")] == sent({**TEMPLATE, "namespace": "mine"}, [])
    assert [("sendTemplate", "ours")] == sent(TEMPLATE, [], namespace="ours")
    assert [("sendTemplate", None)] == sent(TEMPLATE, [], omit_namespace=True)


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([], "lists no template"),
        ([row(2, language="es", namespace=NAMESPACE)], "lists no template"),
        ([row(2, namespace=NAMESPACE, status="PAUSED")], "not approved: paused"),
        ([row(2)], "tells no namespace"),
    ],
)
def test_a_template_that_cannot_be_sent_never_leaves(listed: Any, words: str) -> None:
    """1msg would answer with half a sentence."""
    with pytest.raises(InvalidCall, match=words) as raised:
        sent(TEMPLATE, listed)
    assert "template" == raised.value.reason


LEFT = datetime.fromtimestamp(NOON + 59, UTC)
SAY = {"to": "+15550100123", "text": "Hello 🌍"}
REACT = {"to": ADA, "message_id": "wamid.IN==", "emoji": "👍"}
REACTED = {**ECHO, "type": "reaction", "body": "👍", "quotedMsgId": "wamid.IN=="}


def proven(action: str, given: Mapping[str, Any], *rows: Mapping[str, Any], status: int = 200) -> str | None:
    """The message id found for a call that was never answered."""
    assert PROVIDER.prove is not None
    answer = httpx.MockTransport(lambda request: httpx.Response(status, json={"messages": list(rows)}))
    with new_client(answer) as client:
        call = UnknownCall(CONNECTION, PROVIDER.actions[action], given, "ref", LEFT)
        found = PROVIDER.prove(call, asking(PROVIDER, CONNECTION, client))
    if found is None:
        return None
    assert [found.output["message_id"]] == [part.message for part in found.parts]
    return str(found.output["message_id"])


def test_an_echo_proves_a_send() -> None:
    """The same words to the same chat, by the API, just after it left."""
    assert OUT == proven("send-message", SAY, ECHO)
    assert OUT == proven("send-message", SAY, {**ECHO, "id": "wamid.x", "body": "other"}, ECHO)
    assert OUT == proven("send-reaction", REACT, REACTED)
    assert OUT == proven("send-reaction", {**REACT, "emoji": ""}, {**REACTED, "body": None})


@pytest.mark.parametrize(
    "row",
    [
        {**ECHO, "body": "Hello"},
        {**ECHO, "fromMe": False},
        {**ECHO, "self": 0},
        {**ECHO, "time": NOON},
        {**ECHO, "time": NOON + 600},
        {**ECHO, "time": None},
        {**ECHO, "quotedMsgId": "wamid.other"},
        {**ECHO, "id": None},
        {**ECHO, "type": "template"},
    ],
)
def test_what_proves_nothing(row: dict[str, Any]) -> None:
    """Other words, another sender, another time."""
    assert proven("send-message", SAY, row) is None


def test_doubt_proves_nothing() -> None:
    """Two that fit, no history, a reaction to another message, a kind we cannot compare; a failed question says so."""
    assert proven("send-message", SAY, ECHO, {**ECHO, "id": "wamid.twin"}) is None
    with pytest.raises(ConnectorError):
        proven("send-message", SAY, ECHO, status=500)
    assert proven("send-message", SAY) is None
    assert proven("send-message", {"text": "hi"}, ECHO) is None
    assert proven("send-reaction", REACT, {**REACTED, "quotedMsgId": OUT}) is None
    assert proven("send-file", {"to": ADA, "media_url": "https://a.test/x.pdf"}, ECHO) is None


def test_what_may_be_repeated_is_what_the_page_says() -> None:
    """§2.6: all questions, and writes that set a state; never a send."""
    repeatable = {key for key, action in PROVIDER.actions.items() if action.repeatable}
    writes = {"mark-message-as-read", "set-webhook", "update-settings", "update-profile-info", "upload-media"}
    questions = {key for key, action in PROVIDER.actions.items() if action.nature is Nature.QUERY}
    assert repeatable == writes | questions
    assert all(PROVIDER.actions[key].method == "GET" for key in questions)
    sends = {key for key, action in PROVIDER.actions.items() if action.nature in {Nature.SEND, Nature.REACT}}
    assert {key for key in sends if not PROVIDER.actions[key].needs_window({})} == {"send-template-message"}
