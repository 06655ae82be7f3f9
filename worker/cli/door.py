"""The HTTP API of a running Ferry as commands see it: where it is, who we are, and what its answers mean for us."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from worker.cli import failing, folder, profiles
from worker.cli.failing import Failure
from worker.cli.profiles import plain

if TYPE_CHECKING:
    import httpx

SECONDS = 30.0
PAGE = 500  # items that one answer may hold


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
        following: str = "",
    ) -> Any:
        """
        The answer's JSON.

        following: what to type after a refusal, where the caller knows better
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
            following = "ferry dev" if _near(self.url) else f"ferry doctor --url {self.url}"
            raise Failure(told, following=following, code=failing.UNREACHABLE) from problem
        if answer.is_success:
            try:
                return answer.json() if answer.content else None
            except ValueError as problem:
                raise self._nobody_of_ours() from problem
        if answer.status_code == 401:
            raise self._not_let_in(_said(answer))
        if answer.is_redirect or (answer.status_code == 404 and not _is_json(answer)):
            raise self._nobody_of_ours()
        raise refused(answer.status_code, _said(answer), following)

    def _not_let_in(self, said: Mapping[str, Any]) -> Failure:
        """No key, or one that is none of theirs: what to do about it."""
        told = f"{self.url}: {said.get('detail') or 'not let in'}"
        if self.key:
            told += "; one is made there with `ferry key create NAME`"
        return Failure(told, following=f"ferry login {self.url}", code=failing.FAILED, said=said)

    def _nobody_of_ours(self) -> Failure:
        told = f"what answers at {self.url} is no Ferry: the address is that of its web process, without a path"
        return Failure(told, following="ferry login --list", code=failing.UNREACHABLE)

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page as they are wanted."""
        cursor: str | None = None
        while True:
            page = self.ask("GET", path, query={**query, "limit": PAGE, "cursor": cursor})
            yield from page["items"]
            cursor = page["cursor"]
            if not cursor:
                return

    def page(
        self, path: str, query: Mapping[str, Any], limit: int, after: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """So many items at most, from a cursor on; and the cursor of those after them, None where they end."""
        items: list[dict[str, Any]] = []
        while len(items) < limit:
            size = min(limit - len(items), PAGE)
            found = self.ask("GET", path, query={**query, "limit": size, "cursor": after})
            items += found["items"]
            after = found["cursor"]
            if not after:
                break
        return items, after

    @functools.cached_property
    def _client(self) -> httpx.Client:
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return httpx.Client(base_url=self.url.rstrip("/"), headers=headers, transport=self.transport, trust_env=False)


def _is_json(answer: httpx.Response) -> bool:
    return "json" in answer.headers.get("content-type", "")


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
    410: failing.NOT_FOUND,
    413: failing.USAGE,
    422: failing.USAGE,
    502: failing.REFUSED,
    503: failing.UNREACHABLE,
    504: failing.TIMED_OUT,
}
NEXT = {
    # what to type after a code or a status of the API, where its sentence names no command and the caller knows none
    "unknown_action": "ferry action list",
    "unknown_provider": "ferry action list",
    403: "ferry key create NAME",
    404: "ferry connection list",
}
NAMED = re.compile(r"`(ferry [^`]+)`")


def refused(status: int, said: Mapping[str, Any], following: str = "") -> Failure:
    """The failure that problem+json tells of; what to type next is the command that its sentence names, if it does."""
    told = str(said.get("detail") or "; ".join(said.get("reasons") or []) or said.get("title") or f"answered {status}")
    fields = said.get("fields") or said.get("errors")
    if fields:
        told += "".join(f"\n  {name}: {words}" for name, words in _flat(fields) if words not in told)
    word = str(said.get("code") or "")
    code = failing.NOT_FOUND if word.startswith("unknown_") else CODES.get(status, failing.FAILED)
    following = _following(status, word, told, following)
    return Failure(told, following=following, code=code, said={"status": status, **said})


def _following(status: int, word: str, told: str, known: str) -> str:
    named = NAMED.search(told)
    if named is not None:
        return named[1]
    found = known or NEXT.get(word) or NEXT.get(status)
    ctx = click.get_current_context(silent=True)
    if found is None and ctx is not None and CODES.get(status) == failing.USAGE:
        return f"{ctx.command_path} --help"
    return found or "ferry doctor"


def _flat(fields: Any, above: str = "") -> list[tuple[str, str]]:
    """Nested messages as ("input.to", "Missing data for required field.")."""
    if isinstance(fields, dict):
        return [pair for name, inner in fields.items() for pair in _flat(inner, f"{above}.{name}".lstrip("."))]
    if isinstance(fields, list) and not all(isinstance(one, str) for one in fields):
        return [pair for one in fields for pair in _flat(one, above)]
    return [(above, " ".join(fields) if isinstance(fields, list) else str(fields))]


def find(url: str | None, key: str | None, transport: Any = None) -> Door:
    """
    The instance meant: as told, else the `ferry dev` of this folder, else the one logged in to last.

    raises: Failure
    """
    here, kept = folder.told() or {}, profiles.read()
    near = plain(str(here.get("url") or ""))
    wanted = plain(url) if url else near or kept.current
    if not wanted:
        told = "no running Ferry is known here: there is no .ferry/dev.json, nobody is logged in, and no --url is given"
        raise Failure(told, following="ferry dev", code=failing.UNREACHABLE)
    known = str(here.get("api_key") or "") if wanted == near else kept.keys.get(wanted, "")
    return Door(wanted, key or known, transport)


def _near(url: str) -> bool:
    """Whether it is on this machine."""
    return (urlsplit(url).hostname or "") in {"127.0.0.1", "localhost", "::1"}


def key_of(ctx: click.Context, param: click.Parameter, word: str | None) -> str | None:
    """An API key as an option: from FERRY_KEY as it is, from the command line only as @ENV, @FILE or -."""
    if not word or param.name is None:
        return None
    if ctx.get_parameter_source(param.name) is not ParameterSource.COMMANDLINE:
        return word
    from worker.cli.pairs import hidden

    return hidden("the key", word, f"FERRY_KEY=… {ctx.command_path}")


def with_door(command: Callable[..., Any], *spellings: str) -> Callable[..., Any]:
    """Gives a command the options --url and --key, and a `door` opened by them."""

    @with_address(*spellings)
    @click.pass_context
    @functools.wraps(command)
    def opened(ctx: click.Context, /, url: str | None, api_key: str | None, **words: Any) -> Any:
        return command(door=find(url, api_key, ctx.obj), **words)

    return opened


def with_address(*spellings: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a command the options --url and --key."""
    names = spellings or ("--key", "--api-key")

    def given(command: Callable[..., Any]) -> Callable[..., Any]:
        key = click.option(
            *names,
            "api_key",
            envvar="FERRY_KEY",
            metavar="@ENV|@FILE|-",
            callback=key_of,
            help="Where its key stands; FERRY_KEY, else the one you logged in with.",
        )
        return click.option("--url", envvar="FERRY_URL", help="Which Ferry; FERRY_URL.")(key(command))

    return given


def with_door_beside_key(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command whose own --key means something else."""
    return with_door(command, "--api-key")
