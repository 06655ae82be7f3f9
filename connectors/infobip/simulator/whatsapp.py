"""WhatsApp: each message's body as strictly as the page says, one flat object back, read marks."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from connectors.infobip.simulator import memory
from connectors.infobip.simulator.checks import (
    URL,
    Check,
    Violation,
    anything,
    boolean,
    many,
    may,
    must,
    real,
    string,
    thing,
)
from connectors.infobip.simulator.memory import Message
from connectors.infobip.simulator.sms import LINKS
from connectors.infobip.simulator.words import body_of, legacy, ok, status

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

DAY = 24 * 3600.0
NO_SESSION = 7010

ENVELOPE = {
    "from": must(string(1, 24)),
    "to": must(string(1, 150)),
    "messageId": may(string(1, 200)),
    "callbackData": may(string(0, 4000)),
    "notifyUrl": may(URL),
    "urlOptions": may(LINKS),
    "entityId": may(string(0, 255)),
    "applicationId": may(string(0, 255)),
    "context": may(thing({"replyToMessageId": must(string(1))})),
}


def _preview(value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    if value.get("previewUrl") and "http" not in str(value.get("text")):
        yield f"{path}.previewUrl", "text must contain a URL"


MEDIA = {"mediaUrl": must(URL)}
CAPTION = {"caption": may(string(0, 3000))}
BODY = thing({"text": must(string(1, 1024))})
COMMON = {"body": must(BODY), "footer": may(thing({"text": must(string(1, 60))})), "header": may(anything)}
BUTTON = thing(
    {"type": must(string(words=("REPLY",))), "id": must(string(1, 256)), "title": must(string(1, 20))},
)
ROW = thing({"id": must(string(1, 200)), "title": must(string(1, 24)), "description": may(string(0, 72))})
SECTION = thing({"title": may(string(0, 24)), "rows": must(many(ROW, 1, 10))})
NAME = thing({"firstName": must(string(1)), "formattedName": must(string(1))})

CONTENTS: dict[str, Check] = {
    "text": thing({"text": must(string(1, 4096)), "previewUrl": may(boolean)}, _preview),
    "image": thing({**MEDIA, **CAPTION}),
    "video": thing({**MEDIA, **CAPTION}),
    "document": thing({**MEDIA, **CAPTION, "filename": may(string(0, 240))}),
    "audio": thing({**MEDIA, "voice": may(boolean)}),
    "sticker": thing(MEDIA),
    "location": thing(
        {
            "latitude": must(real(-90, 90)),
            "longitude": must(real(-180, 180)),
            "name": may(string(0, 1000)),
            "address": may(string(0, 1000)),
        }
    ),
    "contact": thing({"contacts": must(many(thing({"name": must(NAME)})))}),
    "interactive/buttons": thing({**COMMON, "action": must(thing({"buttons": must(many(BUTTON, 1, 3))}))}),
    "interactive/list": thing(
        {**COMMON, "action": must(thing({"title": must(string(1, 20)), "sections": must(many(SECTION, 1, 10))}))}
    ),
    "interactive/flow": thing(
        {**COMMON, "action": must(thing({"flowId": must(string(1)), "flowToken": must(string(1))}))}
    ),
    "interactive/url-button": thing(
        {**COMMON, "action": must(thing({"displayText": must(string(1, 20)), "url": must(URL)}))}
    ),
    "interactive/location-request": thing({"body": must(BODY)}),
    **dict.fromkeys(
        (
            *("interactive/product", "interactive/multi-product", "interactive/media-carousel"),
            *("interactive/order-details", "interactive/order-status", "interactive/call-permission-request"),
            *("interactive/voice-button", "interactive/request-contact-info"),
            "interactive/in-thread-authentication-request",
        ),
        thing({}),
    ),
}


def _placeholder(value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, str) or not value:
        yield path, "must not be blank"
    elif re.search(r"[\n\t]| {5,}", value):
        yield path, "must not contain new-line, tab or more than 4 spaces in a row"


TEMPLATE = thing(
    {
        **ENVELOPE,
        "content": must(
            thing(
                {
                    "templateName": must(string(1, 512, form=r"[a-z0-9_]+")),
                    "language": must(string(2)),
                    "templateData": must(
                        thing(
                            {
                                "body": must(thing({"placeholders": must(many(_placeholder, 0))})),
                                "buttons": may(many(thing({"type": must(string(1))}), 1, 10)),
                                "header": may(thing({"type": must(string(1))})),
                            }
                        )
                    ),
                }
            )
        ),
        "smsFailover": may(thing({"from": must(string(1)), "text": must(string(1, 4096))})),
    }
)
TEMPLATES = thing({"messages": must(many(TEMPLATE)), "bulkId": may(string(0, 100))})


def send_templates(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """
    POST /whatsapp/1/message/template.  A template's name that ends in _missing or _mismatch fails in its report.
    """
    del match
    body = body_of(request)
    wrong = list(TEMPLATES(body, ""))
    if wrong:
        return legacy(400, wrong)
    bulk = body.get("bulkId") or (sim.new_id() if len(body["messages"]) > 1 else None)
    answers = []
    for one in body["messages"]:
        name = one["content"]["templateName"]
        failure = 7008 if name.endswith("_missing") else 7009 if name.endswith("_mismatch") else None
        answers.append(take(sim, one, bulk, failure))
    return ok({**({"bulkId": bulk} if bulk else {}), "messages": answers})


EVENTS = thing(
    {
        "events": must(
            many(
                thing(
                    {
                        "sender": must(string(1)),
                        "destinations": must(many(thing({"to": must(string(1))}))),
                        "content": must(thing({"type": must(string(words=("TYPING_INDICATOR",)))})),
                    }
                )
            )
        )
    }
)


def events(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /whatsapp/1/events."""
    del match
    body = body_of(request)
    wrong = list(EVENTS(body, ""))
    if wrong:
        return legacy(400, wrong)
    people = [(one["sender"], person["to"]) for one in body["events"] for person in one["destinations"]]
    sim.kept["typing"].update({to: sender for sender, to in people})
    told = [{"messageId": sim.new_id(), "status": status(26), "destination": to} for _, to in people]
    return ok({"bulkId": sim.new_id(), "messages": told})


