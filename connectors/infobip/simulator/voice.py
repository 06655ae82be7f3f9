"""Voice messages: the single call and the advanced one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from connectors.infobip.simulator.checks import URL, WHEN, Violation, many, may, must, real, string, thing, whole
from connectors.infobip.simulator.memory import Message
from connectors.infobip.simulator.sms import CLOCK, DAYS, DESTINATION, due
from connectors.infobip.simulator.words import body_of, legacy, ok

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

DIGITS = string(1, 24, form=r"[0-9]+")


def _said(value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    below = f"{path}.text" if path else "text"
    if (value.get("text") is None) == (value.get("audioFileUrl") is None):
        yield below, "exactly one of text and audioFileUrl must be given"
    elif isinstance(value.get("text"), str) and not any(letter.isalnum() for letter in value["text"]):
        yield below, "must not contain only punctuation"


SAYING = {
    "from": must(DIGITS),
    "text": may(string(1, 1400)),
    "audioFileUrl": may(URL),
    "language": may(string(2, 10)),
    "voice": may(thing({"name": may(string(1)), "gender": may(string(words=("male", "female")))})),
}
SINGLE = thing({**SAYING, "to": must(DIGITS)}, _said)
ADVANCED = thing(
    {
        "bulkId": may(string(1, 100)),
        "messages": must(
            many(
                thing(
                    {
                        **SAYING,
                        "destinations": must(many(DESTINATION, 1, 20_000)),
                        "notifyUrl": may(URL),
                        "notifyContentType": may(string(1)),
                        "notifyContentVersion": may(whole(1, 2)),
                        "callbackData": may(string(0, 700)),
                        "validityPeriod": may(whole(1, 2880)),
                        "sendAt": may(WHEN),
                        "deliveryTimeWindow": may(
                            thing({"days": must(many(string(words=DAYS))), "from": must(CLOCK), "to": must(CLOCK)})
                        ),
                        "retry": may(
                            thing(
                                {
                                    "minPeriod": must(whole(1)),
                                    "maxPeriod": must(whole(1)),
                                    "maxCount": must(whole(1, 4)),
                                }
                            )
                        ),
                        "speechRate": may(real(0.5, 2)),
                        "pause": may(whole(0, 10)),
                        "ringTimeout": may(whole(1)),
                        "dtmfTimeout": may(whole(1)),
                        "machineDetection": may(string(words=("hangup", "continue"))),
                        "callTransfers": may(
                            many(thing({"transferTo": must(DIGITS), "if": must(string(words=("dtmf", "anyDtmf")))}))
                        ),
                    },
                    _said,
                )
            )
        ),
    }
)


def single(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /tts/3/single."""
    del match
    body = body_of(request)
    wrong = list(SINGLE(body, ""))
    if wrong:
        return legacy(400, wrong)
    message = Message(sim.new_id(), "voice", body["to"], body["from"], time.time(), None, body.get("text"))
    told = {"to": message.to, "status": sim.take(message, refused=_refused(body)), "messageId": message.id}
    return ok({"messages": [told]})


def advanced(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /tts/3/advanced."""
    del match
    body = body_of(request)
    wrong = list(ADVANCED(body, ""))
    if wrong:
        return legacy(400, wrong)
    several = sum(len(one["destinations"]) for one in body["messages"]) > 1
    bulk = body.get("bulkId") or (sim.new_id() if several else None)
    answers = []
    for one in body["messages"]:
        for to in one["destinations"]:
            message = Message(
                to.get("messageId") or sim.new_id(),
                "voice",
                to["to"],
                one["from"],
                time.time(),
                bulk,
                one.get("text"),
                due=due(one.get("sendAt")),
                url=one.get("notifyUrl"),
                callback=one.get("callbackData"),
            )
            told = {"to": message.to, "messageId": message.id}
            answers.append({**told, "status": sim.take(message, refused=_refused(one))})
    return ok({**({"bulkId": bulk} if bulk else {}), "messages": answers})


def _refused(one: Mapping[str, Any]) -> int | None:
    """Content problems come as a refused status in a 200."""
    url = one.get("audioFileUrl")
    return 53 if isinstance(url, str) and not url.lower().endswith((".mp3", ".wav")) else None


ROUTES = (("POST", r"/tts/3/single", single), ("POST", r"/tts/3/advanced", advanced))
