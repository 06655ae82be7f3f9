"""SMS in both versions, as the page's section 3.1 says they check and answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from connectors.infobip.simulator.checks import (
    URL,
    WHEN,
    Violation,
    anything,
    boolean,
    many,
    may,
    must,
    string,
    thing,
    whole,
)
from connectors.infobip.simulator.memory import Message
from connectors.infobip.simulator.words import body_of, legacy, modern, ok, picked
from connectors.reading import moment
from connectors.sms import count

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

HALF_YEAR = 180 * 86400
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
CLOCK = thing({"hour": must(whole(0, 23)), "minute": must(whole(0, 59))})


def _hours(value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    start, end = value.get("from"), value.get("to")
    if (start is None) != (end is None):
        yield f"{path}.from", "from and to must be given together"
    elif isinstance(start, Mapping) and isinstance(end, Mapping):
        span = (end.get("hour", 0) - start.get("hour", 0)) * 60 + end.get("minute", 0) - start.get("minute", 0)
        if span % 1440 < 60:
            yield path, "must be at least one hour long"


WINDOW = thing(
    {"days": must(many(string(words=DAYS))), "from": may(CLOCK), "to": may(CLOCK)},
    _hours,
)
PERIOD = thing(
    {"amount": must(whole(1)), "timeUnit": may(string(words=("SECONDS", "MINUTES", "HOURS")))},
)
SPEED = thing({"amount": must(whole(1)), "timeUnit": may(string(words=("MINUTE", "HOUR", "DAY")))})
LANGUAGE = thing(
    {
        "languageCode": may(string(words=("NONE", "TR", "ES", "PT", "AUTODETECT"))),
        "singleShift": may(boolean),
        "lockingShift": may(boolean),
    }
)
TRANSLITERATION = string(
    words=(
        *("NONE", "TURKISH", "GREEK", "CYRILLIC", "SERBIAN_CYRILLIC", "BULGARIAN_CYRILLIC", "CENTRAL_EUROPEAN"),
        *("BALTIC", "PORTUGUESE", "COLOMBIAN", "NON_UNICODE", "ALL"),
    )
)
REGIONAL = thing(
    {
        "indiaDlt": may(thing({"principalEntityId": must(string(1))})),
        "turkeyIys": may(thing({"recipientType": must(string(words=("BIREYSEL", "TACIR")))})),
        "southKorea": may(thing({"title": may(string(0, 66))})),
    }
)
DESTINATION = thing({"to": must(string(1, 64)), "messageId": may(string(1, 200)), "networkId": may(whole(0))})
LINKS = thing(
    {
        "shortenUrl": may(boolean),
        "trackClicks": may(boolean),
        "trackingUrl": may(URL),
        "removeProtocol": may(boolean),
        "customDomain": may(string(1)),
    }
)


def _content(value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    if value.get("text") is None and value.get("hex") is None:
        yield f"{path}.text", "must not be null"


CONTENT = thing(
    {
        "text": may(string()),
        "transliteration": may(TRANSLITERATION),
        "language": may(LANGUAGE),
        "hex": may(string(2, form=r"[0-9a-fA-F]{2}( [0-9a-fA-F]{2})*")),
        "dataCoding": may(whole(0, 255)),
        "esmClass": may(whole(0, 255)),
    },
    _content,
)
PLATFORM = thing({"entityId": may(string(0, 255)), "applicationId": may(string(0, 255))})
HOOKS = thing(
    {
        "delivery": may(thing({"url": may(URL), "intermediateReport": may(boolean), "notify": may(boolean)})),
        "contentType": may(string(words=("application/json", "application/xml"))),
        "callbackData": may(string(0, 4000)),
    }
)
SCHEDULE = thing({"bulkId": may(string(0, 100)), "sendAt": may(WHEN), "sendingSpeedLimit": may(SPEED)})
V3 = thing(
    {
        "messages": must(
            many(
                thing(
                    {
                        "sender": may(string(1)),
                        "destinations": must(many(DESTINATION)),
                        "content": must(CONTENT),
                        "options": may(
                            thing(
                                {
                                    "platform": may(PLATFORM),
                                    "validityPeriod": may(PERIOD),
                                    "deliveryTimeWindow": may(WINDOW),
                                    "campaignReferenceId": may(string(0, 255)),
                                    "flash": may(boolean),
                                    "regional": may(REGIONAL),
                                }
                            )
                        ),
                        "webhooks": may(HOOKS),
                    }
                )
            )
        ),
        "options": may(
            thing(
                {
                    "schedule": may(SCHEDULE),
                    "tracking": may(LINKS),
                    "includeSmsCountInResponse": may(boolean),
                    "conversionTracking": may(anything),
                }
            )
        ),
    }
)
V2_MESSAGE = {
    "from": may(string(1)),
    "destinations": must(many(DESTINATION)),
    "transliteration": may(TRANSLITERATION),
    "language": may(LANGUAGE),
    "validityPeriod": may(whole(1, 2880)),
    "sendAt": may(WHEN),
    "deliveryTimeWindow": may(WINDOW),
    "flash": may(boolean),
    "regional": may(REGIONAL),
    "campaignReferenceId": may(string(0, 255)),
    "entityId": may(string(0, 50)),
    "applicationId": may(string(0, 50)),
    "notifyUrl": may(URL),
    "intermediateReport": may(boolean),
    "notifyContentType": may(string(words=("application/json", "application/xml"))),
    "callbackData": may(string(0, 4000)),
}


def _v2(content: dict[str, Any]) -> Any:
    return thing(
        {
            "bulkId": may(string(0, 100)),
            "messages": must(many(thing({**V2_MESSAGE, **content}))),
            "urlOptions": may(LINKS),
            "sendingSpeedLimit": may(SPEED),
        }
    )


V2_TEXT = _v2({"text": must(string())})
V2_BINARY = _v2({"binary": must(thing({"hex": must(string(2, form=r"[0-9a-fA-F]{2}( [0-9a-fA-F]{2})*"))}))})


def late(when: Any, path: str, most: float) -> Iterator[Violation]:
    """A time too far ahead."""
    at = moment(when)
    if at is not None and at.timestamp() > time.time() + most:
        yield path, f"must be within {int(most // 86400)} days"


def due(when: Any) -> float | None:
    """Unix seconds of a scheduled time that is still to come."""
    at = moment(when)
    return at.timestamp() if at is not None and at.timestamp() > time.time() else None


def send_v3(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /sms/3/messages."""
    del match
    body = body_of(request)
    wrong = list(V3(body, ""))
    schedule = {} if wrong else body.get("options", {}).get("schedule", {})
    wrong += late(schedule.get("sendAt"), "options.schedule.sendAt", HALF_YEAR)
    if wrong:
        return modern(400, wrong)
    several = sum(len(one["destinations"]) for one in body["messages"]) > 1
    bulk = schedule.get("bulkId") or (sim.new_id() if several or schedule else None)
    counted = body.get("options", {}).get("includeSmsCountInResponse", False)
    answers = []
    for one in body["messages"]:
        hooks, options = one.get("webhooks", {}), one.get("options", {})
        delivery, platform = hooks.get("delivery", {}), options.get("platform", {})
        for to in one["destinations"]:
            message = Message(
                to.get("messageId") or sim.new_id(),
                "sms",
                to["to"],
                one.get("sender"),
                time.time(),
                bulk,
                one["content"].get("text"),
                count(one["content"].get("text") or "").parts,
                due=due(schedule.get("sendAt")),
                url=delivery.get("url"),
                notify=delivery.get("notify", True),
                intermediate=delivery.get("intermediateReport", False),
                callback=hooks.get("callbackData"),
                entity=platform.get("entityId"),
                application=platform.get("applicationId"),
                campaign=options.get("campaignReferenceId"),
            )
            told = {"messageId": message.id, "status": sim.take(message, refused=_refused(sim, message))}
            told["destination"] = to["to"]
            if counted:
                told["details"] = {"messageCount": message.parts}
            answers.append(told)
    scheduled(sim, bulk, schedule.get("sendAt"))
    return ok({**({"bulkId": bulk} if bulk else {}), "messages": answers})


