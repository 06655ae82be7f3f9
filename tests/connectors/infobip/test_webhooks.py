"""Every webhook of the page, from the page's own bodies, and whatever else may come."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.connection import Connection
from connectors.events import EventType, Fact, Kind, State
from connectors.guards import HookRequest
from connectors.infobip import PROVIDER
from connectors.infobip.samples import forms
from connectors.infobip.webhooks.forms import emoji
from connectors.provider import Stamp
from connectors.samples import make
from tests.connectors.infobip.stage import connect

STAMP = Stamp("abc123", 1772359800)
AT = "2026-03-01T10:10:00+00:00"


def facts(body: Any, hook: str = "") -> list[Fact]:
    """The facts of a JSON body."""
    return PROVIDER.parse(HookRequest("POST", hook, "", {}, json.dumps(body).encode()))


def sample(name: str, connection: Connection | None = None) -> Fact:
    """The one fact of a sample."""
    (fact,) = PROVIDER.parse(make(PROVIDER, PROVIDER.samples[name], connection or connect(), STAMP))
    return fact


# name: (type, key, conversation, whatever of it is looked at)
SAMPLES: dict[str, tuple[EventType, str | None, str | None]] = {
    "sms": (EventType.RECEIVED, "abc123", "sms:15550100123"),
    "sms-report": (EventType.STATUS, "abc123:5:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-report-v2": (EventType.STATUS, "abc123:9:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-click": (
        EventType.CLICKED,
        "m-abc123:15550100123:CLICKED:https://acme.example/offer:1772359800000",
        "sms:15550100123",
    ),
    "mms": (EventType.RECEIVED, "abc123", "mms:15550100123"),
    "mms-report": (EventType.STATUS, "abc123:5:2026-03-01T10:10:00.000+0000", "mms:15550100123"),
    "whatsapp-message": (EventType.RECEIVED, "wamid.abc123", "whatsapp:15550100123"),
    **{
        f"whatsapp-{tail}": (EventType.RECEIVED, "wamid.abc123", "whatsapp:15550100123")
        for tail in (
            *("image", "video", "document", "voice", "audio", "sticker", "location", "contact", "button"),
            *("button-reply", "list-reply", "flow-reply", "order", "referral", "infected", "unsupported", "payment"),
            *("payment-acknowledgement", "call-permission", "authentication"),
        )
    },
    "whatsapp-reaction": (EventType.REACTION, "wamid.abc123", "whatsapp:15550100123"),
    "whatsapp-reaction-removed": (EventType.REACTION, "wamid.abc123", "whatsapp:15550100123"),
    "whatsapp-report": (EventType.STATUS, "abc123:5:2026-03-01T10:10:00.000+0000", "whatsapp:15550100123"),
    "whatsapp-seen": (EventType.STATUS, "abc123:seen", None),
    "whatsapp-deleted": (EventType.DELETED, "wamid.abc123:deleted", "whatsapp:15550100123"),
    "whatsapp-template": (
        EventType.TEMPLATE_STATUS,
        (
            '111772359800:2026-03-01T10:10:00.000+0000:{"newStatus": "REJECTED", "reason": "SCAM", '
            '"type": "TEMPLATE_STATUS_UPDATE"}'
        ),
        None,
    ),
    "whatsapp-identity": (
        EventType.NOTICE,
        "identity:15550100123:eU2Fdi4EMUw=:2026-03-01T10:10:00.000+0000",
        "whatsapp:15550100123",
    ),
    "whatsapp-marketing-stop": (
        EventType.OPTOUT,
        "marketing:15550100123:stop:2026-03-01T10:10:00.000+0000",
        "whatsapp:15550100123",
    ),
    "whatsapp-marketing-resume": (
        EventType.OPTIN,
        "marketing:15550100123:resume:2026-03-01T10:10:00.000+0000",
        "whatsapp:15550100123",
    ),
    "whatsapp-payment-status": (
        EventType.NOTICE,
        "payment:p-1:CAPTURED:2026-03-01T10:10:00.000+0000",
        "whatsapp:15550100123",
    ),
    "email-report": (EventType.STATUS, "abc123:9:2026-03-01T10:10:00.000+0000", "email:ann@customer.example"),
    "email-opened": (EventType.OPENED, "event-abc123", "email:ann@customer.example"),
    "email-clicked": (EventType.CLICKED, "event-abc123", "email:ann@customer.example"),
    "email-unsubscribed": (EventType.OPTOUT, "event-abc123", "email:ann@customer.example"),
    "email-complained": (EventType.OPTOUT, "event-abc123", "email:ann@customer.example"),
    "email-late-bounce": (EventType.STATUS, "event-abc123", "email:ann@customer.example"),
    "email-blocked": (EventType.NOTICE, "event-abc123", None),
    "voice-report": (EventType.STATUS, "abc123:5:2026-03-01T10:09:40.000+0000", "voice:15550100123"),
    "voice-report-v1": (EventType.STATUS, "abc123:5:2026-03-01T10:10:00.000+0000", "voice:15550100123"),
    "number-lookup": (EventType.NOTICE, None, None),
    "number-masking": (EventType.NOTICE, "n-abc123:dial:answered", None),
    "form-message": (EventType.RECEIVED, "abc123", "whatsapp:15550100123"),
    "form-report": (EventType.STATUS, "abc123:5:2026-03-01T10:10:00.000+0000", "whatsapp:15550100123"),
    "form-seen": (EventType.STATUS, "abc123:seen", None),
    "form-typing": (EventType.TYPING, "abc123:on:2026-03-01T10:10:00.000+0000", "whatsapp:15550100123"),
    "sms-keyword": (EventType.RECEIVED, "abc123", "sms:MTN"),
    "sms-report-pending": (EventType.STATUS, "abc123:26:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-report-accepted": (EventType.STATUS, "abc123:1:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-report-operator": (EventType.STATUS, "abc123:2:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-report-expired": (EventType.STATUS, "abc123:15:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-report-rejected": (EventType.STATUS, "abc123:14:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "sms-report-unheard-of": (EventType.STATUS, "abc123:999:2026-03-01T10:10:00.000+0000", "sms:15550100123"),
    "whatsapp-click": (
        EventType.CLICKED,
        "m-abc123:15550100123:CLICKED:https://acme.example/offer:1772359800000",
        "whatsapp:15550100123",
    ),
    "whatsapp-template-category": (
        EventType.TEMPLATE_STATUS,
        (
            '111772359800:2026-03-01T10:10:00.000+0000:{"newCategory": "MARKETING", "previousCategory": "UTILITY", '
            '"type": "TEMPLATE_CATEGORY_UPDATE"}'
        ),
        None,
    ),
    "whatsapp-template-quality": (
        EventType.TEMPLATE_STATUS,
        (
            '111772359800:2026-03-01T10:10:00.000+0000:{"newQualityScore": "YELLOW", "previousQualityScore": "GREEN", '
            '"type": "TEMPLATE_QUALITY_UPDATE"}'
        ),
        None,
    ),
    "email-warning": (EventType.NOTICE, "event-abc123", None),
    "email-delivered": (EventType.STATUS, "abc123:5:2026-03-01T10:10:00.000+0000", "email:ann@customer.example"),
    "email-message": (EventType.RECEIVED, "mail-abc123", "email:ann@customer.example"),
    "email-unheard-of": (EventType.UNKNOWN, "event-abc123", "email:ann@customer.example"),
    "number-masking-request": (EventType.NOTICE, "n-abc123::request", None),
    **{
        name: (EventType.RECEIVED, "abc123", "whatsapp:15550100123")
        for name in PROVIDER.samples
        if name.startswith("form-") and name.removeprefix("form-") in forms.CONTENTS
    },
    "form-reaction": (EventType.REACTION, "abc123", "whatsapp:15550100123"),
    "form-reaction-removed": (EventType.REACTION, "abc123", "whatsapp:15550100123"),
    "form-typing-stopped": (EventType.TYPING, "abc123:off:2026-03-01T10:10:00.000+0000", "whatsapp:15550100123"),
    "form-unheard-of": (EventType.UNKNOWN, None, None),
    "unheard-of": (EventType.UNKNOWN, None, None),
}


def test_every_sample_is_looked_at() -> None:
    """No kind of webhook goes without a row here."""
    assert set(PROVIDER.samples) == set(SAMPLES)


@pytest.mark.parametrize(("name", "told"), SAMPLES.items())
def test_a_sample_is_this(name: str, told: tuple[EventType, str | None, str | None]) -> None:
    """Each kind has its type, a key that a redelivery has too, and the right person; the raw item is kept."""
    fact = sample(name)

    assert told == (fact.type, fact.key, fact.conversation)
    assert fact == sample(name)
    document = PROVIDER.samples[name].body(connect(), STAMP)
    if name not in {"whatsapp-authentication", "email-message"}:  # a hash is blotted out; a file is not kept
        assert fact.raw in (document, *document.get("results", []))


@pytest.mark.parametrize("name", PROVIDER.samples)
def test_samples_share_nothing(name: str) -> None:
    """Whoever changes one document changes no other."""
    made = PROVIDER.samples[name]
    first = made.body(connect(), STAMP)
    before = json.dumps(first, sort_keys=True)
    _spoil(first)
    assert before == json.dumps(made.body(connect(), STAMP), sort_keys=True)


def _spoil(document: Any) -> None:
    for value in document.values() if isinstance(document, dict) else document:
        if isinstance(value, dict | list):
            _spoil(value)
    document.clear()


def test_an_inbound_sms_is_whole() -> None:
    """The page's example, with its keyword."""
    body = {
        "results": [
            {
                "messageId": "817790313235066447",
                "from": "447700900555",
                "to": "447860099111",
                "text": "JOIN me please",
                "cleanText": "me please",
                "keyword": "JOIN",
                "receivedAt": "2026-03-01T09:00:00.000+0000",
                "smsCount": 1,
                "callbackData": "kw-join",
            }
        ],
        "messageCount": 1,
        "pendingMessageCount": 0,
    }
    (fact,) = facts(body)

    assert fact.contact is not None
    assert fact.message is not None
    assert ("447700900555", "+447700900555") == (fact.contact.id, fact.contact.phone)
    assert ("JOIN me please", Kind.TEXT, "inbound") == (fact.message.text, fact.message.kind, fact.message.direction)
    assert ("sms", "447860099111", None) == (fact.channel, fact.via, fact.window)
    assert {"keyword": "JOIN", "clean_text": "me please", "callback_data": "kw-join"} == fact.data
    assert "2026-03-01T09:00:00+00:00" == fact.at.isoformat() if fact.at else None


