"""/v1/messages and /v1/conversations: say, mark read, react and type in words that name no provider."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import RAISE, Schema, fields, validate

from connectors.errors import InvalidCall
from connectors.events import State
from web.api import paging, shapes
from web.api.openapi import Part, Query, keyed
from web.api.runs import answered, with_key
from web.api.speech import checked, ferry, listed, takes, told
from web.api.waiting import MOST_SECONDS
from worker import pace, said, timeline, verbs
from worker.accept import KEY_LENGTH, NotFound
from worker.store import ids
from worker.store import messages as kept

part = Part("messages", __name__, url_prefix="/v1/messages", description="What was said, in either direction.")
conversations = Part("conversations", __name__, url_prefix="/v1/conversations", description="With whom.")


class Options(Schema):
    """When and how urgently, for every neutral verb."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    idempotency_key = fields.Str(validate=validate.Length(1, KEY_LENGTH))
    not_before = fields.AwareDateTime(metadata={"description": "RFC 3339"})
    expires_at = fields.AwareDateTime(metadata={"description": "RFC 3339"})
    priority = fields.Str(validate=validate.OneOf(["live", "bulk"]))
    force = fields.Bool(metadata={"description": "send even though the conversation's window seems closed"})


class Media(Schema):
    """A file to send."""

    kind = fields.Str(required=True, validate=validate.OneOf(["image", "video", "audio", "file", "sticker"]))
    url = fields.Str(required=True, metadata={"description": "where the provider fetches it"})
    name = fields.Str()
    caption = fields.Str()


class Say(Options):
    """A message in neutral words."""

    connection = fields.Str(metadata={"description": "may be left out where `to` is a conversation", "example": "1msg"})
    to = fields.Str(
        required=True, metadata={"description": "the contact's id or phone number, or a conversation (cnv_…)"}
    )
    text = fields.Str()
    media = fields.Nested(Media)
    location = fields.Dict(metadata={"description": "{latitude, longitude, name?, address?}"})
    contact = fields.Dict(metadata={"description": "a contact card"})
    template = fields.Dict(metadata={"description": "{name, language, …} of an approved template"})
    reply_to = fields.Str(metadata={"description": "a message of ours (msg_…), or the provider's id of one"})
    channel = fields.Str(metadata={"description": "where a provider has several, e.g. sms or whatsapp"})
    via = fields.Str(metadata={"description": "our sender, where the connection has several"})


class Reaction(Options):
    """A reaction."""

    emoji = fields.Str(required=True, validate=validate.Length(1, 64), metadata={"example": "👍"})


class Typing(Options):
    """Whether we are writing."""

    on = fields.Bool(load_default=True)


class Waiting(Query):
    """Whether to wait for the outcome."""

    wait = fields.Float(
        validate=validate.Range(0, MOST_SECONDS),
        metadata={"description": f"seconds, at most {MOST_SECONDS:.0f}: answer when it has ended, or then"},
    )


class Messages(paging.Page):
    """Which messages."""

    connection = fields.Str(metadata={"description": "of this connection; of all without it"})
    conversation = fields.Str(metadata={"description": "of this conversation (cnv_…)"})
    direction = fields.Str(validate=validate.OneOf(["inbound", "outbound"]))
    status = fields.Str(validate=validate.OneOf([str(one) for one in State]), metadata={"description": "as it is now"})


class Listing(paging.Page):
    """Whose conversations."""

    connection = fields.Str(required=True)


SAY, REACTION, TYPING, OPTIONS = Say(), Reaction(), Typing(), Options()
CONTENTS = ("text", "media", "location", "contact", "template")


