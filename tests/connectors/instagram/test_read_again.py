"""Questions that take several calls: lost attachments, refused fields, pages too large (page §2.8, §3.13, §3.14)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from connectors.action import Call
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.errors import ConnectorError, OutcomeUnknown, Rejected
from connectors.instagram import PROVIDER
from connectors.instagram.schemas_read import MINIMAL
from tests.connectors.instagram.accounts import INSTAGRAM, MID
from tests.connectors.instagram.test_read import (
    MESSAGE,
    MESSAGES,
    SECRET_NEXT,
    THREAD,
    THREADS,
    TOLD_MESSAGE,
    TOLD_MESSAGES,
    TOLD_THREADS,
    row,
)

Said = Callable[[httpx.Request], tuple[int, Any]]


def played(
    action: str, given: Mapping[str, Any], say: Said, connection: Connection = INSTAGRAM
) -> tuple[Any, list[str]]:
    """The outcome (or the error) and what was asked: path and query of each request."""
    left: list[str] = []

    def play(request: httpx.Request) -> httpx.Response:
        left.append(request.url.raw_path.decode())
        status, body = say(request)
        return httpx.Response(status, json=body)

    with new_client(httpx.MockTransport(play)) as client:
        try:
            found: Any = perform(PROVIDER, PROVIDER.actions[action], Call(connection, given, "r"), client).output
        except ConnectorError as problem:
            found = problem
    return found, left


def test_lost_attachments_are_read_again_by_id() -> None:
    """A row that the list shows empty is asked for alone; one that is told, and one that is bare, is not."""
    bare = {"id": "old", "created_time": "2026-01-01T00:00:00+0000"}

    def say(request: httpx.Request) -> tuple[int, Any]:
        if request.url.path.endswith("/messages"):
            return 200, {"data": [*TOLD_MESSAGES["data"], bare]}
        return 200, TOLD_MESSAGE

    found, left = played("get-conversation-messages", {"conversation_id": THREAD}, say)

    assert [MESSAGES[0], MESSAGE] == found["items"][:2]
    assert (None, True) == (found["items"][2]["text"], found["items"][2]["content_unavailable"])
    assert [f"/v25.0/{THREAD}/messages", f"/v25.0/{MID}"] == [one.partition("?")[0] for one in left]


@pytest.mark.parametrize(
    "refusal",
    [{"code": 9000001}, {"code": 100, "error_subcode": 33}, {"code": 10}],
    ids=["deleted", "gone", "not allowed"],
)
def test_a_deleted_message_does_not_fail_its_page(refusal: dict[str, Any]) -> None:
    """It stays in the page, marked as unavailable."""

    def say(request: httpx.Request) -> tuple[int, Any]:
        return (200, TOLD_MESSAGES) if request.url.path.endswith("/messages") else (400, {"error": refusal})

    found, left = played("get-conversation-messages", {"conversation_id": THREAD}, say)

    assert (MESSAGES, 2) == (found["items"], len(left))


def test_told_to_slow_down_the_page_stays_as_it_is() -> None:
    """After the first such answer nothing more is asked."""
    empty = [{"id": f"m{n}", "message": ""} for n in range(5)]

    def say(request: httpx.Request) -> tuple[int, Any]:
        return (200, {"data": empty}) if request.url.path.endswith("/messages") else (400, {"error": {"code": 4}})

    found, left = played("get-conversation-messages", {"conversation_id": THREAD}, say)

    assert (["m0", "m1", "m2", "m3", "m4"], 2) == ([one["message_id"] for one in found["items"]], len(left))


def test_refused_fields_are_asked_less() -> None:
    """A list of fields Meta does not know is asked again in its plain form, through the thread's own fields."""

    def say(request: httpx.Request) -> tuple[int, Any]:
        if request.url.path.endswith("/messages"):
            return 400, {"error": {"code": 100, "message": "Tried accessing nonexisting field (shares)"}}
        return 200, {"id": THREAD, "messages": {"data": TOLD_MESSAGES["data"][:1]}}

    found, left = played("get-conversation-messages", {"conversation_id": THREAD, "limit": 7}, say)

    assert [MESSAGES[0]] == found["items"]
    assert f"messages.limit(7){{{','.join(MINIMAL)}}}" == httpx.URL(f"http://x{left[1]}").params["fields"]
    assert 2 == len(left)


def test_refused_twice_is_refused() -> None:
    """The plain form is asked once."""
    refusal = {"error": {"code": 100, "message": "no"}}
    for action, given in (
        ("get-conversation-messages", {"conversation_id": THREAD}),
        ("get-message-details", {"message_id": MID}),
    ):
        found, left = played(action, given, lambda request: (400, refusal))
        assert (Rejected, 2) == (type(found), len(left))


def test_a_message_is_asked_less() -> None:
    """The same for a single message."""

    def say(request: httpx.Request) -> tuple[int, Any]:
        if request.url.params["fields"] == ",".join(MINIMAL):
            return 200, {"id": MID, "message": "hi"}
        return 400, {"error": {"code": 100, "message": "no"}}

    found, left = played("get-message-details", {"message_id": MID}, say)

    assert (row(message_id=MID, text="hi"), 2) == (found, len(left))


def test_too_large_a_page_is_halved() -> None:
    """Meta complains of the amount of data: the page is asked for again, half as long, down to a few rows."""
    refusal = {"error": {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry"}}

    def say(request: httpx.Request) -> tuple[int, Any]:
        return (200, TOLD_THREADS) if int(request.url.params["limit"]) <= 12 else (500, refusal)

    found, left = played("list-conversations", {"limit": 50}, say)
    never, asked_for = played("list-conversations", {"limit": 50}, lambda request: (500, refusal))

    assert (THREADS, 3) == (found["items"], len(left))
    assert ["50", "25", "12", "6", "3"] == [httpx.URL(f"http://x{one}").params["limit"] for one in asked_for]
    assert OutcomeUnknown is type(never)


def test_no_token_leaves_with_a_page() -> None:
    """However deep Meta hides `next`, no word of it is handed out."""
    nested = {
        "data": [{**TOLD_THREADS["data"][0], "messages": {"data": [TOLD_MESSAGE], "paging": {"next": SECRET_NEXT}}}],
        "paging": {"cursors": {"after": "c"}, "next": SECRET_NEXT, "previous": SECRET_NEXT},
    }
    found, _ = played("list-conversations", {"messages": 5}, lambda request: (200, nested))
    told = json.dumps(found)

    assert "c" == found["cursor"]
    assert "access_token" not in told
    assert "IGAAtesttoken0001" not in told
