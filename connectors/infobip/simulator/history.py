"""Reports that are handed out once, logs, inbound queues and scheduled requests, of every channel."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx

from connectors.infobip.simulator import memory
from connectors.infobip.simulator.checks import WHEN, Violation, must, string, thing
from connectors.infobip.simulator.memory import Item, Message
from connectors.infobip.simulator.words import body_of, legacy, ok, refuse
from connectors.reading import moment

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

GROUPS = ("ACCEPTED", "PENDING", "UNDELIVERABLE", "DELIVERED", "EXPIRED", "REJECTED")
STATES = ("PENDING", "PAUSED", "PROCESSING", "CANCELED", "FINISHED", "FAILED")
MAX_LIMIT = 1000
Query = dict[str, list[str]]


def query_of(request: httpx.Request) -> Query:
    """The query, a list a name."""
    found: Query = {}
    for name, value in parse_qsl(request.url.query.decode("latin-1"), keep_blank_values=True):
        found.setdefault(name, []).extend(value.split(",") if name.endswith("Id") else [value])
    return found


def limit_of(query: Query) -> tuple[int, list[Violation]]:
    """(how many, what is wrong with it)."""
    given = query.get("limit", ["50"])[0]
    if not given.isdigit() or not 1 <= int(given) <= MAX_LIMIT:
        return 50, [("limit", f"must be between 1 and {MAX_LIMIT}")]
    return int(given), []


def reports(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET …/reports: takes what it hands out from the queue."""
    channel = match["channel"]
    query = query_of(request)
    most, wrong = limit_of(query)
    if wrong:
        return refuse(request.url.path, 400, wrong)
    handed: list[Item] = []
    left: list[tuple[float, Item]] = []
    for at, item in sim.queues[channel]:
        if len(handed) < most and _asked(item, query):
            handed.append(item)
        else:
            left.append((at, item))
    sim.queues[channel].clear()
    sim.queues[channel].extend(left)
    return ok({"results": handed})


def _asked(item: Item, query: Query) -> bool:
    return all(str(item.get(name)) in query[name] for name in ("bulkId", "messageId") if name in query)


def inbox(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET …/inbox/reports."""
    most, wrong = limit_of(query_of(request))
    if wrong:
        return refuse(request.url.path, 400, wrong)
    queue = sim.queues[f"{match['channel']}-inbox"]
    handed = [queue.popleft()[1] for _ in range(min(most, len(queue)))]
    return ok({"results": handed, "messageCount": len(handed), "pendingMessageCount": len(queue)})


def logs(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET …/logs: current state, repeatable, with a cursor where it is asked for."""
    query = query_of(request)
    most, wrong = limit_of(query)
    since, until = (moment(query.get(name, [""])[0]) for name in ("sentSince", "sentUntil"))
    if query.get("useCursor", ["false"])[0] not in {"true", "false"}:
        wrong.append(("useCursor", "must be true or false"))
    if "mnc" in query and "mcc" not in query:
        wrong.append(("mnc", "must be used together with mcc"))
    if since is not None and until is not None and since >= until:
        wrong.append(("sentSince", "must be before sentUntil"))
    if query.get("generalStatus", ["PENDING"])[0] not in GROUPS:
        wrong.append(("generalStatus", f"must be one of {', '.join(GROUPS)}"))
    if wrong:
        return refuse(request.url.path, 400, wrong)
    channel = "voice" if match["channel"] == "tts" else match["channel"]
    rows = [one for one in sim.messages.values() if one.channel == channel and _wanted(one, query)]
    rows = [
        one
        for one in rows
        if one.at > time.time() - 48 * 3600
        and (since is None or one.at >= since.timestamp())
        and (until is None or one.at <= until.timestamp())
    ]
    start = int((query.get("cursor", [""])[0].removeprefix("at-")) or 0)
    page = rows[start : start + most]
    told: Item = {"results": [memory.logged(one) for one in page]}
    if query.get("useCursor") == ["true"]:
        more = {"nextCursor": f"at-{start + most}"} if start + most < len(rows) else {}
        told["cursor"] = {"limit": most, **more}
    return ok(told)


def _wanted(one: Message, query: Query) -> bool:
    facts = {
        "messageId": one.id,
        "bulkId": one.bulk,
        "campaignReferenceId": one.campaign,
        "sender": one.sender,
        "from": one.sender,
        "destination": one.to,
        "to": one.to,
        "entityId": one.entity,
        "applicationId": one.application,
        "generalStatus": one.status.get("groupName"),
    }
    return all(str(told) in query[name] for name, told in facts.items() if name in query)


MOVE = thing({"sendAt": must(WHEN)})
CHANGE = thing({"status": must(string(words=STATES))})


def bulks(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET and PUT of …/1/bulks and …/1/bulks/status; e-mail wraps its answer."""
    name = query_of(request).get("bulkId", [""])[0]
    found = sim.bulks.get(name)
    if found is None or found["area"] != match["area"]:
        return legacy(404, text="Bulk not found")
    field = "status" if match["status"] else "sendAt"
    if request.method == "PUT":
        body = body_of(request)
        wrong = list((CHANGE if match["status"] else MOVE)(body, ""))
        if wrong:
            return legacy(400, wrong)
        if found["status"] in {"CANCELED", "FINISHED", "FAILED"}:
            return legacy(400, [("bulkId", f"the bulk is {found['status']}")])
        found[field] = body[field]
        at = moment(found["sendAt"])
        for message in sim.messages.values():
            if message.bulk == name and message.due is not None and at is not None:
                message.due = at.timestamp()
        sim.settle()
    told = {"bulkId": name, field: found[field]}
    return ok(told if match["area"] == "sms" else {"externalBulkId": name, "bulks": [told]})


ROUTES = (
    ("GET", r"/(?P<channel>sms)/3/reports", reports),
    ("GET", r"/(?P<channel>email)/4/reports", reports),
    ("GET", r"/(?P<channel>mms)/2/reports", reports),
    ("GET", r"/(?P<channel>voice)/1/reports", reports),
    ("GET", r"/(?P<channel>sms|mms)/1/inbox/reports", inbox),
    ("GET", r"/(?P<channel>sms)/3/logs", logs),
    ("GET", r"/(?P<channel>email)/4/logs", logs),
    ("GET", r"/(?P<channel>mms)/2/logs", logs),
    ("GET", r"/(?P<channel>tts)/3/logs", logs),
    ("GET", r"/(?P<area>sms|email)/1/bulks(?P<status>/status)?", bulks),
    ("PUT", r"/(?P<area>sms|email)/1/bulks(?P<status>/status)?", bulks),
)
