"""
What we ask in our words, and what leaves in Meta's: everything that reaches a person (page §3.0–§3.10).

Reading and settings of the account: schemas_read.py and schemas_account.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.instagram.split import MAX_BYTES, size
from connectors.schema import Reply, Request

CUSTOMER = "900000000000001"
MID = "aWdfTUlEXzAwMDE"


class Id(fields.String):
    """An opaque id of Meta's: text, a whole number, or the object it stands in ({"id": …}, {"mid": …})."""

    def __init__(self, **facts: Any) -> None:
        """At most 512 characters; message ids run to 250 (page §1.2)."""
        facts.setdefault("validate", validate.Length(min=1, max=512))
        super().__init__(**facts)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        found = bare(value)
        told = super()._deserialize(value if found is None else found, attr, data, **more)
        if told != told.strip():
            raise ValidationError("An id holds no white space at its ends.")
        return str(told)


def bare(value: Any) -> str | None:
    """The id in `value`, however it is dressed; None where there is none."""
    if isinstance(value, Mapping):
        value = value.get("id", value.get("mid"))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def party(given: Mapping[str, Any]) -> str | None:
    """The customer's Instagram-scoped id, as webhooks carry it; None for a private reply, whose id only Meta knows."""
    return _first(given, "to", "recipient", "igsid", "recipient_id")


def about(given: Mapping[str, Any]) -> str | None:
    """The message an input names."""
    return _first(given, "message_id", "mid")


def _first(given: Mapping[str, Any], *names: str) -> str | None:
    return next((bare(given[name]) for name in names if name in given), None)


def customer(*, required: bool = True) -> Id:
    """The field every action towards a person has."""
    return Id(
        required=required,
        metadata={
            "wire": "recipient",
            "also": ["igsid", "recipient_id"],
            "description": "Instagram-scoped id of the customer, as webhooks give it in sender.id; not a username",
            "example": CUSTOMER,
        },
    )


def web_address(value: str) -> None:
    """A URL Meta could fetch."""
    parts = urlsplit(value) if not any(one.isspace() for one in value) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError("Not a public http(s) URL.")


class QuickReply(Request):
    """One button above the keyboard, gone once it is tapped."""

    content_type = fields.String(
        load_default="text",
        validate=validate.OneOf(["text", "user_phone_number", "user_email"]),
        metadata={"description": "text, or a button filled from the person's profile: user_phone_number, user_email"},
    )
    title = fields.String(
        validate=validate.Length(min=1, max=20),
        metadata={"description": "at most 20 characters; Meta cuts longer ones", "example": "Small"},
    )
    payload = fields.String(
        validate=validate.Length(min=1, max=1000),
        metadata={"description": "comes back when tapped, at most 1,000 characters", "example": "SIZE_S"},
    )

    @validates_schema
    def whole(self, data: Mapping[str, Any], **_: Any) -> None:
        """A text button needs its words; a profile button takes none."""
        for name in ("title", "payload"):
            if data["content_type"] == "text" and not data.get(name):
                raise ValidationError("Missing data for required field.", name)
            if data["content_type"] != "text" and data.get(name):
                raise ValidationError(f"{data['content_type']} is filled by Instagram; leave it out.", name)


