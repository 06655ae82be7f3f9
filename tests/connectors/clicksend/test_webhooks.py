"""What ClickSend pushes, in every encoding and age of its words, becomes facts; nothing is lost, nothing raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors import samples
from connectors.clicksend import PROVIDER, webhooks
from connectors.connection import Connection
from connectors.errors import Malformed
from connectors.events import EventType, Fact, Kind, State
from connectors.guards import HookRequest
from connectors.provider import Stamp

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}

INBOUND_FORM = (
    b"originalsenderid=%2B61491570006&body=Yes%2C+4+of+us+%F0%9F%99%82&message=Yes%2C+4+of+us+%F0%9F%99%82"
    b"&sms=%2B61491570156&custom_string=bk-1001&to=%2B61491570006"
    b"&original_message_id=1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"
    b"&originalmessageid=1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001&customstring=bk-1001&from=%2B61491570156"
    b"&originalmessage=Hi+Ada%2C+table+for+4+at+19%3A00.&user_id=184220&subaccount_id=206611"
    b"&original_body=Hi+Ada%2C+table+for+4+at+19%3A00.&timestamp=1790000444"
    b"&message_id=1F1A1177-2F00-6D11-9A55-0E0E0E0E0E01"
)
INBOUND_JSON = (
    b'{"originalsenderid":"+61491570006","body":"Yes, 4 of us","message":"Yes, 4 of us","sms":"+61491570156",'
    b'"from":"+61491570156","to":"+61491570006","timestamp":1790000444,'
    b'"message_id":"1F1A1177-2F00-6D11-9A55-0E0E0E0E0E01",'
    b'"original_message_id":"1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001","original_body":"Hi Ada, table for 4 at 19:00.",'
    b'"user_id":184220,"subaccount_id":206611,"custom_string":"bk-1001"}'
)
INBOUND_GET = (
    "from=%2B61491570156&to=%2B61491570006&body=Yes&message_id=1F1A1177-2F00-6D11-9A55-0E0E0E0E0E01"
    "&timestamp=1790000444&custom_string=&user_id=184220&subaccount_id=206611"
)
MMS_FORM = (
    b"from=%2B12025550143&to=%2B12025550199&body=https%3A%2F%2Fmedia.example.net%2Fmms%2F8d1f.jpg"
    b"&message=https%3A%2F%2Fmedia.example.net%2Fmms%2F8d1f.jpg&message_id=1F1A2200-0000-6AAA-8BBB-CCCCDDDDEEEE"
    b"&timestamp=1790001111&custom_string=&user_id=184220&subaccount_id=206611"
)
RECEIPT_FORM = (
    b"message_id=1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001&messageid=1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"
    b"&status=Delivered&status_code=201&status_text=Success%3A+Message+received+on+handset.&error_code=&error_text="
    b"&timestamp_send=1790000000&timestamp=1790000009&custom_string=bk-1001&customstring=bk-1001&user_id=184220"
    b"&subaccount_id=206611&message_type=sms"
)
RECEIPT_JSON = (
    b'{"message_id":"1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001","status":"Undelivered","status_code":301,'
    b'"status_text":"Delivery failure","error_code":12,"error_text":"Absent subscriber","timestamp_send":1790000000,'
    b'"timestamp":1790043000,"custom_string":"bk-1001","user_id":184220,"subaccount_id":206611,"message_type":"sms"}'
)
VOICE_FORM = (
    b"message_id=1F1A3300-0000-6111-8222-333344445555&status=Delivered&status_code=201&status_text=Success"
    b"&error_code=&error_text=&digits=2&timestamp_send=1790000000&timestamp=1790000031&custom_string=v-1"
    b"&user_id=184220&subaccount_id=206611&message_type=voice"
)


def only(request: HookRequest) -> Fact:
    """The one fact of a push."""
    (fact,) = PROVIDER.parse(request)
    return fact


def form(**words: Any) -> HookRequest:
    """A push as a form."""
    return HookRequest("POST", "", "", FORM, urlencode(words).encode())


@pytest.mark.parametrize("hook", ["inbound", "receipt", "", "anything"])
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (HookRequest("POST", "", "", FORM, INBOUND_FORM), "Yes, 4 of us 🙂"),
        (HookRequest("POST", "", "", JSON, INBOUND_JSON), "Yes, 4 of us"),
        (HookRequest("POST", "", "", FORM, b"\n " + INBOUND_JSON), "Yes, 4 of us"),
        (HookRequest("GET", "", INBOUND_GET), "Yes"),
    ],
    ids=["form", "json", "json called a form", "get"],
)
def test_a_text_in_every_encoding(request_: HookRequest, text: str, hook: str) -> None:
    """The same text is the same fact, whatever its encoding, its headers or the hook it came by."""
    request = HookRequest(request_.method, hook, request_.query, request_.headers, request_.body)

    fact = only(request)

    assert EventType.RECEIVED == fact.type
    assert "1F1A1177-2F00-6D11-9A55-0E0E0E0E0E01" == fact.key
    assert datetime(2026, 9, 21, 14, 20, 44, tzinfo=UTC) == fact.at
    assert ("+61491570156", "+61491570006", "sms") == (fact.conversation, fact.via, fact.channel)
    assert fact.contact is not None
    assert ("+61491570156", "+61491570156") == (fact.contact.id, fact.contact.phone)
    assert fact.message is not None
    assert ("inbound", Kind.TEXT, text, ()) == (
        fact.message.direction,
        fact.message.kind,
        fact.message.text,
        fact.message.attachments,
    )
    assert fact.message.reply_to == (None if request.method == "GET" else "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001")
    assert fact.window is None
    assert "+61491570156" == fact.raw["from"]


def test_older_names_stand_in_for_newer_ones() -> None:
    """A push of legacy names alone reads the same; `sms` is never taken for a number."""
    fact = only(
        form(
            **{"from": "+61491570156"},
            sms="+61490000000",
            message="Yes",
            messageid="1F1A1177-1",
            originalmessageid="1F1A0C52-1",
            customstring="bk-1",
            timestamp_send="1790000444",
        )
    )

    assert fact.message is not None
    assert ("1F1A1177-1", "Yes", "1F1A0C52-1") == (fact.key, fact.message.text, fact.message.reply_to)
    assert {"custom_string": "bk-1"} == fact.data
    assert datetime(2026, 9, 21, 14, 20, 44, tzinfo=UTC) == fact.at
    assert fact.via is None


@pytest.mark.parametrize("sender", ["+61491570156", " 61491570156", "61491570156", "+61 491 570 156"])
def test_a_plus_that_became_a_space_comes_back(sender: str) -> None:
    """However the sender's number was written, its conversation is the one a send to it has."""
    fact = only(form(**{"from": sender}, body="hi", message_id="A"))
    assert "+61491570156" == fact.conversation
    assert fact.conversation == PROVIDER.actions["send-sms"].party({"to": "+61 491 570 156"})


