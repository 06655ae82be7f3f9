"""Pages: `limit` and `cursor` of every list, and cursors that callers need not understand."""

from __future__ import annotations

import base64
import json
from typing import Any

from marshmallow import fields, validate

from web.api.openapi import Query
from web.api.problems import Problem

MOST = 500


class Page(Query):
    """Base of every list's query."""

    limit = fields.Int(
        load_default=50, validate=validate.Range(1, MOST), metadata={"description": f"items a page, at most {MOST}"}
    )
    cursor = fields.Str(metadata={"description": "where the page before this one ended: its `cursor`"})


def pack(*place: Any) -> str:
    """A place in a list as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def unpack(cursor: str | None, *kinds: type) -> list[Any] | None:
    """
    The place again, of values of these kinds; None for the beginning.

    raises: Problem 422 for what is no cursor of this list
    """
    if not cursor:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        place = None
    if not isinstance(place, list) or [type(one) for one in place] != list(kinds):
        told = "this cursor is none of this list's: leave it out to begin anew"
        raise Problem(422, "invalid", told, fields={"cursor": [told]})
    return place


def words(told: str | None) -> frozenset[str]:
    """Words by commas."""
    return frozenset(word.strip() for word in (told or "").split(",") if word.strip())
