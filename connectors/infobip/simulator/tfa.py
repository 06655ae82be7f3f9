"""2FA with real PINs: made, sent, counted down, limited; the PIN is only in `pins`, for a test to look at."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import httpx

from connectors.infobip.simulator.checks import boolean, may, must, real, string, texts, thing, whole
from connectors.infobip.simulator.history import query_of
from connectors.infobip.simulator.memory import Item, Message
from connectors.infobip.simulator.words import body_of, legacy, ok

if TYPE_CHECKING:
    from connectors.infobip.simulator.stand import InfobipSimulator

SPAN = r"\d*(ms|s|m|h|d)"
RATE = r"\d+/\d*(ms|s|m|h|d)"
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DEFAULTS = {
    "pinAttempts": 10,
    "allowMultiplePinVerifications": True,
    "pinTimeToLive": "15m",
    "verifyPinLimit": "1/3s",
    "sendPinPerApplicationLimit": "10000/1d",
    "sendPinPerPhoneNumberLimit": "3/1d",
}
ALPHABETS = {
    "NUMERIC": "0123456789",
    "ALPHA": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "HEX": "0123456789ABCDEF",
    "ALPHANUMERIC": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
CONFIGURATION = thing(
    {
        "pinAttempts": may(whole(1)),
        "allowMultiplePinVerifications": may(boolean),
        "pinTimeToLive": may(string(1, form=SPAN)),
        "verifyPinLimit": may(string(1, form=RATE)),
        "sendPinPerApplicationLimit": may(string(1, form=RATE)),
        "sendPinPerPhoneNumberLimit": may(string(1, form=RATE)),
    }
)
APPLICATION = thing({"name": must(string(1)), "enabled": may(boolean), "configuration": may(CONFIGURATION)})
TEMPLATE = thing(
    {
        "messageText": must(string(1, form=r"(?s).*\{\{pin\}\}.*")),
        "pinType": must(string(words=tuple(ALPHABETS))),
        "pinLength": may(whole(1, 100)),
        "senderId": may(string(1)),
        "speechRate": may(real(0.5, 2)),
        "regional": may(thing({"indiaDlt": may(thing({"principalEntityId": must(string(1, 30))}))})),
    }
)
PIN = thing(
    {
        "applicationId": must(string(1)),
        "messageId": must(string(1)),
        "to": must(string(1, 64)),
        "from": may(string(1)),
        "placeholders": may(texts),
        "trackDelivery": may(boolean),
    }
)
AGAIN = thing({"placeholders": may(texts), "trackDelivery": may(boolean)})


def seconds(span: str) -> float:
    """A span in seconds: "15m", "m" (one minute)."""
    found = re.fullmatch(r"(\d*)(ms|s|m|h|d)", span)
    return (int(found[1] or 1) if found else 1) * (SECONDS[found[2]] if found else 1.0)


def exceeded(times: list[float], rate: str) -> bool:
    """Whether one more now is more than the rate allows; counts it when it is not."""
    count, _, span = rate.partition("/")
    now = time.time()
    times[:] = [at for at in times if at > now - seconds(span)]
    if len(times) >= int(count):
        return True
    times.append(now)
    return False


def applications(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET and POST /2fa/2/applications; GET and PUT of one."""
    kept = sim.kept["applications"]
    name = match.groupdict().get("app")
    if name is not None and name not in kept:
        return legacy(404)
    if request.method == "GET":
        return ok(kept[name] if name else list(kept.values()))
    body = body_of(request)
    wrong = list(APPLICATION(body, ""))
    if wrong:
        return legacy(400, wrong)
    made = name or sim.new_id().upper()
    kept[made] = {
        "applicationId": made,
        "name": body["name"],
        "enabled": body.get("enabled", True),
        "configuration": {**DEFAULTS, **body.get("configuration", {})},
    }
    return ok(kept[made], 200 if name else 201)


