"""Who may speak to /v1: bearer keys; and by which id a request is spoken of."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

from web.api.problems import Problem
from worker.core import Core
from worker.store.apikeys import Keys

GUARDED = "/v1/"
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def register(app: Flask, core: Core) -> None:
    """Every request gets its id; those under /v1/ need a key, even where there is nothing."""
    keys = Keys(core.store, core.settings.api_keys)

    @app.before_request
    def admit() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        rule = request.url_rule.rule if request.url_rule is not None else ""
        if request.path.startswith(GUARDED) or rule.startswith(GUARDED):
            _admit(keys)

    @app.after_request
    def name(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _admit(keys: Keys) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        told = "send a key: Authorization: Bearer …; `ferry key create` makes one"
        raise Problem(401, "unauthorized", told, headers={"WWW-Authenticate": 'Bearer realm="ferry"'})
    g.caller = keys.check(key.strip())
    if g.caller is None:
        told = "this key is none of ours"
        challenge = 'Bearer realm="ferry", error="invalid_token"'
        raise Problem(401, "unauthorized", told, headers={"WWW-Authenticate": challenge})
