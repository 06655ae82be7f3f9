"""/v1/logs: what came in, what was refused and why, what went out; without a text, a number or a secret."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from connectors.registry import find
from web.api import paging, shapes
from web.api.openapi import Part
from web.api.problems import Problem
from web.api.speech import ferry, listed
from worker.core import Core
from worker.store import activity

part = Part("logs", __name__, url_prefix="/v1/logs", description="What came in and what went out, newest last.")


class Listing(paging.Page):
    """Which lines."""

    cursor = fields.Str(metadata={"description": "the same as after"})
    after = fields.Str(metadata={"description": "a cursor from before; without it from the oldest, $ from now on"})
    since = fields.AwareDateTime(metadata={"description": "RFC 3339: instead of after, what came after this time"})
    newest = fields.Bool(load_default=False, metadata={"description": "the last ones instead, still oldest first"})
    direction = fields.Str(validate=validate.OneOf(["in", "out"]))
    status = fields.Str(
        validate=validate.Regexp(r"[1-5](\d\d|xx)(,[1-5](\d\d|xx))*\Z"),
        metadata={"description": "HTTP statuses by commas, e.g. 5xx or 403,404", "example": "5xx"},
    )
    outcome = fields.Str(metadata={"description": "by commas, e.g. accepted, refused, succeeded, failed, unknown"})
    connection = fields.Str()
    provider = fields.Str(metadata={"description": "by name or title"})


def lines_of(core: Core) -> activity.Lines:
    """The log, with what is known of its connections."""

    def known(connection: str) -> tuple[str | None, int]:
        stored = core.connections.get(connection)
        if stored is None:
            return None, 200
        provider = core.provider(stored)
        return provider.title, provider.answer.status

    return activity.Lines(core.store, known)


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(shapes.Line, "Lines"), description="Its cursor is never null: ask on with it")
def search(query: dict[str, Any]) -> Response:
    """
    List lines of the activity log: webhook requests accepted and refused, calls to providers.

    The log is bounded: about the newest 10,000 lines of a partition.
    """
    core = ferry()
    wanted = activity.Wanted(
        direction=query.get("direction", ""),
        status=paging.words(query.get("status")),
        connection=query.get("connection", ""),
        provider=find(query["provider"]).title if "provider" in query else "",
        outcome=paging.words(query.get("outcome")),
    )
    after = query.get("after") or query.get("cursor")
    if "since" in query:
        after = activity.since(core.store, query["since"])

    try:
        found, cursor = lines_of(core).page(after, query["limit"], wanted, newest=query["newest"])
    except ValueError as problem:
        raise Problem(422, "invalid", str(problem), fields={"after": [str(problem)]}) from problem
    return listed(found, cursor)
