"""What the stand-in holds request bodies against, and what a fresh channel has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError

from connectors.onemsg import media
from connectors.onemsg.schemas_queries import VERTICALS

CHAT = re.compile(r"[0-9]+@[cg]\.us|[A-Z]{2}\.[A-Za-z0-9]+@lid|.+@(?:username|broadcast)")
BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]+")
CLOUD_ID = re.compile(r"wamid\..+")  # documented for quotedMsgId (§2.2)
UNFIT = re.compile(r"[\n\r\t]| {5,}")  # in a template's text parameter (§2.9)
NAME_PARTS = frozenset({"first_name", "last_name", "middle_name", "suffix", "prefix"})  # one of them at least (§3.13)
MONTH = re.compile(r"(0[1-9]|1[0-2])\.\d{4}")  # §3.10
SPACES = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
PLACEHOLDER = re.compile(r"\{\{\w+\}\}")
NAMESPACE = "aaaaaaaa_bbbb_4ccc_8ddd_eeeeeeeeeeee"
SWITCHES = {
    "ackNotificationsOn": True,
    "guaranteedHooks": False,
    "rawHooks": False,
    "template_analytics_enabled": False,
    "cta_url_link_tracking_opted_out": False,
}
PROFILE = {
    "about": "Open 9-18",
    "address": "1 Test Street",
    "description": "Example shop",
    "email": "care@example.test",
    "phone": "15550100999",
    "vertical": "Other",
    "photo": "https://cdn.example.test/p.jpg",
    "websites": ["https://www.example.test/"],
}
PROFILE_LIMITS = {"about": 139, "address": 256, "description": 256, "email": 128}  # characters (§3.2)
CHANGEABLE = ("about", "address", "description", "email", "vertical", "photo", "websites")
PERIOD = {
    "period_date": "2026-03-01T00:00:00Z",
    "quantity": 2,
    "paid_quantity": 1,
    "free_quantity": 1,
    "free_tier": 1,
    "free_entry_point": 0,
    "total_price": 0.0691,
}


class Refusal(Exception):
    """An answer that ends a request: by default a refusal in a 200."""

    def __init__(self, body: Any, status: int = 200) -> None:
        super().__init__()
        self.answer = (status, body)


def unsent(message: str) -> Refusal:
    """`sent: false` in a 200."""
    return Refusal({"sent": False, "message": message})


def missing(name: str) -> Refusal:
    """A 400 for a field that is not there."""
    return Refusal({"error": f"{name} is required"}, 400)


def recipient(body: Mapping[str, Any], lid: str = "") -> str:
    """
    The chat of the one destination field (§2.1).

    lid:    the only field that works for a hidden number on this channel; "" for all of them
    raises: Refusal without one, with two, or with one that is no address
    """
    named = [name for name in ("phone", "chatId", "bsuid", "username") if body.get(name) is not None]
    if len(named) != 1:
        raise Refusal({"error": "Exactly one of phone, chatId, bsuid, username is required"}, 400)
    field, value = named[0], body[named[0]]
    chat = DESTINATIONS[field](value)
    if chat is None:
        raise unsent(f"Wrong {field}")
    if chat.endswith("@lid") and lid not in ("", field):
        raise unsent("BSUID routing is disabled")
    if chat == "nobody@username":
        raise unsent("Username is not found")
    return chat


def _phone(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value}@c.us" if 10**9 <= value < 10**15 else None
    if not isinstance(value, str):
        return None
    if BSUID.fullmatch(value):
        return f"{value}@lid"  # seen to work where a chatId did not (§5.3)
    return f"{value}@c.us" if re.fullmatch(r"[0-9]{6,15}", value) else None


def _matching(pattern: re.Pattern[str], suffix: str, value: Any) -> str | None:
    return f"{value}{suffix}" if isinstance(value, str) and pattern.fullmatch(value) else None


DESTINATIONS: dict[str, Callable[[Any], str | None]] = {
    "phone": _phone,
    "chatId": lambda value: _matching(CHAT, "", value),
    "bsuid": lambda value: _matching(BSUID, "@lid", value),
    "username": lambda value: _matching(re.compile(r"[^@\s]+"), "@username", value),
}


def quotable(body: Mapping[str, Any]) -> None:
    """Refuses to quote an id that is none of theirs."""
    quoted = body.get("quotedMsgId")
    if quoted is not None and not (isinstance(quoted, str) and CLOUD_ID.fullmatch(quoted)):
        raise unsent("Invalid quotedMsgId")


def text(body: Mapping[str, Any], most: int, name: str = "body") -> str:
    """The text under `name`, 1 to `most` characters, without the spaces some channels refuse (§2.5)."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise missing(name)
    if len(value) > most:
        raise Refusal({"error": f"{name} is longer than {most} characters"}, 400)
    if "\t" in value or "     " in value:
        raise Refusal({"error": SPACES}, 500)
    return value


def degrees(body: Mapping[str, Any], name: str, most: int) -> str:
    """A coordinate: a text with a number in plain notation."""
    value = body.get(name)
    if value is None:
        raise missing(name)
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,3}(\.\d+)?", value) or abs(float(value)) > most:
        raise unsent("Invalid parameter")
    return value


def contacts(body: Mapping[str, Any]) -> list[Any]:
    """Cards whose names are said in snake_case, with more than the full name."""
    found = body.get("contacts")
    if not isinstance(found, list) or not found:
        raise missing("contacts")
    for one in found:
        name = one.get("name") if isinstance(one, Mapping) else None
        if not isinstance(name, Mapping) or "formatted_name" not in name or not NAME_PARTS & set(name):
            raise unsent("Invalid parameter")
    return found


