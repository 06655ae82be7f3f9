"""Recipients, files and verbs: one meaning for each of their spellings."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from connectors.action import Call
from connectors.client import prepare
from connectors.errors import InvalidCall, Unsupported
from connectors.onemsg import PROVIDER, address, media
from connectors.onemsg.actions import pieces
from connectors.schema import load
from tests.connectors.onemsg.channel import ADA, BSUID, CONNECTION, IN


@pytest.mark.parametrize(
    ("given", "chat"),
    [
        ("15550100123", ADA),
        ("+1 (555) 010-0123", ADA),
        ("1.555.010.0123", ADA),
        (15550100123, ADA),
        (ADA, ADA),
        (" +1 555 0100123@c.us ", ADA),
        ("120363000000000000@g.us", "120363000000000000@g.us"),
        (BSUID, f"{BSUID}@lid"),
        (f"{BSUID}@lid", f"{BSUID}@lid"),
        ("ada@username", "ada@username"),
        ("x@broadcast", "x@broadcast"),
        ("12345", None),
        ("1234567890123456", None),
        ("Ada", None),
        ("", None),
        ("@c.us", None),
        ("a b@g.us", None),
        ("x" * 300 + "@g.us", None),
        (None, None),
        (True, None),
        (1.5, None),
        ([], None),
    ],
)
def test_each_spelling_of_a_recipient(given: Any, chat: str | None) -> None:
    """One chat id for one person; None for nobody."""
    assert chat == address.canonical(given)


@given(st.one_of(st.text(max_size=40), st.integers(), st.from_regex(r"[+0-9 ().-]{5,20}(@c\.us)?", fullmatch=True)))
def test_a_canonical_recipient_stays_what_it_is(given: Any) -> None:
    """What a webhook gives is what a send takes."""
    found = address.canonical(given)
    if found is not None:
        assert found == address.canonical(found)


def test_a_conversation_has_one_key_however_it_was_said() -> None:
    """In an input and in a fact."""
    party = PROVIDER.actions["send-message"].party
    for words in ({"to": "+15550100123"}, {"phone": 15550100123}, {"chatId": ADA}, {"to": ADA}):
        assert ADA == party(words)
    assert f"{BSUID}@lid" == party({"bsuid": BSUID})
    assert "ada@username" == party({"username": "ada"})
    assert party({}) is None
    assert ADA == PROVIDER.actions["mark-message-as-read"].party({"to": ADA, "message_id": IN})


@pytest.mark.parametrize(
    ("chat", "phone"), [(ADA, "+15550100123"), (f"{BSUID}@lid", None), ("1@g.us", None), (None, None)]
)
def test_a_phone_is_read_out_of_a_person_s_chat_only(chat: str | None, phone: str | None) -> None:
    """The digits of others are no number."""
    assert phone == address.phone(chat)


MOVING = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02"  # the head of an animated WebP
SIGNED: list[tuple[str, bytes, str]] = [
    ("image/jpeg", b"\xff\xd8\xff\xe0", "image"),
    ("image/jpg", b"\xff\xd8\xff\xe0", "image"),
    ("image/png", b"\x89PNG\r\n\x1a\n", "image"),
    ("image/webp", b"RIFF\0\0\0\0WEBP", "sticker"),
    ("video/mp4", b"\0\0\0\x18ftypmp42", "video"),
    ("video/3gpp", b"\0\0\0\x18ftyp3gp4", "video"),
    ("audio/mp4", b"\0\0\0\x18ftypM4A ", "audio"),
    ("audio/mp4", b"\0\0\0\x18ftypisom", "audio"),
    ("audio/ogg", b"OggS\0", "audio"),
    ("audio/amr", b"#!AMR\n", "audio"),
    ("audio/mpeg", b"ID3\x04", "audio"),
    ("audio/mpeg", b"\xff\xfb\x90", "audio"),
    ("audio/aac", b"\xff\xf1\x50", "audio"),
    ("application/pdf", b"%PDF-1.7", "document"),
    ("text/plain", b"hello", "document"),
    ("image/gif", b"GIF89a", "document"),
]


def written(mime: str, content: bytes) -> str:
    """A data URI."""
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(("mime", "content", "kind"), SIGNED)
def test_what_a_file_is_by_its_content(mime: str, content: bytes, kind: str) -> None:
    """And that it may go."""
    found = media.inspect(written(mime, content))
    assert found is not None
    assert kind == found.kind
    media.hold(found, "document", voice=False)


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("image/png", b"hello"),
        ("image/webp", b"\x89PNG\r\n\x1a\n"),
        ("video/mp4", b"%PDF-1.7"),
        ("audio/ogg", b"ID3\x04"),
        ("image/jpeg", b"\xff\xd8\xff" + bytes(5 * 1024 * 1024)),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8X" + bytes(100 * 1024)),
        ("image/webp", MOVING + bytes(500 * 1024)),
        ("video/mp4", b"\0\0\0\x18ftypmp42" + bytes(16 * 1024 * 1024)),
    ],
    ids=[
        "text",
        "png as webp",
        "pdf as video",
        "mp3 as ogg",
        "large image",
        "large still sticker",
        "large sticker",
        "large video",
    ],
)
def test_files_that_are_not_what_they_say_or_too_large(mime: str, content: bytes) -> None:
    """Told before anything leaves."""
    with pytest.raises(ValidationError):
        media.inspect(written(mime, content))


def test_a_sticker_that_moves_may_be_larger() -> None:
    """100 KB still, 500 KB animated: the file tells which it is."""
    assert media.inspect(written("image/webp", MOVING + bytes(499 * 1024))) is not None


def test_an_address_is_not_looked_into() -> None:
    """Only its name tells what it may be, and non-ASCII is encoded once."""
    assert media.inspect("https://a.test/x.jpg") is None
    assert "image" == media.kind_of(None, "x.JPG")
    assert "document" == media.kind_of(None, None)
    assert "https://a.test/%C3%A9%20?q=%20" == media.plain("https://a.test/é%20?q=%20")
    with pytest.raises(ValidationError):
        media.inspect("file:///etc/passwd")


def test_a_long_text_is_cut_only_on_request() -> None:
    """At lines or words where it can be; nothing is lost, and only the first piece is a reply."""
    words = {"to": ADA, "text": ("word " * 1000 + "\n") * 2 + "x" * 5000, "reply_to": IN, "split": True}
    found = list(pieces(words))
    assert words["text"] == "".join(one["text"] for one in found)
    assert all(len(one["text"]) <= 4096 for one in found)
    assert [IN] + [None] * (len(found) - 1) == [one.get("reply_to") for one in found]
    action = PROVIDER.actions["send-message"]
    load(action.request, words, provider="onemsg", action=action.key)
    for one in found:
        prepare(PROVIDER, action, Call(CONNECTION, one, "ref"))
    assert [{**words, "split": False}] == list(pieces({**words, "split": False}))
    assert [{"to": ADA}] == list(pieces({"to": ADA}))


URL = "https://files.example.test/a.pdf"
VERBS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("send", {"text": "hi", "reply_to": IN}, "send-message", {"text": "hi", "reply_to": IN}),
    (
        "send",
        {"media": {"kind": "file", "url": URL, "name": "a.pdf", "caption": "look"}},
        "send-file",
        {"media_url": URL, "kind": "document", "file_name": "a.pdf", "caption": "look"},
    ),
    (
        "send",
        {"media": {"kind": "image", "url": "https://a.test/a.png"}, "text": "look"},
        "send-file",
        {"media_url": "https://a.test/a.png", "kind": "image", "caption": "look"},
    ),
    (
        "send",
        {"media": {"kind": "voice", "url": "https://a.test/a.ogg"}},
        "send-file",
        {"media_url": "https://a.test/a.ogg", "kind": "audio", "voice": True},
    ),
    (
        "send",
        {"media": {"kind": "sticker", "url": "https://a.test/a.webp"}},
        "send-file",
        {"media_url": "https://a.test/a.webp"},
    ),
    (
        "send",
        {"location": {"latitude": 1.5, "longitude": 2.5, "name": "here"}},
        "send-location",
        {"latitude": 1.5, "longitude": 2.5, "name": "here"},
    ),
    ("send", {"contact": {"name": "Grace"}}, "send-contact", {"contact": {"name": "Grace"}}),
    (
        "send",
        {"contact": [{"name": {"formatted_name": "G"}}]},
        "send-contact",
        {"contacts": [{"name": {"formatted_name": "G"}}]},
    ),
    (
        "send",
        {"template": {"name": "hello", "language": "en", "variables": ["x"], "namespace": "n"}},
        "send-template-message",
        {"template": "hello", "language": "en", "variables": ["x"], "namespace": "n"},
    ),
    ("mark_read", {"message": IN}, "mark-message-as-read", {"message_id": IN}),
    ("react", {"message": IN, "emoji": "👍"}, "send-reaction", {"message_id": IN, "emoji": "👍"}),
    ("unreact", {"message": IN}, "send-reaction", {"message_id": IN, "emoji": ""}),
]


@pytest.mark.parametrize(("verb", "words", "action", "given"), VERBS)
def test_each_verb(verb: str, words: Mapping[str, Any], action: str, given: dict[str, Any]) -> None:
    """Gives an action and an input that fits it."""
    key, made = PROVIDER.verb(verb, {"to": ADA, **words})
    assert (action, {"to": ADA, **given}) == (key, made)
    load(PROVIDER.actions[key].request, made, provider="onemsg", action=key)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("send", {}),
        ("send", {"media": {"kind": "audio", "url": "https://a.test/a.mp3", "caption": "x"}}),
        ("typing", {"on": True}),
    ],
)
def test_what_cannot_be_said_is_declined_in_a_sentence(verb: str, words: Mapping[str, Any]) -> None:
    """With what to do instead."""
    with pytest.raises(Unsupported, match=r"(\S+ ){8}"):
        PROVIDER.verb(verb, {"to": ADA, **words})


def test_a_verb_without_its_words_is_the_caller_s_mistake() -> None:
    """Named by the schema, not a crash."""
    for verb in ("send", "mark_read", "react", "unreact"):
        key, made = PROVIDER.verb(verb, {"text": "hi"})
        with pytest.raises(InvalidCall):
            load(PROVIDER.actions[key].request, made, provider="onemsg", action=key)