@pytest.mark.parametrize(("sender", "phone"), [("MTN", None), ("12345", None), ("447700900555", "+447700900555")])
def test_a_phone_is_only_a_real_number(sender: str, phone: str | None) -> None:
    """A name and a short code are who wrote, but no E.164."""
    (fact,) = facts({"results": [{"messageId": "1", "from": sender, "to": "1", "text": "", "receivedAt": AT}]})

    assert fact.contact is not None
    assert fact.message is not None
    assert (sender, phone, f"sms:{sender}", "") == (
        fact.contact.id,
        fact.contact.phone,
        fact.conversation,
        fact.message.text,
    )


WHATSAPP: dict[str, tuple[Kind, str | None, str | None, dict[str, Any]]] = {
    "message": (Kind.TEXT, "hello from ferry trigger", None, {}),
    "image": (Kind.IMAGE, "Look", None, {}),
    "video": (Kind.VIDEO, "Look", None, {}),
    "document": (Kind.FILE, "invoice-9001.pdf", None, {}),
    "voice": (Kind.AUDIO, None, None, {"voice_note": True}),
    "audio": (Kind.AUDIO, None, None, {}),
    "sticker": (Kind.STICKER, None, None, {}),
    "location": (
        Kind.LOCATION,
        "HQ",
        None,
        {
            "location": {
                "latitude": 51.5,
                "longitude": -0.12,
                "name": "HQ",
                "address": "1 High St",
                "url": "https://maps.example/hq",
            }
        },
    ),
    "button": (Kind.INTERACTIVE, "Yes", "yes-9001", {}),
    "button-reply": (Kind.INTERACTIVE, "Yes", "b1", {}),
    "list-reply": (Kind.INTERACTIVE, "Blue", "row-3", {"description": "Size M"}),
    "flow-reply": (
        Kind.INTERACTIVE,
        "Sent",
        '{"rating": "5", "flow_token": "ft-1"}',
        {"form": {"rating": "5", "flow_token": "ft-1"}},
    ),
    "infected": (Kind.UNSUPPORTED, None, None, {"malware": "Eicar"}),
    "unsupported": (Kind.UNSUPPORTED, None, None, {"unsupported": "UNSUPPORTED"}),
    "call-permission": (
        Kind.INTERACTIVE,
        None,
        "ACCEPT",
        {"call_permission": {"response": "ACCEPT", "until": "2026-03-08T00:00:00.000+0000"}},
    ),
    "authentication": (Kind.INTERACTIVE, None, "VERIFIED", {"authentication": {"status": "VERIFIED"}}),
}


