"""Fields that several of Infobip's calls share: numbers as digits, times with an offset, recipients, small objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors.infobip.addresses import plain
from connectors.schema import Request


class Text(fields.String):
    """A text; a number stands for its digits, as ids and phone numbers come that way too."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Amount(Text):
    """Money or another exact number, kept as the text of its digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, float):
            value = repr(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Number(Text):
    """A phone number in digits; a sender's name, short code or user id is left as it stands."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return plain(super()._deserialize(value, attr, data, **kwargs))


class When(fields.AwareDateTime):
    """A time with an offset, written "2026-03-01T09:30:00.000+0000"; one without an offset is refused."""

    def __init__(self, **more: Any) -> None:
        super().__init__(format="iso", **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self.make_error("invalid_awareness", awareness=self.AWARENESS, input=value)
            return written(value)
        return written(super()._deserialize(value, attr, data, **kwargs))


def written(at: datetime) -> str:
    """Infobip's form of a time: UTC, milliseconds, an offset without colon."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


class Recipients(fields.Field[list[dict[str, Any]]]):
    """
    One recipient or a list of them: "447700900123", or {"to": "447700900123", "own_id"?: "…"}.

    gives: [{"to": str, "messageId"?: str, …}], the provider's own form
    """

    def __init__(self, *, longest: int = 64, extra: Mapping[str, str] | None = None, **more: Any) -> None:
        """`extra`: further words of a recipient, ours: theirs."""
        super().__init__(**more)
        self.longest = longest
        self.extra = {"own_id": "messageId", **(extra or {})}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        del attr, data, kwargs
        given = value if isinstance(value, list | tuple) else [value]
        if not given:
            raise ValidationError(["at least one recipient is needed"])
        return [self._one(item) for item in given]

    def _one(self, item: Any) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if isinstance(item, Mapping):
            words = {**self.extra, **{theirs: theirs for theirs in self.extra.values()}}
            strange = [str(name) for name in item if name != "to" and name not in words]
            if strange:
                raise ValidationError([f"a recipient has no field {', '.join(strange)}"])
            more = {words[name]: told for name, told in item.items() if name != "to" and told is not None}
            item = item.get("to")
        if isinstance(item, int) and not isinstance(item, bool):
            item = str(item)
        if not isinstance(item, str) or not item.strip():
            raise ValidationError(["a recipient is a text, or an object with `to`"])
        bare = plain(item)
        if len(bare) > self.longest:
            raise ValidationError([f"a recipient has at most {self.longest} characters"])
        own = more.get("messageId")
        if own is not None and not (isinstance(own, str) and 1 <= len(own) <= 200):
            raise ValidationError(["own_id is a text of 1 to 200 characters"])
        return {"to": bare, **more}


def about(description: str, wire: str | None = None, **more: Any) -> dict[str, Any]:
    """A field's metadata: what it is (with its unit), their spelling, an example."""
    told: dict[str, Any] = {"description": description, **more}
    if wire is not None:
        told["wire"] = wire
    return told


def left() -> fields.List[Any]:
    """`places`: who is left of several people."""
    return fields.List(
        fields.Integer(strict=True, validate=validate.Range(min=0)),
        metadata=about("set by Ferry when it takes opted-out people out: the places of those that are left"),
    )


def drop_empty(body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` without what is absent or empty: Infobip wants things left out, not null."""
    return {name: value for name, value in body.items() if value is not None and value not in ({}, [])}


DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
UNITS = ("SECONDS", "MINUTES", "HOURS")


class Clock(Request):
    """A time of day in UTC."""

    hour = fields.Integer(required=True, validate=validate.Range(0, 23), metadata=about("0 to 23, UTC"))
    minute = fields.Integer(required=True, validate=validate.Range(0, 59), metadata=about("0 to 59"))


class Window(Request):
    """When a message may be handed over."""

    class Meta(Request.Meta):
        include = {"from": fields.Nested(Clock, metadata=about("start, UTC; give both"))}  # noqa: RUF012

    days = fields.List(
        Text(validate=validate.OneOf(DAYS)), required=True, validate=validate.Length(min=1), metadata=about("days")
    )
    to = fields.Nested(Clock, metadata=about("end, UTC, at least an hour after the start"))

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        start, end = wire.get("from"), wire.get("to")
        if (start is None) != (end is None):
            raise ValidationError({"from": ["from and to go together"]})
        if start is not None and end is not None:
            minutes = (end["hour"] * 60 + end["minute"]) - (start["hour"] * 60 + start["minute"])
            if 0 <= minutes % (24 * 60) < 60:
                raise ValidationError({"to": ["the window must be at least an hour long"]})
        return wire


class Period(Request):
    """A span of time."""

    amount = fields.Integer(required=True, validate=validate.Range(min=1), metadata=about("how many units"))
    time_unit = Text(
        validate=validate.OneOf(UNITS), load_default="MINUTES", metadata=about("SECONDS, MINUTES or HOURS", "timeUnit")
    )


class Speed(Request):
    """How fast a bulk goes out."""

    amount = fields.Integer(required=True, validate=validate.Range(min=1), metadata=about("messages a unit"))
    time_unit = Text(
        validate=validate.OneOf(("MINUTE", "HOUR", "DAY")),
        load_default="MINUTE",
        metadata=about("MINUTE, HOUR or DAY", "timeUnit"),
    )


class Links(Request):
    """What happens to URLs in the text."""

    shorten_url = fields.Boolean(metadata=about("shorten them; true once this object is present", "shortenUrl"))
    track_clicks = fields.Boolean(metadata=about("count clicks; true once this object is present", "trackClicks"))
    tracking_url = Text(metadata=about("where clicks are pushed", "trackingUrl"))
    custom_domain = Text(metadata=about("short domain", "customDomain"))
    remove_protocol = fields.Boolean(metadata=about("leave out https:// in the text", "removeProtocol"))
