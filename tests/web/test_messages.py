"""Messages and conversations in neutral words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.door import TO, Door


def acts(door: Door, provider: str, action: str) -> list[dict[str, Any]]:
    """What the stand-in was asked to do."""
    return door.ferry.simulators[provider].requests(action)


def test_a_message_is_sent_to_whom_one_names(door: Door) -> None:
    """By a number, by a conversation, as an answer; each is a run."""
    stored = door.ferry.connect("1msg")
    event = door.heard(stored)
    talk, message = event["conversation"]["id"], event["message"]["id"]

    one = door.post("/v1/messages", {"connection": "1msg", "to": TO, "text": "one"})
    two = door.post("/v1/messages", {"to": talk, "text": "two", "reply_to": message})
    door.ferry.settle()

    asked = acts(door, "onemsg", "send-message")
    assert ["one", "two"] == [record["body"]["body"] for record in asked]
    assert event["message"]["provider_id"] == asked[1]["body"]["quotedMsgId"]
    found = [door.get(f"/v1/runs/{run['id']}") for run in (one, two)]
    assert [("send-message", "succeeded", talk)] * 2 == [
        (run["action"], run["state"], run["conversation"]) for run in found
    ]


def test_the_same_key_says_it_once(door: Door) -> None:
    """In the header or in the body."""
    door.heard(door.ferry.connect("1msg"))
    said = {"connection": "1msg", "to": TO, "text": "one"}

    first = door.post("/v1/messages", said, Idempotency_Key="k")

    assert first["id"] == door.post("/v1/messages", {**said, "idempotency_key": "k"}, 200)["id"]
    assert "conflict" == door.post("/v1/messages", {**said, "text": "two"}, 409, Idempotency_Key="k")["code"]


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"to"}),
        ({"to": TO, "text": "x"}, {"connection"}),
        ({"connection": "1msg", "to": TO}, {"text"}),
        ({"connection": "nobody", "to": TO, "text": "x"}, {"connection"}),
        ({"connection": "1msg", "to": TO, "txet": "x"}, {"txet"}),
        ({"connection": "1msg", "to": TO, "text": "x", "priority": "soon"}, {"priority"}),
        ({"connection": "1msg", "to": TO, "media": {"kind": "smell", "url": 3}}, {"media.kind", "media.url"}),
    ],
)
def test_each_wrong_word_is_named(door: Door, said: dict[str, Any], fields: set[str]) -> None:
    """422, by field."""
    door.ferry.connect("1msg")

    assert fields == set(door.post("/v1/messages", said, 422)["fields"])


def test_read_react_and_take_back(door: Door) -> None:
    """About a message of ours, by its id."""
    event = door.heard(door.ferry.connect("1msg"))
    ident = event["message"]["id"]

    door.post(f"/v1/messages/{ident}/read")
    door.post(f"/v1/messages/{ident}/reaction", {"emoji": "👍"})
    assert 202 == door.ask("DELETE", f"/v1/messages/{ident}/reaction").status_code
    door.ferry.settle()

    assert 1 == len(acts(door, "onemsg", "mark-message-as-read"))
    assert 2 == len(acts(door, "onemsg", "send-reaction"))
    assert ["succeeded"] * 3 == [run["state"] for run in door.get("/v1/runs")["items"]]
    assert ["emoji"] == list(door.post(f"/v1/messages/{ident}/reaction", {}, 422)["fields"])


def test_what_a_provider_cannot_do_is_told_plainly(door: Door) -> None:
    """422 with the provider's own sentence, and nothing stored."""
    event = door.heard(door.ferry.connect("clicksend"), "sms")
    ident, talk = event["message"]["id"], event["conversation"]["id"]
    cannot = door.ferry.core.provider(door.ferry.core.connections.get("clicksend")).cannot  # type: ignore[arg-type]

    for path, verb, body in (
        (f"/v1/messages/{ident}/reaction", "react", {"emoji": "👍"}),
        (f"/v1/messages/{ident}/read", "mark_read", None),
        (f"/v1/conversations/{talk}/typing", "typing", None),
    ):
        told = door.post(path, body, 422)
        assert "unsupported" == told["code"]
        assert cannot.get(verb, "ClickSend") in told["detail"]
    assert [] == door.get("/v1/runs")["items"]


def test_typing_is_shown(door: Door) -> None:
    """On by default."""
    event = door.heard(door.ferry.connect("instagram"))
    talk = event["conversation"]["id"]

    for body in (None, {"on": False}):
        door.post(f"/v1/conversations/{talk}/typing", body)
        door.ferry.settle()

    assert ["succeeded"] * 2 == [run["state"] for run in door.get("/v1/runs")["items"]]


