"""
Webhooks in: verify over the raw bytes, journal in one round trip, answer what the provider expects.

A small WSGI layer in front of Flask, because building a Flask request costs more than all the rest:

    GET|POST /webhooks/{connection}/{token}[/{hook}]
    wrong token or connection 404, bad signature 403, too large 413, body cut short 400, no room 503 with Retry-After,
    Redis away: the spool, or 503; for whoever does not fit too, where connections are known from the disk only

Nothing is stored but on a 2xx of a POST or of a GET with a query.  A body is read only after the token fits, and no
token, body or header ever reaches a log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from connectors.errors import Refused
from connectors.guards import HookAnswer, HookRequest, same
from connectors.provider import Provider
from web.blame import where
from web.body import BodyError, read_body
from web.spool.spool import Spool
from web.turned_away import TurnedAway
from worker import address
from worker.core import Core
from worker.pressure import Pressure
from worker.store import journal
from worker.store.client import is_away
from worker.store.connections import Stored

log = logging.getLogger("ferry.receiver")

PREFIX = "/webhooks/"
# Plain characters only: the server has undone percent-encoding, and neither names nor tokens need any.
PLACE = re.compile(r"/webhooks/([A-Za-z0-9_-]{1,63})/([A-Za-z0-9_-]{16,128})(?:/([A-Za-z0-9_.-]{1,64}))?/?", re.ASCII)
SLASHES = re.compile(r"/{2,}")
STRANGER = Stored("-", "-")  # what a token is compared with where there is no connection
LINES = {int(one): f"{one.value} {one.phrase}" for one in HTTPStatus}

NOT_FOUND = HookAnswer(404, b"not found")
FORBIDDEN = HookAnswer(403, b"forbidden")
NOT_ALLOWED = HookAnswer(405, b"use POST")
TRY_AGAIN = HookAnswer(503, b"try again")
COME_LATER = HookAnswer(503, b"there is no room: come later")
SOMEBODY = HookAnswer(200, b"ok")
EXTRA = {405: [("Allow", "GET, HEAD, POST")], 503: [("Retry-After", "5")]}

STRANGE = frozenset({"unknown", "wrong_token", "refused"})

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Receiver:
    """WSGI middleware: answers /webhooks/ itself, hands everything else on."""

    def __init__(
        self,
        inner: Wsgi,
        core: Core,
        count: Callable[[str, str], None],
        pressure: Pressure | None = None,
        spool: Spool | None = None,
    ) -> None:
        """
        count:    count(provider, outcome) is told of every request, for the metrics
        pressure: whether there is room; always without it
        spool:    where requests go while Redis is away; without one they are asked to come again
        """
        self.inner = inner
        self.core = core
        self.pressure = pressure
        self.spool = spool
        self.turned_away = TurnedAway(core.store)
        self._count = count

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """One request."""
        path = environ.get("PATH_INFO", "")
        if "//" in path:
            path = SLASHES.sub("/", path)  # a public URL that was entered with a slash at its end
        if not path.startswith(PREFIX):
            return self.inner(environ, start)
        answer = self._answer(environ, path)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("X-Content-Type-Options", "nosniff"),
            *EXTRA.get(answer.status, ()),
        ]
        start(LINES.get(answer.status) or f"{answer.status} Unknown", headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: dict[str, Any], path: str) -> HookAnswer:
        provider = connection = why = ""
        try:
            if environ["REQUEST_METHOD"] not in {"GET", "HEAD", "POST"}:
                outcome, answer = "bad_method", NOT_ALLOWED
            else:
                stored, hook, token = self._place(path)
                if stored is not None:
                    connection, provider = stored.id, self.core.provider(stored).title
                if stored is None or not token:
                    outcome, answer = ("unknown" if stored is None else "wrong_token"), NOT_FOUND
                else:
                    outcome, answer = self._serve(environ, stored, hook)
                    self._heard(stored, token, outcome, answer, environ)
        except Refused as problem:
            outcome, answer, why = "refused", FORBIDDEN, str(problem)
            log.warning("a webhook was refused", extra={"connection": connection, "why": why})
        except BodyError as problem:
            outcome, answer = problem.outcome, HookAnswer(problem.status, problem.told)
        except Exception as problem:  # noqa: BLE001  (whatever it is: the provider keeps the request and comes again)
            outcome, answer = ("away" if is_away(problem) else "failed"), TRY_AGAIN
            log.warning("a webhook was asked to come again", extra={"provider": provider, "error": where(problem)})
        if outcome in STRANGE and self.core.connections.recalled:
            outcome, answer, why = "away", TRY_AGAIN, ""  # it may have changed since they were kept
        if outcome == "wrong_token":  # the metrics need no key, and tell nobody which addresses there are
            self._count("", "unknown")
        else:
            self._count(provider, outcome)
        if outcome not in {"accepted", "spooled"}:
            self.turned_away.note(connection, provider, outcome, answer.status, why)
        return answer

    def _place(self, path: str) -> tuple[Stored | None, str, str]:
        """
        (the source this path names, the hook, its token if that fits); compared the same way whatever is wrong.

        Callers hear of none of it but 404.
        """
        found = PLACE.fullmatch(path)
        if found is None:
            return None, "", ""
        name, token, hook = found.groups()
        stored = self.core.connections.get(name)
        fits = (stored or STRANGER).accepts(token)
        if not fits:  # before anybody is refused: it may have been changed a moment ago
            stored = self.core.connections.newest(name)
            fits = (stored or STRANGER).accepts(token)
        if stored is not None and stored.archived:
            stored = None
        return stored, hook or "", token if fits else ""

    def _heard(self, stored: Stored, token: str, outcome: str, answer: HookAnswer, environ: dict[str, Any]) -> None:
        """Where a person has to paste the URL, its first use is written down; what goes wrong waits for the next."""
        told = outcome == "accepted" or (outcome == "handshake" and answer.status < 300 and environ.get("QUERY_STRING"))
        if stored.heard or not told or not same(token, stored.token):
            return
        try:
            address.hear(self.core, stored)
        except Exception as problem:  # noqa: BLE001  (the request is safe, which is what counts)
            log.warning("a first call was not written down", extra={"connection": stored.id, "error": where(problem)})

    def _serve(self, environ: dict[str, Any], stored: Stored, hook: str) -> tuple[str, HookAnswer]:
        """(outcome, answer) of a request whose token fits.  raises: Refused, BodyError"""
        core, method = self.core, environ["REQUEST_METHOD"]
        provider = core.provider(stored)
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        body = read_body(environ, core.settings.max_body_bytes)
        request = HookRequest(method, hook, environ.get("QUERY_STRING", ""), headers, body)
        spoken = stored.speak("")
        at_once = provider.handshake(spoken, request)
        if at_once is not None:
            return "handshake", at_once
        self._guard(stored, request, provider)
        if method == "HEAD" or (method == "GET" and not request.query):
            return "looked", SOMEBODY  # somebody looks whether we are here
        return self._keep(stored, request, provider)

    def _guard(self, stored: Stored, request: HookRequest, provider: Provider) -> None:
        """By the secrets of now, those of before that stand, and what came a moment ago.  raises: Refused"""
        refused = Refused("nobody may call it")
        for known in (stored, None):
            latest = known or self.core.connections.newest(stored.id)
            for spoken in latest.voices() if latest is not None else ():
                try:
                    provider.guard(spoken, request)
                except Refused as problem:
                    refused = problem
                else:
                    return
        raise refused

    def _keep(self, stored: Stored, request: HookRequest, provider: Provider) -> tuple[str, HookAnswer]:
        """Puts a verified request where nothing is lost: the journal, or the spool while that is away."""
        core = self.core
        if self.pressure is not None and "door" in self.pressure.closed:
            return "no_room", COME_LATER
        if self.spool is not None and self.spool.spooling():
            return self._spool(self.spool, stored, request, provider)
        try:
            _, rings = journal.ingest(core.store, stored.id, request, provider.keep)
        except Exception as problem:
            if self.spool is None or not is_away(problem):
                raise
            return self._spool(self.spool, stored, request, provider)
        core.ring(core.store.of(stored.id), rings)
        return "accepted", provider.answer

    def _spool(self, spool: Spool, stored: Stored, request: HookRequest, provider: Provider) -> tuple[str, HookAnswer]:
        try:
            spool.take(stored.id, request, provider.keep)
        except OSError as problem:
            log.warning("a webhook could not be spooled", extra={"error": where(problem)})
            return "away", TRY_AGAIN
        return "spooled", provider.answer