@pytest.mark.parametrize("sender", ["12345", "MYBANK"])
def test_a_short_code_or_name_is_no_phone(sender: str) -> None:
    """Who has no number is still somebody."""
    fact = only(form(**{"from": sender}, body="hi", message_id="A"))
    assert fact.contact is not None
    assert (sender, None) == (fact.contact.id, fact.contact.phone)


def test_an_empty_text_is_a_text() -> None:
    """People send nothing by mistake; it is heard."""
    fact = only(form(**{"from": "+61491570156"}, body="", message_id="A"))
    assert (EventType.RECEIVED, None) == (fact.type, fact.message and fact.message.text)


@pytest.mark.parametrize("words", ["null", "0", "none", "{}"])
def test_what_people_write_is_kept_to_the_letter(words: str) -> None:
    """In an id "null" means nothing; in a text it is what somebody wrote."""
    fact = only(form(**{"from": "+61491570156"}, body=words, message_id="A", original_message_id="null"))
    assert fact.message is not None
    assert (words, None) == (fact.message.text, fact.message.reply_to)


def test_a_picture_is_a_link() -> None:
    """An MMS keeps its text as it came and has the link as an attachment besides."""
    fact = only(HookRequest("POST", "inbound", "", FORM, MMS_FORM))

    link = "https://media.example.net/mms/8d1f.jpg"
    assert fact.message is not None
    assert ("mms", Kind.IMAGE, link) == (fact.channel, fact.message.kind, fact.message.text)
    assert [(Kind.IMAGE, link)] == [(one.kind, one.url) for one in fact.message.attachments]


