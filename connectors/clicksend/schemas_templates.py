"""SMS templates: plain texts for people, which a send takes no id of (page 3.7 to 3.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors.action import Ask, Call
from connectors.clicksend import loose
from connectors.clicksend.schemas import NO_COMMA, Listing
from connectors.errors import InvalidCall
from connectors.schema import Reply, Request


class GetTemplates(Listing):
    """Templates, the oldest first."""

    FILTERS = {"template_id": "template_id", "template_name": "template_name", "body": "body"}  # noqa: RUF012

    template_id = fields.Integer(metadata={"description": "Only this one."})
    name = fields.String(
        validate=NO_COMMA, metadata={"wire": "template_name", "description": "Only those of this name."}
    )
    text = fields.String(validate=NO_COMMA, metadata={"wire": "body", "description": "Only those with this text."})
    order_by = fields.String(
        validate=validate.Regexp(r"^(template_id|template_name|body):(asc|desc)$"),
        metadata={"description": "template_id, template_name or body, then :asc or :desc."},
    )


class TemplateId(Request):
    """One template."""

    template_id = fields.Integer(
        required=True, validate=validate.Range(min=1), metadata={"description": "The template's id.", "example": 3103}
    )


class NewTemplate(Request):
    """A template."""

    name = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"wire": "template_name", "description": "Names need not be unique.", "example": "Late"},
    )
    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "description": "The template's text.",
            "wire": "body",
            "example": "We are running 15 minutes late, sorry!",
        },
    )


class ChangedTemplate(TemplateId):
    """What to change; the other half is read first, as ClickSend wants both (page 5, row 22)."""

    name = fields.String(
        validate=validate.Length(min=1),
        metadata={"description": "The template's name; several may share one.", "wire": "template_name"},
    )
    text = fields.String(
        validate=validate.Length(min=1), metadata={"description": "The template's text.", "wire": "body"}
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """An empty change is a mistake."""
        if not {"template_name", "body"} & wire.keys():
            raise ValidationError({"name": ["name, text or both"]})
        return wire


class TemplateTold(Reply):
    """One template."""

    template_id = loose.Count()
    name = loose.Words(data_key="template_name")
    text = loose.Words(data_key="body")


class OneTemplate(loose.Told):
    """One template."""

    template = fields.Nested(TemplateTold)

    def open(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError("an answer without a template")
        return {"template": dict(data)}


class Templates(loose.Page):
    """One page of templates."""

    items = fields.List(fields.Nested(TemplateTold))


def merge(call: Call, ask: Ask) -> Mapping[str, Any]:
    """The change with the half it does not name, as it stands now."""
    given = {
        "name": call.input.get("name", call.input.get("template_name")),
        "text": call.input.get("text", call.input.get("body")),
    }
    if None not in given.values() or given == {"name": None, "text": None}:
        return call.input
    now = ask("get-sms-template", {"template_id": call.input.get("template_id")})["template"]
    rest = {name: value for name, value in call.input.items() if name not in {"template_name", "body"}}
    return {**rest, **{name: now[name] if value is None else value for name, value in given.items()}}


def both(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """raises: InvalidCall for a change that did not pass through `merge`: half of the template might be lost."""
    del call
    if "template_name" not in body or "body" not in body:
        told = "the other half of the template was not read"
        raise InvalidCall(told, fields={"name": [told]})
    return body
