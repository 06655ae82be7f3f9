"""
ClickSend's stand-in: as strict as the provider's page, in its words, with its callbacks.

What becomes of a message, by the last three digits of its number:

    …301   fails for good (receipt 301, "Absent subscriber")      …302   fails for now and no more is heard
    …300   fails for now (300), then arrives (201)                …200   stays handed over (200)
    others arrive (201); the free test numbers give no receipt

Pushes go to the URLs of its automation rules; while there is none of a kind, to the URL of PUT /_sim/webhook.  That
call, or the settings it is made with, also says what it is like: {"balance": "2.50", "countries": ["AU"],
"duplicate_seconds": 0, "account_calls": 20, "drift": true (the types of other days)}.  The usernames nocredit,
notactive and banned have their account's trouble.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from connectors import samples as samples_of
from connectors.clicksend.actions import ACTIONS
from connectors.clicksend.samples import SAMPLES
from connectors.clicksend.standin import rules, sending
from connectors.clicksend.standin.deeds import DEEDS
from connectors.clicksend.standin.memory import SUBACCOUNT, USER, Asked, Memory, Refused, Row, Told
from connectors.connection import Connection
from connectors.guards import HookRequest, same
from connectors.provider import Sample, Stamp
from connectors.simulator import Simulator, set_path

USERNAME = "ferry-simulator"
API_KEY = "SIMULATED-0000-0000-0000-CLICKSENDKEY"
RECEIPTS: dict[int, tuple[str, str, Any, Any]] = {  # status_code → status, status_text, error_code, error_text
    200: ("Sent", "Success: Message queued for delivery.", "", ""),
    201: ("Delivered", "Success: Message received on handset.", "", ""),
    300: ("Undelivered", "Temporary delivery failure", 16, "Temporary network error"),
    301: ("Undelivered", "Delivery failure", 12, "Absent subscriber"),
    302: ("Undelivered", "Temporary routing failure", 18, "Routing error"),
}
UNAUTHORIZED = Told(None, "Authorization failed.", "UNAUTHORIZED", 401)
LIMITED = Told(None, "Too many attempts.", "HTTP_TOO_MANY_REQUESTS", 429)
WINDOW_SECONDS = 60
SAMPLED = frozenset({"test-receipt-push", "test-inbound-push"})


def simulated(base_url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings and secrets the stand-in takes by default."""
    return {"username": USERNAME, "base_url": base_url}, {"api_key": API_KEY}