def content(value: Any) -> tuple[str, int]:
    """(media type, size) of a file, by address or written out."""
    if not isinstance(value, str):
        raise missing("body")
    try:
        found = media.inspect(value)
    except ValidationError as problem:
        raise unsent("wrong file") from problem
    return (found.declared, len(found.content)) if found else ("application/octet-stream", 0)


def file(body: Mapping[str, Any], stored: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(type, what the echo shows) of a file to send."""
    kind = body.get("mediaType")
    if kind not in (None, *media.KINDS):
        raise unsent("Invalid parameter")
    if body.get("mediaId") is not None:
        if kind is None:
            raise missing("mediaType")
        if body["mediaId"] not in stored:
            raise unsent("wrong file")
        said = f"https://cdn.example.test/{body['mediaId']}"
    else:
        mime, _ = content(body.get("body"))
        if not isinstance(body.get("filename"), str):
            raise missing("filename")
        suffix = body["filename"].rpartition(".")[2].lower()
        kind = kind or media.MIMES.get(mime) or media.SUFFIXES.get(suffix, "document")
        said = body["body"] if body["body"].startswith("http") else "https://cdn.example.test/inline"
    if body.get("voice") is True and kind == "audio":
        kind = "voice"
    if body.get("caption") is not None:
        if kind in {"audio", "voice"}:
            raise Refusal({"sent": False, "error": 'Unexpected key "caption" on param "audio"'})
        text(body, 1024, "caption")
    return str(kind), {"body": said, "caption": body.get("caption")}


def filled(body: Mapping[str, Any], known: list[dict[str, Any]], stored: Mapping[str, Any]) -> tuple[str, str | None]:
    """(name, text) of a template to send, approved and with as many parameters as it has placeholders."""
    name, language = body.get("template"), body.get("language")
    language = language if isinstance(language, Mapping) else {}
    code = language.get("code")
    if not name or not code or body.get("namespace") is None or language.get("policy") != "deterministic":
        raise Refusal({"message": "template is not defined"}, 400)
    found = next((one for one in known if (one["name"], one["language"]) == (name, code)), None)
    if found is None or found["namespace"] != body["namespace"]:
        told = {"code": 132001, "message": "Template name does not exist in the translation"}
        raise Refusal({"sent": False, "error": told})
    if found["status"].upper() != "APPROVED":
        raise Refusal({"sent": False, "error": {"code": 132015, "message": "Template is paused or not approved"}})
    params = body.get("params") or []
    if any(UNFIT.search(str(text.get("text", ""))) for one in params for text in one.get("parameters") or []):
        raise Refusal({"error": SPACES}, 500)
    said = {one.get("type"): one.get("parameters") or [] for one in params}
    words = None
    for component in found["components"]:
        part = str(component["type"]).lower()
        given = said.get(part, [])
        if part == "body" and len(given) != len(PLACEHOLDER.findall(component["text"])):
            told = {"code": 132000, "message": "Number of parameters does not match"}
            raise Refusal({"sent": False, "error": told})
        if part == "header" and component.get("format") == "IMAGE" and not _pictured(given, stored):
            told = {"code": 132012, "message": "Parameter format does not match"}
            raise Refusal({"sent": False, "error": told})
        if part == "body":
            words = component["text"]
            for one in given:
                words = PLACEHOLDER.sub(str(one.get("text")).replace("\\", r"\\"), words, count=1)
    return str(name), words


def _pictured(given: list[Any], stored: Mapping[str, Any]) -> bool:
    """One image, by link or by the id of an upload."""
    image = given[0].get("image") if len(given) == 1 else None
    return isinstance(image, Mapping) and (bool(image.get("link")) or image.get("id") in stored)


def profile(body: Mapping[str, Any]) -> dict[str, Any]:
    """What may change of the profile."""
    found = {name: body[name] for name in CHANGEABLE if name in body}
    if not found:
        raise Refusal({"error": "Nothing to update"}, 422)
    long = any(len(str(found.get(name, ""))) > most for name, most in PROFILE_LIMITS.items())
    websites = found.get("websites", [])
    amiss = not isinstance(websites, list) or len(websites) > 2 or found.get("about") == ""
    if long or amiss or found.get("vertical", "Other") not in VERTICALS:
        raise Refusal({"error": "Invalid parameter"}, 400)
    return found


def templates() -> list[dict[str, Any]]:
    """A fresh channel's templates: approved ones, one with a picture, one still looked at, one refused."""

    def one(number: int, name: str, status: str, *components: dict[str, Any], language: str = "en") -> dict[str, Any]:
        return {
            "id": f"70000000000000{number}",
            "name": name,
            "language": language,
            "category": "UTILITY",
            "status": status,
            "namespace": NAMESPACE,
            "rejected_reason": "NONE",
            "components": list(components),
        }

    ready = {"type": "BODY", "text": "Hi {{1}}, order {{2}} is ready.", "example": {"body_text": [["Ada", "42"]]}}
    picture = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://cdn.example.test/a.jpg"]}}
    return [
        one(1, "order_ready", "approved", ready, {"type": "FOOTER", "text": "Example Shop"}),
        one(2, "order_ready", "approved", {**ready, "text": "Hola {{1}}, el pedido {{2}} está listo."}, language="es"),
        one(3, "hello", "approved", {"type": "BODY", "text": "Hello from Example Shop."}),
        one(4, "look", "APPROVED", picture, {"type": "BODY", "text": "Look at this, {{1}}."}),
        one(5, "new_prices", "submitted", {"type": "BODY", "text": "New prices from {{1}}."}),
        one(6, "too_loud", "rejected", {"type": "BODY", "text": "BUY NOW"}),
    ]
