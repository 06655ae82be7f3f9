"""E-mail: the multipart form, the JSON form, and the validation of addresses."""

from __future__ import annotations

import json
import re
import time
from email.message import Message as Piece
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

import httpx

from connectors.infobip.simulator.checks import URL, Violation, boolean, many, may, must, string, thing
from connectors.infobip.simulator.history import query_of
from connectors.infobip.simulator.memory import Item, Message
from connectors.infobip.simulator.sms import PERIOD, PLATFORM, SCHEDULE, due, late, scheduled
from connectors.infobip.simulator.words import body_of, legacy, modern, ok

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

ADDRESS = r"(?:[^<>@]*<)?[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>?"
MONTH, FIVE_DAYS = 30 * 86400, 5 * 86400
BOOLEANS = ("intermediateReport", "track", "trackClicks", "trackOpens", "preserveRecipients")


def parts_of(request: httpx.Request) -> tuple[dict[str, list[str]], list[Item]] | None:
    """(text parts, files) of a multipart body; None when it is none."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        return None
    document = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.content)
    texts: dict[str, list[str]] = {}
    files: list[Item] = []
    for part in document.get_payload() if document.is_multipart() else []:
        if not isinstance(part, Piece):
            continue
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        if part.get_filename() is None:
            texts.setdefault(name, []).append(content.decode("utf-8"))
        else:
            files.append(
                {"part": name, "name": part.get_filename(), "type": part.get_content_type(), "content": content}
            )
    return texts, files


def _person(given: str) -> tuple[str, bool]:
    """(address, whether it is one)."""
    address = given
    if given.startswith("{"):
        try:
            address = str(json.loads(given).get("to"))
        except ValueError:
            return given, False
    return address, re.fullmatch(ADDRESS, address) is not None


def _wrong_v3(texts: dict[str, list[str]], files: list[Item]) -> list[Violation]:
    wrong = _people(texts)
    if "templateId" not in texts:
        wrong += [(name, "must not be blank") for name in ("from", "subject") if not texts.get(name, [""])[0].strip()]
        if not any(name in texts for name in ("text", "html")):
            wrong.append(("text", "text, html or templateId must be given"))
    elif not texts["templateId"][0].isdigit():
        wrong.append(("templateId", "must be an integer"))
    if "from" in texts and not re.fullmatch(ADDRESS, texts["from"][0]):
        wrong.append(("from", "must be a well-formed email address"))
    if "ampHtml" in texts and "html" not in texts:
        wrong.append(("ampHtml", "needs html"))
    for name in BOOLEANS:
        if texts.get(name, ["true"])[0] not in {"true", "false"}:
            wrong.append((name, "must be a boolean"))
    for name in ("defaultPlaceholders", "landingPagePlaceholders", "headers"):
        try:
            json.loads(texts.get(name, ["{}"])[0])
        except ValueError:
            wrong.append((name, "must be JSON"))
    if len(texts.get("callbackData", [""])[0]) > 4000:
        wrong.append(("callbackData", "size must be between 0 and 4000"))
    wrong += late(texts.get("sendAt", [None])[0], "sendAt", MONTH)
    wrong += [("attachment", "needs a file name") for one in files if not one["name"]]
    return wrong


def _people(texts: dict[str, list[str]]) -> list[Violation]:
    people = [(name, one) for name in ("to", "cc", "bcc") for one in texts.get(name, [])]
    wrong = [(name, "must be a well-formed email address") for name, one in people if not _person(one)[1]]
    if not texts.get("to"):
        wrong.append(("to", "must not be empty"))
    if len(people) > 1000:
        wrong.append(("to", "size must be between 1 and 1000"))
    return wrong


def send_v3(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /email/3/send."""
    del match
    found = parts_of(request)
    if found is None:
        return legacy(400, text="Content type must be multipart/form-data")
    texts, files = found
    wrong = _wrong_v3(texts, files)
    if wrong:
        return legacy(400, wrong)
    sim.kept["email"]["last"] = {"texts": texts, "files": files}
    one = {name: told[0] for name, told in texts.items()}
    people = [_person(told)[0] for name in ("to", "cc", "bcc") for told in texts.get(name, [])]
    if one.get("preserveRecipients") == "true":
        people = people[:1]
    bulk = one.get("bulkId") or (sim.new_id() if len(people) > 1 or "sendAt" in one else None)
    answers = []
    for position, to in enumerate(people):
        chosen = one.get("messageId")
        message = Message(
            (chosen if position == 0 else None) or sim.new_id(),
            "email",
            to,
            one.get("from"),
            time.time(),
            bulk,
            one.get("text"),
            due=due(one.get("sendAt")),
            url=one.get("notifyUrl"),
            intermediate=one.get("intermediateReport") == "true",
            callback=one.get("callbackData"),
            entity=one.get("entityId"),
            application=one.get("applicationId"),
            campaign=one.get("campaignReferenceId"),
        )
        answers.append({"to": to, "messageId": message.id, "status": sim.take(message)})
    scheduled(sim, bulk, one.get("sendAt"), "email")
    return ok({**({"bulkId": bulk} if bulk else {}), "messages": answers})


