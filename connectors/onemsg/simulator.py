"""
1msg's stand-in: one channel with its history, templates, media and webhooks.

What it does beyond answering is steered by the recipient, so that a test needs no other words.  A number that ends in

    131047   has a closed window: refused at once, templates pass
    131056   gets too much: 429
    131026, 131049, 130472   is accepted, and fails by receipt, in their words
    100202   is queued: `sent: false` with a job; echo and receipts follow

and a chat whose last message (POST /_sim/fire) is older than 24 h has a closed window too.  `PUT /_sim/channel` says
the rest: {"strict_window": true} closes the window of everybody not heard of, {"history": false} and
{"statistics": false} take a method away, {"status": "unregistered"} is what GET /status tells.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors.connection import Connection
from connectors.onemsg import simulated_bodies as bodies
from connectors.onemsg.account import bare_channel
from connectors.onemsg.actions import ACTIONS
from connectors.onemsg.replies import urls
from connectors.onemsg.samples import SAMPLES, acked, echoed
from connectors.onemsg.simulated_bodies import Refusal
from connectors.provider import Stamp
from connectors.samples import encode
from connectors.simulator import Simulator, set_path

DAY = 24 * 3600
FAILURES = {
    "131026": "Message undeliverable",
    "131049": "This message was not delivered to maintain healthy ecosystem engagement.",
    "130472": "User's number is part of an experiment",
}
CLOSED, PAIR, QUEUED = "131047", "131056", "100202"
CHANNEL = {"strict_window": False, "history": True, "statistics": True, "status": "connected"}


class OneMsg(Simulator):
    """See the module."""

    provider = "onemsg"
    prefix = "/{channel}"

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        post: Callable[[httpx.Request], httpx.Response] | None = None,
        *,
        seed: int = 0,
    ) -> None:
        super().__init__(ACTIONS, settings=settings, secrets=secrets, post=post, seed=seed)
        self.channel: dict[str, Any] = dict(CHANNEL)
        self.stored: dict[str, Any] = {"webhookUrl": [], **bodies.SWITCHES}
        self.profile: dict[str, Any] = dict(bodies.PROFILE)
        self.templates = bodies.templates()
        self.media: dict[str, dict[str, Any]] = {}
        self.history: list[dict[str, Any]] = []
        self.heard: dict[str, float] = {}  # chat: Unix seconds of the customer's last message
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.made = 0
        self._handlers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "send-message": self._message,
            "send-reaction": self._reaction,
            "mark-message-as-read": self._read,
            "get-channel-status": self._status,
            "get-webhook": self._get_webhook,
            "set-webhook": self._set_webhook,
            "get-settings": self._get_settings,
            "update-settings": self._set_settings,
        }

    # Answering --------------------------------------------------------------------------------------------------

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        segments = request.url.path.strip("/").split("/")
        channel = bare_channel(segments[0])
        body = _body(request)
        given = _token(request, body)
        if channel != self.settings.get("channel_id") or given != self.secrets.get("token"):
            return httpx.Response(401, json={"error": f'Wrong token "{given}" for channel "{channel}"...'})
        handler = self._handlers.get(action or "")
        if handler is None:
            return httpx.Response(404, text="Not Found")
        query = dict(request.url.params)
        query.pop("token", None)
        if segments[2:]:
            query["id"] = segments[2]
        if request.method == "POST" and body is None:
            return httpx.Response(400, json={"error": "Body must be a JSON object"})
        with self.lock:
            try:
                found = handler(query if body is None else body)
            except Refusal as refusal:
                found = (refusal.status, refusal.body)
        status, told = found if isinstance(found, tuple) else (200, found)
        return httpx.Response(status, text=told) if isinstance(told, str) else httpx.Response(status, json=told)

    def _send(self, body: Mapping[str, Any], kind: str, said: Mapping[str, Any], *, template: bool = False) -> Any:
        chat = bodies.recipient(body)
        digits = chat.partition("@")[0]
        bodies.quotable(body)
        if digits.endswith(PAIR):
            return 429, {"error": {"code": int(PAIR), "message": "(Business, consumer) pair rate limit hit"}}
        if not template and not self._is_open(chat):
            return {"sent": False, "message": "Dialog window is closed"}
        self.made += 1
        message_id = f"wamid.SIM{self.made:06d}{self.random.randrange(16**6):06X}=="
        stamp = Stamp(id="", now=int(time.time()), contact=digits)
        item = echoed(stamp, id=message_id, type=kind, chatId=chat, author=chat)
        item.update(said, quotedMsgId=body.get("quotedMsgId"))
        self._keep(item)
        self._report(item, chat, digits)
        if digits.endswith(QUEUED):
            return {"sent": False, "jobId": f"job-{self.made:06d}", "message": "queued"}
        told = f"Sent to {chat}"
        return {"sent": True, "id": message_id, "message": told, "description": "Message has been sent to the provider"}

    def _is_open(self, chat: str) -> bool:
        if chat.partition("@")[0].endswith(CLOSED):
            return False
        last = self.heard.get(chat)
        return not self.channel["strict_window"] if last is None else time.time() - last < DAY

    def _keep(self, item: dict[str, Any]) -> None:
        self.history.append({"messageNumber": len(self.history) + 1, "metadata": {}, **item})

    def _report(self, item: Mapping[str, Any], chat: str, digits: str) -> None:
        """The echo, then the receipts, in the order a healthy channel has them."""
        self._tell({"messages": [dict(item)]}, 0.02)
        failure = FAILURES.get(digits[-6:])
        states = ("sent", "failed") if failure else ("sent", "delivered", "viewed")
        seen = self.statuses.setdefault(str(item["id"]), [])
        for position, state in enumerate(states, start=1):
            word = "read" if state == "viewed" else state
            seen.append(
                {
                    "id": item["id"],
                    "type": "message",
                    "status": word,
                    "timestamp": str(item["time"] + position),
                    "recipient_id": digits,
                    "pricing": None,
                    "conversation": None,
                }
            )
            if not self.stored["ackNotificationsOn"]:
                continue
            stamp = Stamp(id="", now=int(time.time()), contact=digits)
            why = {"error": failure} if state == "failed" else {}
            self._tell({"ack": [acked(stamp, state, id=item["id"], chatId=chat, **why)]}, 0.02 + 0.03 * position)
            if self.stored["rawHooks"]:
                self._tell({"statuses": [seen[-1]]}, 0.02 + 0.03 * position)

    def _tell(self, document: Mapping[str, Any], delay: float) -> None:
        request = encode({"instanceId": self.settings.get("channel_id"), **document}, SAMPLES["message"])
        for url in self._targets():
            self.callback(url, request, delay=delay)

    def _targets(self) -> list[str]:
        """Those the channel was told (POST /webhook), and the one a test put in; "" keeps it in `sent` alone."""
        put = self.webhook.get("url")
        return list(dict.fromkeys([*self.stored["webhookUrl"], *([str(put)] if put else [])])) or [""]

    # Steering ---------------------------------------------------------------------------------------------------

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        sample = SAMPLES[kind]
        stamp = Stamp(id=f"{self.random.randrange(16**12):012X}", now=int(time.time()))
        document = sample.body(Connection("simulated", "onemsg", self.settings, self.secrets), stamp)
        for path, value in changes.items():
            set_path(document, path, value)
        with self.lock:
            for item in document.get("messages", []):
                if isinstance(item, dict) and "chatId" in item:
                    self._keep(item)
                    if not item.get("fromMe"):
                        self.heard[item["chatId"]] = float(item.get("time") or 0)
        for url in self._targets():
            self.callback(url, encode(document, sample))

    def forget(self) -> None:
        self.history.clear()
        self.heard.clear()
        self.statuses.clear()
        self.media.clear()
        self.channel = dict(CHANNEL)

    def _control(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) != ("PUT", "/_sim/channel"):
            return super()._control(request)
        given = json.loads(request.read() or b"{}")
        if not set(given) <= set(CHANNEL):
            return httpx.Response(400, json={"error": f"one of {', '.join(CHANNEL)}"})
        self.channel.update(given)
        return httpx.Response(200, json=self.channel)

    # One for each method ----------------------------------------------------------------------------------------

    def _message(self, body: Mapping[str, Any]) -> Any:
        return self._send(body, "chat", {"body": bodies.text(body, 4096)})

    def _reaction(self, body: Mapping[str, Any]) -> Any:
        if not isinstance(body.get("quotedMsgId"), str) or not isinstance(body.get("body"), str):
            return {"sent": False, "message": "quotedMsgId and body are required"}
        return self._send(body, "reaction", {"body": body["body"]})

    def _read(self, body: Mapping[str, Any]) -> Any:
        message_id = body.get("messageId") or body.get("msgId")
        if not isinstance(message_id, str):
            return 400, {"error": "messageId is required"}
        if any(one["id"] == message_id and one["fromMe"] for one in self.history):
            return 400, {"error": {"code": 100, "message": "Invalid parameter"}}
        return {"result": "success"}

    def _status(self, query: Mapping[str, Any]) -> Any:
        del query
        told = {"isCloud": True, "accountStatus": "authenticated", "mm_lite_available": False}
        return {**told, "status": self.channel["status"]}

    def _get_webhook(self, query: Mapping[str, Any]) -> Any:
        del query
        return {"webhookUrl": self.stored["webhookUrl"], "webhookStatuses": []}

    def _set_webhook(self, body: Mapping[str, Any]) -> Any:
        wanted = urls(body.get("webhookUrl"))
        if not wanted:
            return 400, {"error": "webhookUrl is required"}
        if len(wanted) > 5:
            return 400, {"error": "No more than 5 webhook URLs"}
        changed = wanted != self.stored["webhookUrl"]
        self.stored["webhookUrl"] = wanted
        return {"set": changed, "message": wanted[0] if len(wanted) == 1 else wanted}

    def _get_settings(self, query: Mapping[str, Any]) -> Any:
        del query
        return self.stored

    def _set_settings(self, body: Mapping[str, Any]) -> Any:
        update = {name: body[name] for name in self.stored if name in body}
        for name, value in update.items():
            self.stored[name] = urls(value) if name == "webhookUrl" else bool(value)
        return {**self.stored, "update": update}


def _body(request: httpx.Request) -> Mapping[str, Any] | None:
    """A JSON object, or a flat form (§1.4); GET parameters stand in the query only."""
    if request.method != "POST":
        return None
    try:
        found = json.loads(request.read())
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _token(request: httpx.Request, body: Mapping[str, Any] | None) -> str:
    """A token in the query or the body wins over the header (§1.3)."""
    header = request.headers.get("authorization", "")
    return str(request.url.params.get("token") or (body or {}).get("token") or header.removeprefix("Bearer ") or "")
