"""
The base of every provider's stand-in: a plain callable `httpx.Request -> httpx.Response` with a memory.

A test uses it through `httpx.MockTransport(simulator)`; `ferry dev` serves it over HTTP (web/simulators.py).  A
provider's subclass checks credentials and bodies as strictly as the provider does, answers in its words and calls
`self.callback(...)` for what the real one would push.

Beside the provider's own API every simulator has

    GET    /_sim/requests?action=K&after=N&limit=L   {"items": [Record…]}: what was asked, in order
    POST   /_sim/behaviour   {"action"?, "status"?, "body"?, "headers"?, "delay"?: seconds, "drop"?: "before"|"after",
                              "times"?: int, "callbacks"?: {"duplicate"?: int, "shuffle"?: bool, "delay"?: seconds,
                              "none"?: bool}}   misbehave for the next `times` calls (without it: until forgotten)
                             of the action (without: of all)
    POST   /_sim/fire        {"kind": a sample's name, "set"?: {"a.b": value}} fires the callback as the real one would
    PUT    /_sim/webhook     {"url": where callbacks go, …the provider's own words, e.g. secrets to sign with}
    GET    /_sim/files/…     the files of samples, of the kind their names end in; as from a storage, to anybody
    DELETE /_sim             forget requests, behaviours, and what the provider remembers of messages

"before" drops the connection without acting, "after" acts (and fires callbacks) and then drops it.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from connectors.action import Action
from connectors.guards import HookRequest

KEPT = 100_000  # requests remembered
SECRET_HEADERS = frozenset({"authorization", "cookie"})
SECRET_QUERY = frozenset({"token", "access_token", "client_secret", "appsecret_proof"})
FILES = {
    # ending: media type, a file that begins as one
    "jpg": ("image/jpeg", b"\xff\xd8\xff\xe0 simulated"),
    "mp4": ("video/mp4", b"\x00\x00\x00\x18ftypmp42 simulated"),
    "webp": ("image/webp", b"RIFF\x00\x00\x00\x00WEBP simulated"),
    "ogg": ("audio/ogg", b"OggS simulated OpusHead"),
    "pdf": ("application/pdf", b"%PDF-1.7 simulated"),
}
ATTEMPTS = 6  # of a callback, 0.2 s apart and doubling: the receiver may be restarting


@dataclass(slots=True)
class Behaviour:
    """How to misbehave, as told by POST /_sim/behaviour."""

    action: str | None = None
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: str | None = None
    times: int | None = None
    callbacks: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Record:
    """One request as it was asked, without its credentials."""

    n: int
    at: float
    method: str
    path: str
    query: dict[str, str]
    action: str | None
    body: Any
    status: int | None = None
    answer: Any = None
    dropped: bool = False


class Simulator:
    """See the module.  Subclasses set `actions` and `prefix`, and write `answer`."""

    provider = ""
    prefix = ""  # what stands before an action's path on the wire; "{x}" matches one segment

    def __init__(
        self,
        actions: Mapping[str, Action],
        *,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        post: Callable[[httpx.Request], httpx.Response] | None = None,
        seed: int = 0,
    ) -> None:
        """`post` carries callbacks out; None keeps them in `self.sent` for a test to look at."""
        self.actions = actions
        self.settings = dict(settings)
        self.secrets = dict(secrets)
        self.webhook: dict[str, Any] = {}
        self.sent: list[HookRequest] = []
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self._post = post
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._count = 0
        self._behaviours: list[Behaviour] = []
        self._current = threading.local()
        self._queue: list[tuple[float, int, httpx.Request]] = []
        self._wake = threading.Condition()
        self._sender: threading.Thread | None = None
        self._routes = [
            (action.method, re.compile(_pattern(self.prefix + action.path)), key) for key, action in actions.items()
        ]

    # What a subclass writes -------------------------------------------------------------------------------------

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        """The provider's answer; `action` is the key whose method and path match, or None."""
        raise NotImplementedError

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        """Fires the callback called `kind`, one of the provider's samples."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forgets what the provider remembers of messages; the base forgets the rest."""

    # The callable -----------------------------------------------------------------------------------------------

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers; raises an httpx transport error where the connection is dropped."""
        if request.url.path.startswith("/_sim"):
            return self._control(request)
        action = self.action_of(request)
        record = self._record(request, action)
        behaviour = self._behaviour(action)
        self._current.behaviour = behaviour
        try:
            if behaviour is None:
                response = self.answer(request, action)
            else:
                response = self._misbehave(behaviour, request, action)
        except httpx.TransportError:
            record.dropped = True
            raise
        record.status = response.status_code
        record.answer = _readable(response.content, response.headers.get("content-type", ""))
        return response

    def action_of(self, request: httpx.Request) -> str | None:
        """The key of the action whose method and path this request has."""
        path = unquote(request.url.path)
        for method, pattern, key in self._routes:
            if method == request.method and pattern.fullmatch(path):
                return key
        return None

    def _misbehave(self, behaviour: Behaviour, request: httpx.Request, action: str | None) -> httpx.Response:
        if behaviour.delay:
            time.sleep(behaviour.delay)
        if behaviour.drop == "before":
            told = "dropped before acting"
            raise httpx.RemoteProtocolError(told, request=request)
        if behaviour.status is not None:
            if isinstance(behaviour.body, str):
                return httpx.Response(behaviour.status, headers=behaviour.headers, text=behaviour.body)
            return httpx.Response(behaviour.status, headers=behaviour.headers, json=behaviour.body)
        response = self.answer(request, action)
        if behaviour.drop == "after":
            told = "dropped after acting"
            raise httpx.RemoteProtocolError(told, request=request)
        return response

    def _behaviour(self, action: str | None) -> Behaviour | None:
        with self.lock:
            for behaviour in self._behaviours:
                if behaviour.action not in (None, action):
                    continue
                if behaviour.times is not None:
                    behaviour.times -= 1
                    if behaviour.times <= 0:
                        self._behaviours.remove(behaviour)
                return behaviour
        return None

    def _record(self, request: httpx.Request, action: str | None) -> Record:
        query = {k: ("…" if k in SECRET_QUERY else v) for k, v in parse_qsl(request.url.query.decode("latin-1"))}
        body = _readable(request.read(), request.headers.get("content-type", ""))
        with self.lock:
            self._count += 1
            record = Record(self._count, time.time(), request.method, unquote(request.url.path), query, action, body)
            self._records.append(record)
        return record

    # Asking and telling the stand-in ----------------------------------------------------------------------------

    def _control(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path, request.method
        given = json.loads(request.read() or b"{}")
        if (method, path) == ("GET", "/_sim/requests"):
            query = dict(parse_qsl(request.url.query.decode("latin-1")))
            found = self.requests(query.get("action"), int(query.get("after", 0)), int(query.get("limit", KEPT)))
            return httpx.Response(200, json={"items": found})
        if method == "GET" and path.startswith("/_sim/files/"):
            kind, content = FILES.get(path.rpartition(".")[2].lower(), FILES["jpg"])
            return httpx.Response(200, headers={"content-type": kind}, content=content)
        if (method, path) == ("POST", "/_sim/behaviour"):
            try:
                self.behave(**given)
            except TypeError as problem:
                return httpx.Response(400, json={"error": str(problem)})
            return httpx.Response(200, json={"ok": True})
        if (method, path) == ("PUT", "/_sim/webhook"):
            self.webhook = dict(given)
            return httpx.Response(200, json={"ok": True})
        if (method, path) == ("POST", "/_sim/fire"):
            try:
                self.fire(str(given.get("kind", "")), given.get("set") or {})
            except KeyError:
                return httpx.Response(404, json={"error": f"no callback is called {given.get('kind')!r}"})
            return httpx.Response(200, json={"ok": True})
        if (method, path) == ("DELETE", "/_sim"):
            with self.lock:
                self._records.clear()
                self._behaviours.clear()
                self.sent.clear()
                self.forget()
            return httpx.Response(200, json={"ok": True})
        return httpx.Response(404, json={"error": f"no {method} {path} here"})

    def behave(self, **words: Any) -> None:
        """The same as POST /_sim/behaviour."""
        with self.lock:
            self._behaviours.append(Behaviour(**words))

    def requests(self, action: str | None = None, after: int = 0, limit: int = KEPT) -> list[dict[str, Any]]:
        """What was asked, oldest first: n, at, method, path, query, action, body, status, answer, dropped."""
        with self.lock:
            found = [one for one in self._records if one.n > after and action in (None, one.action)]
        return [{name: getattr(one, name) for name in Record.__slots__} for one in found[:limit]]

    # Callbacks --------------------------------------------------------------------------------------------------

    def callback(self, url: str, request: HookRequest, *, delay: float = 0.02) -> None:
        """
        Pushes `request` to `url` after `delay` seconds, again a few times while the receiver does not answer 2xx.

        A behaviour of the current call may duplicate, delay, shuffle or swallow it.
        """
        behaviour = getattr(self._current, "behaviour", None)
        odd = behaviour.callbacks if behaviour is not None else {}
        if odd.get("none"):
            return
        delay += float(odd.get("delay", 0))
        for _ in range(max(1, int(odd.get("duplicate", 1)))):
            wait = delay + (self.random.random() * 0.3 if odd.get("shuffle") else 0.0)
            self._push(url, request, wait)

    def _push(self, url: str, request: HookRequest, delay: float) -> None:
        with self.lock:
            self.sent.append(request)
            del self.sent[:-KEPT]
        if self._post is None or not url:
            return
        joined = url.rstrip("/") + (f"/{request.hook}" if request.hook else "")
        if request.query:
            joined += f"?{request.query}"
        out = httpx.Request(request.method, joined, headers=dict(request.headers), content=request.body or None)
        with self._wake:
            self._queue.append((time.monotonic() + delay, 0, out))
            if self._sender is None:
                self._sender = threading.Thread(target=self._run, name=f"{self.provider}-callbacks", daemon=True)
                self._sender.start()
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue or min(self._queue, key=_due)[0] > time.monotonic():
                    self._wake.wait(max(0.0, min(self._queue, key=_due)[0] - time.monotonic()) if self._queue else None)
                entry = min(self._queue, key=_due)
                self._queue.remove(entry)
            _, tried, request = entry
            if not self._delivered(request) and tried + 1 < ATTEMPTS:
                with self._wake:
                    self._queue.append((time.monotonic() + 0.2 * 2**tried, tried + 1, request))

    def _delivered(self, request: httpx.Request) -> bool:
        if self._post is None:
            return True
        try:
            return self._post(request).is_success
        except httpx.TransportError:
            return False


def _due(entry: tuple[float, int, httpx.Request]) -> float:
    return entry[0]


def _pattern(path: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))


def _readable(content: bytes, content_type: str) -> Any:
    if not content:
        return None
    if "form-urlencoded" in content_type:
        return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content[:10_000].decode("utf-8", "replace")


def set_path(document: Any, path: str, value: Any) -> None:
    """Sets `a.b.0.c` in a document of objects and lists; KeyError names a step that is not there."""
    *steps, last = path.split(".")
    for step in steps:
        document = document[int(step)] if isinstance(document, list) else document[step]
    if isinstance(document, list):
        document[int(last)] = value
    else:
        document[last] = value


def split_url(url: str) -> tuple[str, str]:
    """(path, query) of a URL."""
    parts = urlsplit(url)
    return parts.path, parts.query
