"""
Webhooks in: verify over the raw bytes, journal in one round trip, answer what the provider expects.

A small WSGI layer in front of Flask, because building a Flask request costs more than all the rest:

    GET|POST /webhooks/{connection}/{token}[/{hook}]
    wrong token or connection 404, bad signature 403, too large 413, Redis away 503 with Retry-After
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from connectors.errors import Refused
from connectors.guards import HookAnswer, HookRequest, same
from worker.core import Core
from worker.store import journal
from worker.store.client import is_away
from worker.store.connections import Stored

log = logging.getLogger("ferry.receiver")

PREFIX = "/webhooks/"
PLACE = re.compile(r"/webhooks/([^/]+)/([^/]+)(?:/([A-Za-z0-9_.-]{1,64}))?/?")
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 411: "Length Required", 400: "Bad Request", 413: "Content Too Large",
    503: "Service Unavailable",
}  # fmt: skip
CHUNK = 65536

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class TooLarge(Exception):
    """The body is over the limit."""


class Receiver:
    """WSGI middleware: answers /webhooks/ itself, hands everything else on."""

    def __init__(self, inner: Wsgi, core: Core, count: Callable[[str, str], None]) -> None:
        """count(provider, outcome) is told of every request, for the metrics."""
        self.inner = inner
        self.core = core
        self._count = count

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """One request."""
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self.inner(environ, start)
        answer, extra = self._answer(environ)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("X-Content-Type-Options", "nosniff"),
            *extra,
        ]
        start(f"{answer.status} {REASONS.get(answer.status, 'Unknown')}", headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: dict[str, Any]) -> tuple[HookAnswer, list[tuple[str, str]]]:
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD", "POST"}:
            return HookAnswer(405, b"use POST"), [("Allow", "GET, HEAD, POST")]
        try:
            stored, hook = self._place(environ)
            if stored is None:
                self._count("", "unknown")
                return HookAnswer(404, b"not found"), []
            return self._serve(environ, method, stored, hook)
        except TooLarge:
            self._count("", "too_large")
            return HookAnswer(413, b"too large"), [("Connection", "close")]
        except Exception as problem:
            if not is_away(problem):
                log.exception("a webhook could not be taken", extra={"error": type(problem).__name__})
            else:
                log.warning("redis is away: a webhook was asked to come again", extra={"error": type(problem).__name__})
            self._count("", "away")
            return HookAnswer(503, b"try again"), [("Retry-After", "5")]

    def _place(self, environ: dict[str, Any]) -> tuple[Stored | None, str]:
        """The source this URL names, None unless its token fits; looked up the same way whatever is wrong."""
        found = PLACE.fullmatch(environ["PATH_INFO"])
        if found is None:
            return None, ""
        stored = self.core.connections.get(unquote(found.group(1)))
        expected = stored.token if stored is not None and not stored.archived else "-" * 32
        fits = same(found.group(2).encode("latin-1", "replace"), expected)
        return (stored if fits and stored is not None and not stored.archived else None), found.group(3) or ""

    def _serve(
        self, environ: dict[str, Any], method: str, stored: Stored, hook: str
    ) -> tuple[HookAnswer, list[tuple[str, str]]]:
        core = self.core
        provider = core.provider(stored)
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        body = read_body(environ, core.settings.max_body_bytes)
        request = HookRequest(method, hook, environ.get("QUERY_STRING", ""), headers, body)
        spoken = stored.speak("")
        try:
            at_once = provider.handshake(spoken, request)
            if at_once is not None:
                self._count(provider.title, "handshake")
                return at_once, []
            provider.guard(spoken, request)
        except Refused as problem:
            log.warning("a webhook was refused", extra={"connection": stored.id, "why": str(problem)})
            self._count(provider.title, "refused")
            return HookAnswer(403, b"forbidden"), []
        if method == "HEAD" or (method == "GET" and not request.query):
            return HookAnswer(200, b"ok"), []  # somebody looks whether we are here
        _, rings = journal.ingest(core.store, stored.id, request, provider.keep)
        core.ring(core.store.of(stored.id), rings)
        self._count(provider.title, "accepted")
        return provider.answer, []


def read_body(environ: dict[str, Any], limit: int) -> bytes:
    """
    The whole body, counted while it is read, whether its length was announced or not.

    raises: TooLarge
    """
    announced = environ.get("CONTENT_LENGTH") or ""
    stream = environ["wsgi.input"]
    if announced.isdigit():
        size = int(announced)
        if size > limit:
            raise TooLarge
        return bytes(stream.read(size)) if size else b""
    if not environ.get("wsgi.input_terminated") and "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return b""
    pieces: list[bytes] = []
    total = 0
    while piece := stream.read(CHUNK):
        total += len(piece)
        if total > limit:
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)