WHOM = thing(
    {"destination": must(string(3, 320, form=ADDRESS)), "messageId": may(string(1, 200)), "placeholders": may(string())}
)
FILE = thing({"type": must(string(words=("binary", "uploadedReference"))), "content": may(string(1))})
V4 = thing(
    {
        "messages": must(
            many(
                thing(
                    {
                        "sender": may(string(3, form=ADDRESS)),
                        "destinations": must(
                            many(
                                thing(
                                    {
                                        "to": must(many(WHOM)),
                                        "cc": may(many(WHOM, 0)),
                                        "bcc": may(many(WHOM, 0)),
                                        "replyTo": may(string(3)),
                                        "preserveRecipients": may(boolean),
                                    }
                                )
                            )
                        ),
                        "content": must(
                            thing(
                                {
                                    "subject": may(string(1, 1000)),
                                    "templateId": may(string(1)),
                                    "defaultPlaceholders": may(string()),
                                    "attachments": may(many(FILE, 0)),
                                    "inlineImages": may(many(FILE, 0)),
                                }
                            )
                        ),
                        "options": may(thing({"platform": may(PLATFORM), "validityPeriod": may(PERIOD)})),
                        "webhooks": may(
                            thing(
                                {
                                    "delivery": may(thing({"url": may(URL), "intermediateReport": may(boolean)})),
                                    "callbackData": may(string(0, 4000)),
                                }
                            )
                        ),
                    }
                )
            )
        ),
        "options": may(thing({"schedule": may(SCHEDULE)})),
    }
)


def send_v4(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /email/4/messages."""
    del match
    body = body_of(request)
    wrong = list(V4(body, ""))
    schedule: Item = {} if wrong else body.get("options", {}).get("schedule", {})
    wrong += late(schedule.get("sendAt"), "options.schedule.sendAt", FIVE_DAYS)
    if wrong:
        return modern(400, wrong)
    bulk = schedule.get("bulkId") or sim.new_id()
    answers = []
    for one in body["messages"]:
        hooks = one.get("webhooks", {})
        for destination in one["destinations"]:
            for person in [*destination["to"], *destination.get("cc", []), *destination.get("bcc", [])]:
                message = Message(
                    person.get("messageId") or sim.new_id(),
                    "email",
                    person["destination"],
                    one.get("sender"),
                    time.time(),
                    bulk,
                    one["content"].get("text"),
                    due=due(schedule.get("sendAt")),
                    url=hooks.get("delivery", {}).get("url"),
                    callback=hooks.get("callbackData"),
                )
                told = {"messageId": message.id, "status": sim.take(message), "destination": message.to}
                answers.append(told)
    scheduled(sim, bulk, schedule.get("sendAt"), "email")
    return ok({"bulkId": bulk, "messages": answers})


def _found(to: str) -> Item:
    name = to.partition("@")[0]
    told: dict[str, Any] = {
        "to": to,
        "validMailbox": {"nobody": "false", "timeout": "unknown"}.get(name, "true"),
        "validSyntax": re.fullmatch(ADDRESS, to) is not None,
        "catchAll": False,
        "disposable": False,
        "roleBased": name in {"info", "sales", "support"},
        "risk": {"nobody": "HIGH", "timeout": "UNKNOWN"}.get(name, "LOW"),
    }
    if name == "timeout":
        told["reason"] = "TIMED_OUT"
    return told


def validate(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /email/2/validation."""
    del sim, match
    body = body_of(request)
    wrong = list(thing({"to": must(string(1, 320))})(body, ""))
    return legacy(400, wrong) if wrong else ok(_found(body["to"]))


def validate_many(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /email/2/validations."""
    del match
    body = body_of(request)
    one = thing({"destination": must(string(1, 320))})
    wrong = list(thing({"validationRequestId": may(string(1, 200)), "destinations": must(many(one))})(body, ""))
    if wrong:
        return legacy(400, wrong)
    name = body.get("validationRequestId") or sim.new_id()
    sim.kept["validations"][name] = [_found(told["destination"]) for told in body["destinations"]]
    return ok({"validationRequestId": name}, 202)


def validations(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET /email/2/validations."""
    del match
    query = query_of(request)
    found = sim.kept["validations"].get(query.get("validationRequestId", [""])[0])
    if found is None:
        return legacy(404)
    size, start = int(query.get("size", ["100"])[0]), int(query.get("cursor", ["0"])[0])
    more = str(start + size) if start + size < len(found) else None
    paging = {"size": size, "previousCursor": None, "nextCursor": more}
    return ok({"results": found[start : start + size], "paging": paging})


ROUTES = (
    ("POST", r"/email/3/send", send_v3),
    ("POST", r"/email/4/messages", send_v4),
    ("POST", r"/email/2/validation", validate),
    ("POST", r"/email/2/validations", validate_many),
    ("GET", r"/email/2/validations", validations),
)
