"""The history, the polled lists, marks, cancelling and test pushes (page 3.3 to 3.6, 4.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.clicksend.standin.memory import Asked, Memory, Row, Told, absent, bad, needed, new_id, page

HISTORY_WORDS = {"status", "to", "from", "subaccount_id", "message_id"}
SHOWN = (
    "direction", "date", "to", "body", "status", "from", "schedule", "status_code", "status_text", "error_code",
    "error_text", "message_id", "message_parts", "message_price", "from_email", "list_id", "custom_string",
    "contact_id", "user_id", "subaccount_id", "country", "carrier", "first_name", "last_name", "_api_username",
)  # fmt: skip
RECEIPT = (
    "timestamp_send", "timestamp", "message_id", "status_code", "status_text", "error_code", "error_text",
    "custom_string", "subaccount_id", "message_type", "digits",
)  # fmt: skip


def history(memory: Memory, asked: Asked, channel: str = "sms") -> Told:
    """Both ways, the oldest first unless asked otherwise; the types are those of the live answer."""
    wanted = _wanted(asked)
    rows = [one for one in memory.messages if one["message_type"] == channel and _meant(one, asked, wanted)]
    if asked.query.get("order_by", "date:asc") == "date:desc":
        rows.reverse()
    return page([_shown(one, channel) for one in rows], asked)


def _shown(row: Row, channel: str) -> Row:
    told = {name: row.get(name) for name in SHOWN}
    told["message_parts"], told["contact_id"] = f"{row.get('message_parts', 0)}.00", row.get("contact_id") or 0
    told["message_price"] = f"{float(row.get('message_price', 0)):.6f}"
    if channel == "mms":
        told |= {"subject": row.get("subject"), "_media_file_url": row.get("_media_file_url")}
    if channel == "voice":
        told |= {name: row.get(name) for name in ("digits", "lang", "voice")}
    return told


def _wanted(asked: Asked) -> dict[str, str]:
    """What `q` names; raises 400 for a field nobody knows."""
    told = dict(one.partition(":")[::2] for one in filter(None, asked.query.get("q", "").split(",")))
    if not {name.lower() for name in told} <= HISTORY_WORDS:
        raise bad("Invalid input.", {"q": "The search field is not known."})
    return {name.lower(): value.lower() for name, value in told.items()}


def _meant(row: Row, asked: Asked, wanted: Mapping[str, str]) -> bool:
    begin, end = asked.query.get("date_from", ""), asked.query.get("date_to", "")
    if (begin and int(row["date"]) < int(begin)) or (end and int(row["date"]) > int(end)):
        return False
    # as a part of the value: whether the whole is meant, the page does not say
    return all(value in str(row.get(name, "")).lower() for name, value in wanted.items())


def export(memory: Memory, asked: Asked) -> Told:
    """A link on another host."""
    history(memory, asked)
    if not asked.query.get("filename"):
        raise bad("Invalid input.", {"filename": "Filename field is required."})
    return Told({"url": f"https://downloads.example.net/{asked.query['filename']}"}, "Export is ready.")


def receipts(memory: Memory, asked: Asked) -> Told:
    """Unread ones, the oldest first."""
    rows = [_receipt(one) for one in memory.receipts if not one["read"]]
    return Told(page(rows, asked).data, "Here are your delivery receipts.")


def _receipt(row: Mapping[str, object]) -> Row:
    told = {name: row.get(name) for name in RECEIPT}
    for name in ("timestamp_send", "timestamp", "status_code"):
        told[name] = str(told[name])
    return {**told, "error_code": row.get("error_code") or None, "error_text": row.get("error_text") or None}


def receipt(memory: Memory, asked: Asked) -> Told:
    """The newest of one message, read or not."""
    wanted = asked.ids["message_id"].upper()
    found = [one for one in memory.receipts if str(one["message_id"]).upper() == wanted]
    if not found:
        raise absent("Receipt record not found.")
    return Told(_receipt(found[-1]), "Here is your delivery receipt.")


def inbound(memory: Memory, asked: Asked) -> Told:
    """Unread ones, each as often as POLL rules matched it."""
    return page([_text(one) for one in memory.inbound if not one["read"]], asked)


def _text(row: Mapping[str, object]) -> Row:
    names = ("from", "body", "original_body", "original_message_id", "to", "custom_string", "message_id")
    told = {name: row.get(name) for name in names}
    first = str(row.get("body") or "").partition(" ")[0].lower()
    return {"timestamp": str(row.get("timestamp")), **told, "_keyword": first}


def answered(memory: Memory, asked: Asked) -> Told:
    """The first answer to one of our messages."""
    wanted = asked.ids["message_id"].upper()
    for one in memory.inbound:
        if str(one.get("original_message_id") or "").upper() == wanted:
            return Told(_text(one))
    raise absent("Inbound record not found.")


def mark(memory: Memory, asked: Asked, rows: Callable[[Memory], list[Row]]) -> Told:
    """All before a time; without one, everything (page 3.4)."""
    before = asked.body.get("date_before") if isinstance(asked.body, Mapping) else None
    for one in rows(memory):
        if before is None or int(one["timestamp"]) <= int(before):
            one["read"] = True
    return Told(None, "Messages have been marked as read.")


def mark_one(memory: Memory, asked: Asked) -> Told:
    """Every copy of one text."""
    wanted = asked.ids["message_id"].upper()
    found = [one for one in memory.inbound if str(one["message_id"]).upper() == wanted]
    if not found:
        raise absent()
    for one in found:
        one["read"] = True
    return Told(len(found), "Message has been marked as read.")


def cancel(memory: Memory, asked: Asked) -> Told:
    """One that is still scheduled; anything else is 404."""
    wanted = asked.ids["message_id"].upper()
    for one in memory.messages:
        if str(one["message_id"]).upper() == wanted and one["status"] == "Scheduled":
            one["status"], one["status_code"] = "Cancelled", "301"
            return Told(None, "Scheduled sms message has been cancelled.")
    raise absent()


def cancel_all(memory: Memory, asked: Asked) -> Told:
    """Those of one reference, or all."""
    reference = asked.body.get("custom_string") if isinstance(asked.body, Mapping) else None
    found = [
        one
        for one in memory.messages
        if one["status"] == "Scheduled" and (reference is None or one["custom_string"] == reference)
    ]
    for one in found:
        one["status"], one["status_code"] = "Cancelled", "301"
    return Told({"count": len(found)}, f"{len(found)} sms messages have been cancelled.")


def sample_receipt(memory: Memory, asked: Asked) -> Told:
    """What would be pushed; the simulator carries it to the URL."""
    needed(asked.body, "url")
    return Told(
        {
            "timestamp_send": memory.now,
            "timestamp": memory.now,
            "message_id": new_id(),
            "status": "Delivered",
            "status_code": "201",
            "status_text": "Success: Message received on handset.",
            "error_code": None,
            "error_text": None,
            "custom_string": None,
            "user_id": 184220,
            "subaccount_id": 206611,
            "message_type": "sms",
            "digits": None,
        },
        "Test delivery receipt has been added.",
    )


def sample_inbound(memory: Memory, asked: Asked) -> Told:
    """A sample text; here the time is `timestamp_send` (page 4.9)."""
    body = needed(asked.body, "url")
    if body.get("webhook_type", "post") not in {"post", "get", "json", "poll"}:
        raise bad("Invalid input.", {"webhook_type": "The webhook type is invalid."})
    return Told(
        {
            "timestamp_send": memory.now,
            "from": "+61491570110",
            "body": "This is a test message",
            "original_body": "This is the original message",
            "original_message_id": new_id(),
            "to": "+61491570006",
            "custom_string": "",
            "message_id": new_id(),
            "_keyword": "this",
        },
        "Test inbound message has been added.",
    )
