"""The stand-in itself: who may ask, where it goes, what is remembered, and how reports are pushed or queued."""

from __future__ import annotations

import base64
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import httpx

from connectors.connection import Connection
from connectors.guards import HookRequest
from connectors.infobip import access
from connectors.infobip.actions import ACTIONS
from connectors.infobip.guard import sign
from connectors.infobip.samples import SAMPLES
from connectors.infobip.simulator import account, email, history, memory, mms, sms, tfa, voice, whatsapp
from connectors.infobip.simulator.memory import Item, Message
from connectors.infobip.simulator.words import STATUSES, error, refuse, status
from connectors.provider import Stamp
from connectors.samples import encode
from connectors.simulator import Simulator, set_path

BATCH = 100  # items in one push
SECONDS_KEPT = 48 * 3600.0  # of reports and logs
MAGIC = re.compile(r"4477009009(\d\d)")

ROUTES = (
    *(*sms.ROUTES, *email.ROUTES, *tfa.ROUTES, *voice.ROUTES, *whatsapp.ROUTES, *mms.ROUTES),
    *(*history.ROUTES, *account.ROUTES),
)

# Calls that an action makes under another path, when a setting or an option says so.
OTHER_PATHS = {
    ("POST", "/sms/2/text/advanced"): "send-sms-message",
    ("POST", "/sms/2/binary/advanced"): "send-sms-message",
    ("POST", "/email/4/messages"): "send-email",
    ("POST", "/tts/3/single"): "send-voice-message-tts",
}

CANCELS = {
    "update-scheduled-sms-messages-status": "cancel-scheduled-sms-messages",
    "update-scheduled-emails-status": "cancel-scheduled-emails",
}

# What the stand-in accepts beside the api_key it was made with.
USER = {"username": "ferry-user", "password": "simulated-password-1"}
CLIENT = {"client_id": "ferry-client", "client_secret": "simulated-client-secret-1"}


