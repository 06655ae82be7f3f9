"""Sending and pricing: what is refused, in which words, at which price (page 1.3 to 1.5, 2.3, 3.1, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import phonenumbers

from connectors import sms
from connectors.clicksend.standin.memory import (
    CURRENCY,
    OUR_NUMBER,
    SUBACCOUNT,
    USER,
    Asked,
    Memory,
    Refused,
    Row,
    Told,
    bad,
    new_id,
)

PER_CALL = 1000
PRICE = Decimal("0.0792")  # a part
DUPLICATE_SECONDS = 3
TEST_NUMBERS = frozenset(
    {"+61411111111", "+61422222222", "+61433333333", "+61444444444", "+14055555555", "+14055555666"}
    | {"+447777777777", "+8615555555555"}
)
ENABLED = ("AU", "NZ", "GB", "US", "CA", "CN", "DE", "FR", "IE", "SG")
ACCOUNT_WORDS = {
    "nocredit": "INSUFFICIENT_CREDIT",
    "notactive": "ACCOUNT_NOT_ACTIVATED",
    "banned": "INVALID_CREDENTIALS",
}
FIELDS = frozenset(
    {"body", "to", "list_id", "from", "schedule", "custom_string", "country", "source", "from_email", "contact_id"}
    | {"show_summary", "subject", "voice", "lang", "require_input", "machine_detection"}
)
LANGUAGES: tuple[Row, ...] = (
    {"code": "en-au", "country": "English, Australia", "gender": ["female", "male"]},
    {"code": "en-gb", "country": "English, Great Britain", "gender": ["female", "male"]},
    {"code": "fr-fr", "country": "French, France", "gender": ["female", "male"]},
    {"code": "fr-ca", "country": "French, Canada", "gender": "female"},
    {"code": "pt-pt", "country": "Portuguese, Portugal", "gender": "male"},
)
AHEAD_SECONDS = 122 * 24 * 3600


def batch(memory: Memory, asked: Asked) -> list[Row]:
    """The messages asked for, lists expanded; raises what refuses the whole request."""
    body = asked.body
    if not isinstance(body, Mapping) or not isinstance(body.get("messages"), list) or not body["messages"]:
        text = "The messages field is required."
        raise bad(text, {"messages": text})
    found: list[Row] = []
    for one in body["messages"]:
        if not isinstance(one, Mapping):
            raise Refused(Told(None, "Illegal string offset 'body'", 400, 400))
        strange = sorted(set(one) - FIELDS)
        if strange:
            raise bad("Invalid input.", dict.fromkeys(strange, "This field is not known."))
        if one.get("custom_string") and len(str(one["custom_string"])) > 50:
            raise bad("Invalid input.", {"custom_string": "The custom string may not be greater than 50 characters."})
        found.extend({**row, "media_file": body.get("media_file")} for row in _expanded(memory, one))
    return found


def _expanded(memory: Memory, one: Mapping[str, Any]) -> list[Row]:
    if not one.get("list_id"):
        return [dict(one)]
    number = str(one["list_id"])
    contacts = memory.kind("lists").get(int(number)) if number.isdigit() else None
    if contacts is None:
        return [{**one, "refused": "NOT_ENOUGH_PERMISSION_TO_LIST_ID"}]
    return [
        {
            **one,
            "to": contact.get("phone_number") or "",
            "body": _filled(str(one.get("body") or ""), contact),
            "contact_id": contact["contact_id"],
        }
        for contact in memory.kind("contacts").values()
        if contact["list_id"] == int(number)
    ]


def _filled(text: str, contact: Mapping[str, Any]) -> str:
    for said, name in (("(First Name)", "first_name"), ("(Last Name)", "last_name")):
        text = text.replace(said, str(contact.get(name) or ""))
    return text


def answer(memory: Memory, asked: Asked, *, spend: bool, channel: str = "sms") -> Told:
    """The answer to a send, or to a price where nothing is to be spent."""
    wanted = batch(memory, asked)
    rows = [_weigh(memory, one, spend=spend, channel=channel, too_many=len(wanted) > PER_CALL) for one in wanted]
    if spend:
        _keep(memory, rows, channel)
    blocked = {"COUNTRY_NOT_ENABLED", "REGISTRATION_NEEDED"}
    total = sum((Decimal(one.get("message_price", "0")) for one in rows if one["status"] == "SUCCESS"), Decimal(0))
    data = {
        "total_price": float(total),
        "total_count": len(rows),
        "queued_count": sum(one["status"] == "SUCCESS" for one in rows),
        "blocked_count": sum(one["status"] in blocked for one in rows),
        "messages": [drifted(one) if memory.option("drift", False) else dict(one) for one in rows],
        "_currency": CURRENCY,
    }
    if memory.option("drift", False):
        data["total_price"] = str(total)
        data["currency"] = data.pop("_currency")
    return Told(data, "Messages queued for delivery." if spend else "Here is some pricing.")


def _weigh(memory: Memory, one: Row, *, spend: bool, channel: str, too_many: bool) -> Row:
    to, body = spoken(str(one.get("to") or ""), one.get("country")), one.get("body")
    number = _parsed(to)
    country = phonenumbers.region_code_for_country_code(number.country_code or 0) if number else None
    sender = str(one.get("from") or "")
    row: Row = {
        "to": to,
        "body": body,
        "from": sender,
        "schedule": "",
        "message_id": new_id(),
        "custom_string": one.get("custom_string", ""),
        "is_shared_system_number": not sender,
    }
    if channel == "mms":
        row |= {"subject": one.get("subject"), "_media_file_url": one.get("media_file")}
    if channel == "voice":
        row |= {name: one.get(name) for name in ("lang", "voice", "require_input", "machine_detection")}
        row |= {"to_type": "mobile", "digits": "2" if one.get("require_input") else None}
    word = _first_refusal(memory, one, to, country) or _of_channel(one, channel)
    if word in {None, "COUNTRY_NOT_ENABLED"}:
        row |= {"country": country, "carrier": "", "message_parts": 0, "message_price": "0.0000"}
        row["from"] = sender or OUR_NUMBER
    if word is None and too_many:
        word = "TOO_MANY_RECIPIENTS"
    if word is None:
        parts = 0 if to in TEST_NUMBERS else min(8, sms.count(str(body)).parts)
        price = PRICE * parts
        if spend:
            word = _guarded(memory, (channel, to, str(body)), price)
        if word is None:
            row |= _accepted(memory, one, parts, price, spend=spend)
    row["status"] = word or "SUCCESS"
    return row


def _first_refusal(memory: Memory, one: Row, to: str, country: str | None) -> str | None:
    account = ACCOUNT_WORDS.get(str(memory.option("username", "")))
    schedule = one.get("schedule")
    checks = (
        (account is not None, account),
        ("refused" in one, one.get("refused")),
        (not one.get("to") and not one.get("list_id"), "MISSING_REQUIRED_FIELDS"),
        (not isinstance(one.get("body"), str) or not one["body"].strip(), "EMPTY_MESSAGE"),
        (not _allowed(str(one.get("from") or "")), "INVALID_SENDER_ID"),
        (schedule not in (None, "", 0) and not _a_time(memory, schedule), "INVALID_SCHEDULE"),
        (country is None or not 10 <= len(to) - 1 <= 15, "INVALID_RECIPIENT"),
        (country not in memory.option("countries", ENABLED), "COUNTRY_NOT_ENABLED"),
    )
    return next((str(word) for wrong, word in checks if wrong), None)


def _of_channel(one: Row, channel: str) -> str | None:
    """What only MMS or only calls can lack (page 2.3)."""
    if channel == "mms":
        link = str(one.get("media_file") or "")
        if not one.get("subject"):
            return "SUBJECT_REQUIRED"
        return None if link.startswith("http") and link.lower().endswith((".jpg", ".gif")) else "INVALID_MEDIA_FILE"
    if channel == "voice":
        found = next((row for row in LANGUAGES if row["code"] == one.get("lang")), None)
        if found is None:
            return "INVALID_LANG"
        return None if one.get("voice") in found["gender"] else "INVALID_VOICE"
    return None


def _allowed(sender: str) -> bool:
    if not sender or re.fullmatch(r"\+?\d{5,15}", sender):
        return True
    return len(sender) <= 11 and re.fullmatch(r"[A-Za-z0-9+]+", sender) is not None


def _a_time(memory: Memory, schedule: Any) -> bool:
    told = str(schedule)
    return told.isdigit() and int(told) <= memory.now + AHEAD_SECONDS


def _guarded(memory: Memory, mark: tuple[str, str, str], price: Decimal) -> str | None:
    """The duplicate guard, then the money; what passes is paid."""
    now = memory.clock()
    again = now - memory.recent.get(mark, -1e9) < float(memory.option("duplicate_seconds", DUPLICATE_SECONDS))
    if again:
        return "THROTTLED"
    if price > memory.balance:
        return "INSUFFICIENT_CREDIT"
    memory.recent[mark] = now
    memory.spent += price
    return None


def _accepted(memory: Memory, one: Row, parts: int, price: Decimal, *, spend: bool) -> Row:
    told: Row = {"message_parts": parts, "message_price": f"{price:.4f}", "carrier": "Optus"}
    if not spend:
        return told
    schedule = int(one.get("schedule") or 0) or memory.now
    return told | {
        "direction": "out",
        "date": memory.now,
        "schedule": schedule,
        "from_email": one.get("from_email"),
        "list_id": one.get("list_id"),
        "contact_id": one.get("contact_id"),
        "user_id": USER,
        "subaccount_id": SUBACCOUNT,
    }


def _keep(memory: Memory, rows: list[Row], channel: str) -> None:
    for one in rows:
        if one["status"] != "SUCCESS":
            continue
        test, later = one["to"] in TEST_NUMBERS, one["schedule"] > memory.now
        kept = {**one, "status": "Completed" if test else "Scheduled" if later else "Sent", "message_type": channel}
        kept |= {"status_code": None, "status_text": None, "error_code": None, "error_text": None}
        kept |= {"schedule": str(one["schedule"]), "_api_username": memory.option("username", ""), "_test": test}
        memory.messages.append(kept)
        if not test and not later:
            settle(memory, kept)


def settle(memory: Memory, row: Row) -> None:
    """What becomes of a message on its way: its number's last three digits say (see simulator.py)."""
    end = str(row["to"])[-3:]
    codes = {"301": [301], "300": [300, 201], "200": [200], "302": [302]}.get(end, [201])
    row["status"] = "Sent"
    for code in codes:
        memory.receipt(row, code)


def release(memory: Memory) -> None:
    """Scheduled messages whose time has come leave."""
    for row in memory.messages:
        if row["status"] == "Scheduled" and int(row["schedule"]) <= memory.now:
            settle(memory, row)


def spoken(number: str, country: Any = None) -> str:
    """A number in E.164, local ones read with their country or Australia's; what is none stays as it is."""
    try:
        read = phonenumbers.parse(number, str(country or "AU"))
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)


def _parsed(number: str) -> Any:
    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


def drifted(row: Row) -> Row:
    """The same in the types other days have shown (page 2.4)."""
    told = dict(row)
    for name in ("message_parts",):
        if name in told:
            told[name] = f"{told[name]}.00"
    if "message_price" in told:
        told["message_price"] = float(told["message_price"])
    for name in ("schedule", "date"):
        if told.get(name):
            told[name] = str(told[name])
    told["list_id"] = told.get("list_id") or 0
    told["ai_enabled"] = False
    return told
