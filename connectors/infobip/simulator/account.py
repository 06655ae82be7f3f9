"""Tokens, sessions and the balance."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx

from connectors.infobip import access
from connectors.infobip.simulator.words import body_of, ok

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

TOKEN_SECONDS = 3600


def token(sim: InfobipSimulator, request: httpx.Request) -> httpx.Response:
    """POST /auth/1/oauth2/token; POST and DELETE /auth/1/session."""
    if request.url.path == access.TOKEN_PATH:
        return _oauth(sim, request)
    given = request.headers.get("authorization", "")
    if request.method == "DELETE":
        return httpx.Response(204) if sim.tokens.pop(given, None) else _wrong()
    body = body_of(request)
    if not isinstance(body, dict) or (body.get("username"), body.get("password")) != (
        sim.secrets["username"],
        sim.secrets["password"],
    ):
        return _wrong()
    made = sim.new_id()
    sim.tokens[f"IBSSO {made}"] = time.time() + TOKEN_SECONDS
    return ok({"token": made})


def _oauth(sim: InfobipSimulator, request: httpx.Request) -> httpx.Response:
    if "form-urlencoded" not in request.headers.get("content-type", ""):
        return httpx.Response(415)
    form = dict(parse_qsl(request.content.decode("utf-8", "replace")))
    known = (form.get("client_id"), form.get("client_secret")) == (
        sim.secrets["client_id"],
        sim.secrets["client_secret"],
    )
    if not known or form.get("grant_type") != "client_credentials":
        return _wrong()
    made = f"eyJ.{sim.new_id()}"
    sim.tokens[f"Bearer {made}"] = time.time() + TOKEN_SECONDS
    return ok({"access_token": made, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})


def _wrong() -> httpx.Response:
    told = {"messageId": "UNAUTHORIZED", "text": "Invalid login details"}
    return httpx.Response(401, json={"error": "invalid_client", "requestError": {"serviceException": told}})


def balance(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET /account/1/balance."""
    del sim, request, match
    return ok({"balance": 47.79, "currency": "EUR"})


ROUTES = (("GET", r"/account/1/balance", balance),)