def _split(words: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what to say, the options of its run)."""
    options = {name: value for name, value in words.items() if name in OPTIONS.fields}
    return {name: value for name, value in words.items() if name not in options}, options


@part.route("", methods=["POST"])
@part.arguments(Waiting, location="query")
@part.doc(**takes(Say))
@keyed
@part.response(202, shapes.Receipt, description="Stored as a run: it will be carried out; Location names it")
@part.alt_response(200, schema=shapes.Run, description="Its key had brought it before, or it ended while we waited")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def send(query: dict[str, Any]) -> Response:
    """Send a message in neutral words.  What the provider cannot do is told in a sentence, code unsupported."""
    words, options = _split(with_key(checked(SAY)))
    connection = words.pop("connection", None) or _owner(words["to"])
    if not any(words.get(name) for name in CONTENTS):
        problem = f"say something: one of {', '.join(CONTENTS)}"
        raise InvalidCall(problem, fields={"text": [problem]})
    return answered(verbs.send(ferry(), connection, words, **options), query.get("wait"))


def _owner(to: str) -> str:
    """The connection of a conversation; anybody else is known by a connection only."""
    place = ids.conversation_of(to)
    if place is None:
        problem = "Missing data for required field."
        raise InvalidCall("the body does not fit: connection", fields={"connection": [problem]})
    return place[0]


@part.route("", methods=["GET"])
@part.arguments(Messages, location="query")
@part.response(200, shapes.listing(shapes.Message, "Messages"))
def list_messages(query: dict[str, Any]) -> Response:
    """List messages, newest first.  A page may be shorter than its limit and still have a next one."""
    core = ferry()
    limit, place = query.pop("limit"), paging.unpack(query.pop("cursor", None), int, str)
    conversation = ids.conversation_of(query.get("conversation", ""))
    if "conversation" in query and conversation is None:
        raise InvalidCall("that is no conversation", fields={"conversation": ["cnv_…, as events and messages name it"]})
    owner = query.pop("connection", None) or (conversation[0] if conversation else None)
    found, after = kept.across(
        core.store,
        [one.id for one in core.connections.all()] if owner is None else [owner],
        wanted=(lambda one: all(one[name] == value for name, value in query.items())) if query else None,
        before=None if place is None else (place[0], place[1]),
        limit=limit,
    )
    return listed(said.whole(core.store, found), None if after is None else paging.pack(*after))


@part.route("/<ident>", methods=["GET"])
@part.response(200, shapes.Message)
@part.alt_response(404, "NOT_FOUND")
def get(ident: str) -> Response:
    """Look a message up."""
    return told(said.whole(ferry().store, [_message(ident)])[0])


@part.route("/<ident>/timeline", methods=["GET"])
@part.response(200, shapes.listing(shapes.Step, "Steps"))
@part.alt_response(404, "NOT_FOUND")
def get_timeline(ident: str) -> Response:
    """Everything that happened to a message: webhooks, decisions, provider calls, statuses."""
    return listed(timeline.steps(ferry().store, _message(ident)), None)


def _message(ident: str) -> dict[str, Any]:
    found = kept.get(ferry().store, ident)
    if found is None:
        problem = f"there is no message {ident!r}, or it is no longer kept"
        raise NotFound(problem)
    return found


@part.route("/<ident>/read", methods=["POST"])
@part.doc(**takes(Options, needed=False))
@keyed
@part.response(202, shapes.Receipt)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def mark_read(ident: str) -> Response:
    """Tell the other party that a message was read."""
    return answered(verbs.about(ferry(), ident, "mark_read", **with_key(checked(OPTIONS, needed=False))))


@part.route("/<ident>/reaction", methods=["POST"])
@part.doc(**takes(Reaction))
@keyed
@part.response(202, shapes.Receipt)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def react(ident: str) -> Response:
    """React to a message."""
    words, options = _split(with_key(checked(REACTION)))
    return answered(verbs.about(ferry(), ident, "react", words, **options))


@part.route("/<ident>/reaction", methods=["DELETE"])
@keyed
@part.response(202, shapes.Receipt)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def unreact(ident: str) -> Response:
    """Take our reaction back."""
    return answered(verbs.about(ferry(), ident, "unreact", **with_key({})))


@conversations.route("/<ident>/typing", methods=["POST"])
@conversations.doc(**takes(Typing, needed=False))
@keyed
@conversations.response(202, shapes.Receipt)
@conversations.alt_response(404, "NOT_FOUND")
@conversations.alt_response(422, "UNPROCESSABLE_ENTITY")
def typing(ident: str) -> Response:
    """Show or hide that we are writing."""
    words, options = _split(with_key(checked(TYPING, needed=False)))
    return answered(verbs.typing(ferry(), ident, on=words.get("on", True), **options))


@conversations.route("", methods=["GET"])
@conversations.arguments(Listing, location="query")
@conversations.response(200, shapes.listing(shapes.Conversation, "Conversations"))
def search(query: dict[str, Any]) -> Response:
    """List a connection's conversations, those where something happened last first."""
    place = paging.unpack(query.get("cursor"), int)
    found, after = kept.conversations(
        ferry().store, query["connection"], before=place[0] if place else None, limit=query["limit"]
    )
    return listed(_shown(found), None if after is None else paging.pack(int(after)))


@conversations.route("/<ident>", methods=["GET"])
@conversations.response(200, shapes.Conversation)
@conversations.alt_response(404, "NOT_FOUND")
def get_conversation(ident: str) -> Response:
    """Look a conversation up."""
    place = ids.conversation_of(ident)
    found = kept.conversation(ferry().store, *place) if place is not None else None
    if found is None:
        problem = f"there is no conversation {ident!r}, or it is no longer kept"
        raise NotFound(problem)
    return told(_shown([found])[0])


def _shown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conversations of one connection, with the room that is left of the pace to each person."""
    core, rooms = ferry(), {}
    stored = core.connections.get(found[0]["connection"]) if found else None
    if stored is not None:
        rooms = pace.rooms(core, stored, core.provider(stored), [one["party"] for one in found])
    return [
        {**{name: value for name, value in one.items() if name != "party"}, "room": rooms.get(one["party"])}
        for one in found
    ]
