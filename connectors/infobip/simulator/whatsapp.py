"""WhatsApp: each message's body as strictly as the page says, one flat object back, read marks."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from connectors.infobip.simulator import memory
from connectors.infobip.simulator.checks import URL, Check, Violation, boolean, may, must, string, thing
from connectors.infobip.simulator.memory import Message
from connectors.infobip.simulator.sms import LINKS
from connectors.infobip.simulator.words import body_of, legacy, ok

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


CONTENTS: dict[str, Check] = {
    "text": thing({"text": must(string(1, 4096)), "previewUrl": may(boolean)}, _preview),
}


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
    ("POST", r"/whatsapp/1/message/(?P<kind>[a-z/-]+)", send),
    ("POST", r"/whatsapp/1/senders/(?P<sender>[^/]+)/message/(?P<message>.+)/read", read),
)
