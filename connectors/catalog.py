"""The catalogue: every action of every provider, described from the very schemas that validate."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

from connectors.action import Action
from connectors.provider import Provider
from connectors.schema import Reply


def describe(provider: Provider, action: Action) -> dict[str, Any]:
    """{key, provider, title, description, inputSchema, outputSchema, repeatable, cost, limits, example, docs}."""
    return {
        "key": action.key,
        "provider": provider.title,
        "title": action.title,
        "description": action.description,
        "inputSchema": json_schema(action.request),
        "outputSchema": json_schema(action.reply),
        "repeatable": action.repeatable,
        "cost": action.cost,
        "limits": list(action.limits),
        "example": dict(action.example),
        "docs": action.docs,
    }


def json_schema(schema: type[Schema]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a marshmallow class, in our words on both sides, nested ones written out."""
    plugin = MarshmallowPlugin(schema_name_resolver=_written_out)
    APISpec("catalogue", "1", "3.1.0", plugins=[plugin])
    converter = plugin.converter
    if converter is None:  # pragma: no cover  (set by APISpec's constructor)
        told = "apispec made no converter"
        raise RuntimeError(told)
    return _converted(converter, schema())


def _written_out(schema: type[Schema]) -> str:
    """No name: apispec then writes a nested schema out in place instead of referring to a component."""
    del schema
    return ""


def _converted(converter: OpenAPIConverter, schema: Schema) -> dict[str, Any]:
    if isinstance(schema, Reply):
        _in_our_words(schema)
    made: dict[str, Any] = converter.schema2jsonschema(schema)  # type: ignore[no-untyped-call]
    return made


def _in_our_words(schema: Schema) -> None:
    for field in schema.fields.values():
        field.data_key = None
        nested = getattr(field, "schema", None)
        inner = getattr(getattr(field, "inner", None), "schema", None)
        for one in (nested, inner):
            if isinstance(one, Schema):
                _in_our_words(one)
