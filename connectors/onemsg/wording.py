"""What the settings of a connection change in a request: how a recipient is said, which ids and spaces may pass."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from connectors.action import Call, Wire
from connectors.connection import Connection
from connectors.errors import InvalidCall
from connectors.onemsg import address

JSON = "application/json; charset=utf-8"  # §1.4
BLANKS = re.compile(r"\t+| {5,}")  # what some channels refuse: tabs, more than four spaces in a row (§2.9)
CLOUD_ID = re.compile(r"wamid\..+", re.DOTALL)  # §2.2


def addressed(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """`to` becomes the one destination field; a quoted id must be one that 1msg documents (§5.25)."""
    setting = call.connection.setting
    quoted = body.get("quotedMsgId")
    if quoted is not None and not CLOUD_ID.fullmatch(quoted) and not setting("allow_legacy_ids"):
        told = "1msg quotes ids that begin with wamid. only; the setting allow_legacy_ids lets others pass"
        raise InvalidCall(told, fields={"reply_to": [told]})
    rest = {name: value for name, value in body.items() if name != "to"}
    lid = str(setting("lid_strategy", "chatId"))
    return {**address.destination(body["to"], as_number=bool(setting("phone_as_number")), lid=lid), **rest}


def collapsed(text: str, connection: Connection) -> str:
    """Tabs and long runs of spaces as one space, where the connection asks for that (§5.18)."""
    return BLANKS.sub(" ", text) if connection.setting("collapse_whitespace") else text


def spoken(wire: Wire, call: Call) -> Wire:
    """JSON in UTF-8, said so."""
    del call
    return wire if wire.json is None else replace(wire, headers={**wire.headers, "content-type": JSON})