@pytest.mark.parametrize(
    ("words", "kind", "channel", "links"),
    [
        ({"body": "https://example.net/offer"}, Kind.TEXT, "sms", [(Kind.FILE, "https://example.net/offer")]),
        ({"body": "see https://example.net/a.jpg"}, Kind.TEXT, "sms", []),
        ({"body": "Us", "media_url": "https://e.example/1"}, Kind.TEXT, "mms", [(Kind.FILE, "https://e.example/1")]),
        ({"body": "", "_media_file_url": "https://e.example/1.MP4"}, Kind.VIDEO, "mms", [(Kind.VIDEO, "https://e.example/1.MP4")]),
        ({"body": "https://[broken.jpg"}, Kind.TEXT, "sms", [(Kind.FILE, "https://[broken.jpg")]),
    ],
    ids=["a link alone", "a link in words", "a key of its own", "a film", "a link that is none"],
)  # fmt: skip
def test_where_a_link_may_be(words: dict[str, str], kind: Kind, channel: str, links: list[Any]) -> None:
    """Which key carries the file is not written, so all that were seen are read; other links stay words."""
    fact = only(form(**{"from": "+61491570156"}, message_id="A", **words))
    assert fact.message is not None
    assert (kind, channel) == (fact.message.kind, fact.channel)
    assert links == [(one.kind, one.url) for one in fact.message.attachments]


def test_links_in_a_list() -> None:
    """A JSON push may hold several files."""
    item = {
        "from": "+61491570156",
        "message_id": "A",
        "attachments": [{"url": "https://e.example/1.jpg"}, "https://e.example/2.png", 7, {"url": None}],
    }
    fact = only(HookRequest("POST", "", "", JSON, json.dumps(item).encode()))
    assert fact.message is not None
    assert ["https://e.example/1.jpg", "https://e.example/2.png"] == [one.url for one in fact.message.attachments]


@pytest.mark.parametrize("hook", ["inbound", "receipt", ""])
def test_a_receipt_as_a_form(hook: str) -> None:
    """A receipt names no recipient: the worker finds the conversation by the message."""
    fact = only(HookRequest("POST", hook, "", FORM, RECEIPT_FORM))

    assert EventType.STATUS == fact.type
    assert "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001:201" == fact.key
    assert datetime(2026, 9, 21, 14, 13, 29, tzinfo=UTC) == fact.at
    assert (None, "sms") == (fact.conversation, fact.channel)
    assert fact.status is not None
    assert ("1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001", State.DELIVERED, None, "bk-1001") == (
        fact.status.message,
        fact.status.state,
        fact.status.error,
        fact.status.ref,
    )


def test_a_receipt_as_json_tells_why() -> None:
    """A failure carries the gateway's own code and words."""
    fact = only(HookRequest("POST", "receipt", "", JSON, RECEIPT_JSON))

    assert fact.status is not None
    assert State.FAILED == fact.status.state
    assert fact.status.error is not None
    assert ("12", "Absent subscriber", "other") == (
        fact.status.error.code,
        fact.status.error.text,
        fact.status.error.reason,
    )


def test_a_voice_receipt_tells_the_key_pressed() -> None:
    """Rules may share one URL: the message type tells a call."""
    fact = only(HookRequest("POST", "", "", FORM, VOICE_FORM))
    assert ("voice", "2", "v-1") == (fact.channel, fact.data["digits"], fact.status and fact.status.ref)


STATES: dict[str, tuple[dict[str, Any], State, str]] = {
    "200": ({"status_code": "200"}, State.SENT, "A:200"),
    "201": ({"status_code": 201}, State.DELIVERED, "A:201"),
    "300 is not final": ({"status_code": "300", "status": "Undelivered"}, State.SENT, "A:300"),
    "301": ({"status_code": "301"}, State.FAILED, "A:301"),
    "302 is not final": ({"status_code": "302"}, State.SENT, "A:302"),
    "201, whatever the word": ({"status_code": "201", "status": "Undelivered"}, State.DELIVERED, "A:201"),
    "a count's spelling": ({"status_code": "201.00"}, State.DELIVERED, "A:201"),
    "Delivered": ({"status": "Delivered"}, State.DELIVERED, "A:delivered"),
    "Undelivered": ({"status": "Undelivered"}, State.FAILED, "A:undelivered"),
    "Failed": ({"status": "Failed"}, State.FAILED, "A:failed"),
    "Cancelled": ({"status": "Cancelled"}, State.FAILED, "A:cancelled"),
    "CancelledAfterReview": ({"status": "CancelledAfterReview"}, State.FAILED, "A:cancelledafterreview"),
    "Sent": ({"status": "Sent"}, State.SENT, "A:sent"),
    "Completed is not delivered": ({"status_code": "Completed"}, State.SENT, "A:completed"),
    "Queued": ({"status": "Queued"}, State.SENT, "A:queued"),
    "Scheduled": ({"status": "Scheduled"}, State.SENT, "A:scheduled"),
    "WaitApproval": ({"status": "WaitApproval"}, State.SENT, "A:waitapproval"),
    "a number we do not know falls back": ({"status_code": "999", "status": "Delivered"}, State.DELIVERED, "A:999"),
    "only the text": ({"status_text": "Delivered"}, State.DELIVERED, "A:delivered"),
    "a word of tomorrow": ({"status": "Teleported"}, State.UNKNOWN, "A:teleported"),
    "a number of tomorrow": ({"status_code": "777"}, State.UNKNOWN, "A:777"),
    "a word in the number's place gives way": (
        {"status_code": "Completed", "status": "Delivered"},
        State.DELIVERED,
        "A:delivered",
    ),
    "null in a form": ({"status_code": "null", "status": "Delivered"}, State.DELIVERED, "A:delivered"),
}


