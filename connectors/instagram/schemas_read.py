"""Questions and their answers: people, threads, messages (page §3.11–§3.14)."""

from __future__ import annotations

from marshmallow import fields, validate

from connectors.instagram.schemas import CUSTOMER, MID, Id
from connectors.schema import Reply, Request

THREAD = "aWdfVEhSRUFEXzAwMDE"
MINIMAL = ("id", "created_time", "from", "to", "message")
LISTED = (*MINIMAL, "attachments", "shares", "story", "reactions", "is_unsupported")
WHOLE = (*LISTED, "reply_to")
PROFILE = "name,username,profile_pic,follower_count,is_user_follow_business,is_business_follow_user,is_verified_user"
_LIST = "comma list or list of Meta's field names; without it the usual ones, and fewer when Meta refuses those"


class Names(fields.String):
    """Meta's field names, as a list or as a comma list."""

    def _deserialize(self, value: object, *more: object, **most: object) -> str:
        if isinstance(value, list | tuple):
            value = ",".join(map(str, value))
        return str(super()._deserialize(value, *more, **most))


def cursor() -> fields.String:
    """Where the next page begins."""
    return fields.String(
        validate=validate.Length(min=1, max=2048),
        metadata={"wire": "after", "description": "`cursor` of the page before; short-lived"},
    )


class GetProfile(Request):
    """Whose profile."""

    to = Id(
        required=True,
        metadata={"wire": "igsid", "description": "Instagram-scoped id of the customer", "example": CUSTOMER},
    )

    def to_wire(self, wire: dict[str, object]) -> dict[str, object]:
        """All fields there are."""
        return {**wire, "fields": PROFILE}


class Profile(Reply):
    """A customer; every field but the id may be missing."""

    to = fields.String(data_key="id", metadata={"description": "Instagram-scoped id", "example": CUSTOMER})
    name = fields.String(allow_none=True, metadata={"example": "Marta Fake"})
    username = fields.String(allow_none=True, metadata={"example": "marta.fake"})
    profile_pic = fields.String(
        allow_none=True, metadata={"description": "expires within days: keep the picture, not this"}
    )
    follower_count = fields.Integer(allow_none=True)
    is_user_follow_business = fields.Boolean(
        allow_none=True, metadata={"description": "the customer follows the account"}
    )
    is_business_follow_user = fields.Boolean(
        allow_none=True, metadata={"description": "the account follows the customer"}
    )
    is_verified_user = fields.Boolean(allow_none=True)


class ListConversations(Request):
    """Which threads."""

    to = Id(metadata={"wire": "user_id", "description": "only the thread with this customer", "example": CUSTOMER})
    limit = fields.Integer(
        load_default=25,
        validate=validate.Range(min=1, max=50),
        metadata={"description": "threads in a page, at most 50"},
    )
    cursor = cursor()
    messages = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=20),
        metadata={"description": "newest messages of each thread to bring along, at most 20"},
    )

    def to_wire(self, wire: dict[str, object]) -> dict[str, object]:
        """`platform` is always said: without it the Page's Messenger threads come."""
        few = wire.pop("messages")
        names = "id,updated_time,participants" + (f",messages.limit({few}){{{','.join(MINIMAL)}}}" if few else "")
        return {**wire, "platform": "instagram", "fields": names}


class GetMessages(Request):
    """Which messages of a thread."""

    conversation_id = Id(
        required=True, metadata={"description": "`conversation_id` of list-conversations", "example": THREAD}
    )
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(min=1, max=25),
        metadata={"description": "messages in a page, at most 25"},
    )
    cursor = cursor()
    select = Names(metadata={"wire": "fields", "also": ["fields"], "description": _LIST})
    expansion = fields.Boolean(
        load_default=False,
        metadata={"description": "read through the thread's own fields, the documented alternative of the edge"},
    )
    details = fields.Boolean(
        load_default=True,
        metadata={
            "description": "read messages again, one by one, that the list shows empty (its attachments get lost)"
        },
    )

    def to_wire(self, wire: dict[str, object]) -> dict[str, object]:
        """Folds the page into the field list where the thread's own fields are read."""
        wire.pop("details")
        names = wire.get("fields") or ",".join(LISTED)
        if not wire.pop("expansion"):
            return {**wire, "fields": names}
        page = f"messages.limit({wire['limit']})" + (f".after({wire['after']})" if wire.get("after") else "")
        return {"conversation_id": wire["conversation_id"], "fields": f"{page}{{{names}}}"}


