"""
What ClickSend tells us, as facts: texts from people, and receipts of what we sent (page 4.3 to 4.8).

One push is one event: a form, a flat JSON object or a query string of the same keys.  The body decides which and what
it is, not its headers nor the hook: several rules may share one URL.  No key is promised but the ones read here; an
older name stands behind each newer one.  `inbound` and `receipt` also read the rows of the polled lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors import reading
from connectors.clicksend import loose, phones
from connectors.errors import Malformed, Reason
from connectors.events import Attachment, Contact, EventType, Fact, Fault, Kind, Message, State, Status
from connectors.guards import HookRequest

# page 4.6: the gateway's number for it, ours.  300 is final in older documents only; 302 is not either (5, rows 2, 3)
CODES: dict[str, State] = {
    "200": State.SENT,
    "201": State.DELIVERED,
    "300": State.SENT,
    "301": State.FAILED,
    "302": State.SENT,
}
TEMPORARY = frozenset({"300", "302"})  # failed for now, tried again by ClickSend

# page 4.6, last row: words where there is no number; Completed is "handed over", never "delivered"
WORDS: dict[str, State] = {
    "delivered": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "cancelled": State.FAILED,
    "cancelledafterreview": State.FAILED,
    "sent": State.SENT,
    "completed": State.SENT,
    "queued": State.SENT,
    "scheduled": State.SENT,
    "waitapproval": State.SENT,
}

# page 4.6: the meaning of an error_code moved between two editions of the article, so the number alone decides nothing:
# (code, a word its text must hold) → why
REASONS: dict[tuple[str, str], Reason] = {
    ("8", "unknown subscriber"): Reason.UNKNOWN_RECIPIENT,
    ("9", "unidentified subscriber"): Reason.UNKNOWN_RECIPIENT,
    ("19", "spam"): Reason.BLOCKED,
    ("20", "expired"): Reason.EXPIRED,
}

MEDIA_KEYS = (
    "media",
    "media_url",
    "media_file",
    "_media_file_url",
    "attachments",
)  # page 4.4: which one is not written
MEDIA = {
    "jpg": Kind.IMAGE,
    "jpeg": Kind.IMAGE,
    "png": Kind.IMAGE,
    "gif": Kind.IMAGE,
    "webp": Kind.IMAGE,
    "bmp": Kind.IMAGE,
    "mp4": Kind.VIDEO,
    "3gp": Kind.VIDEO,
    "mov": Kind.VIDEO,
    "mp3": Kind.AUDIO,
    "amr": Kind.AUDIO,
    "ogg": Kind.AUDIO,
    "wav": Kind.AUDIO,
}
WHOLE_URL = re.compile(r"https?://[^\s]+", re.IGNORECASE)
HOOKS = frozenset({"inbound", "receipt", "voice-receipt"})


def parse(request: HookRequest) -> list[Fact]:
    """
    The facts of one push; one that is neither text nor receipt is `unknown`, with its raw words.

    raises: Malformed for a body that is no document: nothing at all, bytes that are no text, JSON cut short
    """
    return reading.each(_items(request), lambda item: _one(item, request.hook))


def _items(request: HookRequest) -> list[Any]:
    body = request.body.strip()
    if body[:1] in {b"{", b"["}:
        told = reading.document(body)
        return told if isinstance(told, list) else [told]
    try:
        written = body.decode() if body else request.query
    except ValueError as problem:
        raise Malformed("the body is neither JSON nor a form") from problem
    pairs = parse_qsl(written, keep_blank_values=True)
    if not pairs:
        raise Malformed("the request carries nothing")
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return [found]


def _one(item: Any, hook: str) -> Fact:
    if not isinstance(item, Mapping):
        raise Malformed("an item that is no object")
    kind = _kind(item, hook)
    if kind == "inbound":
        return inbound(item)
    if kind == "receipt":
        return receipt(item)
    raise Malformed("neither a text nor a receipt")


def _kind(item: Mapping[str, Any], hook: str) -> str | None:
    """A receipt has a status and no sender, a text has a sender and words; where neither is sure, the hook says."""
    has_sender = loose.word(item.get("from")) is not None
    has_status = any(loose.word(item.get(name)) is not None for name in ("status_code", "status", "status_text"))
    has_words = any(name in item for name in ("body", "message", *MEDIA_KEYS))
    if has_sender and has_words:
        return "inbound"
    if has_status and not has_sender:
        return "receipt"
    if hook == "inbound" and has_sender:
        return "inbound"
    if hook in HOOKS and hook != "inbound" and loose.word(_first(item, "message_id", "messageid")):
        return "receipt"
    return None


def inbound(item: Mapping[str, Any]) -> Fact:
    """
    A text or MMS from a person.

    body:   {"message_id", "from", "to"?, "body" | "message", "timestamp" | "timestamp_send", "original_message_id"?,
             "custom_string"?, …}, all texts in a form
    units:  the time is Unix seconds
    raises: Malformed without a sender or an id
    source: page 4.3, 4.4
    """
    sender = phones.heard(loose.word(item.get("from")))
    found = loose.message_id(_first(item, "message_id", "messageid"))
    if sender is None or found is None:
        raise Malformed("a text without its sender or its id")
    words = _words(item)
    files = _attachments(item, words)
    return Fact(
        type=EventType.RECEIVED,
        raw=item,
        key=found,
        at=_at(item),
        conversation=sender,
        contact=Contact(id=sender, phone=phones.real(sender)),
        channel="mms" if _is_mms(item, files) else "sms",
        via=phones.heard(loose.word(item.get("to"))),
        message=Message(
            provider_id=found,
            direction="inbound",
            kind=next((one.kind for one in files if one.kind is not Kind.FILE), Kind.TEXT),
            text=words,
            reply_to=loose.message_id(_first(item, "original_message_id", "originalmessageid")),
            attachments=files,
        ),
        data={"custom_string": loose.word(_first(item, "custom_string", "customstring"))},
    )


def receipt(item: Mapping[str, Any]) -> Fact:
    """
    How far a message of ours came.  It names no recipient: the conversation is the message's.

    body:   {"message_id", "status"?, "status_code"?, "status_text"?, "error_code"?, "error_text"?, "timestamp"?,
             "custom_string"?, "message_type"?, "digits"? (voice)}
    units:  `timestamp` is Unix seconds of the receipt, `timestamp_send` of the message
    raises: Malformed without an id
    source: page 4.5 to 4.7
    """
    found = loose.message_id(_first(item, "message_id", "messageid"))
    if found is None:
        raise Malformed("a receipt without the id of its message")
    code, state = read_state(item)
    details = {name: loose.word(item.get(name)) for name in ("status", "status_text", "error_code", "error_text")}
    return Fact(
        type=EventType.STATUS,
        raw=item,
        key=f"{found}:{code}",
        at=reading.moment(_time(item.get("timestamp"))),
        channel=(loose.word(_first(item, "message_type", "_message_type")) or "sms").lower(),
        status=Status(
            message=found,
            state=state,
            error=_fault(item, code) if state is State.FAILED else None,
            ref=loose.word(_first(item, "custom_string", "customstring")),
        ),
        data={
            **details,
            "status_code": loose.word(item.get("status_code")),
            "temporary": code in TEMPORARY,
            "digits": loose.word(item.get("digits")),
        },
    )


def read_state(item: Mapping[str, Any]) -> tuple[str, State]:
    """
    (the number or word that told, our state): the number first, then the word of `status`, an old one where the number
    should be, and `status_text`.

    Rows of the history are read alike, so Completed is never "delivered" (page 3.3, 4.6).
    """
    told = (loose.word(item.get("status_code")) or "").strip()
    whole = loose.integer(told)
    number = None if whole is None else str(whole)
    if number in CODES:
        return number, CODES[number]
    said = [_plain(item.get("status")), _plain(told), _plain(item.get("status_text"))]
    word = next((one for one in said if one in WORDS), None)
    if word is not None:
        return number or word, WORDS[word]
    return number or said[0] or said[1], State.UNKNOWN


def _plain(value: Any) -> str:
    return re.sub(r"[\s_]", "", loose.word(value) or "").lower()


def _fault(item: Mapping[str, Any], code: str) -> Fault:
    theirs, told = loose.word(item.get("error_code")), loose.word(item.get("error_text"))
    said = (told or "").lower()
    reason = next((why for (number, word), why in REASONS.items() if number == theirs and word in said), Reason.OTHER)
    return Fault(code=theirs or code, text=told or loose.word(item.get("status_text")), reason=str(reason))


def _words(item: Mapping[str, Any]) -> str | None:
    """The text as it came: "null" is something a person may write."""
    for name in ("body", "message"):
        value = item.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def _attachments(item: Mapping[str, Any], words: str | None) -> tuple[Attachment, ...]:
    """Links of an MMS: under a key of their own, or as the whole text; they live 7 days and are not fetched here."""
    found: list[str] = []
    for name in MEDIA_KEYS:
        value = item.get(name)
        for one in value if isinstance(value, list) else [value]:
            link = reading.text(one, "url", "media_url", "_media_file_url") if isinstance(one, Mapping) else one
            if isinstance(link, str) and WHOLE_URL.fullmatch(link.strip()):
                found.append(link.strip())
    if words and WHOLE_URL.fullmatch(words.strip()):
        found.append(words.strip())
    return tuple(Attachment(kind=_media(one), url=one) for one in dict.fromkeys(found))


def _is_mms(item: Mapping[str, Any], files: tuple[Attachment, ...]) -> bool:
    """A link alone in a text may be just a link; under a key of its own, or to a picture, it is an MMS."""
    return any(item.get(name) for name in MEDIA_KEYS) or any(one.kind is not Kind.FILE for one in files)


def _media(url: str) -> Kind:
    try:
        path = urlsplit(url).path
    except ValueError:
        return Kind.FILE
    return MEDIA.get(path.rpartition(".")[2].lower(), Kind.FILE)


def _at(item: Mapping[str, Any]) -> Any:
    return reading.moment(_time(item.get("timestamp"))) or reading.moment(_time(item.get("timestamp_send")))


def _time(value: Any) -> Any:
    return value.strip(" ,") if isinstance(value, str) else value


def _first(item: Mapping[str, Any], *names: str) -> Any:
    """The first of `names` that says something: the v3 key, else its older duplicate."""
    return next((item[name] for name in names if loose.word(item.get(name)) is not None), None)
