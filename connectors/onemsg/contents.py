"""
What a message is made of, read out of whatever shape it came in: places, contact cards, replies, files.

None of this is certain on 1msg's flat format (§5.7), so each reader tries the shapes seen and gives nothing rather
than raising.

source: our page §4.3
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors import reading

FILE_NAME = re.compile(r"[^/\\\n]{1,200}\.[A-Za-z0-9]{1,8}")
COORDINATES = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[;,\s]\s*(-?\d+(?:\.\d+)?)\s*")
BLOB = 200  # characters without a space, beyond which a body is no text
HOLDERS = ("interactive", "metadata", "meta", "")  # where a reply may hide; "" is the message itself
REPLIES = ("button_reply", "list_reply", "nfm_reply")
MAX_CARD = 1_000_000  # characters of a card worth decoding


def web(value: Any) -> str | None:
    """`value` if it is an http(s) address."""
    if not isinstance(value, str) or not value.lower().startswith(("http://", "https://")):
        return None
    try:
        return value if urlsplit(value).hostname else None
    except ValueError:
        return None


def name_in_path(url: str | None) -> str | None:
    """The file name a URL ends in."""
    try:
        last = unquote(urlsplit(url or "").path.rpartition("/")[2])
    except ValueError:
        return None
    return last if FILE_NAME.fullmatch(last) else None


def document_name(caption: str | None, url: str | None) -> tuple[str | None, str | None]:
    """(file name, caption) of a document, whose caption is either."""
    if caption is not None and FILE_NAME.fullmatch(caption.strip()):
        return caption.strip(), None
    return name_in_path(url), caption


def is_blob(body: str | None) -> bool:
    """Long and without a space: not a text for people."""
    return body is not None and len(body) > BLOB and not re.search(r"\s", body)


def place(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """`{latitude, longitude, name, address}` out of a location, an object or "40.0001;-74.0002"."""
    for spot in (reading.mapping(item, "location"), reading.mapping(item, "metadata"), reading.mapping(item, "meta")):
        latitude, longitude = reading.number(spot, "latitude", "lat"), reading.number(spot, "longitude", "lng")
        if latitude is not None and longitude is not None:
            named = {"name": reading.text(spot, "name"), "address": reading.text(spot, "address")}
            return {"latitude": latitude, "longitude": longitude, **named}
    found = COORDINATES.fullmatch((reading.text(item, "body") or "")[:100])
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return {"latitude": latitude, "longitude": longitude, "name": reading.text(item, "caption"), "address": None}


def reply(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    `{id, title, description, data}` of a tapped button, a chosen row or a filled form, wherever it hides.

    None when there is nothing of it: the title is then the body, and that is still a reply.
    """
    for holder in HOLDERS:
        outer = reading.mapping(item, holder) if holder else item
        for kind in REPLIES:
            found = reading.mapping(outer, kind)
            if found:
                return {
                    "id": reading.text(found, "id"),
                    "title": reading.text(found, "title", "body", "name"),
                    "description": reading.text(found, "description"),
                    "data": _filled(found.get("response_json")),
                }
    tapped = reading.mapping(item, "button")
    if tapped:
        return {
            "id": reading.text(tapped, "payload"),
            "title": reading.text(tapped, "text"),
            "description": None,
            "data": None,
        }
    return None


def _filled(form: Any) -> Any:
    """The answers of a flow, which come as JSON in a text."""
    if not isinstance(form, str):
        return form
    try:
        return json.loads(form)
    except (ValueError, RecursionError):
        return form


def cards(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`[{name, phones}]` of contact cards: objects, JSON, a vCard, or either of them in base64."""
    for holder in (item, reading.mapping(item, "metadata"), reading.mapping(item, "meta")):
        found = _people(holder.get("contacts"))
        if found:
            return found
    body = item.get("body")
    if not isinstance(body, str):
        return _people(body)
    return _written(body) or _written(_decoded(body))


def _decoded(body: str) -> str:
    squeezed = "".join(body.split())
    if not squeezed or len(squeezed) > MAX_CARD:
        return ""
    try:
        return base64.b64decode(squeezed, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _written(text: str) -> list[dict[str, Any]]:
    if text.lstrip().upper().startswith("BEGIN:VCARD"):
        return list(_vcards(text))
    if text.lstrip().startswith(("[", "{")):
        try:
            return _people(json.loads(text))
        except (ValueError, RecursionError):
            return []
    return []


def _people(value: Any) -> list[dict[str, Any]]:
    """Cloud API contacts: `{"name": {"formatted_name"} | text, "phones": [{"phone", "wa_id"}]}`, one or many."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, Mapping) or not ("name" in one or "phones" in one):
            continue
        named = reading.mapping(one, "name")
        name = reading.text(named, "formatted_name", "first_name", "last_name") or reading.text(one, "name")
        phones = [reading.text(each, "phone", "wa_id") for each in reading.items(one, "phones")]
        found.append({"name": name, "phones": [phone for phone in phones if phone]})
    return found


def _vcards(text: str) -> Iterable[dict[str, Any]]:
    """Names and numbers of vCards 2.1 to 4.0: lines `KEY;parameters:value`, a space continues the line before."""
    name: str | None = None
    phones: list[str] = []
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        head, _, value = line.partition(":")
        key = head.partition(";")[0].strip().upper().rpartition(".")[2]
        if key == "FN":
            name = value.strip()
        elif key == "N" and name is None:
            name = " ".join(part for part in (piece.strip() for piece in value.split(";")[1::-1]) if part) or None
        elif key == "TEL" and value.strip():
            phones.append(value.strip().removeprefix("tel:"))
        elif key == "END":
            yield {"name": name, "phones": phones}
            name, phones = None, []
    if name or phones:
        yield {"name": name, "phones": phones}
