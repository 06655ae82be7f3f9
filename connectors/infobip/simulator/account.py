"""Tokens, sessions, the balance, number checks and subscriptions."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx

from connectors.connection import Connection
from connectors.infobip import access
from connectors.infobip.simulator.checks import URL, anything, many, must, string, thing
from connectors.infobip.simulator.memory import Item
from connectors.infobip.simulator.words import body_of, error, legacy, ok, status

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


def _network(to: str) -> Item:
    known = re.fullmatch(r"[0-9]{7,15}", to) is not None and not to.endswith("0000")
    network = {"networkName": "N", "countryName": "UK", "countryPrefix": "44", "networkPrefix": "7700"}
    return {
        "to": to,
        "mccMnc": "23410",
        "originalNetwork": network,
        "ported": False,
        "roaming": False,
        "status": status(5 if known else 9),
        "error": error(0 if known else 27),
    }


LOOKUP = {"to": must(many(string(1, 64), 1, 1000))}


def lookup(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /number/1/query and /number/1/notify; a number that ends in 0000 cannot be reached."""
    body = body_of(request)
    later = match["how"] == "notify"
    wrong = list(thing({**LOOKUP, **({"notifyUrl": must(URL)} if later else {})})(body, ""))
    if wrong:
        return legacy(400, wrong)
    found = [_network(to) for to in body["to"]]
    bulk = sim.new_id()
    if not later:
        return ok({"bulkId": bulk, "results": found})
    for one in found:
        sim.tell("lookup", body["notifyUrl"], one)
    return ok({"bulkId": bulk, "results": [{"to": to, "status": status(26)} for to in body["to"]]})


PLAIN = r"[A-Za-z0-9_.-]+"
SUBSCRIPTION = thing(
    {
        "subscriptionId": must(string(1, 100, form=PLAIN)),
        "events": must(many(anything)),
        "profile": must(
            thing(
                {
                    "profileId": must(string(1, 100, form=PLAIN)),
                    "webhook": must(thing({"notifyUrl": must(string(1, 512, form=r"https?://.+"))})),
                }
            )
        ),
    }
)


def subscriptions(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST of one; GET, PUT and DELETE of a known one."""
    kept = sim.kept["subscriptions"]
    channel, name = match["channel"], match.groupdict().get("name")
    if name is not None and f"{channel} {name}" not in kept:
        return legacy(404)
    if request.method == "DELETE":
        del kept[f"{channel} {name}"]
        return httpx.Response(204)
    if request.method == "GET":
        return ok(kept[f"{channel} {name}"])
    body = body_of(request)
    wrong = list(SUBSCRIPTION({**body, "subscriptionId": name} if name and isinstance(body, dict) else body, ""))
    if wrong:
        return legacy(400, wrong)
    made = name or body["subscriptionId"]
    if name is None and f"{channel} {made}" in kept:
        return legacy(409, [("subscriptionId", "already exists")])
    kept[f"{channel} {made}"] = {**body, "subscriptionId": made}
    return ok(kept[f"{channel} {made}"], 200 if name else 201)


def subscriber(connection: Connection, profile: Item) -> Connection:
    """The connection that a profile's headers and security make of a push's signer."""
    settings: Item = {name: told for name, told in connection.settings.items() if not name.startswith("webhook_")}
    secrets = {name: told for name, told in connection.secrets.items() if not name.startswith("webhook_")}
    for name, value in profile.get("headers", {}).items():
        settings["webhook_header"], secrets["webhook_header_value"] = name, value
    security = profile.get("security", {})
    given = security.get("credentials", {})
    if security.get("type") == "BASIC":
        settings["webhook_username"], secrets["webhook_password"] = given["username"], given["password"]
    if security.get("type") == "HMAC":
        settings["webhook_hmac_algorithm"], secrets["webhook_hmac_key"] = given["algorithm"], given["secretKey"]
    return Connection(connection.id, connection.provider, settings, secrets)


def converted(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /ct/1/log/end/{messageId}."""
    del request
    return ok({"processKey": match["message"]}) if match["message"] in sim.messages else legacy(404)


ROUTES = (
    ("GET", r"/account/1/balance", balance),
    ("POST", r"/number/1/(?P<how>query|notify)", lookup),
    ("POST", r"/subscriptions/1/subscription/(?P<channel>[A-Z_]+)", subscriptions),
    ("GET", r"/subscriptions/1/subscription/(?P<channel>[A-Z_]+)/(?P<name>[^/]+)", subscriptions),
    ("PUT", r"/subscriptions/1/subscription/(?P<channel>[A-Z_]+)/(?P<name>[^/]+)", subscriptions),
    ("DELETE", r"/subscriptions/1/subscription/(?P<channel>[A-Z_]+)/(?P<name>[^/]+)", subscriptions),
    ("POST", r"/ct/1/log/end/(?P<message>[^/]+)", converted),
)
