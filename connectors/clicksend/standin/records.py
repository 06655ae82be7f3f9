"""Templates, contact lists, contacts, campaigns, uploads and languages (page 3.7 to 3.14)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal

from connectors import sms
from connectors.clicksend.standin.memory import (
    CURRENCY,
    SUBACCOUNT,
    USER,
    Asked,
    Memory,
    Row,
    Told,
    absent,
    bad,
    forbidden,
    needed,
    new_id,
    page,
)
from connectors.clicksend.standin.sending import LANGUAGES, PRICE, spoken

UPLOADS = {"mms", "fax", "csv", "post", "postcard"}
UPLOAD_SECONDS = 600
CONTACT = (
    "phone_number", "email", "fax_number", "first_name", "last_name", "organization_name", "address_line_1",
    "address_line_2", "address_city", "address_state", "address_postal_code", "address_country", "custom_1",
    "custom_2", "custom_3", "custom_4",
)  # fmt: skip


def filtered(rows: list[Row], asked: Asked) -> list[Row]:
    """Rows that hold what `q` names."""
    for one in filter(None, asked.query.get("q", "").split(",")):
        name, _, value = one.partition(":")
        rows = [row for row in rows if value.lower() in str(row.get(name, "")).lower()]
    return rows


def templates(memory: Memory, asked: Asked, deed: str) -> Told:
    """list, get, create, update or delete; both fields are wanted for a change."""
    kind = memory.kind("templates")
    if deed == "list":
        rows = filtered(list(kind.values()), asked)
        name, _, way = asked.query.get("order_by", "template_id:asc").partition(":")
        rows.sort(key=lambda row: (isinstance(row[name], str), row[name]), reverse=way == "desc")
        return page(rows, asked)
    if deed == "create":
        given = needed(asked.body, "template_name", "body")
        made = memory.add("templates", "template_id", {"body": given["body"], "template_name": given["template_name"]})
        return Told(made, "New template has been saved.")
    found = memory.find("templates", asked.ids["template_id"], absent("Template not found."))
    if deed == "update":
        given = needed(asked.body, "template_name", "body")
        found.update({"body": given["body"], "template_name": given["template_name"]})
        return Told(found, "Your template has been updated.")
    if deed == "delete":
        del kind[found["template_id"]]
        return Told([], "Your template has been deleted.")
    return Told(found)


def lists(memory: Memory, asked: Asked, deed: str) -> Told:
    """list, get, create, update or delete."""
    if deed == "list":
        return page([_list(memory, one) for one in memory.kind("lists").values()], asked)
    if deed == "create":
        given = needed(asked.body, "list_name")
        made = memory.add("lists", "list_id", {"list_name": given["list_name"]})
        return Told(_list(memory, made), "Your contact list has been created.")
    found = memory.find("lists", asked.ids["list_id"])
    if deed == "update":
        found["list_name"] = needed(asked.body, "list_name")["list_name"]
    if deed == "delete":
        del memory.kind("lists")[found["list_id"]]
        for one in [one for one in memory.kind("contacts").values() if one["list_id"] == found["list_id"]]:
            del memory.kind("contacts")[one["contact_id"]]
        return Told([], "Your list has been deleted.")
    return Told(_list(memory, found))


def _list(memory: Memory, row: Row) -> Row:
    count = sum(one["list_id"] == row["list_id"] for one in memory.kind("contacts").values())
    return {**row, "list_email_id": f"list{row['list_id']}", "_contacts_count": count}


def contacts(memory: Memory, asked: Asked, deed: str) -> Told:
    """list, get, create, update, delete, copy or transfer; an unknown list is 403 for a new contact (page 3.14)."""
    number = asked.ids["list_id"]
    if deed == "create":
        memory.find("lists", number, forbidden())
        return Told(_new_contact(memory, asked, int(number)), "Your contact has been added.")
    memory.find("lists", number)
    mine = [one for one in memory.kind("contacts").values() if one["list_id"] == int(number)]
    if deed == "list":
        return page(mine, asked)
    found = next((one for one in mine if str(one["contact_id"]) == asked.ids["contact_id"]), None)
    if found is None:
        raise absent("Contact record not found.")
    if deed == "update":
        found.update(_contact(asked))
    if deed == "delete":
        del memory.kind("contacts")[found["contact_id"]]
        return Told([], "Your contact has been deleted.")
    if deed in {"copy", "transfer"}:
        target = memory.find("lists", asked.ids["to_list_id"], forbidden())["list_id"]
        if deed == "transfer":
            found["list_id"] = target
        else:
            rest = {name: value for name, value in found.items() if name != "contact_id"}
            found = memory.add("contacts", "contact_id", {**rest, "list_id": target})
    return Told(found)


def _contact(asked: Asked) -> Row:
    body = asked.body if isinstance(asked.body, Mapping) else {}
    strange = sorted(set(body) - set(CONTACT))
    if strange:
        raise bad("Invalid input.", dict.fromkeys(strange, "This field is not known."))
    return {**body, **({"phone_number": spoken(body["phone_number"])} if body.get("phone_number") else {})}


def _new_contact(memory: Memory, asked: Asked, number: int) -> Row:
    given = _contact(asked)
    if not any(given.get(name) for name in ("phone_number", "email", "fax_number")):
        raise bad("Invalid input.", {"phone_number": "Phone number field is required."})
    row = {"list_id": number, **{name: given.get(name, "") for name in CONTACT}, "date_added": memory.now}
    return memory.add("contacts", "contact_id", row)


def tidy(memory: Memory, asked: Asked, deed: str) -> Told:
    """duplicates, opted-out or import."""
    number = memory.find("lists", asked.ids["list_id"])["list_id"]
    kind = memory.kind("contacts")
    if deed == "import":
        needed(asked.body, "file_url", "field_order")
        return Told({"import_id": 1}, "Your import has been queued.")
    if deed == "opted-out":
        gone = memory.find("lists", asked.ids["opt_out_list_id"])["list_id"]
        away = {one["phone_number"] for one in kind.values() if one["list_id"] == gone}
        drop = [one for one in kind.values() if one["list_id"] == number and one["phone_number"] in away]
    else:
        seen: set[str] = set()
        mine = [one for one in kind.values() if one["list_id"] == number]
        drop = [one for one in mine if not _fresh(seen, one["phone_number"])]
    for one in drop:
        del kind[one["contact_id"]]
    return Told({"count": len(drop)}, f"{len(drop)} contacts have been removed.")


def _fresh(seen: set[str], number: str) -> bool:
    """Notes a number; True the first time."""
    fresh = number not in seen
    seen.add(number)
    return fresh


def search(memory: Memory, asked: Asked) -> Told:
    """Lists and contacts that hold the word."""
    word = asked.query.get("q", "").lower()
    if not word:
        raise bad("Invalid input.", {"q": "Q field is required."})
    everything = [*memory.kind("lists").values(), *memory.kind("contacts").values()]
    return page([one for one in everything if any(word in str(value).lower() for value in one.values())], asked)


def campaigns(memory: Memory, asked: Asked, deed: str) -> Told:
    """send, price, list, get, update or cancel."""
    if deed == "list":
        rows = filtered(list(memory.kind("campaigns").values()), asked)
        return page(rows[::-1] if asked.query.get("order_by", "").endswith(":desc") else rows, asked)
    if deed in {"send", "price"}:
        return _campaign(memory, asked, spend=deed == "send")
    found = memory.find("campaigns", asked.ids["sms_campaign_id"])
    if deed == "update":
        given = needed(asked.body, "list_id", "name", "body")
        found.update({name: given.get(name) for name in ("list_id", "name", "body", "from")})
        found["schedule"] = given.get("schedule") or memory.now
        found["status"] = "Scheduled" if given.get("schedule") else "Sent"
    if deed == "cancel":
        if found["status"] not in {"Scheduled", "Queued", "Draft"}:
            raise absent()
        found["status"] = "Cancelled"
    return Told(found)


def _campaign(memory: Memory, asked: Asked, *, spend: bool) -> Told:
    given = needed(asked.body, "list_id", "name", "body")
    if "from" not in given:
        raise bad("Invalid input.", {"from": "From field is required."})
    if str(given["list_id"]) not in map(str, memory.kind("lists")):
        raise absent("Your list is not found.")
    count = sum(one["list_id"] == int(given["list_id"]) for one in memory.kind("contacts").values())
    total = PRICE * sms.count(given["body"]).parts * count
    if not spend:
        data = {name: given.get(name) for name in ("from", "body", "schedule")}
        return Told({"total_price": str(total), "total_count": count, "data": data, "_currency": CURRENCY})
    if not isinstance(given.get("senders"), list):
        raise bad("Invalid input.", {"senders": "Senders field is required."})
    memory.spent += Decimal(total)
    row = {
        **{name: given.get(name) for name in ("name", "list_id", "from", "body")},
        "user_id": USER,
        "subaccount_id": SUBACCOUNT,
        "schedule": given.get("schedule") or memory.now,
        "status": "Scheduled" if given.get("schedule") else "Queued",
        "date_added": memory.now,
        "custom_string": new_id(),
        "_total_count": count,
    }
    made = memory.add("campaigns", "sms_campaign_id", row)
    wrapped = {"sms_campaign": made} if memory.option("drift", False) else made
    return Told(wrapped, "Your new campaign has been added.")


def upload(memory: Memory, asked: Asked) -> Told:
    """Keeps nothing; answers a link that lives ten minutes."""
    given = needed(asked.body, "content")
    if asked.query.get("convert") not in UPLOADS:
        raise bad("Invalid input.", {"convert": "The convert field is invalid."})
    try:
        base64.b64decode(str(given["content"]), validate=True)
    except binascii.Error:
        raise bad("Invalid input.", {"content": "The content must be base64."}) from None
    memory.number += 1
    name = f"{new_id()}.jpg"
    told = {
        "url": f"https://media.example.net/{name}",
        "_url": f"https://media.example.net/{name}",
        "file_name": name,
        "upload_id": memory.number,
        "date_delete": memory.now + UPLOAD_SECONDS,
    }
    return Told(told, "Your file has been uploaded.")


def languages(memory: Memory, asked: Asked) -> Told:
    """A bare array."""
    del memory, asked
    return Told([dict(one) for one in LANGUAGES])