@pytest.mark.parametrize(("words", "state", "key"), STATES.values(), ids=STATES)
def test_every_state_of_the_page(words: dict[str, Any], state: State, key: str) -> None:
    """The number decides, then the word; what nobody knows is unknown and never an error (page 4.6)."""
    fact = only(form(message_id="a", **words))
    assert fact.status is not None
    assert (EventType.STATUS, state, key) == (fact.type, fact.status.state, fact.key)
    assert (fact.status.error is not None) == (state is State.FAILED)


def test_the_tables_of_states_are_whole() -> None:
    """No code and no word is in the tables that no test above knows."""
    told = {str(value).lower() for words, _, _ in STATES.values() for value in words.values()}
    assert set(webhooks.CODES) | set(webhooks.WORDS) <= told


@pytest.mark.parametrize("code", ["300", "302"])
def test_a_temporary_failure_says_so(code: str) -> None:
    """It is no failure of the message: a later receipt settles it."""
    fact = only(form(message_id="a", status_code=code, error_code="16", error_text="Temporary network error"))
    assert fact.data["temporary"] is True
    assert ("16", "Temporary network error") == (fact.data["error_code"], fact.data["error_text"])


REASONS = {
    "unknown subscriber": ("8", "Unknown subscriber", "unknown_recipient"),
    "unidentified subscriber": ("9", "Unidentified subscriber", "unknown_recipient"),
    "spam": ("19", "Network anti-spam", "blocked"),
    "expired": ("20", "Receipt expired", "expired"),
    "renumbered": ("8", "Handset memory full", "other"),
    "code alone": ("8", "", "other"),
    "text alone": ("", "Unknown subscriber", "other"),
}


@pytest.mark.parametrize(("code", "text", "reason"), REASONS.values(), ids=REASONS)
def test_a_gateway_code_alone_decides_nothing(code: str, text: str, reason: str) -> None:
    """The numbers moved between two editions of the article: code and words must agree."""
    fact = only(form(message_id="a", status_code="301", error_code=code, error_text=text))
    assert fact.status is not None
    assert fact.status.error is not None
    assert reason == fact.status.error.reason


def test_redeliveries_are_one_fact_and_progress_is_another() -> None:
    """The same push twice has one key; the same message further on has another; case of an id is no difference."""
    first, again = (only(HookRequest("POST", "", "", FORM, RECEIPT_FORM)) for _ in range(2))
    lower = only(form(message_id="1f1a0c52-77b1-6e0a-9c41-5d1e20b7a001", status_code="201"))
    further = only(form(message_id="1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001", status_code="301"))
    assert first.key == again.key == lower.key
    assert first.key != further.key


ODD = {
    "a text without an id": form(**{"from": "+61491570156"}, body="hi"),
    "a text without a sender": form(body="hi", message_id="A"),
    "a receipt without an id": form(status_code="201"),
    "words of somebody else": form(hello="world"),
    "an id alone": form(message_id="A"),
    "no object": HookRequest("POST", "", "", JSON, b'["text", 7, null]'),
}


@pytest.mark.parametrize("request_", ODD.values(), ids=ODD)
def test_what_nobody_can_read_is_kept_whole(request_: HookRequest) -> None:
    """It becomes an unknown fact with its raw words, and the note quotes none of them."""
    for fact in PROVIDER.parse(request_):
        assert EventType.UNKNOWN == fact.type
        assert fact.raw is not None or request_.body.startswith(b"[")
        assert fact.note is not None
        assert "61491570156" not in fact.note


