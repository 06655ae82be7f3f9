"""/openapi.json: flask-smorest over the very schemas that validate; its errors are ours."""

from __future__ import annotations

import http
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import flask_smorest
from flask import Flask, Response
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from web.api import problems

PROBLEM = {
    "type": "object",
    "description": "An error.",
    "properties": {
        "type": {"type": "string", "description": "urn:ferry:problem:<code>"},
        "title": {"type": "string", "description": "the status in words"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "a sentence for a person"},
        "code": {"type": "string", "description": "what to switch on"},
        "request_id": {"type": "string", "description": "X-Request-Id, under which the log speaks of it"},
        "retryable": {"type": "boolean", "description": "whether the same request may do better later"},
        "fields": {
            "type": "object",
            "description": "each wrong field and what is wrong with it, nested ones with dots",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id", "retryable"],
}


class Query(Schema):
    """Base of what stands behind the question mark."""

    class Meta:
        """A misspelt word that changed nothing would be found out late."""

        unknown = RAISE


class _Parser(FlaskParser):
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012  (webargs' own shape); the schema decides


class Part(flask_smorest.Blueprint):
    """A group of endpoints."""

    ARGUMENTS_PARSER = _Parser()

    def arguments(self, schema: type[Schema], **options: Any) -> Any:
        """As smorest does, with the schema made once: making one costs more than all it checks."""
        return super().arguments(schema(), **options)


def keyed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Documents the header Idempotency-Key; what reads it is web.api.runs.with_key."""
    told = deepcopy(getattr(view, "_apidoc", {}))
    told.setdefault("arguments", {}).setdefault("parameters", []).append(
        {
            "in": "header",
            "name": "Idempotency-Key",
            "schema": {"type": "string", "maxLength": 255},
            "description": "the same as idempotency_key in the body",
        }
    )
    view._apidoc = told  # type: ignore[attr-defined]  # noqa: SLF001  (where smorest keeps what it knows of a view)
    return view


class Api(flask_smorest.Api):
    """smorest, with problem documents for errors."""

    def handle_http_exception(self, error: Exception) -> Response:
        """In place of smorest's own words."""
        return problems.answer(error)

    def _register_responses(self) -> None:
        """As smorest does, with the media type of problems."""
        self.spec.components.schema("Problem", PROBLEM)
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for status in http.HTTPStatus:
            found: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                found["content"] = content
            self.spec.components.response(status.name, found, lazy=True)
        wrong = {"description": "An error", "content": content}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, wrong, lazy=True)


def make(app: Flask) -> Api:
    """The API object blueprints are registered with; serves /openapi.json."""
    app.config.update(
        API_TITLE="Ferry",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = Api(
        app,
        spec_kwargs={
            "info": {
                "description": "Carries messages between messaging providers and your apps.  Lists are {items, cursor}."
            },
            "security": [{"key": []}],
        },
    )
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    return api