class Send(Request):
    """What every message may carry beside its content."""

    to = customer()
    reply_to = Id(metadata={"description": "message id to quote, theirs or yours", "example": MID})
    human_agent = fields.Boolean(
        metadata={
            "description": "written by a person, 24 h to 7 days after the customer's last message; needs the setting "
            "human_agent_enabled"
        }
    )
    messaging_type = fields.String(
        validate=validate.OneOf(["RESPONSE", "UPDATE", "MESSAGE_TAG"]),
        metadata={"description": "rarely needed; MESSAGE_TAG is set by human_agent"},
    )
    tag = fields.String(
        validate=validate.OneOf(["HUMAN_AGENT"]),
        metadata={"description": "Meta's spelling of human_agent; the other tags ended on 27 April 2026"},
    )

    @validates_schema
    def tags(self, data: Mapping[str, Any], **_: Any) -> None:
        """A tag and its messaging_type go together."""
        tagged = data.get("tag") is not None or data.get("human_agent") is True
        if data.get("human_agent") is False and data.get("tag"):
            raise ValidationError("human_agent says no and tag says HUMAN_AGENT.", "tag")
        if data.get("messaging_type") == "MESSAGE_TAG" and not tagged:
            raise ValidationError("MESSAGE_TAG needs a tag.", "messaging_type")
        if tagged and data.get("messaging_type") not in {None, "MESSAGE_TAG"}:
            raise ValidationError("A tagged message is of type MESSAGE_TAG.", "messaging_type")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Folds into recipient, message and the optional parts beside them; `message` says the content."""
        comment = wire.get("comment_id")
        body: dict[str, Any] = {"recipient": {"comment_id": comment} if comment else {"id": wire["recipient"]}}
        if wire.get("human_agent") or wire.get("tag"):
            body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        elif wire.get("messaging_type"):
            body["messaging_type"] = wire["messaging_type"]
        if wire.get("reply_to"):
            body["reply_to"] = {"mid": wire["reply_to"]}  # beside recipient: inside message it is an "invalid key"
        return {**body, "message": self.message(wire)}

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The content."""
        raise NotImplementedError


class SendText(Send):
    """A text, with quick replies if wanted; to a person, or once to whoever wrote a comment."""

    to = customer(required=False)
    comment_id = Id(
        metadata={
            "description": "in place of `to`: a private reply to this comment, once, within 7 days",
            "example": "17900000000000011",
        }
    )
    text = fields.String(
        required=True,
        metadata={"description": "plain text, at most 1,000 bytes of UTF-8; links get a preview", "example": "Hello"},
    )
    split = fields.Boolean(
        load_default=False,
        metadata={
            "description": "send a longer text as several messages, cut between words and never inside a character"
        },
    )
    quick_replies = fields.List(
        fields.Nested(QuickReply),
        validate=validate.Length(min=1, max=13),
        metadata={"description": "at most 13 buttons; shown on phones only"},
    )

    @validates_schema
    def fitting(self, data: Mapping[str, Any], **_: Any) -> None:
        """Limits of a text, and who it goes to."""
        text, comment = data["text"], data.get("comment_id")
        if not text.strip():
            raise ValidationError("Nothing to send: the text is blank.", "text")
        if not data["split"] and size(text) > MAX_BYTES:
            told = f"{size(text)} bytes of UTF-8 and at most {MAX_BYTES:,} fit; shorten it, or say split: true."
            raise ValidationError(told, "text")
        if comment and data.get("to"):
            raise ValidationError("Either `to` or `comment_id`.", "comment_id")
        if not comment and not data.get("to"):
            raise ValidationError("Missing data for required field.", "to")
        if comment and data["split"]:
            raise ValidationError("A comment gets one private reply only.", "split")
        if comment and data.get("quick_replies"):
            raise ValidationError("Not documented for private replies.", "quick_replies")

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """{"text", "quick_replies"?}."""
        replies = wire.get("quick_replies")
        return {"text": wire["text"], **({"quick_replies": replies} if replies else {})}


class PrivateReply(Request):
    """A text to whoever wrote a comment: one for each comment, text only."""

    comment_id = Id(
        required=True,
        metadata={
            "description": "the comment, at most 7 days old (Live: during the broadcast)",
            "example": "17900000000000011",
        },
    )
    text = fields.String(
        required=True,
        metadata={"description": "plain text, at most 1,000 bytes of UTF-8", "example": "Thanks for asking!"},
    )

    @validates_schema
    def fitting(self, data: Mapping[str, Any], **_: Any) -> None:
        """The limits of every text."""
        if not data["text"].strip():
            raise ValidationError("Nothing to send: the text is blank.", "text")
        if size(data["text"]) > MAX_BYTES:
            raise ValidationError(f"{size(data['text'])} bytes of UTF-8 and at most {MAX_BYTES:,} fit.", "text")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """{"recipient": {"comment_id"}, "message": {"text"}}."""
        return {"recipient": {"comment_id": wire["comment_id"]}, "message": {"text": wire["text"]}}


class SendHeart(Send):
    """The one sticker there is."""

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """No `payload` key."""
        del wire
        return {"attachment": {"type": "like_heart"}}