@pytest.mark.parametrize(("tail", "told"), WHATSAPP.items())
def test_a_whatsapp_message_is_this(tail: str, told: tuple[Kind, str | None, str | None, dict[str, Any]]) -> None:
    """Every type of message has its kind, its text, and what a tapped button carries."""
    fact = sample(f"whatsapp-{tail}")

    assert fact.message is not None
    assert told == (fact.message.kind, fact.message.text, fact.message.payload, fact.data)
    assert (24 * 3600, "447860099299", "whatsapp") == (fact.window, fact.via, fact.channel)


def test_a_file_has_its_address_and_its_id() -> None:
    """The URL needs our credentials, and the id is what get-whatsapp-media takes."""
    message = sample("whatsapp-document").message

    assert message is not None
    (attachment,) = message.attachments
    assert ("f1b9", "invoice-9001.pdf", Kind.FILE) == (attachment.id, attachment.name, attachment.kind)
    assert (attachment.url or "").endswith("/whatsapp/1/senders/447860099299/media/f1b9")


def test_a_blocked_file_is_never_offered() -> None:
    """Nothing of an infected message can be downloaded."""
    message = sample("whatsapp-infected").message

    assert message is not None
    assert () == message.attachments


def test_a_payments_amount_is_value_by_offset() -> None:
    """29900 with an offset of 100 is 299."""
    assert "299" == sample("whatsapp-payment").data["payment"]["amount"]
    assert "210" == sample("whatsapp-payment-status").data["amount"]


