"""
One call to a provider: `prepare` builds all of it, `exchange` touches the socket, `conclude` reads the answer.

They are apart because only the socket can make an unknown outcome: everything that can fail by itself is done before
"leaving", and what follows the answer cannot lose it.  The deadline is total: httpx has none, so the answer is read in
chunks against a monotonic clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from marshmallow import ValidationError

from connectors.action import Action, Ask, Call, Nature, Outcome
from connectors.connection import Connection, blot
from connectors.errors import BadReply, ConnectorError, InvalidCall, OutcomeUnknown, Unreachable
from connectors.provider import Answer, Provider, Send
from connectors.schema import AnyReply, load, made

MAX_ANSWER = 16 * 1024 * 1024  # bytes; a larger answer is not one of theirs
CONNECT_SECONDS = 5.0
USER_AGENT = "ferry/0.1"

# httpx's errors and ours; tests/connectors/test_slot.py walks httpx's tree to prove that each has a row.
# "left" is what may have reached the provider: only what happens before the request is written did surely not.
NOT_LEFT: tuple[type[Exception], ...] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
    httpx.InvalidURL,
    httpx.CookieConflict,
)
LEFT: tuple[type[Exception], ...] = (
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
    httpx.TooManyRedirects,
    httpx.StreamError,
)

WRITES = ("http11.send_request_headers.started", "http11.send_request_body.started")


class Ready:
    """A request that needs nothing but a socket."""

    __slots__ = ("auth", "request")

    def __init__(self, request: httpx.Request, auth: httpx.Auth | None) -> None:
        self.request = request
        self.auth = auth


def new_client(transport: httpx.BaseTransport | None = None, *, verify: Any = True) -> httpx.Client:
    """
    A client for one slot: no retries, no redirects, no environment, connections kept at most 5 s.

    One shared by many threads is a trap (one lock, a scan of all connections a request): keep one a slot.
    """
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=5.0)
    if transport is None:
        transport = httpx.HTTPTransport(retries=0, limits=limits, verify=verify, trust_env=False)
    return Slot(transport=transport, follow_redirects=False, trust_env=False, headers={"user-agent": USER_AGENT})


class Slot(httpx.Client):
    """
    A client that remembers nothing of one call in the next: connections share it, and a cookie that one account was
    given must not travel with another's call.  Without redirects, cookies and hooks a call is also a seventh cheaper.
    """

    def __init__(self, *, transport: httpx.BaseTransport, **words: Any) -> None:
        super().__init__(transport=transport, **words)
        self._wire = transport

    def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """As httpx's own, with the steps of the auth."""
        del follow_redirects
        flow = auth.sync_auth_flow(request) if isinstance(auth, httpx.Auth) else iter((request,))
        try:
            asked = next(flow)
            while True:
                response = self._wire.handle_request(asked)
                response.request = asked
                try:
                    asked = flow.send(response) if isinstance(flow, Generator) else next(flow)
                except StopIteration:
                    if not stream:
                        response.read()
                    return response
                response.close()
        finally:
            if isinstance(flow, Generator):
                flow.close()