class SendShare(Send):
    """A post or reel of the same account."""

    media_id = Id(
        required=True,
        metadata={"description": "id of a post or reel owned by this account", "example": "17900000000000321"},
    )

    def message(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The type is spelled in capitals."""
        return {"attachment": {"type": "MEDIA_SHARE", "payload": {"id": wire["media_id"]}}}


# Sender actions -----------------------------------------------------------------------------------------------------


def emoji_or_love(value: str) -> None:
    """`love`, or an emoji; another word was answered with 400 in a live test (page §3.7)."""
    if value != "love" and (
        value.isascii() or value.isspace() or len(value) > 32 or any(one.isalpha() for one in value)
    ):
        raise ValidationError("Either love or one emoji.")


class Gesture(Request):
    """Signs that are no message; the body holds the recipient and the sign, and nothing else."""

    to = customer()
    sign = ""

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """{"recipient", "sender_action", "payload"?}."""
        body: dict[str, Any] = {"recipient": {"id": wire["recipient"]}, "sender_action": self.sign_of(wire)}
        payload = self.payload(wire)
        return {**body, "payload": payload} if payload else body

    def sign_of(self, wire: dict[str, Any]) -> str:
        """Meta's word for it."""
        del wire
        return self.sign

    def payload(self, wire: dict[str, Any]) -> dict[str, Any]:
        """What it is about, where it is about a message."""
        del wire
        return {}


class React(Gesture):
    """A reaction; another one replaces it."""

    sign = "react"
    message_id = Id(
        required=True,
        metadata={"also": ["mid"], "description": "any message of that conversation, theirs or yours", "example": MID},
    )
    emoji = fields.String(
        load_default="love",
        validate=emoji_or_love,
        metadata={
            "also": ["reaction"],
            "description": "`love`, or an emoji; with facebook_login only love (❤️) is documented",
            "example": "❤️",
        },
    )

    def payload(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The message and the reaction."""
        return {"message_id": wire["message_id"], "reaction": wire["emoji"]}


class Unreact(Gesture):
    """Takes the account's reaction back."""

    sign = "unreact"
    message_id = Id(required=True, metadata={"also": ["mid"], "description": "the message reacted to", "example": MID})

    def payload(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Only the message."""
        return {"message_id": wire["message_id"]}


class Typing(Gesture):
    """The indicator; it lasts about 20 s, or until a message."""

    on = fields.Boolean(metadata={"description": "false takes the indicator away; true when not said", "example": True})
    sender_action = fields.String(
        validate=validate.OneOf(["typing_on", "typing_off"]), metadata={"description": "Meta's spelling of `on`"}
    )

    @validates_schema
    def once(self, data: Mapping[str, Any], **_: Any) -> None:
        """One way of saying it is enough."""
        if data.get("on") is not None and data.get("sender_action"):
            raise ValidationError("Either `on` or `sender_action`.", "sender_action")

    def sign_of(self, wire: dict[str, Any]) -> str:
        """typing_on or typing_off."""
        return str(wire.get("sender_action") or ("typing_on" if wire.get("on", True) else "typing_off"))


class MarkSeen(Gesture):
    """Marks the newest message of the conversation as seen."""

    sign = "mark_seen"
    message_id = Id(
        metadata={
            "also": ["mid"],
            "description": "not sent: Instagram marks the newest message, whichever is named; it is kept in the result",
            "example": MID,
        }
    )


# Replies ------------------------------------------------------------------------------------------------------------


class Sent(Reply):
    """A message Meta took.  Without message_id nobody knows whether it left."""

    message_id = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "description": "id of the message; its echo webhook carries the same",
            "example": "aWdfTUlEX291dF8wMDAx",
        },
    )
    to = fields.String(
        data_key="recipient_id",
        metadata={
            "description": "Instagram-scoped id it went to; for a private reply the commenter's",
            "example": CUSTOMER,
        },
    )
    attachment_id = fields.String(
        metadata={"description": "when the media was sent as reusable: its id for the next time"},
    )


class Done(Reply):
    """A sign Meta took; with instagram_login only the status says so (page §5, 24)."""

    to = fields.String(metadata={"description": "the customer", "example": CUSTOMER})
    message_id = fields.String(metadata={"description": "the message that was named", "example": MID})
