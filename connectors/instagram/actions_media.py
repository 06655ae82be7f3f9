"""Pictures, videos, voices, files, templates and uploads (page §2.10, §3.1–§3.4)."""

from __future__ import annotations

from connectors.action import Action, Call, Nature, Wire
from connectors.errors import InvalidCall, Unsupported
from connectors.instagram import schemas_media
from connectors.instagram.account import at_account, on_facebook
from connectors.instagram.actions_send import DOCS, PER_SECOND, WINDOW, addressed, message
from connectors.instagram.schemas import CUSTOMER

UPLOADS = "https://developers.facebook.com/docs/messenger-platform/instagram/features/attachment-upload"
HEAVY = "10 calls/s for each account"
NO_CAPTION = "no caption: text and media are separate messages"


def reusable(wire: Wire, call: Call) -> Wire:
    """
    What facebook_login alone knows.

    raises: InvalidCall for `reusable` with instagram_login, where it is not documented (page §5, 25)
    """
    attachment = wire.json["message"].get("attachment")
    if attachment and attachment["payload"].get("is_reusable") and not on_facebook(call.connection):
        told = "reusable media are documented for facebook_login only"
        raise InvalidCall(told, fields={"reusable": [told]})
    return addressed(wire, call)


def page_only(wire: Wire, call: Call) -> Wire:
    """raises: Unsupported with instagram_login, which has no uploads"""
    if not on_facebook(call.connection):
        told = "uploads are documented for facebook_login only; send media_url instead"
        raise Unsupported(told, fields={"media_url": [told]})
    return wire


ROWS = (
    message(
        "send-image-message",
        "Send pictures",
        "Sends a picture, or up to ten in one message (images).",
        schemas_media.SendImage,
        shape=reusable,
        limits=("png or jpeg, 8 MB", "10 pictures in a message", NO_CAPTION, WINDOW, PER_SECOND),
        timeout=45.0,
        example={"to": CUSTOMER, "media_url": "https://cdn.shop.example/p/1.jpg"},
    ),
    message(
        "send-video-message",
        "Send a video",
        "Sends one video; Meta downloads it during the call, for up to 75 seconds.",
        schemas_media.SendVideo,
        shape=reusable,
        pace="heavy",
        limits=("mp4, ogg, avi, mov or webm, 25 MB", NO_CAPTION, WINDOW, HEAVY),
        timeout=90.0,
        example={"to": CUSTOMER, "media_url": "https://cdn.shop.example/v/tour.mp4"},
    ),
    message(
        "send-audio-message",
        "Send a voice message",
        "Sends one recording; mp3 and ogg must be converted first.",
        schemas_media.SendAudio,
        shape=reusable,
        pace="heavy",
        limits=("aac, m4a, wav or mp4, 25 MB", NO_CAPTION, WINDOW, HEAVY),
        timeout=90.0,
        example={"to": CUSTOMER, "media_url": "https://cdn.shop.example/a/note.m4a"},
    ),
    message(
        "send-file-message",
        "Send a PDF",
        "Sends one PDF; no other files are taken.",
        schemas_media.SendFile,
        shape=reusable,
        limits=("pdf, 25 MB", NO_CAPTION, WINDOW, PER_SECOND),
        timeout=90.0,
        example={"to": CUSTOMER, "media_url": "https://cdn.shop.example/f/price-list.pdf"},
    ),
    message(
        "send-generic-template",
        "Send cards",
        "Sends one to ten cards with pictures and buttons; not shown in a browser.",
        schemas_media.SendGeneric,
        docs=f"{DOCS}/generic-template",
        limits=("10 cards, 3 buttons each", "title and subtitle: 80 characters", WINDOW, PER_SECOND),
        example={
            "to": CUSTOMER,
            "elements": [
                {
                    "title": "Red scarf",
                    "subtitle": "Wool, 180 cm",
                    "image_url": "https://cdn.shop.example/p/1.jpg",
                    "default_url": "https://shop.example/p/1",
                    "buttons": [
                        {"type": "web_url", "url": "https://shop.example/p/1", "title": "Look"},
                        {"type": "postback", "title": "Order", "payload": "ORDER_1"},
                    ],
                }
            ],
        },
    ),
    message(
        "send-button-template",
        "Send a text with buttons",
        "Sends a text with one to three buttons below it; not shown in a browser.",
        schemas_media.SendButtons,
        docs=f"{DOCS}/button-template",
        limits=("text: 640 characters", "3 buttons", WINDOW, PER_SECOND),
        example={
            "to": CUSTOMER,
            "text": "Is this still your address?",
            "buttons": [{"type": "postback", "title": "Yes", "payload": "ADDRESS_OK"}],
        },
    ),
    Action(
        key="upload-attachment",
        title="Upload media for many messages",
        description="Sends a file to Meta once; messages then name its attachment_id.  With facebook_login only.",
        method="POST",
        path="/{account}/message_attachments",
        request=schemas_media.Upload,
        reply=schemas_media.Uploaded,
        repeatable=True,  # a second upload is a second id, and reaches nobody
        nature=Nature.ACCOUNT,
        complete=at_account,
        shape=page_only,
        pace="heavy",
        limits=("image 8 MB; video, audio, file 25 MB",),
        timeout=90.0,
        example={"kind": "image", "media_url": "https://cdn.shop.example/p/1.jpg"},
        docs=UPLOADS,
    ),
)