class InfobipSimulator(Simulator):
    """
    Beside the base's `_sim` calls, PUT /_sim/webhook knows

        url           where inbound messages are pushed, and the reports of messages that name no URL
        settings, secrets   of our connection, to sign pushes with (webhook_username, webhook_hmac_key, …)
        reports       "push" (default, where there is a URL) or "queue": for the report calls, each handed out once
        seen          true: users read every WhatsApp message
        window        true: a free-form WhatsApp message to whom has not written for 24 hours fails with 7010
        flooding      {"different": 20, "identical": 6} an hour and number: the flooding filter, off by default

    A recipient 4477009009NN meets status NN of the page: refused at once when it is REJECTED, else in the report.
    """

    provider = "infobip"

    def __init__(
        self,
        actions: Mapping[str, Any] = ACTIONS,
        *,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        post: Callable[[httpx.Request], httpx.Response] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(actions, settings=settings, secrets={**USER, **CLIENT, **secrets}, post=post, seed=seed)
        self.tokens: dict[str, float] = {}  # "Bearer …" or "IBSSO …": when it ends, Unix seconds
        self._table = [(method, re.compile(pattern), handler) for method, pattern, handler in ROUTES]
        self._outbox: dict[str, list[Item]] = {}
        self.forget()

    def forget(self) -> None:
        self.messages: dict[str, Message] = {}
        self.queues: dict[str, deque[tuple[float, Item]]] = defaultdict(deque)
        self.bulks: dict[str, Item] = {}
        self.wrote: dict[str, float] = {}  # WhatsApp user: when they last wrote
        self.read: list[tuple[str, str]] = []  # (sender, message id) marked as read
        self.texts: dict[str, list[tuple[float, str]]] = defaultdict(list)  # number: what it was sent, and when
        self.kept: dict[str, dict[str, Any]] = defaultdict(dict)  # whatever an area keeps, by its name
        self.counter = 0

    # Who may ask, and where it goes -----------------------------------------------------------------------------

    def allowed(self, request: httpx.Request) -> bool:
        """Whether the credentials are ours: the key, the user, or a token we gave that still lives."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme == "App":
            return bool(given) and given == self.secrets.get("api_key")
        if scheme == "Basic":
            pair = f"{self.secrets['username']}:{self.secrets['password']}"
            return bool(given == base64.b64encode(pair.encode()).decode())
        return self.tokens.get(f"{scheme} {given}", 0.0) > time.time()

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        """Infobip's answer; what it pushes leaves together afterwards."""
        del action
        request.read()
        path = unquote(request.url.path)
        with self.lock:
            if path in {access.TOKEN_PATH, access.SESSION_PATH}:
                return account.token(self, request)
            if not self.allowed(request):
                return refuse(path, 401)
            self.settle()
            found = self._found(request, path)
            self.flush()
            return found

    def _found(self, request: httpx.Request, path: str) -> httpx.Response:
        for method, pattern, handler in self._table:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                return handler(self, request, match)
        return refuse(path, 404)

    def action_of(self, request: httpx.Request) -> str | None:
        found = super().action_of(request) or OTHER_PATHS.get((request.method, unquote(request.url.path)))
        if found in CANCELS and b'"CANCELED"' in request.read():
            return CANCELS[found]  # the same call, with its one word said for the caller
        return found

    def _control(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.settle()
            self.flush()
        return super()._control(request)

    # Messages ---------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """An id of Infobip's making."""
        self.counter += 1
        return f"{self.counter:06d}{self.random.getrandbits(64):016x}"

    def take(self, message: Message, *, accepted: int = 26, refused: int | None = None) -> Item:
        """
        Takes a message in, unless its id was used before, its recipient is refused, or `refused` (a status) says so.

        gives: the status object of the answer
        """
        fate = MAGIC.fullmatch(message.to)
        number = int(fate.group(1)) if fate else None
        if refused is None and message.id in self.messages:
            refused = 23
        if refused is None and number in STATUSES and STATUSES[number][0] == 5:
            refused = number
        if refused is not None:
            return status(refused)
        self.messages[message.id] = message
        message.status, message.error = status(accepted), error()
        if message.due is None:
            self.finish(message)
        return status(accepted)

    def settle(self) -> None:
        """Finishes the scheduled messages whose time has come, and lets old reports go."""
        now = time.time()
        for message in [one for one in self.messages.values() if one.due is not None and one.due <= now]:
            if self.bulks.get(message.bulk or "", {}).get("status", "PENDING") == "PENDING":
                message.due = None
                self.finish(message)
        for queue in self.queues.values():
            while queue and queue[0][0] < now - SECONDS_KEPT:
                queue.popleft()

    def finish(self, message: Message, failure: int | None = None) -> None:
        """The message meets its end: delivered, or what its recipient or `failure` (an error's id) says."""
        fate = MAGIC.fullmatch(message.to)
        number = int(fate.group(1)) if fate else None
        message.done = time.time()
        ends = memory.ending(message.channel, number, failure)
        if message.intermediate and ends[0] == 5:
            message.status, message.error = status(2), error()
            self.report(message)
        message.status, message.error = status(ends[0]), error(ends[1])
        self.report(message)

    # Reports ----------------------------------------------------------------------------------------------------

    def report(self, message: Message) -> None:
        """One report: to the URL the message named, else to the account's, else to the queue of its channel."""
        if message.notify:
            self.tell(message.channel, message.url, memory.REPORTS[message.channel](message))

    def tell(self, channel: str, url: str | None, item: Item) -> None:
        """Puts an item where it goes; those of one call to one URL go together."""
        target = url or self.target(channel)
        if target:
            self._outbox.setdefault(target, []).append(item)
        else:
            self.queues[channel].append((time.time(), item))

    def target(self, channel: str) -> str:
        """Where a channel's news go: its subscription's URL, else the account's; "" where they are to be fetched."""
        if self.webhook.get("reports", "push") != "push":
            return ""
        name = {"voice": "VOICE_VIDEO", "lookup": "NUMBER_LOOKUP"}.get(channel, channel.upper())
        for key, told in self.kept["subscriptions"].items():
            if key.startswith(f"{name} "):
                return str(told["profile"]["webhook"]["notifyUrl"])
        return str(self.webhook.get("url") or "")

    def flush(self) -> None:
        """Pushes what waits, up to a hundred items a request."""
        for url, found in self._outbox.items():
            for start in range(0, len(found), BATCH):
                self.push(url, {"results": found[start : start + BATCH]})
        self._outbox.clear()

    def push(self, url: str, document: Mapping[str, Any]) -> None:
        """One POST to our webhook, signed as our connection asks."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        self.out(url, HookRequest("POST", "", "", {"content-type": "application/json"}, body))

    def out(self, url: str, request: HookRequest) -> None:
        """The request with what the URL's subscription adds, or what we were told to add."""
        found = [one["profile"] for one in self.kept["subscriptions"].values()]
        profile = next((one for one in found if one["webhook"]["notifyUrl"] == url), None)
        signer = self.connection() if profile is None else account.subscriber(self.connection(), profile)
        self.callback(url, replace(sign(signer, request), hook=""))

    def connection(self) -> Connection:
        """Our connection as the pushes see it."""
        settings = {**self.settings, **dict(self.webhook.get("settings") or {})}
        secrets = {**self.secrets, **dict(self.webhook.get("secrets") or {})}
        return Connection("simulated", self.provider, settings, secrets, self.webhook.get("url"))

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        sample = SAMPLES[kind]
        with self.lock:
            document = sample.body(self.connection(), Stamp(self.new_id(), int(time.time())))
            for path, value in changes.items():
                set_path(document, path, value)
            for item in document.get("results", ()):
                if isinstance(item.get("message"), dict):
                    self.wrote[str(item.get("from"))] = time.time()
            url = self.target(sample.hook or kind.partition("-")[0])
            if kind in {"sms", "mms"} and not url and self.webhook.get("reports") == "queue":
                self.queues[f"{kind}-inbox"].extend((time.time(), item) for item in document["results"])
                return
            self.out(url, encode(document, sample))


def stand_in(
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    post: Callable[[httpx.Request], httpx.Response] | None = None,
) -> InfobipSimulator:
    """The Provider's `simulator`."""
    return InfobipSimulator(settings=settings, secrets=secrets, post=post)
