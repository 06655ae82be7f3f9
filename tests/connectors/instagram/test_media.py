"""Pictures, videos, voices, files, templates and uploads (page §2.10, §3.1–§3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import InvalidCall, Rejected, Unsupported
from connectors.instagram import PROVIDER
from connectors.instagram.schemas_media import RULES
from tests.connectors.conversation import Conversation
from tests.connectors.instagram.accounts import CUSTOMER, FACEBOOK, INSTAGRAM, MID, PAGE
from tests.connectors.instagram.test_send import MADE, SENT, TO, left

JPG = "https://cdn.shop.example/p/1.jpg"
UPLOAD = "1500000000000001"


def held(kind: str, **payload: Any) -> dict[str, Any]:
    """The request of one attachment."""
    return left({**TO, "message": {"attachment": {"type": kind, "payload": payload}}})


def to(**more: Any) -> dict[str, Any]:
    """An input for the customer."""
    return {"to": CUSTOMER, **more}


CARD = {
    "title": "Red scarf",
    "subtitle": "Wool",
    "default_url": "https://shop.example/p/1",
    "buttons": [
        {"type": "web_url", "url": "https://shop.example/p/1", "title": "Look"},
        {"type": "postback", "title": "Order", "payload": "ORDER_1"},
    ],
}
CARD_SENT = {
    "title": "Red scarf",
    "subtitle": "Wool",
    "default_action": {"type": "web_url", "url": "https://shop.example/p/1"},
    "buttons": CARD["buttons"],
}
YES = {"type": "postback", "title": "Yes", "payload": "OK"}

CONVERSATIONS = {
    "a picture": Conversation("send-image-message", to(media_url=JPG), held("image", url=JPG), (200, SENT), MADE),
    "a picture in Meta's words": Conversation(
        "send-image-message", to(url=JPG), held("image", url=JPG), (200, SENT), MADE
    ),
    "a picture by its upload": Conversation(
        "send-image-message", to(attachment_id=UPLOAD), held("image", attachment_id=UPLOAD), (200, SENT), MADE
    ),
    "one picture in a list": Conversation(
        "send-image-message", to(images=[{"media_url": JPG}]), held("image", url=JPG), (200, SENT), MADE
    ),
    "two pictures": Conversation(
        "send-image-message",
        to(images=[{"media_url": JPG}, {"attachment_id": UPLOAD}], reply_to=MID),
        left(
            {
                **TO,
                "reply_to": {"mid": MID},
                "message": {
                    "attachments": [
                        {"type": "image", "payload": {"url": JPG}},
                        {"type": "image", "payload": {"attachment_id": UPLOAD}},
                    ]
                },
            }
        ),
        (200, SENT),
        MADE,
    ),
    "what is known is not sent": Conversation(
        "send-image-message",
        to(media_url=JPG, mime_type="image/jpeg", size=8 * 1024 * 1024),
        held("image", url=JPG),
        (200, SENT),
        MADE,
    ),
    "a picture whose address tells nothing": Conversation(
        "send-image-message",
        to(media_url="https://x.example/i?id=1"),
        held("image", url="https://x.example/i?id=1"),
        (200, SENT),
    ),
    "a GIF, insisted on": Conversation(
        "send-image-message",
        to(media_url="https://x.example/a.gif", insist=True),
        held("image", url="https://x.example/a.gif"),
        (200, SENT),
    ),
    "a video": Conversation(
        "send-video-message",
        to(media_url="https://cdn.shop.example/v/tour.mp4"),
        held("video", url="https://cdn.shop.example/v/tour.mp4"),
        (200, SENT),
        MADE,
    ),
    "a voice": Conversation(
        "send-audio-message",
        to(media_url="https://cdn.shop.example/a/note.M4A"),
        held("audio", url="https://cdn.shop.example/a/note.M4A"),
        (200, SENT),
        MADE,
    ),
    "a file": Conversation(
        "send-file-message",
        to(media_url="https://cdn.shop.example/f/p.pdf"),
        held("file", url="https://cdn.shop.example/f/p.pdf"),
        (200, SENT),
        MADE,
    ),
    "cards": Conversation(
        "send-generic-template",
        to(elements=[CARD]),
        held("template", template_type="generic", elements=[CARD_SENT]),
        (200, SENT),
        MADE,
    ),
    "buttons": Conversation(
        "send-button-template",
        to(text="Still there?", buttons=[YES]),
        held("template", template_type="button", text="Still there?", buttons=[YES]),
        (200, SENT),
        MADE,
    ),
    "media Meta could not fetch": Conversation(
        "send-image-message",
        to(media_url=JPG),
        held("image", url=JPG),
        (400, {"error": {"message": "x", "code": 100, "error_subcode": 2018008}}),
        raises=Rejected,
        reason="media",
    ),
}


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_media(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Exactly this leaves, and it ends as the table says."""
    said.check(PROVIDER, INSTAGRAM, caplog)


def test_reusable_media_are_the_pages() -> None:
    """With facebook_login the answer brings an id for the next time; with instagram_login nothing leaves."""
    given = to(media_url=JPG, reusable=True)
    wanted = {**held("image", url=JPG, is_reusable=True), "headers": {}}
    answer = {**SENT, "attachment_id": UPLOAD}
    Conversation("send-image-message", given, wanted, (200, answer), {**MADE, "attachment_id": UPLOAD}).check(
        PROVIDER, FACEBOOK
    )
    Conversation("send-image-message", given, None, raises=InvalidCall).check(PROVIDER, INSTAGRAM)


