"""Inbound e-mail: multipart/form-data with the parts from, to, subject, text, html, envelope and the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message as Part
from email.parser import BytesParser
from email.utils import parseaddr
from typing import Any

from connectors.errors import Malformed
from connectors.events import Attachment, Contact, EventType, Fact, Message
from connectors.guards import HookRequest
from connectors.infobip import addresses
from connectors.infobip.webhooks.inbound import kind_of
from connectors.reading import each, text


def received(request: HookRequest) -> list[Fact]:
    """
    The one fact of an inbound e-mail; `raw` holds the text parts and says of each file its name, type and size.

    raises: Malformed for a body that is no multipart document
    """
    fields, files = _split(request)
    if not fields and not files:
        raise Malformed("the multipart body has no parts")
    raw = {**fields, **({"files": files} if files else {})}
    return each([raw], _fact)


def _split(request: HookRequest) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode("latin-1", "replace")
    document = BytesParser().parsebytes(head + request.body)
    fields: dict[str, Any] = {}
    files: list[dict[str, Any]] = []
    for part in document.get_payload() if document.is_multipart() else []:
        if not isinstance(part, Part):
            continue
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        file_name = part.get_filename()
        if file_name is not None:
            files.append(
                {"part": name, "name": file_name, "content_type": part.get_content_type(), "size": len(content)}
            )
        else:
            fields[name] = content.decode("utf-8", "replace")
    return fields, files


def _fact(raw: Mapping[str, Any]) -> Fact:
    name, sender = parseaddr(text(raw, "from") or "")
    if not sender:
        raise Malformed("an inbound e-mail without from")
    message_id = text(raw, "id") or _header(raw, "message-id")
    if message_id is None:
        raise Malformed("an inbound e-mail without id")
    attachments = tuple(
        Attachment(kind_of(one["content_type"]), None, one["content_type"], one["name"], one["size"], one["part"])
        for one in raw.get("files", [])
    )
    data = {
        "subject": text(raw, "subject"),
        "html": text(raw, "html"),
        "spf": text(raw, "spfCheck"),
        "dkim": text(raw, "dkimCheck"),
        "in_reply_to": _header(raw, "in-reply-to"),
    }
    return Fact(
        type=EventType.RECEIVED,
        raw=raw,
        key=message_id,
        conversation=addresses.key(addresses.EMAIL, sender),
        contact=Contact(sender, name=name or None),
        channel=addresses.EMAIL,
        via=parseaddr(text(raw, "to") or "")[1] or None,
        message=Message(message_id, "inbound", text=text(raw, "text"), attachments=attachments),
        data={name: told for name, told in data.items() if told is not None},
    )


def _header(raw: Mapping[str, Any], name: str) -> str | None:
    """One of the mail's own headers, which come as JSON or as lines."""
    told = raw.get("headers")
    if not isinstance(told, str):
        return None
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        lines = (line.partition(":") for line in told.splitlines())
        return next((value.strip() for key, _, value in lines if key.strip().lower() == name), None)
    if isinstance(found, Mapping):
        return next((str(value) for key, value in found.items() if str(key).lower() == name), None)
    return None
