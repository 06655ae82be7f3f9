"""Walking a person through a provider's login: to the consent page, back to this machine, and to a token that lasts."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.client import is_loopback, new_client, sending
from connectors.connection import Connection, blot
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Unreachable
from connectors.provider import Grant, Login, Provider
from worker.cli import failing
from worker.cli.callback import Callback
from worker.cli.failing import Failure
from worker.cli.questions import Asker

PORT = 8765  # one has to save the address in the provider's app, so it is always the same
PATH = "/callback"
CALL_SECONDS = 30.0


@dataclass(frozen=True)
class Way:
    """
    How a person gets to the consent page and back.

    port:         where we listen; 0 for any that is free
    redirect_uri: as the provider's app knows it; "" for ours.  One that is not on this machine is pasted by the person
    browser:      opens a URL; None where the person does that
    seconds:      how long we wait for them
    """

    port: int = PORT
    redirect_uri: str = ""
    browser: Callable[[str], object] | None = webbrowser.open
    seconds: float = 300.0


def walk(
    provider: Provider, login: Login, connection: Connection, way: Way, say: Callable[[str], None], asker: Asker | None
) -> list[Grant]:
    """
    The accounts that the person let us speak for.

    raises: Failure
    """
    again = f"ferry connect {provider.title} --key {connection.id}"
    state = secrets.token_urlsafe(24)
    try:
        redirect, code = _consent(login, connection, way, state, say, asker, again)
        with new_client() as client:
            send = sending(client, CALL_SECONDS)
            return login.grants(connection, redirect, code, send, datetime.now(UTC))
    except ConnectorError as problem:
        raise Failure(blot(problem.text, connection), following=again, code=_code(problem)) from problem


def _code(problem: ConnectorError) -> int:
    if isinstance(problem, Unreachable | OutcomeUnknown):
        return failing.UNREACHABLE
    return failing.FAILED if isinstance(problem, InvalidCall) else failing.REFUSED


def _consent(
    login: Login,
    connection: Connection,
    way: Way,
    state: str,
    say: Callable[[str], None],
    asker: Asker | None,
    again: str,
) -> tuple[str, str]:
    """(the redirect_uri that was used, the code).  raises: ConnectorError, Failure"""
    given = urlsplit(way.redirect_uri)
    if way.redirect_uri and not (given.scheme == "http" and is_loopback(given.hostname or "")):
        return way.redirect_uri, _pasted(login, connection, way, state, say, asker)

    def judge(came: str) -> str:
        try:
            login.code(came, state)
        except ConnectorError as problem:
            return problem.text
        return ""

    port = (given.port or 80) if way.redirect_uri else way.port
    try:
        page = Callback(port, given.path if way.redirect_uri else PATH, judge)
    except OSError as problem:
        told = f"port {port} is taken, and the browser has to come back to it"
        raise Failure(told, following=f"{again} --port {port + 1}") from problem
    with page:
        redirect = way.redirect_uri or f"http://localhost:{page.port}{PATH}"
        _send_off(login.address(connection, redirect, state), redirect, way, say)
        came = page.wait(way.seconds)
    if came is None:
        told = f"nobody came back from the login within {way.seconds:.0f} seconds"
        raise Failure(told, following=again, code=failing.TIMED_OUT)
    return redirect, login.code(came, state)


def _send_off(url: str, redirect: str, way: Way, say: Callable[[str], None]) -> None:
    say(f"Log in and agree; the app must know {redirect} as an address to come back to.")
    say(f"  {url}")
    if way.browser is not None:
        way.browser(url)


def _pasted(
    login: Login, connection: Connection, way: Way, state: str, say: Callable[[str], None], asker: Asker | None
) -> str:
    if asker is None:
        told = f"{way.redirect_uri} is not on this machine: somebody has to paste where it led, and this is no terminal"
        raise Failure(told, following="ferry connect --help", code=failing.USAGE)
    _send_off(login.address(connection, way.redirect_uri, state), way.redirect_uri, way, say)
    return login.code(asker.read("The address you came back to", False).strip(), state)