def test_uploads_are_the_pages() -> None:
    """A Page keeps a file for many messages; the other flavour says what to do instead."""
    given = {"kind": "video", "media_url": "https://cdn.shop.example/v/tour.mp4"}
    payload = {"url": given["media_url"], "is_reusable": True}
    body = {"platform": "instagram", "message": {"attachment": {"type": "video", "payload": payload}}}
    wanted = {"method": "POST", "path": f"/v25.0/{PAGE}/message_attachments", "json": body}
    Conversation("upload-attachment", given, wanted, (200, {"attachment_id": UPLOAD}), {"attachment_id": UPLOAD}).check(
        PROVIDER, FACEBOOK
    )
    refusal = Conversation("upload-attachment", given, None, raises=Unsupported).check(PROVIDER, INSTAGRAM)

    assert "send media_url instead" in str(refusal)


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    # action, input, the field that is named
    "nothing": ("send-image-message", to(), "media_url"),
    "two ways at once": ("send-image-message", to(media_url=JPG, attachment_id=UPLOAD), "media_url"),
    "a caption": ("send-image-message", to(media_url=JPG, caption="look"), "caption"),
    "no address": ("send-image-message", to(media_url="cdn.shop.example/1.jpg"), "media_url"),
    "an address of this machine": ("send-image-message", to(media_url="file:///etc/passwd"), "media_url"),
    "an address with a space": ("send-image-message", to(media_url="https://x.example/a b.jpg"), "media_url"),
    "a GIF": ("send-image-message", to(media_url="https://x.example/a.gif"), "media_url"),
    "a webp": ("send-image-message", to(media_url="https://x.example/a.WEBP?x=1"), "media_url"),
    "a video as a picture": ("send-image-message", to(media_url="https://x.example/a.mp4"), "media_url"),
    "a video's type as a picture": ("send-image-message", to(attachment_id="1", mime_type="video/mp4"), "mime_type"),
    "8 MB and a byte": ("send-image-message", to(media_url=JPG, size=8 * 1024 * 1024 + 1), "size"),
    "an mp3": ("send-audio-message", to(media_url="https://x.example/a.mp3"), "media_url"),
    "an ogg voice": ("send-audio-message", to(media_url="https://x.example/a.ogg"), "media_url"),
    "opus": (
        "send-audio-message",
        to(media_url="https://x.example/a", mime_type="audio/ogg; codecs=opus"),
        "mime_type",
    ),
    "a huge video": ("send-video-message", to(media_url="https://x.example/a.mp4", size=26 * 1024 * 1024), "size"),
    "a picture as a video": ("send-video-message", to(media_url=JPG), "media_url"),
    "a spreadsheet": ("send-file-message", to(media_url="https://x.example/a.xlsx"), "media_url"),
    "11 pictures": ("send-image-message", to(images=[{"media_url": JPG}] * 11), "images"),
    "a list and one more": ("send-image-message", to(images=[{"media_url": JPG}], media_url=JPG), "media_url"),
    "a list with a video": ("send-image-message", to(images=[{"media_url": "https://x.example/a.mp4"}]), "images"),
    "several videos": ("send-video-message", to(images=[{"media_url": JPG}]), "images"),
    "no cards": ("send-generic-template", to(elements=[]), "elements"),
    "11 cards": ("send-generic-template", to(elements=[CARD] * 11), "elements"),
    "a card of a title": ("send-generic-template", to(elements=[{"title": "x"}]), "elements"),
    "a long title": ("send-generic-template", to(elements=[{"title": "x" * 81, "subtitle": "y"}]), "elements"),
    "4 buttons": ("send-generic-template", to(elements=[{"title": "x", "buttons": [YES] * 4}]), "elements"),
    "a button without its page": (
        "send-button-template",
        to(text="x", buttons=[{"type": "web_url", "title": "x"}]),
        "buttons",
    ),
    "a postback with a page": ("send-button-template", to(text="x", buttons=[{**YES, "url": JPG}]), "buttons"),
    "no buttons": ("send-button-template", to(text="x", buttons=[]), "buttons"),
    "641 letters": ("send-button-template", to(text="x" * 641, buttons=[YES]), "text"),
    "an upload of a kind there is not": ("upload-attachment", {"kind": "gif", "media_url": JPG}, "kind"),
    "an upload of another kind": ("upload-attachment", {"kind": "file", "media_url": JPG}, "media_url"),
}


@pytest.mark.parametrize(("action", "given", "field"), REFUSED.values(), ids=REFUSED)
def test_what_meta_could_not_take_does_not_leave(action: str, given: dict[str, Any], field: str) -> None:
    """The mistake is named by its field, and nothing leaves."""
    problem = Conversation(action, given, None, raises=InvalidCall).check(PROVIDER, INSTAGRAM)

    assert isinstance(problem, InvalidCall)
    assert [field] == list(problem.fields or {})


@pytest.mark.parametrize("kind", RULES)
def test_every_documented_format_is_taken(kind: str) -> None:
    """Each ending and each media type of the page's table passes for its kind."""
    rules = RULES[kind]
    for ending in rules.formats:
        url = f"https://x.example/a.{ending}"
        Conversation(f"send-{kind}-message", to(media_url=url), held(kind, url=url), (200, SENT)).check(
            PROVIDER, INSTAGRAM
        )
    for told in rules.types:
        given = to(media_url="https://x.example/a", mime_type=told.upper(), size=rules.most)
        Conversation(f"send-{kind}-message", given, held(kind, url="https://x.example/a"), (200, SENT)).check(
            PROVIDER, INSTAGRAM
        )