class ClickSendSimulator(Simulator):
    """See the module."""

    provider = "clicksend"

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        post: Callable[[httpx.Request], httpx.Response] | None = None,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(ACTIONS, settings=settings, secrets=secrets, post=post)
        self.memory = Memory(option=self._option, receipt=self._receipt, api_key=str(secrets.get("api_key", "")))
        if clock is not None:
            self.memory.clock = clock

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        """In ClickSend's words: who is asking, is there such a thing, is it well asked."""
        with self.lock:
            limited = self._limited(action)
            told = limited or self._told(request, action)
        headers = {"access-control-allow-origin": "*"}
        if action == "get-account":
            left = int(self._option("account_calls", 20)) - len(self.memory.asked_account)
            headers |= {"x-ratelimit-remaining": str(max(0, left)), "ratelimit-reset": str(WINDOW_SECONDS)}
        if told.status == 429:
            headers["retry-after"] = str(WINDOW_SECONDS)
        return httpx.Response(told.status, headers=headers, json=told.envelope())

    def _told(self, request: httpx.Request, action: str | None) -> Told:
        if not self._known(request):
            return UNAUTHORIZED
        if action is None:
            path = unquote(request.url.path)
            if any(pattern.fullmatch(path) for _, pattern, _ in self._routes):
                return Told(None, "Method not allowed.", "METHOD_NOT_FOUND", 405)
            return Told(None, "Resource not found.", "NOT_FOUND", 404)
        sending.release(self.memory)
        try:
            asked = self._asked(request, action)
            told = DEEDS[action](self.memory, asked)
        except Refused as problem:
            return problem.told
        if action in SAMPLED:
            self._try_out(asked, told)
        return told

    def _try_out(self, asked: Asked, told: Told) -> None:
        """A test push goes to the URL it was asked for, in the encoding it was asked in."""
        encoding = rules.ENCODINGS[asked.body.get("webhook_type", "post")]
        document = {name: "" if value is None else value for name, value in told.data.items()}
        self.callback(str(asked.body["url"]), samples_of.encode(document, Sample("", lambda *_: {}, "", encoding)))

    def _known(self, request: httpx.Request) -> bool:
        expected = f"{self.settings.get('username', '')}:{self.secrets.get('api_key', '')}".encode()
        given = request.headers.get("authorization", "")
        return same(given, f"Basic {base64.b64encode(expected).decode()}")

    def _asked(self, request: httpx.Request, action: str) -> Asked:
        names = [one.partition("}")[0] for one in self.actions[action].path.split("{")[1:]]
        asked, drawn = unquote(request.url.path).split("/"), self.actions[action].path.split("/")
        values = [given for given, place in zip(asked, drawn, strict=True) if place.startswith("{")]
        content = request.read()
        body: Any = None
        if content:
            if not request.headers.get("content-type", "").startswith("application/json"):
                raise Refused(Told(None, "Invalid input.", "BAD_REQUEST", 400))
            try:
                body = json.loads(content)
            except ValueError:
                raise Refused(Told(None, "Syntax error", "BAD_REQUEST", 400)) from None
        query = dict(parse_qsl(request.url.query.decode("latin-1"), keep_blank_values=True))
        return Asked(dict(zip(names, values, strict=True)), query, body)

    def _limited(self, action: str | None) -> Told | None:
        """20 calls a minute for the account, whoever asks (page 2.7)."""
        if action != "get-account":
            return None
        now, asked = self.memory.clock(), self.memory.asked_account
        asked[:] = [one for one in asked if one > now - WINDOW_SECONDS]
        if len(asked) >= int(self._option("account_calls", 20)):
            return LIMITED
        asked.append(now)
        return None

    def _option(self, name: str, default: Any) -> Any:
        return self.webhook.get(name, self.settings.get(name, default))

    # What it pushes ---------------------------------------------------------------------------------------------

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        """One push of that kind; a text answers the last message that went to its sender."""
        sample = SAMPLES[kind]
        connection = Connection("simulator", self.provider, self.settings, self.secrets)
        stamp = Stamp(id=f"{self.random.getrandbits(64):016x}", now=self.memory.now)
        document = sample.body(connection, stamp)
        for path, value in changes.items():
            set_path(document, path, value)
        with self.lock:
            if sample.hook == "inbound":
                self._text(document, sample, changes)
            else:
                self._push_receipt(document, sample)

    def _text(self, document: Row, sample: Sample, changes: Mapping[str, Any]) -> None:
        sent = [one for one in self.memory.messages if one["to"] == document.get("from")]
        if sent and document.get("original_message_id") and "original_message_id" not in changes:
            last = sent[-1]
            answered = {
                "original_message_id": last["message_id"],
                "originalmessageid": last["message_id"],
                "original_body": last["body"],
                "originalmessage": last["body"],
                "custom_string": last["custom_string"],
                "customstring": last["custom_string"],
            }
            document.update({name: value for name, value in answered.items() if name in document})
        self.memory.heard(document)
        fired = list(rules.for_text(self.memory, document))
        for rule in fired:
            if rule["action"] == "POLL":
                self.memory.inbound.append({**document, "read": False})
        self._carry([one["action_address"] for one in fired if one["action"] == "URL"], document, sample)

    def _receipt(self, row: Row, code: int) -> None:
        status, text, error, error_text = RECEIPTS[code]
        row |= {"status_code": str(code), "status_text": text, "error_code": error or None}
        row |= {"error_text": error_text or None, "status": "Failed" if code == 301 else "Sent"}
        document = {
            "message_id": row["message_id"],
            "messageid": row["message_id"],
            "status": status,
            "status_code": code,
            "status_text": text,
            "error_code": error,
            "error_text": error_text,
            "timestamp_send": row["date"],
            "timestamp": self.memory.now,
            "custom_string": row["custom_string"] or "",
            "customstring": row["custom_string"] or "",
            "user_id": USER,
            "subaccount_id": SUBACCOUNT,
            "message_type": row["message_type"],
        }
        if row["message_type"] == "voice":
            document["digits"] = row.get("digits") or ""
        sample = SAMPLES["receipt-voice" if row["message_type"] == "voice" else "receipt-delivered"]
        self._push_receipt(document, sample)

    def _push_receipt(self, document: Row, sample: Sample) -> None:
        channel = str(document.get("message_type") or "sms")
        failed = str(document.get("status_code")) == "301"
        fired = list(rules.for_receipt(self.memory, "sms" if channel == "mms" else channel, failed=failed))
        if any(one["action"] == "POLL" for one in fired):
            self.memory.receipts.append({**document, "read": False})
        self._carry([one["action_address"] for one in fired if one["action"] == "URL"], document, sample)

    def _carry(self, addresses: list[str], document: Row, sample: Sample) -> None:
        request = samples_of.encode(document, sample)
        for address in addresses:
            self.callback(address, HookRequest(request.method, "", request.query, request.headers, request.body))
        if not addresses:
            self.callback(str(self.webhook.get("url") or ""), request)

    def forget(self) -> None:
        """Forgets messages, receipts and the money spent; rules, templates and lists stay."""
        self.memory.forget()