def test_conversations_are_listed_and_found(door: Door) -> None:
    """Those where something happened last first, page by page."""
    stored = door.ferry.connect("1msg")
    for digit in "123":
        who = {"messages.0.chatId": f"1555010012{digit}@c.us", "messages.0.author": f"1555010012{digit}@c.us"}
        assert 200 == door.hook(stored, door.ferry.hook(stored, "message", who)).status_code
    door.ferry.settle()

    first = door.get("/v1/conversations?connection=1msg&limit=2")
    second = door.get(f"/v1/conversations?connection=1msg&limit=2&cursor={first['cursor']}")

    found = first["items"] + second["items"]
    assert ["15550100123", "15550100122", "15550100121"] == [one["contact"]["id"].split("@")[0] for one in found]
    assert found[0] == door.get(f"/v1/conversations/{found[0]['id']}")
    assert {45} == {one["room"] for one in found}, "1msg's burst to one person, of which nothing is used"
    assert found[0]["window_open_until"]


def test_a_message_and_its_timeline(door: Door) -> None:
    """Everything about it in one place: the run, its call, the answer and the receipts."""
    stored = door.ferry.connect("1msg")
    event = door.heard(stored)
    run = door.post("/v1/messages", {"to": event["conversation"]["id"], "text": "one"})["id"]
    door.ferry.settle()
    said = door.get("/v1/events?type=message.sent")["items"][-1]["message"]

    found = door.get(f"/v1/messages/{said['id']}")
    steps = door.get(f"/v1/messages/{said['id']}/timeline")["items"]

    assert ("outbound", run, said["provider_id"]) == (found["direction"], found["run"], found["provider_id"])
    assert ["run.accepted", "run.attempt", "message.sent"] == [one["kind"] for one in steps]
    assert sorted(one["at"] for one in steps) == [one["at"] for one in steps]
    assert "succeeded" == steps[1]["detail"]["outcome"]
    heard = door.get(f"/v1/messages/{event['message']['id']}/timeline")["items"]
    assert [("message.received", event["request"])] == [(one["kind"], one["request"]) for one in heard]
    assert "body" in door.get(f"/v1/requests/{event['request']}")


def test_an_answer_to_what_is_not_there_is_told(door: Door) -> None:
    """The field that names it, not the address."""
    door.ferry.connect("1msg")
    said = {"connection": "1msg", "to": TO, "text": "x", "reply_to": "msg_000000000000000000000000000000"}

    assert ["reply_to"] == list(door.post("/v1/messages", said, 422)["fields"])


def test_messages_are_listed_with_what_was_said(door: Door) -> None:
    """Newest first, page by page; by connection, conversation, direction and status."""
    stored, other = door.ferry.connect("1msg"), door.ferry.connect("clicksend")
    first, second, third = door.heard(stored), door.heard(other, "sms"), door.heard(stored)
    talk = first["conversation"]["id"]
    door.post("/v1/messages", {"to": talk, "text": "an answer"})
    door.ferry.settle()

    page = door.get("/v1/messages?limit=3")
    rest = door.get(f"/v1/messages?limit=3&cursor={page['cursor']}")

    found = [*page["items"], *rest["items"]]
    assert [None, *(one["message"]["id"] for one in (third, second, first))] == [
        None,
        *(one["id"] for one in found[1:]),
    ]
    assert ("an answer", "outbound", "text") == tuple(found[0][name] for name in ("text", "direction", "kind"))
    assert first["message"]["text"] == found[-1]["text"]
    assert first["conversation"]["contact"] == found[-1]["contact"]
    assert found[-1] == door.get(f"/v1/messages/{first['message']['id']}")

    def ids_of(query: str) -> list[str]:
        return [one["id"] for one in door.get(f"/v1/messages?{query}")["items"]]

    assert [second["message"]["id"]] == ids_of("connection=clicksend")
    assert [found[0]["id"], third["message"]["id"], first["message"]["id"]] == ids_of(f"conversation={talk}")
    assert [found[0]["id"]] == ids_of("direction=outbound")
    assert [found[0]["id"]] == ids_of("status=accepted")
    assert [] == ids_of("connection=nobody")
    assert ["conversation"] == list(door.get("/v1/messages?conversation=x", 422)["fields"])


def test_a_message_that_was_taken_back_keeps_no_words(door: Door) -> None:
    """It stays in the list, marked; an edited one has its latest words."""
    stored = door.ferry.connect("instagram")
    heard = door.heard(stored)
    mid = heard["message"]["provider_id"]
    edit = door.ferry.hook(stored, "edit", {"entry.0.messaging.0.message_edit.mid": mid})
    door.hook(stored, edit)
    door.ferry.settle()
    assert "Do you open on Saturday?" == door.get("/v1/messages")["items"][0]["text"]

    door.hook(stored, door.ferry.hook(stored, "unsend", {"entry.0.messaging.0.message.mid": mid}))
    door.ferry.settle()

    (found,) = door.get("/v1/messages")["items"]
    assert (None, None) == (found["text"], found["kind"])
    assert found["deleted_at"]
