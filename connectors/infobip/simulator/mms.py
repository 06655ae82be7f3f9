"""MMS."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import httpx

from connectors.infobip.simulator.checks import URL, many, may, must, string, thing
from connectors.infobip.simulator.memory import Message
from connectors.infobip.simulator.sms import DESTINATION, HOOKS, PERIOD, PLATFORM, SCHEDULE, WINDOW, due
from connectors.infobip.simulator.words import body_of, modern, ok

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

SEGMENT = thing(
    {
        "type": must(string(words=("TEXT", "LINK", "SMIL", "UPLOADED_REFERENCE"))),
        "text": may(string(1)),
        "contentUrl": may(URL),
    }
)
BODY = thing(
    {
        "messages": must(
            many(
                thing(
                    {
                        "sender": may(string(1)),
                        "destinations": must(many(DESTINATION)),
                        "content": must(thing({"title": may(string(0, 66)), "messageSegments": must(many(SEGMENT))})),
                        "options": may(
                            thing(
                                {
                                    "platform": may(PLATFORM),
                                    "validityPeriod": may(PERIOD),
                                    "deliveryTimeWindow": may(WINDOW),
                                    "campaignReferenceId": may(string(0, 255)),
                                }
                            )
                        ),
                        "webhooks": may(HOOKS),
                    }
                )
            )
        ),
        "options": may(thing({"schedule": may(SCHEDULE)})),
    }
)


def send(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /mms/2/messages."""
    del match
    body = body_of(request)
    wrong = list(BODY(body, ""))
    if wrong:
        return modern(400, wrong)
    schedule = body.get("options", {}).get("schedule", {})
    bulk = schedule.get("bulkId") or sim.new_id()
    answers = []
    for one in body["messages"]:
        hooks = one.get("webhooks", {})
        delivery = hooks.get("delivery", {})
        texts = [part["text"] for part in one["content"]["messageSegments"] if "text" in part]
        long = 77 if any(len(text) > 1600 for text in texts) else None
        for to in one["destinations"]:
            message = Message(
                to.get("messageId") or sim.new_id(),
                "mms",
                to["to"],
                one.get("sender"),
                time.time(),
                bulk,
                "\n".join(texts),
                due=due(schedule.get("sendAt")),
                url=delivery.get("url"),
                notify=delivery.get("notify", True),
                callback=hooks.get("callbackData"),
            )
            told = {"messageId": message.id, "status": sim.take(message, refused=long), "destination": message.to}
            answers.append(told)
    return ok({"bulkId": bulk, "messages": answers})


ROUTES = (("POST", r"/mms/2/messages", send),)
