"""E-mail: the multipart body read by a parser that knows nothing of ours, and the JSON form beside it."""

from __future__ import annotations

import base64
import json
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from connectors.action import Call
from connectors.client import prepare
from connectors.errors import InvalidCall, Rejected
from connectors.infobip import PROVIDER
from tests.connectors.infobip.stage import HOOK, connect, run, simulate

PDF = b"%PDF-1.7 \r\n\x00\xff" + bytes(range(256))
PNG = b"\x89PNG\r\n--b1\r\n"
GIVEN: dict[str, Any] = {
    "to": ["ann@customer.example", {"to": "bob@customer.example", "placeholders": {"name": "Bob"}}],
    "cc": "cc@customer.example",
    "subject": "Grüße {{name}}",
    "html": "<p>Hi {{name}}</p>",
    "placeholders": {"name": "you"},
    "track": False,
    "headers": {"X-Order": "9001"},
    "attachments": [
        {"file_name": "invoice.pdf", "content_type": "application/pdf", "content": base64.b64encode(PDF).decode()},
        {"file_name": "photo.png", "content_type": "image/png", "content": base64.b64encode(PNG).decode()},
    ],
    "inline_images": [{"file_name": "a.png", "content_type": "image/png", "content": base64.b64encode(PNG).decode()}],
}


def parts(given: dict[str, Any], settings: dict[str, Any] | None = None) -> list[EmailMessage]:
    """The parts of what would leave, by the standard library's parser."""
    ready = prepare(PROVIDER, PROVIDER.actions["send-email"], Call(connect(settings), given, "ref-1"))
    request = ready.request
    assert "/email/3/send" == request.url.path
    kind = request.headers["content-type"]
    assert kind.startswith("multipart/form-data; boundary=")
    parsed = BytesParser(EmailMessage, policy=HTTP).parsebytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + request.read()
    )
    found = list(parsed.iter_parts())
    assert all(isinstance(one, EmailMessage) for one in found)
    return found  # type: ignore[return-value]


def texts(found: list[EmailMessage]) -> list[tuple[str, str]]:
    """(name, value) of the parts that are no files."""
    told = []
    for part in found:
        if part.get_filename() is None:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            told.append((str(part.get_param("name", header="content-disposition")), content.decode()))
    return told


def test_two_attachments_arrive_byte_for_byte() -> None:
    """Every value is a part of its own, lists repeat their name, JSON is compact, and files keep name and type."""
    found = parts(GIVEN)

    assert [
        ("to", "ann@customer.example"),
        ("to", '{"to":"bob@customer.example","placeholders":{"name":"Bob"}}'),
        ("cc", "cc@customer.example"),
        ("subject", "Grüße {{name}}"),
        ("html", "<p>Hi {{name}}</p>"),
        ("defaultPlaceholders", '{"name":"you"}'),
        ("track", "false"),
        ("headers", '{"X-Order":"9001"}'),
        ("from", "Acme <news@mail.acme.example>"),
        ("notifyUrl", f"{HOOK}/email"),
        ("notifyContentType", "application/json"),
        ("bulkId", "ref-1"),
    ] == texts(found)
    files = [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in found
        if part.get_filename() is not None
    ]
    assert [
        ("attachment", "invoice.pdf", "application/pdf", PDF),
        ("attachment", "photo.png", "image/png", PNG),
        ("inlineImage", "a.png", "image/png", PNG),
    ] == files


def test_it_is_multipart_without_a_file_too() -> None:
    """One recipient carries our reference as the message's id."""
    found = texts(parts({"to": "ann@customer.example", "subject": "Hi", "text": "Hi"}))

    assert ("messageId", "ref-1") in found
    assert "bulkId" not in dict(found)


def test_the_stand_in_reads_it_the_same() -> None:
    """Sent for real: three people, three outcomes, both files."""
    sim, connection = simulate()
    outcome = run(sim, connection, "send-email", GIVEN)

    assert ["0", "1", "2"] == [part.ref for part in outcome.parts]
    assert [
        "email:ann@customer.example",
        "email:bob@customer.example",
        "email:cc@customer.example",
    ] == [part.to for part in outcome.parts]
    files = sim.kept["email"]["last"]["files"]
    assert [PDF, PNG, PNG] == [one["content"] for one in files]


def test_recipients_that_see_each_other_are_one_message() -> None:
    """preserveRecipients: one id comes back, for everybody."""
    sim, connection = simulate()
    outcome = run(sim, connection, "send-email", {**GIVEN, "preserve_recipients": True})

    message = outcome.output["message_id"]
    assert [message, None, None] == [part.message for part in outcome.parts]
    assert {"accepted"} == {part.state for part in outcome.parts}


WRONG = {
    "no recipient": {"to": []},
    "nothing to say": {"html": None},
    "no subject": {"subject": None},
    "AMP alone": {"html": None, "text": "x", "amp_html": "<amp>"},
    "not base64": {"attachments": [{"file_name": "a", "content": "*"}]},
    "a header that is ours": {"headers": {"Subject": "x"}},
    "too many": {"to": [f"a{position}@b.example" for position in range(1001)]},
    "a time without an offset": {"send_at": "2026-03-01T00:00:00"},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_cannot_be_sent_does_not_leave(change: dict[str, Any]) -> None:
    """The schema finds it first."""
    given = {name: value for name, value in {**GIVEN, **change}.items() if value is not None}
    with pytest.raises(InvalidCall):
        parts(given)


def test_a_mail_too_large_does_not_leave() -> None:
    """Above the setting's megabytes, which Infobip does not publish."""
    with pytest.raises(InvalidCall, match="email_max_megabytes"):
        parts(GIVEN, {"email_max_megabytes": 0.0001})
    assert parts(GIVEN, {"email_max_megabytes": 0.01})


def test_the_json_form() -> None:
    """v4 by setting: placeholders are JSON in a text, files base64, every recipient has an id of ours."""
    ready = prepare(PROVIDER, PROVIDER.actions["send-email"], Call(connect({"email_version": "v4"}), GIVEN, "ref-1"))

    assert "/email/4/messages" == ready.request.url.path
    body = json.loads(ready.request.content)
    (message,) = body["messages"]
    (destination,) = message["destinations"]
    assert [
        {"destination": "ann@customer.example", "messageId": "ref-1-0"},
        {"destination": "bob@customer.example", "messageId": "ref-1-1", "placeholders": '{"name":"Bob"}'},
    ] == destination["to"]
    assert {"destination": "cc@customer.example"} == destination["cc"][0]
    assert '{"name":"you"}' == message["content"]["defaultPlaceholders"]
    assert PDF == base64.b64decode(message["content"]["attachments"][0]["content"])
    assert ("binary", "invoice.pdf") == (
        message["content"]["attachments"][0]["type"],
        message["content"]["attachments"][0]["fileName"],
    )
    assert {"url": f"{HOOK}/email"} == message["webhooks"]["delivery"]
    assert {"track": False} == body["options"]["tracking"]


def test_the_json_form_through_the_stand_in() -> None:
    """Its answer is read by the same reader."""
    sim, connection = simulate()
    newer = type(connection)(
        "ib", "infobip", {**connection.settings, "email_version": "v4"}, connection.secrets, connection.webhook_url
    )
    outcome = run(sim, newer, "send-email", GIVEN)

    assert ["run-1-0", "run-1-1"] == [part.message for part in outcome.parts][:2]


def test_what_infobip_refuses_is_told() -> None:
    """An address that is none."""
    sim, connection = simulate()
    with pytest.raises(Rejected, match="well-formed"):
        run(sim, connection, "send-email", {"to": "nobody", "subject": "a", "text": "b"})