def test_the_passkeys_hash_goes_nowhere() -> None:
    """The hash is a secret of the user's: an event's raw item does not hold it, all else is there."""
    fact = sample("whatsapp-authentication")

    assert "c2VjcmV0" not in repr(fact)
    assert "VERIFIED" == fact.raw["message"]["inThreadAuthenticationReply"]["status"]


def test_who_wrote_is_known_by_every_name() -> None:
    """Number and user id are one person; replies go to what the message came from."""
    contact = sample("whatsapp-message").contact
    assert contact is not None
    assert ("15550100123", "+15550100123", "Ann", "ann.k", ("whatsapp:GB.1349120865",)) == (
        contact.id,
        contact.phone,
        contact.name,
        contact.username,
        contact.aliases,
    )


def test_a_user_may_hide_the_number() -> None:
    """Without a number the business-scoped id is the person, and there is no phone."""
    body = PROVIDER.samples["whatsapp-message"].body(connect(), STAMP)
    body["results"][0] |= {"from": "GB.1349120865", "contact": {"userId": "GB.1349120865"}}
    (fact,) = facts(body)

    assert fact.contact is not None
    assert ("GB.1349120865", None, (), "whatsapp:GB.1349120865") == (
        fact.contact.id,
        fact.contact.phone,
        fact.contact.aliases,
        fact.conversation,
    )


def test_an_answer_names_what_it_answers() -> None:
    """The context of a message is the one it replies to."""
    message = sample("whatsapp-button").message

    assert message is not None
    assert "wat-1" == message.reply_to


def test_a_reaction_is_about_its_message() -> None:
    """Added and removed; a removal may come without its emoji."""
    added, removed = sample("whatsapp-reaction").reaction, sample("whatsapp-reaction-removed").reaction

    assert added is not None
    assert removed is not None
    assert ("wa-1", "👍", "added") == (added.message, added.emoji, added.action)
    assert ("wa-1", None, "removed") == (removed.message, removed.emoji, removed.action)


def test_a_report_is_read_by_the_message() -> None:
    """The message's id is our own reference too, and a report's failure says why."""
    status = sample("sms-report-v2").status

    assert status is not None
    assert status.error is not None
    assert ("abc123", "abc123", State.FAILED) == (status.message, status.ref, status.state)
    assert ("27", "EC_ABSENT_SUBSCRIBER: Absent Subscriber", "other") == (
        status.error.code,
        status.error.text,
        status.error.reason,
    )


def test_reaching_the_operator_is_not_reaching_the_handset() -> None:
    """DELIVERED_TO_OPERATOR is sent, and a later report is another fact."""
    body = PROVIDER.samples["sms-report"].body(connect(), STAMP)
    operator = {**body["results"][0], "status": {"groupId": 3, "id": 2, "name": "DELIVERED_TO_OPERATOR"}}
    first, second = facts({"results": [operator, body["results"][0]]})

    assert first.status is not None
    assert second.status is not None
    assert (State.SENT, State.DELIVERED) == (first.status.state, second.status.state)
    assert first.key != second.key


def test_a_bare_report_names_no_channel_it_does_not_know() -> None:
    """An SMS and a WhatsApp report may look the same: without a hint the message id must find the conversation."""
    body = PROVIDER.samples["sms-report"].body(connect(), STAMP)

    assert (None, None) == (facts(body)[0].channel, facts(body)[0].conversation)
    assert ("mms", "mms:15550100123") == (facts(body, "mms")[0].channel, facts(body, "mms")[0].conversation)
    assert (None, None) == (facts(body, "elsewhere")[0].channel, facts(body, "elsewhere")[0].conversation)


