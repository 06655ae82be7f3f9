"""Every flag of `ferry request`, from the command line to what reaches the provider: over the real API and pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from connectors.client import new_client
from tests.worker.cli.conftest import Live
from tests.worker.pipeline import Pipeline
from worker.cli.request import request
from worker.core import Clients

ELSEWHERE = {
    # an option: where it is tried, as nothing of it reaches the provider
    "--timeout": "test_request.py",
    "--dry-run": "below",
    "--idempotency-key": "below",
    "--repeatable": "below",
    "--json": "below",
    "--url": "every test",
    "--key": "every test",
}
CASES: dict[str, tuple[list[str], dict[str, Any]]] = {
    # what is typed, behind the path → what the provider sees
    "nothing": ([], {"method": "GET", "url": "/ABC000111222/a", "content": b""}),
    "-X": (["-X", "patch"], {"method": "PATCH"}),
    "-H": (["-H", "X-Note:  hi "], {"x-note": "hi"}),
    "-q": (["-q", "n=1", "-q", "n=2", "-q", "m=a b"], {"query": [("n", "1"), ("n", "2"), ("m", "a b")]}),
    "--path-param": (["--path-param", "id=x/y z"], {"url": "/ABC000111222/a/x%2Fy%20z"}),
    "-d": (["-d", '{"a": "é"}'], {"method": "POST", "json": {"a": "é"}, "content-type": "application/json"}),
    "--json-body": (["--json-body", "-d", "[1]", "-X", "PUT"], {"method": "PUT", "json": [1]}),
    "--raw-data": (
        ["--raw-data", "-d", "@raw.xml", "-H", "Content-Type: text/xml"],
        {"content": b"<x>\xff</x>", "content-type": "text/xml"},
    ),
    "-F": (["-F", "a=1", "-F", "b=c d"], {"content": b"a=1&b=c+d"}),
    "--file": (["--file", "pic=@a.png", "-F", "a=1"], {"holds": [b"\x89PNG", b'name="pic"', b'name="a"']}),
    "--async": (["--async"], {"method": "GET"}),
}


@pytest.fixture
def heard(pipeline: Pipeline) -> list[httpx.Request]:
    """What reaches the provider."""
    found: list[httpx.Request] = []

    def hear(asked: httpx.Request) -> httpx.Response:
        asked.read()
        found.append(asked)
        return httpx.Response(200, json={"fine": True})

    pipeline.core.clients = Clients(lambda: new_client(httpx.MockTransport(hear)))
    return found


@pytest.mark.parametrize(("words", "seen"), CASES.values(), ids=CASES)
def test_it_reaches_the_provider(
    live: Live, pipeline: Pipeline, heard: list[httpx.Request], words: list[str], seen: dict[str, Any]
) -> None:
    """As it was meant, with the connection's credentials beside it, and none of them in what is printed."""
    Path("raw.xml").write_bytes(b"<x>\xff</x>")
    Path("a.png").write_bytes(b"\x89PNG")
    path = "/a/{id}" if "--path-param" in words else "/a"
    done = live("request", "1msg", path, *words, *([] if "--async" in words else ["--async"]))
    assert 0 == done.exit_code, done.output
    pipeline.settle()
    (asked,) = heard

    query = [pair for pair in asked.url.params.multi_items() if pair[0] != "token"]
    told: dict[str, Any] = {
        "method": asked.method,
        "url": asked.url.raw_path.decode().partition("?")[0],
        "query": query,
        "content": asked.content,
        "json": json.loads(asked.content) if "json" in seen else None,
        **asked.headers,
    }
    assert all(part in asked.content for part in seen.pop("holds", []))
    assert seen == {name: told[name] for name in seen}
    assert "simulated-1msg-channel-token" == asked.url.params["token"]
    assert "simulated-1msg-channel-token" not in done.output


def test_no_option_is_left_out() -> None:
    """A new one has to be seen leaving, too."""
    typed = {word for words, _ in CASES.values() for word in words}
    options = [one for one in request.params if isinstance(one, click.Option)]
    assert [] == [one.opts for one in options if not set(one.opts) & (typed | set(ELSEWHERE))]


def test_what_is_only_shown(live: Live, heard: list[httpx.Request]) -> None:
    """--dry-run: the very request, without its credentials."""
    done = live("request", "1msg", "/a", "-d", "{}", "--dry-run", "--json")

    (shown,) = json.loads(done.stdout)["requests"]
    assert ("POST", {}, True) == (shown["method"], shown["body"], shown["url"].endswith("/a?token=…"))
    assert [] == heard


def test_what_is_asked_twice_goes_once(live: Live, pipeline: Pipeline, heard: list[httpx.Request]) -> None:
    """--idempotency-key; and --repeatable makes another action of it."""
    words = ("request", "1msg", "/a", "--idempotency-key", "k", "--async", "--json")
    first, again = (json.loads(live(*words).stdout) for _ in range(2))
    other = json.loads(live("request", "1msg", "/b", "--repeatable", "--async", "--json").stdout)
    pipeline.settle()

    assert (first["id"], ["/a", "/b"]) == (again["id"], [one.url.path.removeprefix("/ABC000111222") for one in heard])
    assert ("request", "request-repeatable") == (first["action"], other["action"])
