"""`ferry request`: what is typed, what is asked, what is printed, how it ends."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.worker.cli.conftest import Ferry, Script

URL = ("--url", "http://ferry.invalid", "--key", "@A_KEY")
WHERE = ("POST", "/v1/connections/shop/request")


def run(
    status: int = 200, body: Any = None, encoding: str = "json", headers: dict[str, str] | None = None, **more: Any
) -> tuple[int, dict[str, Any]]:
    """The run of a request that was answered so."""
    output = {"status": status, "headers": headers or {}, "body": body, "encoding": encoding, "truncated": False}
    return 200, {
        "id": "run_1",
        "state": "succeeded",
        "connection": "shop",
        "action": "request",
        "output": output,
        **more,
    }


def asked(ferry: Ferry, script: type[Script], *words: str, given: str = "") -> dict[str, Any]:
    """The body that a command line becomes."""
    there = script({WHERE: run()})
    done = ferry("request", "shop", *words, *URL, transport=there.transport, given=given)
    assert 0 == done.exit_code, done.stderr
    body: dict[str, Any] = json.loads(there.asked[0].content)
    return body


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["/a"], {"method": "GET"}),
        (["/a", "-X", "delete"], {"method": "DELETE"}),
        (["/a", "-d", '{"x": 1}'], {"method": "POST", "json": {"x": 1}}),
        (["/a", "-d", "[1]", "--json-body", "-X", "PUT"], {"method": "PUT", "json": [1]}),
        (["/a", "-d", "<x/>", "--raw-data", "-H", "Content-Type: text/xml"], {"data": "<x/>"}),
        (["/a", "-d", "-", "--raw-data"], {"data": "from stdin"}),
        (["/a", "-q", "n=1", "-q", "n=2", "--query", "m=x=y"], {"query": {"n": ["1", "2"], "m": "x=y"}}),
        (["/{i}", "--path-param", "i=7"], {"path": "/{i}", "path_params": {"i": "7"}}),
        (["/a", "-F", "t=x"], {"method": "POST", "form": {"t": "x"}}),
        (["/a", "--repeatable"], {"repeatable": True}),
        (["/a", "-H", "X-Note:  hi "], {"headers": {"X-Note": "hi"}}),
    ],
)
def test_options_become_the_request(ferry: Ferry, script: type[Script], words: list[str], body: dict[str, Any]) -> None:
    """Each where the API has it."""
    told = asked(ferry, script, *words, given="from stdin")

    assert body == {name: told[name] for name in body}


def test_a_file_is_read_here(ferry: Ferry, script: type[Script], tmp_path: Path) -> None:
    """As a body, or as a part of a form with its name and type."""
    (tmp_path / "body.json").write_text('{"a": 1}')
    (tmp_path / "a.png").write_bytes(b"\x89PNG")

    assert {"a": 1} == asked(ferry, script, "/a", "-d", "@body.json")["json"]
    assert (
        base64.b64encode(b"\x89PNG").decode() == asked(ferry, script, "/a", "-d", "@a.png", "--raw-data")["data_base64"]
    )
    files = asked(ferry, script, "/a", "--file", "media=@a.png", "--file", "@a.png")["files"]
    assert [("media", "a.png", "image/png"), ("file", "a.png", "image/png")] == [
        (one["field"], one["name"], one["media_type"]) for one in files
    ]


@pytest.mark.parametrize(
    ("answer", "code", "out", "err"),
    [
        (run(body={"a": 1}), 0, '{"a": 1}\n', "200"),
        (run(body="plain", encoding="text"), 0, "plain\n", "200"),
        (run(204, encoding="text"), 0, "", "204"),
        (
            run(302, encoding="text", headers={"location": "https://x.example/"}),
            0,
            "",
            "https://x.example/, which is not",
        ),
        (run(404, {"error": "no"}), 5, '{"error": "no"}\n', "the provider answered 404"),
        (run(state="unknown", output=None), 7, "", "is unknown"),
        (run(state="failed", output=None, error={"class": "rejected", "text": "no"}), 5, "", "no."),
    ],
)
def test_the_body_on_stdout_and_the_rest_on_stderr(
    ferry: Ferry, script: type[Script], answer: Any, code: int, out: str, err: str
) -> None:
    """So that it can be piped; the exit code says how it went."""
    done = ferry("request", "shop", "/a", *URL, transport=script({WHERE: answer}).transport)

    assert (code, out) == (done.exit_code, done.stdout), done.stderr
    assert err in done.stderr


def test_bytes_come_out_as_bytes(ferry: Ferry, script: type[Script]) -> None:
    """A picture into a file."""
    answer = run(body=base64.b64encode(b"\xff\x00").decode(), encoding="base64")
    done = ferry("request", "shop", "/a", *URL, transport=script({WHERE: answer}).transport)

    assert b"\xff\x00" == done.stdout_bytes


def test_json_is_the_whole_run(ferry: Ferry, script: type[Script]) -> None:
    """As every other command prints a run; --async as it is now, --dry-run what would leave."""
    whole = json.loads(
        ferry("request", "shop", "/a", "--json", *URL, transport=script({WHERE: run(404)}).transport).stdout
    )
    assert ("run_1", 404) == (whole["id"], whole["output"]["status"])
    queued = (202, {"id": "run_1", "state": "queued", "connection": "shop", "action": "request"})
    done = ferry("request", "shop", "/a", "--async", *URL, transport=script({WHERE: queued}).transport)
    assert (0, True) == (done.exit_code, "state\tqueued" in done.stdout)
    there = script({WHERE: (200, {"requests": []})})
    assert '{"requests": []}\n' == ferry("request", "shop", "/a", "--dry-run", *URL, transport=there.transport).stdout
    assert "dry_run=true" == there.asked[0].url.query.decode()


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (["/a", "-d", "{"], "--raw-data sends it as it is"),
        (["/a", "-d", "{", "--json-body"], "no JSON"),
        (["/a", "-d", "1", "--json-body", "--raw-data"], "contradict"),
        (["/a", "--raw-data"], "there is no body"),
        (["/a", "-d", "@nofile"], "nofile cannot be read"),
        (["/a", "--file", "nofile"], "[FIELD=]@FILE"),
        (["/a", "-q", "n"], "--query wants NAME=VALUE"),
        (["/a", "-H", "Authorization Bearer s3cret-word"], "'Name: value'"),
    ],
)
def test_a_mistake_is_a_sentence_and_asks_nobody(
    ferry: Ferry, script: type[Script], words: list[str], err: str
) -> None:
    """Exit code 2, and what to type next."""
    there = script({})
    done = ferry("request", "shop", *words, *URL, transport=there.transport)

    assert (2, []) == (done.exit_code, there.asked)
    assert err in done.stderr
    assert "ferry request --help" in done.stderr
    assert "s3cret" not in done.output