def test_an_answered_call_is_delivered() -> None:
    """Error 5000 is not an error; there is no doneAt, so the end of the call is the time."""
    for name in ("voice-report", "voice-report-v1"):
        fact = sample(name)
        assert fact.status is not None
        assert fact.at is not None
        assert (State.DELIVERED, None, AT) == (fact.status.state, fact.status.error, fact.at.isoformat())
        assert ("1", 12.0) == (fact.data["voice"]["dtmf"], fact.data["voice"]["duration_seconds"])


def test_seen_is_read_at_its_time() -> None:
    """Roles of from and to are contradictory in the source, so only the message id is used."""
    for name in ("whatsapp-seen", "form-seen"):
        fact = sample(name)
        assert fact.status is not None
        assert fact.at is not None
        assert (State.READ, "abc123", AT) == (fact.status.state, fact.status.message, fact.at.isoformat())


def test_a_lookup_is_no_messages_status() -> None:
    """DELIVERED means reachable there."""
    fact = sample("number-lookup")

    assert (EventType.NOTICE, None, "number-lookup") == (fact.type, fact.status, fact.data["name"])


def test_a_late_bounce_fails_what_was_delivered() -> None:
    """The one step backwards."""
    status = sample("email-late-bounce").status

    assert status is not None
    assert (State.FAILED, "m-abc123") == (status.state, status.message)


def test_an_mms_is_its_texts_and_its_files() -> None:
    """Layout is left out, texts are joined, files are attachments."""
    message = sample("mms").message

    assert message is not None
    assert (Kind.IMAGE, "hello from ferry trigger", 1) == (message.kind, message.text, len(message.attachments))


def test_an_emoji_may_be_spelt_out() -> None:
    """The Messages API form may write it as escapes in plain characters."""
    assert "\u2764\ufe0f" == emoji("\\u2764\\uFE0F")
    assert "👍" == emoji("\\uD83D\\uDC4D")
    assert "👍" == emoji("👍")


FORM = {"event": "MO", "channel": "SMS", "sender": "447700900123", "messageId": "m", "receivedAt": AT}


def test_the_messages_api_form_is_a_list_of_contents() -> None:
    """Several contents are one message; a reaction is none."""
    taps = [{"type": "LIST_REPLY", "id": "a", "text": "A"}, {"type": "LIST_REPLY", "id": "b", "text": "B"}]
    (tapped,) = facts({"results": [{**FORM, "content": taps}]})
    assert tapped.message is not None
    assert (Kind.INTERACTIVE, "a", "A\nB", ["a", "b"]) == (
        tapped.message.kind,
        tapped.message.payload,
        tapped.message.text,
        tapped.data["payloads"],
    )
    liked = [{"type": "REACTION", "emoji": "👍"}]
    (reacted,) = facts({"results": [{**FORM, "pairedMessageId": "x", "content": liked}]})
    assert reacted.reaction is not None
    assert "x" == reacted.reaction.message
    (placed,) = facts({"results": [{**FORM, "content": [{"type": "LOCATION", "latitude": 1, "longitude": 2}]}]})
    assert placed.message is not None
    assert (Kind.LOCATION, 1.0) == (placed.message.kind, placed.data["location"]["latitude"])
    (new,) = facts({"results": [{**FORM, "event": "SOMETHING_NEW"}]})
    assert EventType.UNKNOWN == new.type


def test_an_inbound_email_is_multipart() -> None:
    """Text parts are the message, files are named with their size; the raw item holds no bytes."""
    files: Any = [
        ("id", (None, b"mail-1")),
        ("from", (None, b"Ann <Ann@Customer.example>")),
        ("to", (None, b"help@acme.example")),
        ("subject", (None, "Grüße".encode())),
        ("text", (None, b"Hi\r\nthere\r\n")),
        ("headers", (None, b"In-Reply-To: <m-1>\r\nX: y")),
        ("attachment1", ("a.jpg", bytes(range(256)), "image/jpeg")),
    ]
    made = httpx.Request("POST", "https://x.example", files=files)
    request = HookRequest("POST", "", "", {"content-type": made.headers["content-type"]}, made.read())
    (fact,) = PROVIDER.parse(request)

    assert fact.message is not None
    assert ("email:ann@customer.example", "mail-1", "Hi\r\nthere\r\n") == (
        fact.conversation,
        fact.key,
        fact.message.text,
    )
    assert ("Grüße", "<m-1>") == (fact.data["subject"], fact.data["in_reply_to"])
    (attachment,) = fact.message.attachments
    assert ("a.jpg", 256, Kind.IMAGE) == (attachment.name, attachment.size, attachment.kind)
    json.dumps(fact.raw)
