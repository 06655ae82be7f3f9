"""Webhook requests of `ferry trigger`: made with a connection's own secrets, sent, and followed to their events."""

from __future__ import annotations

import json
import secrets
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import httpx

from connectors import samples
from connectors.connection import Connection
from connectors.guards import HookRequest
from connectors.provider import Provider, Sample, Stamp
from connectors.simulator import set_path
from worker.cli import failing
from worker.cli.door import Door, find
from worker.cli.failing import Failure


@dataclass(frozen=True)
class Shot:
    """One request, ready to go; `made_of` is its document, where that cannot be read off the body."""

    url: str
    request: HookRequest
    connection: str
    made_of: Any = None

    def curl(self) -> str:
        """The same for a shell: pasted, it sends these very bytes."""
        words = ["curl", "-i", "-X", self.request.method, self.url]
        for name, value in self.request.headers.items():
            words += ["-H", f"{name}: {value}"]
        body = self.request.body
        try:
            said = body.decode()
        except ValueError:
            said = ""
        if body and (not said or "\0" in said):  # no shell can hold these in a word
            octal = "".join(f"\\0{byte:03o}" for byte in body)
            return f"printf '%b' '{octal}' | {shlex.join([*words, '--data-binary', '@-'])}"
        return shlex.join([*words, *(["--data-raw", said] if said else [])])

    def says(self, raw: Any) -> bool:
        """Whether this request holds `raw`, the provider's own item that an event carries."""
        if isinstance(raw, Mapping) and "files" in raw:  # of a multipart body the files are told of, not held
            raw = {name: value for name, value in raw.items() if name != "files"}
            return bool(raw == {name: said for name, said in self.document().items() if not isinstance(said, Mapping)})
        return any(raw == part for part in _parts(self.document()))

    def document(self) -> Any:
        """The body as the provider meant it: an object, or the words of a form or query."""
        if self.made_of is not None:
            return self.made_of
        if self.request.content_type == "application/json":
            try:
                return json.loads(self.request.body)
            except ValueError:
                return {}
        words = self.request.body.decode("utf-8", "replace") or self.request.query
        return dict(parse_qsl(words, keep_blank_values=True))


def _parts(document: Any) -> list[Any]:
    found = [document]
    if isinstance(document, dict | list):
        for inner in document.values() if isinstance(document, dict) else document:
            found += _parts(inner)
    return found


@dataclass(frozen=True)
class Answer:
    """What came back, and how soon."""

    status: int
    milliseconds: float
    text: str

    @property
    def good(self) -> bool:
        """Whether the provider would be content."""
        return 200 <= self.status < 300

    def shown(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"status": self.status, "ms": round(self.milliseconds, 1)}


def make(
    provider: Provider,
    sample: Sample,
    connection: Connection,
    *,
    changes: Mapping[str, Any],
    raw: bytes | None = None,
    text: str | None = None,
    contact: str | None = None,
    spoil: bool = False,
    to: str | None = None,
    edit: Callable[[Any], Any] | None = None,
) -> Shot:
    """
    One request with an id of its own.

    spoil: make its signature, or else the secret in its path, a wrong one
    edit:  (document) → the document as a person wants it; it is signed afterwards
    """
    stamp = Stamp(secrets.token_hex(8), int(time.time()))
    stamp = replace(stamp, text=text or stamp.text, contact=contact or stamp.contact)
    document = samples.fresh(sample, connection, stamp)
    try:
        for path, value in changes.items():
            set_path(document, path, value)
    except (KeyError, IndexError, ValueError, TypeError) as problem:
        told = f"--set names a place that the body does not have: {problem}"
        raise Failure(told, following=f"ferry trigger {provider.title} EVENT --curl", code=failing.USAGE) from problem
    if edit is not None:
        document = edit(document)
    unsigned = samples.encode(document, sample)
    if raw is not None:
        unsigned = replace(unsigned, method="POST", query="", body=raw)
    request = provider.sign(connection, unsigned)
    base = (to or connection.webhook_url or "").rstrip("/")
    if not base:
        told = f"nobody knows where {provider.title} would send it"
        raise Failure(told, following="the same command with --to URL", code=failing.USAGE)
    if spoil:
        request, base = spoilt(request, unsigned, base)
    url = base + (f"/{request.hook}" if request.hook else "") + (f"?{request.query}" if request.query else "")
    return Shot(url, request, connection.id, document if sample.encoding == "multipart" else None)


def spoilt(request: HookRequest, unsigned: HookRequest, base: str) -> tuple[HookRequest, str]:
    """The request with each header that signing added changed; where nothing is signed, the token in the path."""
    signed = {name for name, value in request.headers.items() if unsigned.headers.get(name) != value}
    if not signed:
        return request, _other(base)
    headers = {name: _other(value) if name in signed else value for name, value in request.headers.items()}
    return replace(request, headers=headers), base


def _other(word: str) -> str:
    """The same length, another last character."""
    return word[:-1] + ("0" if word[-1:] != "0" else "1")


def send(made: Sequence[Shot], transport: Any = None) -> list[Answer]:
    """
    All of them, one after the other.

    raises: Failure when nobody is there
    """
    answers = []
    with httpx.Client(transport=transport, trust_env=False, timeout=10.0) as client:
        for shot in made:
            began = time.perf_counter()
            try:
                answer = client.request(
                    shot.request.method, shot.url, headers=dict(shot.request.headers), content=shot.request.body or None
                )
            except httpx.TransportError as problem:
                told = f"nobody answers at {httpx.URL(shot.url).host}:{httpx.URL(shot.url).port or ''}"
                raise Failure(told, following="ferry dev", code=failing.UNREACHABLE) from problem
            milliseconds = (time.perf_counter() - began) * 1000
            answers.append(Answer(answer.status_code, milliseconds, answer.text[:200]))
    return answers


@dataclass
class Watch:
    """Looks for the events that these requests become."""

    door: Door
    made: Sequence[Shot]
    cursor: str | None

    @classmethod
    def begin(
        cls, made: Sequence[Shot], transport: Any = None, url: str | None = None, key: str | None = None
    ) -> Watch | None:
        """From now on; None where no API is known that could be asked."""
        try:
            door = find(url, key, transport)
            now = door.ask("GET", "/v1/events", query={"after": "$", "limit": 1})
        except Failure:
            return None
        return cls(door, made, now["cursor"])

    def wait(self, expected: int, seconds: float) -> list[dict[str, Any]]:
        """So many events, or those that came in time: {id, type, url}."""
        found: dict[str, dict[str, Any]] = {}
        until = time.monotonic() + seconds
        while len(found) < expected and time.monotonic() < until:
            page = self.door.ask("GET", "/v1/events", query={"after": self.cursor, "limit": 500})
            self.cursor = page["cursor"]
            for event in page["items"]:
                if self._ours(event):
                    url = f"{self.door.url}/v1/events/{event['id']}"
                    found[event["id"]] = {"id": event["id"], "type": event["type"], "url": url}
            if not page["items"]:
                time.sleep(0.05)
        return list(found.values())

    def _ours(self, event: Mapping[str, Any]) -> bool:
        if not event.get("request") or event.get("connection") != self.made[0].connection:
            return False
        return any(shot.says(event.get("raw")) for shot in self.made)
