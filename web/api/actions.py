"""/v1/actions: what can be asked, described from the very schemas that validate it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from flask import Response
from marshmallow import fields, validate

from connectors.action import Action
from connectors.catalog import describe
from connectors.errors import InvalidCall
from connectors.intent import Index, NoSearch
from connectors.provider import Provider
from connectors.registry import PROVIDERS, find
from web.api import paging, shapes
from web.api.openapi import Part
from web.api.speech import ferry, listed, told
from worker import provision
from worker.accept import NotFound

part = Part("actions", __name__, url_prefix="/v1/actions", description="What providers can do.")


class Listing(paging.Page):
    """Which actions."""

    provider = fields.Str(metadata={"description": "by name or title: onemsg or 1msg"})
    connection = fields.Str(metadata={"description": "those of this connection's provider"})
    intent = fields.Str(
        validate=validate.Length(max=300),
        metadata={"description": "what you want to do, in your own words: the best first", "example": "mark as read"},
    )


@functools.cache
def _described(provider: str, key: str) -> dict[str, Any]:
    """Once a process: a description costs a millisecond."""
    chosen: Provider = PROVIDERS[provider]
    action: Action = chosen.actions[key]
    return describe(chosen, action)


@functools.cache
def _index() -> Index:
    """Once a process, when somebody first asks."""
    return Index(PROVIDERS.values())


def _found(intent: str, chosen: Iterable[Provider]) -> list[tuple[str, str]]:
    try:
        return _index().find(intent, [one.name for one in chosen])
    except NoSearch as problem:
        raise InvalidCall(str(problem), fields={"intent": [str(problem)]}) from problem


def _provider(name: str) -> Provider:
    try:
        return find(name)
    except InvalidCall as problem:
        raise NotFound(problem.text) from problem


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(shapes.ActionShape, "Actions"))
def search(query: dict[str, Any]) -> Response:
    """List actions, of one provider or of all; with an intent those that do it, the best first."""
    chosen = list(PROVIDERS.values())
    if "provider" in query:
        try:
            chosen = [find(query["provider"])]
        except InvalidCall as problem:
            raise NotFound(problem.text, "provider") from problem
    if "connection" in query:
        owner = ferry().provider(provision.get(ferry(), query["connection"]))
        chosen = [one for one in chosen if one is owner]
    if "intent" in query:
        names = _found(query["intent"], chosen)
    else:
        names = [(one.name, key) for one in chosen for key in sorted(one.actions)]
    place = paging.unpack(query.get("cursor"), int)
    begin = place[0] if place else 0
    end = begin + query["limit"]
    page = [_described(*name) for name in names[begin:end]]
    return listed(page, paging.pack(end) if end < len(names) else None)


@part.route("/<provider>/<key>", methods=["GET"])
@part.response(200, shapes.ActionShape)
@part.alt_response(404, "NOT_FOUND")
def get(provider: str, key: str) -> Response:
    """Describe one action."""
    chosen = _provider(provider)
    if key not in chosen.actions:
        words = f"{chosen.title} has no action {key!r}: GET /v1/actions?provider={chosen.title} lists those there are"
        raise NotFound(words)
    return told(_described(chosen.name, key))