def send_v2(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /sms/2/text/advanced and /sms/2/binary/advanced."""
    body = body_of(request)
    wrong = list((V2_TEXT if match["kind"] == "text" else V2_BINARY)(body, ""))
    for position, one in enumerate([] if wrong else body["messages"]):
        wrong += late(one.get("sendAt"), f"messages[{position}].sendAt", HALF_YEAR)
    if wrong:
        return legacy(400, wrong)
    several = sum(len(one["destinations"]) for one in body["messages"]) > 1
    bulk = body.get("bulkId") or (sim.new_id() if several else None)
    answers = []
    for one in body["messages"]:
        for to in one["destinations"]:
            message = Message(
                to.get("messageId") or sim.new_id(),
                "sms",
                to["to"],
                one.get("from"),
                time.time(),
                bulk,
                one.get("text"),
                count(one.get("text") or "").parts,
                version="v2",
                due=due(one.get("sendAt")),
                url=one.get("notifyUrl"),
                intermediate=one.get("intermediateReport", False),
                callback=one.get("callbackData"),
                entity=one.get("entityId"),
                application=one.get("applicationId"),
                campaign=one.get("campaignReferenceId"),
            )
            told = sim.take(message, refused=_refused(sim, message))
            answers.append({"to": to["to"], "messageId": message.id, "smsCount": message.parts, "status": told})
        scheduled(sim, bulk, one.get("sendAt"))
    return ok({**({"bulkId": bulk} if bulk else {}), "messages": answers})


PREVIEW = thing(
    {
        "text": must(string()),
        "languageCode": may(string(words=("TR", "ES", "PT", "AUTODETECT"))),
        "transliteration": may(TRANSLITERATION),
    }
)


def preview(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /sms/1/preview: the text as it is, and with the options where any were given."""
    del sim, match
    body = body_of(request)
    wrong = list(PREVIEW(body, ""))
    if wrong:
        return legacy(400, wrong)
    found = count(body["text"])
    room = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[found.encoding]
    left = (room[0] if found.parts == 1 else room[1] * found.parts) - found.units
    plain = {"textPreview": body["text"], "messageCount": found.parts, "charactersRemaining": left}
    told = [{**plain, "configuration": {}}]
    options = {name: value for name, value in body.items() if name != "text"}
    if options:
        shown = {"language": {"languageCode": options["languageCode"]}} if "languageCode" in options else {}
        told.append({**plain, "configuration": {**shown, **picked(options, "transliteration")}})
    return ok({"originalText": body["text"], "previews": told})


def scheduled(sim: InfobipSimulator, bulk: str | None, when: str | None, area: str = "sms") -> None:
    """Remembers a request that waits for its time."""
    if bulk is not None and when is not None and due(when) is not None:
        sim.bulks.setdefault(bulk, {"bulkId": bulk, "sendAt": when, "status": "PENDING", "area": area})


def _refused(sim: InfobipSimulator, message: Message) -> int | None:
    """What a number is refused for: no number at all, too many parts, or flooding where the filter is on."""
    if not re.fullmatch(r"[0-9]{4,15}", message.to):
        return 52
    if message.parts > 25:
        return 25
    limits = sim.webhook.get("flooding")
    if not isinstance(limits, Mapping):
        return None
    now = time.time()
    told = sim.texts[message.to] = [one for one in sim.texts[message.to] if one[0] > now - 3600]
    same = sum(1 for _, text in told if text == message.text)
    if same >= int(limits.get("identical", 6)) or len({text for _, text in told}) >= int(limits.get("different", 20)):
        return 20
    told.append((now, message.text or ""))
    return None


ROUTES = (
    ("POST", r"/sms/3/messages", send_v3),
    ("POST", r"/sms/1/preview", preview),
    ("POST", r"/sms/2/(?P<kind>text|binary)/advanced", send_v2),
)
