"""What a message is made of: files, places, cards, replies, in every shape the page tells of."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from connectors.events import Kind
from connectors.onemsg import flat
from tests.connectors.onemsg.bodies import (
    BUTTON,
    CARD,
    CLOUD,
    GRACE,
    LIST,
    ROW,
    YES,
    heard,
)
from tests.connectors.onemsg.channel import OUT

MEDIA = "https://s3.example.test/bucket/u/abc"
FILES: list[tuple[dict[str, Any], Kind, str | None, str | None, dict[str, Any]]] = [
    ({"type": "image", "body": f"{MEDIA}.jpg", "caption": "my receipt"}, Kind.IMAGE, "abc.jpg", "my receipt", {}),
    ({"type": "video", "body": f"{MEDIA}.mp4"}, Kind.VIDEO, "abc.mp4", None, {}),
    ({"type": "sticker", "body": f"{MEDIA}.webp"}, Kind.STICKER, "abc.webp", None, {}),
    ({"type": "audio", "body": f"{MEDIA}.ogg"}, Kind.AUDIO, "abc.ogg", None, {"is_voice": None}),
    ({"type": "voice", "body": f"{MEDIA}.ogg"}, Kind.AUDIO, "abc.ogg", None, {"label": "voice", "is_voice": True}),
    ({"type": "ptt", "body": f"{MEDIA}.ogg"}, Kind.AUDIO, "abc.ogg", None, {"label": "voice", "is_voice": True}),
    ({"type": "document", "body": f"{MEDIA}.pdf", "caption": "contract.pdf"}, Kind.FILE, "contract.pdf", None, {}),
    ({"type": "document", "body": f"{MEDIA}.pdf", "caption": "as agreed"}, Kind.FILE, "abc.pdf", "as agreed", {}),
    ({"type": "document", "body": "https://s3.example.test/x"}, Kind.FILE, None, None, {}),
]


@pytest.mark.parametrize(("fields", "kind", "name", "text", "data"), FILES)
def test_each_kind_of_file(
    fields: dict[str, Any], kind: Kind, name: str | None, text: str | None, data: dict[str, Any]
) -> None:
    """Where it is, what it is called, what was written to it: the body is an address and never the text."""
    fact = heard(**fields)
    assert fact.message is not None
    (file,) = fact.message.attachments
    assert (kind, fields["body"], name) == (file.kind, file.url, file.name)
    assert text == fact.message.text
    assert data == fact.data


@pytest.mark.parametrize(
    "body", ["", None, "no address", "http://", {"id": 1}, "https://[::1", "data:image/png;base64,"]
)
def test_a_file_without_an_address_is_flagged_and_kept(body: Any) -> None:
    """A media message whose body is no http(s) address keeps a place for the file."""
    fact = heard(type="image", body=body)
    assert fact.message is not None
    assert [None] == [file.url for file in fact.message.attachments]
    assert fact.data["media_missing"] is True


PLACE = {"latitude": 40.0001, "longitude": -74.0002, "name": "Pickup point", "address": None}
PLACES: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"body": "40.000100;-74.000200", "caption": "Pickup point"}, PLACE),
    ({"body": "40.000100,-74.000200", "caption": "Pickup point"}, PLACE),
    ({"body": " 40.000100  -74.000200 ", "caption": "Pickup point"}, PLACE),
    ({"body": "", "location": {"latitude": "40.0001", "longitude": -74.0002, "name": "Pickup point"}}, PLACE),
    ({"body": "", "metadata": {"lat": 40.0001, "lng": -74.0002, "name": "Pickup point"}}, PLACE),
    ({"body": "91;0"}, None),
    ({"body": "somewhere"}, None),
    ({"body": None}, None),
]


@pytest.mark.parametrize(("fields", "place"), PLACES)
def test_places(fields: dict[str, Any], place: dict[str, Any] | None) -> None:
    """The separator is not certain, and an object may stand beside the body."""
    assert place == heard(type="location", **fields).data["location"]


CARDS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"type": "contacts", "body": base64.b64encode(CARD.encode()).decode()}, GRACE),
    ({"type": "vcard", "body": CARD.replace("\n", "\r\n")}, GRACE),
    ({"type": "contact", "body": json.dumps(CLOUD)}, GRACE),
    ({"type": "contacts", "body": base64.b64encode(json.dumps(CLOUD).encode()).decode()}, GRACE),
    ({"type": "contacts", "body": "", "contacts": CLOUD}, GRACE),
    ({"type": "multi_vcard", "body": f"{CARD}\n{CARD}"}, GRACE * 2),
    (
        {"type": "vcard", "body": "BEGIN:VCARD\nN:Example;Grace;;;\nitem1.TEL;type=CELL:+1\n 5550100777\nEND:VCARD"},
        GRACE,
    ),
    ({"type": "contacts", "body": "who knows"}, []),
    ({"type": "hologram", "body": base64.b64encode((CARD + "\nNOTE:" + "x" * 200).encode()).decode()}, GRACE),
]


@pytest.mark.parametrize(("fields", "cards"), CARDS)
def test_contact_cards(fields: dict[str, Any], cards: list[dict[str, Any]]) -> None:
    """vCards and Cloud API cards, plain or in base64, also under a type nobody told us of; else raw alone."""
    fact = heard(**fields)
    assert cards == fact.data["contacts"]
    assert fact.message is not None
    assert fact.message.text is None
    assert (Kind.CONTACT if cards else flat.TYPES.get(fields["type"], flat.OTHER).kind) == fact.message.kind


def test_a_blob_is_no_text() -> None:
    """An unknown type keeps its body as text only if people could read it."""
    blob = heard(type="hologram", body="x" * 201)
    words = heard(type="hologram", body="beam me up")
    assert blob.message is not None
    assert words.message is not None
    assert blob.message.text is None
    assert "beam me up" == words.message.text


REPLIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "interactive", "body": "Yes, confirm", "interactive": {"type": "button_reply", **BUTTON}}, YES),
    ({"type": "interactive", "body": "Tomorrow", "interactive": {"type": "list_reply", **LIST}}, ROW),
    ({"type": "interactive", "body": "x", "metadata": BUTTON}, YES),
    ({"type": "interactive", "body": "x", "meta": LIST}, ROW),
    ({"type": "button_reply", "body": "x", **BUTTON}, YES),
    ({"type": "list_reply", "body": "x", **LIST}, ROW),
    (
        {"type": "interactive", "body": "Sent", "interactive": {"nfm_reply": {"response_json": '{"size": "M"}'}}},
        {"id": None, "title": "Sent", "description": None, "data": {"size": "M"}},
    ),
    (
        {"type": "nfm_reply", "body": "Sent", "nfm_reply": {"response_json": "{oops", "body": "Done"}},
        {"id": None, "title": "Done", "description": None, "data": "{oops"},
    ),
    (
        {"type": "button", "body": "Stop", "button": {"payload": "STOP", "text": "Stop"}},
        {"id": "STOP", "title": "Stop", "description": None, "data": None},
    ),
    ({"type": "button", "body": "Stop"}, {"id": None, "title": "Stop", "description": None, "data": None}),
]


@pytest.mark.parametrize(("fields", "reply"), REPLIES)
def test_buttons_lists_and_forms(fields: dict[str, Any], reply: dict[str, Any]) -> None:
    """The id is the payload and the title the text; without either it is still a reply."""
    fact = heard(**fields, quotedMsgId=OUT)
    assert fact.message is not None
    assert reply == fact.data["reply"]
    assert (reply["id"], reply["title"], OUT) == (fact.message.payload, fact.message.text, fact.message.reply_to)