class GetMessage(Request):
    """Which message."""

    message_id = Id(required=True, metadata={"also": ["mid"], "description": "id of the message", "example": MID})
    select = Names(metadata={"wire": "fields", "also": ["fields"], "description": _LIST})

    def to_wire(self, wire: dict[str, object]) -> dict[str, object]:
        """The usual fields unless told."""
        return {**wire, "fields": wire.get("fields") or ",".join(WHOLE)}


# Replies; replies.py makes them out of what Meta says ---------------------------------------------------------------


class Person(Reply):
    """One side of a thread."""

    id = fields.String(metadata={"example": CUSTOMER})
    username = fields.String(allow_none=True, metadata={"example": "marta.fake"})
    name = fields.String(allow_none=True)


class File(Reply):
    """One attachment."""

    kind = fields.String(
        metadata={"description": "image, video, audio, file, template or unsupported", "example": "image"}
    )
    url = fields.String(allow_none=True, metadata={"description": "expires: fetch it soon, without a token"})
    preview_url = fields.String(allow_none=True)
    mime_type = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True, metadata={"description": "bytes"})
    width = fields.Integer(allow_none=True, metadata={"description": "pixels"})
    height = fields.Integer(allow_none=True, metadata={"description": "pixels"})
    id = fields.String(allow_none=True)


class Reacted(Reply):
    """Who reacted how."""

    emoji = fields.String(allow_none=True, metadata={"example": "❤️"})
    category = fields.String(allow_none=True, metadata={"description": "Meta's rough word", "example": "love"})
    users = fields.List(fields.Nested(Person))


class MessageRead(Reply):
    """A message as the thread shows it; what Meta does not tell is null."""

    message_id = fields.String(required=True, metadata={"example": MID})
    created_at = fields.String(
        allow_none=True, metadata={"description": "RFC 3339, UTC", "example": "2026-03-04T09:15:20Z"}
    )
    direction = fields.String(allow_none=True, metadata={"description": "inbound or outbound", "example": "inbound"})
    sender = fields.Nested(Person, allow_none=True)
    recipients = fields.List(fields.Nested(Person))
    text = fields.String(allow_none=True)
    attachments = fields.List(fields.Nested(File))
    shares = fields.List(
        fields.Dict(), metadata={"description": "shared posts and links: id, type, name, description, url"}
    )
    story = fields.Dict(allow_none=True, metadata={"description": "{kind: mention | reply_to, id, url}"})
    reactions = fields.List(fields.Nested(Reacted))
    reply_to = fields.String(allow_none=True, metadata={"description": "id of the message quoted"})
    is_unsupported = fields.Boolean(allow_none=True)
    content_unavailable = fields.Boolean(
        metadata={"description": "true: Meta does not show it (too old, deleted, or a share); not an empty text"}
    )


class MessagePage(Reply):
    """Messages, newest first."""

    items = fields.List(fields.Nested(MessageRead), required=True)
    cursor = fields.String(allow_none=True, metadata={"description": "for the next page; null on the last"})


class Thread(Reply):
    """A thread; `contact` is its customer."""

    conversation_id = fields.String(required=True, metadata={"example": THREAD})
    updated_at = fields.String(allow_none=True, metadata={"description": "RFC 3339, UTC"})
    contact = fields.Nested(Person, allow_none=True)
    participants = fields.List(fields.Nested(Person))
    messages = fields.List(fields.Nested(MessageRead), metadata={"description": "when they were asked for"})


class ThreadPage(Reply):
    """Threads, the liveliest first."""

    items = fields.List(fields.Nested(Thread), required=True)
    cursor = fields.String(allow_none=True, metadata={"description": "for the next page; null on the last"})
