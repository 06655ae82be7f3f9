"""The HTTP API of a running Ferry as commands see it: where it is, who we are, and what its answers mean for us."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, folder
from worker.cli.failing import Failure

if TYPE_CHECKING:
    import httpx

CONFIG = Path(".config/ferry/client.json")  # below the home directory: {"url": …, "key": …}
SECONDS = 30.0


@dataclass
class Door:
    """One instance of Ferry; `transport` is a test's own."""

    url: str
    key: str = field(repr=False)
    transport: httpx.BaseTransport | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Any:
        """
        The answer's JSON.

        raises: Failure that says what was wrong, and what to type next
        """
        import httpx

        asked = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            answer = self._client.request(
                method, path, params=asked, json=body, headers=dict(headers or {}), timeout=seconds
            )
        except httpx.TimeoutException as problem:
            told = f"{self.url} did not answer within {seconds:.0f} seconds"
            raise Failure(told, following="ferry doctor", code=failing.TIMED_OUT) from problem
        except (httpx.TransportError, httpx.InvalidURL) as problem:
            told = f"nobody answers at {self.url}"
            raise Failure(told, following="ferry dev", code=failing.UNREACHABLE) from problem
        if answer.is_success:
            return answer.json() if answer.content else None
        raise refused(answer.status_code, _said(answer))

    def pages(self, path: str, query: Mapping[str, Any], *, size: int = 500) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page as they are wanted."""
        cursor: str | None = None
        while True:
            page = self.ask("GET", path, query={**query, "limit": size, "cursor": cursor})
            yield from page["items"]
            cursor = page["cursor"]
            if not cursor:
                return

    @functools.cached_property
    def _client(self) -> httpx.Client:
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return httpx.Client(base_url=self.url.rstrip("/"), headers=headers, transport=self.transport, trust_env=False)


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {"title": answer.reason_phrase}


CODES = {
    # what a status of the API means for whoever typed the command
    400: failing.USAGE,
    401: failing.FAILED,
    403: failing.FAILED,
    404: failing.NOT_FOUND,
    422: failing.USAGE,
    502: failing.REFUSED,
    503: failing.UNREACHABLE,
    504: failing.TIMED_OUT,
}
NEXT = {
    401: "ferry key create NAME",
    403: "ferry key create NAME",
    404: "ferry connection list",
    409: "ferry runs list",
    422: "ferry action get ACTION --connection ID",
}


def refused(status: int, said: Mapping[str, Any]) -> Failure:
    """The failure that problem+json tells of."""
    told = str(said.get("detail") or "; ".join(said.get("reasons") or []) or said.get("title") or f"answered {status}")
    fields = said.get("fields") or said.get("errors")
    if fields:
        told += "".join(f"\n  {name}: {words}" for name, words in _flat(fields))
    return Failure(told, following=NEXT.get(status, "ferry doctor"), code=CODES.get(status, failing.FAILED))


def _flat(fields: Any, above: str = "") -> list[tuple[str, str]]:
    """Nested messages as ("input.to", "Missing data for required field.")."""
    if isinstance(fields, dict):
        return [pair for name, inner in fields.items() for pair in _flat(inner, f"{above}.{name}".lstrip("."))]
    if isinstance(fields, list) and not all(isinstance(one, str) for one in fields):
        return [pair for one in fields for pair in _flat(one, above)]
    return [(above, " ".join(fields) if isinstance(fields, list) else str(fields))]


def find(url: str | None, key: str | None, transport: Any = None) -> Door:
    """
    The instance meant: as told, else the `ferry dev` of this folder, else the one kept in the home directory.

    raises: Failure
    """
    for known in (folder.told() or {}, kept()):
        there = known.get("url")
        if there and url in (None, there):
            return Door(there, key or str(known.get("api_key") or known.get("key") or ""), transport)
    if url:
        return Door(url, key or "", transport)
    told = "no running Ferry is known here: there is no .ferry/dev.json, and neither --url nor FERRY_URL is given"
    raise Failure(told, following="ferry dev", code=failing.UNREACHABLE)


def kept() -> dict[str, Any]:
    """What ~/.config/ferry says."""
    try:
        found = json.loads((Path.home() / CONFIG).read_text())
    except (OSError, ValueError, RuntimeError):
        return {}
    return found if isinstance(found, dict) else {}


def with_door(command: Callable[..., Any], *spellings: str) -> Callable[..., Any]:
    """Gives a command the options --url and --key, and a `door` opened by them."""
    names = spellings or ("--key", "--api-key")

    @click.option("--url", envvar="FERRY_URL", help="Which Ferry; FERRY_URL.")
    @click.option(*names, "api_key", envvar="FERRY_KEY", help="Its key; FERRY_KEY is better, it stays out of `ps`.")
    @click.pass_context
    @functools.wraps(command)
    def opened(ctx: click.Context, /, url: str | None, api_key: str | None, **words: Any) -> Any:
        return command(door=find(url, api_key, ctx.obj), **words)

    return opened


def with_door_beside_key(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command whose own --key means something else."""
    return with_door(command, "--api-key")