def templates(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET and POST /2fa/2/applications/{appId}/messages."""
    if match["app"] not in sim.kept["applications"]:
        return legacy(404)
    kept = sim.kept["templates"]
    if request.method == "GET":
        return ok([one for one in kept.values() if one["applicationId"] == match["app"]])
    body = body_of(request)
    wrong = list(TEMPLATE(body, ""))
    if wrong:
        return legacy(400, wrong)
    made = sim.new_id().upper()
    kept[made] = {
        "messageId": made,
        "applicationId": match["app"],
        "pinPlaceholder": "{{pin}}",
        "pinLength": 4,
        "language": "en",
        **body,
    }
    return ok(kept[made])


def send(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /2fa/2/pin."""
    del match
    body = body_of(request)
    wrong = list(PIN(body, ""))
    if wrong:
        return legacy(400, wrong)
    checked = query_of(request).get("ncNeeded", ["true"])[0]
    if checked not in {"true", "false"}:
        return legacy(400, [("ncNeeded", "must be true or false")])
    application = sim.kept["applications"].get(body["applicationId"])
    template = sim.kept["templates"].get(body["messageId"])
    if application is None or template is None or template["applicationId"] != body["applicationId"]:
        return legacy(404)
    rules = application["configuration"]
    sends = sim.kept["pin-sends"]
    by_number = sends.setdefault(f"{body['applicationId']} {body['to']}", [])
    if exceeded(by_number, rules["sendPinPerPhoneNumberLimit"]) or exceeded(
        sends.setdefault(body["applicationId"], []), rules["sendPinPerApplicationLimit"]
    ):
        return legacy(429)
    letters = ALPHABETS[template["pinType"]]
    pin_id = sim.new_id().upper()
    sim.kept["pins"][pin_id] = {
        "pin": "".join(sim.random.choice(letters) for _ in range(template["pinLength"])),
        "to": body["to"],
        "application": body["applicationId"],
        "attempts": rules["pinAttempts"],
        "ends": time.time() + seconds(rules["pinTimeToLive"]),
        "tries": [],
        "verified": False,
        "number_check": checked == "true",
        "sender": body.get("from") or template.get("senderId"),
    }
    return ok(_goes(sim, pin_id, track=body.get("trackDelivery", False)))


def _goes(sim: InfobipSimulator, pin_id: str, *, track: bool) -> Item:
    pin = sim.kept["pins"][pin_id]
    to = str(pin["to"])
    known = re.fullmatch(r"[0-9]{7,15}", to) is not None and not to.endswith("0000")
    told: Item = {"pinId": pin_id, "to": to}
    if pin["number_check"]:
        told["ncStatus"] = "NC_DESTINATION_REACHABLE" if known else "NC_DESTINATION_UNKNOWN"
    told["smsStatus"] = "MESSAGE_SENT" if known else "MESSAGE_NOT_SENT"
    if known and track:
        message = Message(sim.new_id(), "sms", to, pin["sender"], time.time())
        sim.take(message)
        told["externalMessageId"] = message.id
    return told


def resend(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /2fa/2/pin/{pinId}/resend."""
    body = body_of(request)
    wrong = list(AGAIN(body, ""))
    if wrong:
        return legacy(400, wrong)
    if match["pin"] not in sim.kept["pins"]:
        return legacy(404)
    return ok(_goes(sim, match["pin"], track=body.get("trackDelivery", False)))


def verify(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """POST /2fa/2/pin/{pinId}/verify."""
    body = body_of(request)
    wrong = list(thing({"pin": must(string(1))})(body, ""))
    if wrong:
        return legacy(400, wrong)
    pin = sim.kept["pins"].get(match["pin"])
    if pin is None:
        return legacy(404)
    rules = sim.kept["applications"][pin["application"]]["configuration"]
    if exceeded(pin["tries"], rules["verifyPinLimit"]):
        return legacy(429)
    told: Item = {"pinId": match["pin"], "msisdn": pin["to"], "verified": False}
    if pin["attempts"] <= 0:
        return ok({**told, "attemptsRemaining": 0, "pinError": "NO_MORE_PIN_ATTEMPTS"})
    if pin["ends"] < time.time():
        return ok({**told, "attemptsRemaining": 0, "pinError": "TTL_EXPIRED"})
    if body["pin"] != pin["pin"] or (pin["verified"] and not rules["allowMultiplePinVerifications"]):
        pin["attempts"] -= 1
        return ok({**told, "attemptsRemaining": pin["attempts"], "pinError": "WRONG_PIN"})
    pin["verified"] = True
    return ok({**told, "verified": True, "attemptsRemaining": 0})


def verifications(sim: InfobipSimulator, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
    """GET /2fa/2/applications/{appId}/verifications."""
    if match["app"] not in sim.kept["applications"]:
        return legacy(404)
    number = query_of(request).get("msisdn", [""])[0]
    found = [
        {"msisdn": number, "verified": one["verified"]}
        for one in sim.kept["pins"].values()
        if one["to"] == number and one["application"] == match["app"]
    ]
    return ok({"verifications": found})


ROUTES = (
    ("GET", r"/2fa/2/applications", applications),
    ("POST", r"/2fa/2/applications", applications),
    ("GET", r"/2fa/2/applications/(?P<app>[^/]+)", applications),
    ("PUT", r"/2fa/2/applications/(?P<app>[^/]+)", applications),
    ("GET", r"/2fa/2/applications/(?P<app>[^/]+)/messages", templates),
    ("POST", r"/2fa/2/applications/(?P<app>[^/]+)/messages", templates),
    ("GET", r"/2fa/2/applications/(?P<app>[^/]+)/verifications", verifications),
    ("POST", r"/2fa/2/pin", send),
    ("POST", r"/2fa/2/pin/(?P<pin>[^/]+)/resend", resend),
    ("POST", r"/2fa/2/pin/(?P<pin>[^/]+)/verify", verify),
)