def test_the_hook_decides_where_the_words_do_not() -> None:
    """A text of which nothing but its sender came is still a text, at the URL of texts."""
    words = {"from": "+61491570156", "message_id": "A"}
    for hook, expected in {"inbound": EventType.RECEIVED, "": EventType.UNKNOWN}.items():
        assert expected == only(HookRequest("POST", hook, "", FORM, urlencode(words).encode())).type
    assert EventType.STATUS == only(HookRequest("POST", "receipt", "", FORM, b"message_id=A")).type


def test_one_bad_item_falls_alone() -> None:
    """A list (as polled rows are handed over) keeps its good items."""
    body = b"[" + INBOUND_JSON + b',{"from":[]},' + RECEIPT_JSON + b"]"
    assert [EventType.RECEIVED, EventType.UNKNOWN, EventType.STATUS] == [
        fact.type for fact in PROVIDER.parse(HookRequest("POST", "", "", JSON, body))
    ]


NO_DOCUMENT = {
    "nothing": HookRequest("POST", "inbound"),
    "blanks": HookRequest("POST", "inbound", "", FORM, b"  \n"),
    "a GET with nothing": HookRequest("GET", "inbound"),
    "JSON cut short": HookRequest("POST", "", "", JSON, INBOUND_JSON[:-9]),
    "bytes that are no text": HookRequest("POST", "", "", FORM, b"\xff\xfe\x00"),
    "JSON with NaN": HookRequest("POST", "", "", JSON, b'{"timestamp": NaN}'),
    "a well of brackets": HookRequest("POST", "", "", JSON, b"[" * 100_000),
}


@pytest.mark.parametrize("request_", NO_DOCUMENT.values(), ids=NO_DOCUMENT)
def test_what_is_no_document_is_malformed(request_: HookRequest) -> None:
    """The request as a whole is set aside; ClickSend has heard 200 long before."""
    with pytest.raises(Malformed):
        PROVIDER.parse(request_)


EXPECTED = {
    "sms": (EventType.RECEIVED, "inbound"),
    "sms-form": (EventType.RECEIVED, "inbound"),
    "sms-get": (EventType.RECEIVED, "inbound"),
    "sms-unsolicited": (EventType.RECEIVED, "inbound"),
    "sms-legacy": (EventType.RECEIVED, "inbound"),
    "sms-empty": (EventType.RECEIVED, "inbound"),
    "sms-test": (EventType.RECEIVED, "inbound"),
    "mms": (EventType.RECEIVED, "inbound"),
    "mms-media": (EventType.RECEIVED, "inbound"),
    "mms-json": (EventType.RECEIVED, "inbound"),
    "receipt-delivered": (EventType.STATUS, State.DELIVERED),
    "receipt-failed": (EventType.STATUS, State.FAILED),
    "receipt-sent": (EventType.STATUS, State.SENT),
    "receipt-temporary": (EventType.STATUS, State.SENT),
    "receipt-json": (EventType.STATUS, State.FAILED),
    "receipt-voice": (EventType.STATUS, State.DELIVERED),
    "receipt-words": (EventType.STATUS, State.DELIVERED),
    "receipt-test": (EventType.STATUS, State.DELIVERED),
    "receipt-mms": (EventType.STATUS, State.DELIVERED),
    "receipt-email": (EventType.STATUS, State.DELIVERED),
    "receipt-fax": (EventType.STATUS, State.DELIVERED),
    "receipt-routing": (EventType.STATUS, State.SENT),
    "receipt-cancelled": (EventType.STATUS, State.FAILED),
    "receipt-unheard-of": (EventType.STATUS, State.UNKNOWN),
}


@pytest.mark.parametrize("name", [name for name, each in sorted(PROVIDER.samples.items()) if not each.unknown])
def test_every_sample_is_what_it_says(name: str, connection: Connection) -> None:
    """A sample is its contact's, at its moment, and of its kind; two stamps make two facts, one stamp one."""
    sample = PROVIDER.samples[name]
    facts = [
        only(samples.make(PROVIDER, sample, connection, Stamp(seed, 1_790_000_000, "15550100123")))
        for seed in ("one", "one", "two")
    ]

    fact = facts[0]
    kind, detail = EXPECTED[name]
    assert kind == fact.type
    assert detail == (fact.message.direction if fact.message else fact.status and fact.status.state)
    assert fact.conversation == ("+15550100123" if kind is EventType.RECEIVED else None)
    assert 1_790_000_000 == (fact.at and fact.at.timestamp())
    assert facts[0].key == facts[1].key != facts[2].key