def sending(client: httpx.Client, seconds: float) -> Send:
    """
    Bare requests, each within `seconds` between any two bytes: for token calls, which are no action.

    raises (from what is returned): Unreachable when nothing left, OutcomeUnknown when it may have
    """

    def send(request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": httpx.Timeout(seconds).as_dict()}
        try:
            return client.send(request)
        except NOT_LEFT as problem:
            told = f"could not reach the provider: {type(problem).__name__}"
            raise Unreachable(told) from problem
        except LEFT as problem:
            told = f"the request left and its answer did not come whole: {type(problem).__name__}"
            raise OutcomeUnknown(told) from problem

    return send


def origin(connection: Connection, default: str) -> str:
    """
    Where the connection's provider answers: its `base_url` setting or the provider's own, without a trailing "/".

    raises: InvalidCall for plain http to anything but loopback
    """
    given = str(connection.setting("base_url", default)).strip().rstrip("/")
    if "://" not in given:
        given = f"https://{given}"
    parts = urlsplit(given)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        told = f"base_url must begin with https:// (plain http only towards loopback), not {parts.scheme}://"
        raise InvalidCall(told, fields={"base_url": [told]})
    if not parts.hostname:
        told = "base_url names no host"
        raise InvalidCall(told, fields={"base_url": [told]})
    return given


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: localhost, 127.0.0.0/8 or ::1."""
    return host in {"localhost", "::1"} or (host.startswith("127.") and host.replace(".", "").isdigit())


def prepare(provider: Provider, action: Action, call: Call) -> Ready:
    """
    The request, validated, addressed, encoded; nothing has left.

    raises: InvalidCall
    """
    body = load(action.request, call.input, provider=provider.name, action=action.key)
    try:
        wire = action.wire(call, body)
        url = wire.url or provider.locate(call.connection, wire.path)
    except InvalidCall as problem:
        problem.provider, problem.action = provider.name, action.key
        raise
    headers = {"accept": "application/json", **wire.headers}
    request = httpx.Request(
        wire.method,
        url,
        params={name: value for name, value in wire.query.items() if value is not None} or None,
        headers=headers,
        json=wire.json,
        data=wire.form,
        files=wire.files,
        content=wire.content,
    )
    return Ready(request, provider.auth(call.connection))


def exchange(client: httpx.Client, ready: Ready, deadline: float) -> Answer:
    """
    The answer, read whole before `deadline` (seconds of time.monotonic()), past which nothing more is written either.

    raises: Unreachable when nothing left, OutcomeUnknown when it may have
    """
    left = deadline - time.monotonic()
    if left <= 0:
        told = "the deadline passed before the request left"
        raise Unreachable(told)
    request = ready.request
    request.extensions = {
        **request.extensions,
        "timeout": httpx.Timeout(left, connect=min(left, CONNECT_SECONDS), pool=min(left, CONNECT_SECONDS)).as_dict(),
        "trace": _in_time(deadline),
    }
    try:
        response = client.send(request, auth=ready.auth, stream=True)
        try:
            content = _read(response, deadline)
        finally:
            response.close()
    except NOT_LEFT as problem:
        told = f"could not reach the provider: {type(problem).__name__}"
        raise Unreachable(told) from problem
    except LEFT as problem:
        told = f"the request left and its answer did not come whole: {type(problem).__name__}"
        raise OutcomeUnknown(told) from problem
    return Answer(response.status_code, response.headers, content, _json(content))


def _in_time(deadline: float) -> Callable[[str, Any], None]:
    """
    What httpcore tells of each step, right before it: a process that was frozen and woken must not go on writing, as
    others have taken over and a later message may be out.
    """

    def look(step: str, info: Any) -> None:
        del info
        if step in WRITES and time.monotonic() > deadline:
            if step == WRITES[0]:
                told = "the deadline passed before the request left"
                raise Unreachable(told)
            told = "the deadline passed before the request had left whole"
            raise OutcomeUnknown(told)

    return look


def _read(response: httpx.Response, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_ANSWER:
            told = "the answer is larger than 16 MiB"
            raise OutcomeUnknown(told)
        if time.monotonic() > deadline:
            told = "the answer did not come whole before the deadline"
            raise OutcomeUnknown(told)
        chunks.append(chunk)
    return b"".join(chunks)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def conclude(provider: Provider, action: Action, call: Call, answer: Answer) -> Outcome:
    """
    What the answer means, in our words.

    raises: the provider's own judgement (Rejected, Throttled, …); for words our schema does not know BadReply when
            the action is repeatable, else OutcomeUnknown: a send that was answered strangely may well be out
    """
    try:
        wrong = provider.judge(action, answer)
        if wrong is not None and not action.pardons(wrong, answer):
            raise wrong
        output = _output(provider, action, call, answer)
        parts = tuple(action.parts(call, output)) if action.nature is Nature.SEND else ()
    except ConnectorError as problem:
        problem.provider, problem.action = provider.name, action.key
        problem.status = answer.status if problem.status is None else problem.status
        problem.text = blot(problem.text, call.connection)
        problem.args = (problem.text,)  # what str(), a traceback and an error tracker show
        raise
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as problem:
        told = f"the answer to {action.key} (HTTP {answer.status}) is in words we do not know"
        kind: type[ConnectorError] = BadReply if action.repeatable else OutcomeUnknown
        raise kind(told, status=answer.status, provider=provider.name, action=action.key) from problem
    return Outcome(output, parts, action.heard(call, answer.content))


def _output(provider: Provider, action: Action, call: Call, answer: Answer) -> dict[str, Any]:
    if action.read is not None:
        return dict(action.read(call, answer))
    return dict(provider.read(action, call, answer)) if provider.read else _through_schema(action, answer)


def _through_schema(action: Action, answer: Answer) -> dict[str, Any]:
    if issubclass(action.reply, AnyReply):
        return {AnyReply.KEPT: answer.data if answer.data is not None else answer.text or None}
    if not isinstance(answer.data, Mapping):
        told = "no JSON object"
        raise TypeError(told)
    return dict(made(action.reply).load(answer.data))


Heard = Callable[[Answer], object]
"""Is shown every answer before it is judged."""


def nobody(answer: Answer) -> None:
    """Nobody wants to see it."""
    del answer


def perform(provider: Provider, action: Action, call: Call, client: httpx.Client, *, heard: Heard = nobody) -> Outcome:
    """
    All of it at once, for checks and tests; runs go through the outbox, which puts "leaving" between them.

    heard: is shown each answer, of the questions before and after it, too
    """
    ask = asking(provider, call.connection, client, heard=heard)
    if action.first is not None:
        found = action.first(call, ask)
        if isinstance(found, Outcome):
            return found
        call = replace(call, input=found)
    ready = prepare(provider, action, call)
    try:
        answer = exchange(client, ready, time.monotonic() + action.timeout)
    except ConnectorError as problem:
        problem.provider, problem.action = provider.name, action.key
        raise
    heard(answer)
    outcome = conclude(provider, action, call, answer)
    return replace(outcome, output=dict(action.last(call, outcome.output, ask))) if action.last else outcome


def asking(
    provider: Provider, connection: Connection, client: httpx.Client, ref: str = "ask", *, heard: Heard = nobody
) -> Ask:
    """The connection's actions as a plain function, for what takes several calls."""

    def ask(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return perform(provider, provider.actions[key], Call(connection, given, ref), client, heard=heard).output

    return ask
