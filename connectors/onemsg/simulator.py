"""
1msg's stand-in: the door of one channel.  Behind it is `simulated_channel`.

What it does beyond answering is steered by the recipient, so that a test needs no other words.  A number that ends in

    131047   has a closed window: refused at once, templates pass
    131056   gets too much: 429
    131026, 131049, 130472   is accepted, and fails by receipt, in their words
    100202   is queued: `sent: false` with a job; echo and receipts follow

and a chat whose last message (POST /_sim/fire) is older than 24 h has a closed window too.  `PUT /_sim/channel` says
the rest: {"strict_window": true} closes the window of everybody not heard of, {"strict_read": true} refuses to mark
messages not heard of as read, {"history": false} and {"statistics": false} take a method away, {"status":
"unregistered"} is what GET /status tells, {"lid": "bsuid"} is the one way in which contacts with a hidden number can
be addressed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx

from connectors.connection import Connection
from connectors.guards import same
from connectors.onemsg.account import bare_channel
from connectors.onemsg.actions import ACTIONS
from connectors.onemsg.samples import SAMPLES
from connectors.onemsg.simulated_bodies import Refusal
from connectors.onemsg.simulated_channel import CHANNEL, Channel
from connectors.provider import Stamp
from connectors.samples import encode
from connectors.simulator import Simulator, set_path


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
        self.channel = Channel(self._tell, self.random, str(self.settings.get("base_url", "")).rstrip("/"))

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        name, _, rest = request.url.path.strip("/").partition("/")
        body = _body(request)
        given = _token(request, body)
        name = bare_channel(name)
        if name != self.settings.get("channel_id") or not same(given, self.secrets.get("token", "")):
            return httpx.Response(401, json={"error": f'Wrong token "{given}" for channel "{name}"...'})
        method = self.channel.methods.get(action or "")
        if method is None:
            return httpx.Response(404, text="Not Found")
        if request.method == "POST" and body is None:
            return httpx.Response(400, json={"error": "The body must be a JSON object"})
        query = {**dict(request.url.params), "last_segment": rest.rpartition("/")[2]}
        with self.lock:
            try:
                found = method(query if body is None else body)
            except Refusal as refusal:
                found = refusal.answer
        status, told = found if isinstance(found, tuple) else (200, found)
        return httpx.Response(status, text=told) if isinstance(told, str) else httpx.Response(status, json=told)

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        sample = SAMPLES[kind]
        stamp = Stamp(id=f"{self.random.randrange(16**12):012X}", now=int(time.time()))
        document = sample.body(Connection("simulated", "onemsg", self.settings, self.secrets), stamp)
        for path, value in changes.items():
            set_path(document, path, value)
        with self.lock:
            for item in document.get("messages", []):
                self.channel.hear(item)
        for url in self._targets():
            self.callback(url, encode(document, sample))

    def forget(self) -> None:
        self.channel.forget()

    def _tell(self, document: Mapping[str, Any], delay: float) -> None:
        request = encode({"instanceId": self.settings.get("channel_id"), **document}, SAMPLES["message"])
        for url in self._targets():
            self.callback(url, request, delay=delay)

    def _targets(self) -> list[str]:
        """Those the channel was told (POST /webhook), and the one a test put in; "" keeps it in `sent` alone."""
        put = self.webhook.get("url")
        told: list[str] = self.channel.stored["webhookUrl"]
        return list(dict.fromkeys([*told, *([str(put)] if put else [])])) or [""]

    def _control(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) != ("PUT", "/_sim/channel"):
            return super()._control(request)
        given = json.loads(request.read() or b"{}")
        if not isinstance(given, dict) or not set(given) <= set(CHANNEL):
            return httpx.Response(400, json={"error": f"one of {', '.join(CHANNEL)}"})
        self.channel.state.update(given)
        return httpx.Response(200, json=self.channel.state)


def _body(request: httpx.Request) -> Mapping[str, Any] | None:
    """A JSON object, or a flat form (§1.4); GET parameters stand in the query only."""
    if request.method != "POST":
        return None
    content = request.read()
    if "form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _token(request: httpx.Request, body: Mapping[str, Any] | None) -> str:
    """A token in the query or the body wins over the header (§1.3)."""
    header = request.headers.get("authorization", "")
    return str(request.url.params.get("token") or (body or {}).get("token") or header.removeprefix("Bearer ") or "")
