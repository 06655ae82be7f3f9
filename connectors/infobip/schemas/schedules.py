"""Scheduled requests: looking, moving, pausing, cancelling; of SMS and, with a wrapped answer, of e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from connectors.infobip.fields import Text, When, about
from connectors.reading import items, text
from connectors.schema import Reply, Request

STATES = ("PENDING", "PAUSED", "PROCESSING", "CANCELED", "FINISHED", "FAILED")


class Bulk(Request):
    """Which request."""

    bulk_id = Text(
        required=True,
        validate=validate.Length(1, 100),
        metadata=about("given when sending", "bulkId", example="b-1"),
    )


class Move(Bulk):
    """When it is to go out instead."""

    send_at = When(
        required=True,
        metadata=about("with an offset; at most 180 days ahead", "sendAt", example="2026-12-24T09:00:00.000+00:00"),
    )


class Change(Bulk):
    """What is to become of it."""

    status = Text(
        required=True,
        validate=validate.OneOf(STATES),
        metadata=about("PAUSED, PENDING (goes on) or CANCELED", example="PAUSED"),
    )


class BulkState(Reply):
    """A scheduled request."""

    bulk_id = Text(data_key="bulkId", metadata=about("its id"))
    send_at = Text(data_key="sendAt", metadata=about("when it goes out, as Infobip writes it"))
    status = Text(metadata=about(", ".join(STATES)))

    @pre_load
    def fold(self, data: Any, **_: Any) -> Any:
        """E-mail wraps the same: {externalBulkId, bulks: [{bulkId, sendAt | status}]}."""
        if isinstance(data, Mapping) and "bulks" in data:
            inner = items(data, "bulks")
            first = inner[0] if inner and isinstance(inner[0], Mapping) else {}
            return {**first, "bulkId": text(data, "externalBulkId") or text(first, "bulkId")}
        return data


class Preview(Request):
    """A text as it would go out."""

    text = Text(required=True, metadata=about("the message", example="Ödeme alındı"))
    language = Text(
        validate=validate.OneOf(("TR", "ES", "PT", "AUTODETECT")), metadata=about("national alphabet", "languageCode")
    )
    transliteration = Text(metadata=about("replaces letters outside of the alphabet"))


class Previewed(Reply):
    """One way the text can go out."""

    text = Text(data_key="textPreview", metadata=about("as it would arrive"))
    parts = fields.Integer(data_key="messageCount", metadata=about("messages it takes"))
    left = fields.Integer(data_key="charactersRemaining", metadata=about("characters left in the last one"))
    configuration = fields.Raw(metadata=about("language or transliteration that was applied; {} for none"))


class Previews(Reply):
    """The text as it is, and with the options where any were given."""

    text = Text(data_key="originalText", metadata=about("the text that was asked about"))
    previews = fields.List(fields.Nested(Previewed), required=True, metadata=about("one or two"))


class Conversion(Request):
    """A message that led to what it was for."""

    message_id = Text(required=True, metadata=about("id of the message sent", "messageId", example="m-1"))