def media(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET, HEAD and DELETE of /whatsapp/1/senders/{sender}/media/{mediaId}: ids that begin with "gone" or "moved"."""
    del sim, request
    if match["media"].startswith("gone"):
        return legacy(404)
    if match["media"].startswith("moved"):
        return httpx.Response(302, headers={"location": f"https://files.example/{match['media']}"})
    return httpx.Response(200, headers={"content-type": "image/jpeg"}, content=b"\xff\xd8\xff simulated")


def send(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /whatsapp/1/message/<kind>."""
    kind = match["kind"]
    check = CONTENTS.get(kind)
    if check is None:
        return legacy(404)
    body = body_of(request)
    wrong = list(thing({**ENVELOPE, "content": must(check)})(body, ""))
    if wrong:
        return legacy(400, wrong)
    return ok(take(sim, body, None))


def take(
    sim: InfobipSimulator, body: Mapping[str, Any], bulk: str | None, failure: int | None = None
) -> dict[str, Any]:
    """Takes one message in and gives its entry of the answer."""
    said = body["content"].get("text")
    message = Message(
        body.get("messageId") or sim.new_id(),
        "whatsapp",
        body["to"],
        body["from"],
        time.time(),
        bulk,
        said if isinstance(said, str) else None,
        url=body.get("notifyUrl"),
        callback=body.get("callbackData"),
    )
    free = "templateName" not in body["content"]
    if failure is None and free and sim.webhook.get("window") and sim.wrote.get(message.to, 0.0) < time.time() - DAY:
        failure = NO_SESSION
    message.due = time.time() if failure is not None else None  # its end is ours to tell
    told = sim.take(message, accepted=7)
    if told["id"] == 7:
        if failure is not None:
            message.due = None
            sim.finish(message, failure)
        elif sim.webhook.get("seen") and message.status["id"] == 5:
            sim.tell("whatsapp", message.url, memory.seen(message, time.time()))
    return {"to": message.to, "messageCount": 1, "messageId": message.id, "status": told}


def read(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /whatsapp/1/senders/{sender}/message/{messageId}/read."""
    del request
    sender, message = unquote(match["sender"]), unquote(match["message"])
    sim.read.append((sender, message))
    return httpx.Response(204)


ROUTES = (
    ("POST", r"/whatsapp/1/message/template", send_templates),
    ("POST", r"/whatsapp/1/events", events),
    ("GET", r"/whatsapp/1/senders/(?P<sender>[^/]+)/media/(?P<media>[^/]+)", media),
    ("POST", r"/whatsapp/1/message/(?P<kind>[a-z/-]+)", send),
    ("POST", r"/whatsapp/1/senders/(?P<sender>[^/]+)/message/(?P<message>.+)/read", read),
)
