"""Automation rules: whom ClickSend pushes what to (page 4.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.clicksend.standin.memory import Asked, Memory, Row, Told, bad, needed, page

FIRED = 10
INBOUND, RECEIPTS = "inbound-rules", "receipt-rules-"
ENCODINGS = {"post": "form", "get": "query", "json": "json"}


def _checked(asked: Asked, *names: str) -> Row:
    body = dict(needed(asked.body, "rule_name", "action", *names))
    missing = {name for name in ("action_address", "enabled") if name not in body}
    if missing:
        raise bad("Invalid input.", {name: f"{name.replace('_', ' ')} field is required." for name in missing})
    if body["action"] == "URL" and not str(body["action_address"]).startswith(("http://", "https://")):
        raise bad("Invalid input.", {"action_address": "The action address must be a valid URL."})
    return body


def _inbound(asked: Asked) -> Row:
    body = _checked(asked, "dedicated_number")
    if body.get("message_search_type") not in (0, 1, 2, 3) or "message_search_term" not in body:
        raise bad("Invalid input.", {"message_search_type": "Message search type field is required."})
    if body["action"] == "URL" and body.setdefault("webhook_type", "post") not in ENCODINGS:
        raise bad("Invalid input.", {"webhook_type": "The webhook type is invalid."})
    return body


def _receipt(asked: Asked) -> Row:
    body = _checked(asked)
    if body.get("match_type") not in (0, 1, 2):
        raise bad("Invalid input.", {"match_type": "Match type field is required."})
    return body


def inbound(memory: Memory, asked: Asked, deed: str) -> Told:
    """list, create, update or delete an inbound rule."""
    if deed == "list":
        return page(list(memory.kind(INBOUND).values()), asked)
    if deed == "create":
        return Told(memory.add(INBOUND, "inbound_rule_id", _inbound(asked)), "Your record has been added.")
    found = memory.find(INBOUND, asked.ids["inbound_rule_id"])
    if deed == "update":
        found.update(_inbound(asked))
        return Told(found, "Your record has been updated.")
    del memory.kind(INBOUND)[found["inbound_rule_id"]]
    return Told([], "Your record has been deleted.")


def receipts(memory: Memory, asked: Asked, deed: str) -> Told:
    """list, create, update or delete a receipt rule of a channel; email's list is a bare array (page 2.6)."""
    kind = RECEIPTS + asked.ids["channel"]
    if deed == "list":
        found = list(memory.kind(kind).values())
        return Told(found) if asked.ids["channel"] == "email" else page(found, asked)
    if deed == "create":
        return Told(memory.add(kind, "receipt_rule_id", _receipt(asked)), "Your record has been added.")
    rule = memory.find(kind, asked.ids["receipt_rule_id"])
    if deed == "update":
        rule.update(_receipt(asked))
        return Told(rule, "Your record has been updated.")
    del memory.kind(kind)[rule["receipt_rule_id"]]
    return Told([], "Your record has been deleted.")


def for_text(memory: Memory, row: Mapping[str, object]) -> Iterator[Row]:
    """The rules that fire for a text: at most ten, the oldest first."""
    words, fired = str(row.get("body") or "").lower(), 0
    for rule in memory.kind(INBOUND).values():
        if not int(rule["enabled"]) or rule["dedicated_number"] not in ("*", row.get("to")):
            continue
        term = str(rule.get("message_search_term") or "").lower()
        kind = rule["message_search_type"]
        if (kind, True) in {(1, not words.startswith(term)), (2, term not in words), (3, term in words)}:
            continue
        fired += 1
        if fired > FIRED:
            return
        yield rule


def for_receipt(memory: Memory, channel: str, *, failed: bool) -> Iterator[Row]:
    """The rules that fire for a receipt of a channel."""
    for rule in memory.kind(RECEIPTS + channel).values():
        if int(rule["enabled"]) and rule["match_type"] in (0, 1 if failed else 2):
            yield rule
