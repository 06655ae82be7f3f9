"""`ferry listen`: what happens, live; and handed on to an app on this machine, as a subscription would."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, follow, showing
from worker.cli.door import with_door
from worker.cli.events import COLUMNS
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    import httpx

    from worker.cli.door import Door

SECONDS = 10.0


@click.command()
@click.option("--provider", help="Of this provider only.")
@click.option("--event", "types", metavar="TYPES", help="By commas, e.g. message.received,message.status.")
@click.option("--connection", help="Of this connection only.")
@click.option("--requests", is_flag=True, help="Webhook requests, too: also those that were refused, and why.")
@click.option("--forward-to", metavar="URL", help="Post each event there, in its order.")
@click.option("--secret", metavar="@ENV|@FILE|-", help="Sign what is forwarded, after Standard Webhooks.")
@click.option("--timeout", type=float, default=SECONDS, show_default=True, help="Seconds for one forwarded event.")
@click.option("--after", metavar="CURSOR", help="Begin after this place instead of now.")
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
@as_json
@with_door
def listen(
    door: Door,
    provider: str | None,
    types: str | None,
    connection: str | None,
    forward_to: str | None,
    secret: str | None,
    timeout: float,
    after: str | None,
    count: int | None,
    *,
    requests: bool,
    as_json: bool,
) -> None:
    """
    Show events as they happen, one a line, until Ctrl-C; and post each to an app of yours.

    \b
      ferry listen
      ferry listen --provider 1msg --event message.received --forward-to http://localhost:3000/hook
      ferry listen --requests
      ferry listen --json | jq .type

    It begins with now and goes on where it was when the instance comes back from a restart.  What is forwarded is the
    event as a subscription posts it; a failure is told and not tried again: `ferry events replay ID` does that.
    """
    from connectors.registry import find

    title = find(provider).title if provider else None
    query = {"type": _types(types), "connection": connection}
    app = None if forward_to is None else _App.at(forward_to, secret, timeout)
    cursor = follow.start(door, "/v1/events", query, since=after)
    came = _requests(door, title, connection) if requests else itertools.repeat([])
    where = f", each handed to {forward_to}" if forward_to else ""
    showing.note(f"Listening to {door.url}{where}; Ctrl-C ends.")
    shown = failed = 0
    for events in follow.pages(door, "/v1/events", query, cursor):
        for line in next(came):
            _show_request(line, machine=as_json)
        for event in events:
            if title is not None and event["provider"] != title:
                continue
            told = app.hand(event) if app else None
            failed += told is not None and not told.good
            _show(event, told, machine=as_json)
            shown += 1
            if shown == count:
                _judge(failed, shown, forward_to)
                return


def _judge(failed: int, shown: int, forward_to: str | None) -> None:
    if failed:
        told = f"{failed} of {shown} events were not taken by {forward_to}"
        raise Failure(told, following="ferry events replay ID", code=failing.REFUSED)


def _types(words: str | None) -> str | None:
    """As given, once each is a type there is.  raises: Failure"""
    if words is None:
        return None
    import difflib

    from connectors.events import EventType

    there = [str(one) for one in EventType]
    for word in (one.strip() for one in words.split(",")):
        if word not in there:
            near = difflib.get_close_matches(word, there, n=1)
            told = f"there is no type of event {word!r}; there are {', '.join(there)}"
            raise Failure(told, following=f"ferry listen --event {near[0] if near else there[0]}", code=failing.USAGE)
    return words


def _requests(door: Door, title: str | None, connection: str | None) -> Iterator[list[dict[str, Any]]]:
    """Lines of the activity log, a page a turn; it asks as often as it is asked."""
    query = {"direction": "in", "provider": title, "connection": connection, "limit": 500}
    cursor = follow.start(door, "/v1/logs", query)
    while True:
        try:
            page = door.ask("GET", "/v1/logs", query={**query, "after": cursor})
        except Failure as problem:
            if problem.code not in follow.AWAY:
                raise
            yield []  # the events' own turn waits for the instance, and says so
            continue
        cursor = page["cursor"]
        yield page["items"]


def _show_request(line: dict[str, Any], *, machine: bool) -> None:
    if machine:
        showing.line(line)
        return
    from worker.cli.logs import words

    click.echo("\t".join(words(line)))


def _show(event: dict[str, Any], told: _Told | None, *, machine: bool) -> None:
    """One line; with a forward its status and ms are a part of it."""
    if machine:
        showing.line({**event, "forwarded": told.shown()} if told else event)
        return
    parts = [showing.cell(read(event)) for read in COLUMNS.values()]
    if told:
        parts.append(told.words())
    click.echo("\t".join(parts))
    if told and not told.good:
        showing.note(f"  Not taken: {told.why}.  Try: ferry events replay {event['id']}")


@dataclass(frozen=True)
class _Told:
    """What an app said to an event, and how soon; without a status it said nothing, and `why` tells."""

    status: int | None
    ms: float
    why: str = ""

    @property
    def good(self) -> bool:
        """Whether it took it."""
        return self.status is not None and 200 <= self.status < 300

    def words(self) -> str:
        """For a line."""
        return f"→ {self.status if self.status is not None else 'nobody'} in {self.ms:.0f} ms"

    def shown(self) -> dict[str, Any]:
        """For --json."""
        return {"status": self.status, "ms": round(self.ms, 1), "error": self.why or None}


@dataclass
class _App:
    """An app that wants the events."""

    url: str
    client: httpx.Client
    secret: bytes | None

    @classmethod
    def at(cls, url: str, secret: str | None, seconds: float) -> _App:
        """raises: Failure for what is no address, and for no secret"""
        import httpx

        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            parsed = httpx.URL("")
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            told = f"{url!r} is no address"
            raise Failure(told, following="ferry listen --forward-to http://localhost:3000/hook", code=failing.USAGE)
        return cls(url, httpx.Client(timeout=seconds, trust_env=False), _key(secret))

    def hand(self, event: dict[str, Any]) -> _Told:
        """Posts it, once."""
        import httpx

        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        begun = time.perf_counter()
        try:
            answer = self.client.post(self.url, content=body, headers=self._headers(event["id"], body))
        except httpx.TimeoutException:
            return _Told(None, _since(begun), "it did not answer in time")
        except httpx.TransportError as problem:
            return _Told(None, _since(begun), f"nobody answers there ({type(problem).__name__})")
        why = "" if answer.is_success else f"it answered {answer.status_code} {answer.reason_phrase}".rstrip()
        return _Told(answer.status_code, _since(begun), why)

    def _headers(self, ident: str, body: bytes) -> dict[str, str]:
        """Those of Standard Webhooks: https://www.standardwebhooks.com."""
        now = str(int(time.time()))
        named = {"content-type": "application/json", "user-agent": "ferry-listen", "webhook-id": ident}
        named["webhook-timestamp"] = now
        if self.secret is not None:
            import base64
            import hmac

            signed = hmac.new(self.secret, f"{ident}.{now}.".encode() + body, "sha256").digest()
            named["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
        return named


def _key(word: str | None) -> bytes | None:
    """The bytes of a secret as Standard Webhooks writes it: whsec_ and base64; anything else counts as it stands."""
    if word is None:
        return None
    import base64
    import binascii

    from worker.cli.pairs import hidden

    found = hidden("the secret", word, "ferry listen --forward-to URL --secret @HOOK_SECRET")
    try:
        return (
            base64.b64decode(found.removeprefix("whsec_"), validate=True)
            if found.startswith("whsec_")
            else found.encode()
        )
    except (binascii.Error, ValueError) as problem:
        told = "what follows whsec_ is no base64"
        raise Failure(told, following="ferry listen --help", code=failing.USAGE) from problem


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
