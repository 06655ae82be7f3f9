"""`ferry trigger` as it is used: pasted from --curl, edited at a terminal, towards a Ferry elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.guards import HookRequest
from connectors.registry import PROVIDERS, find
from tests.worker.cli.conftest import Ferry, connection_of
from tests.worker.cli.served import Terminal
from worker.cli import shots


class Listener(HTTPServer):
    """Keeps what it is sent: (method, path, headers, body)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeps)
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/webhooks/x/path-token-0001"


class _Keeps(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append((self.command, self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *words: object) -> None:
        del words


@pytest.fixture
def listener() -> Iterator[Listener]:
    """On a free port."""
    made = Listener()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


PASTED = {
    "JSON with quotes and an emoji": ("instagram", "message", {"text": 'it\'s "fine" 🙂 $HOME `id`'}),
    "a body that begins with @": ("1msg", "message", {"raw": b"@/etc/hostname"}),
    "bytes that are no text": ("instagram", "message", {"raw": bytes(range(256))}),
    "a form": ("clicksend", "sms-form", {"text": "a&b=c"}),
    "a GET": ("clicksend", "sms-get", {"text": "a b"}),
    "parts and a file": ("infobip", "email-message", {}),
}


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("sh")), reason="curl is not installed")
@pytest.mark.parametrize(("title", "event", "words"), PASTED.values(), ids=PASTED)
def test_a_pasted_curl_sends_these_very_bytes(
    listener: Listener, title: str, event: str, words: dict[str, Any]
) -> None:
    """Run by a shell as it stands: method, URL, signature and body are those of the request."""
    provider = find(title)
    shot = shots.make(provider, provider.samples[event], connection_of(provider), changes={}, to=listener.url, **words)

    done = subprocess.run(["sh", "-c", shot.curl()], capture_output=True, text=True, check=True)

    assert "200 OK" in done.stdout
    ((method, path, headers, body),) = listener.heard
    assert (shot.request.method, shot.url.partition("/webhooks")[2]) == (method, path.partition("/webhooks")[2])
    assert shot.request.body == body
    assert {name: headers[name] for name in shot.request.headers} == dict(shot.request.headers)


@pytest.mark.usefixtures("dev_json")
def test_a_place_is_named_as_people_write_it(ferry: Ferry) -> None:
    """a[0].b and a.0.b; the value is JSON where it is JSON."""
    for path in ("messages[0].body", "messages.0.body"):
        done = ferry("trigger", "1msg", "message", "--curl", "--set", f"{path}=hello there")
        assert '"body":"hello there"' in done.stdout
    number = ferry("trigger", "1msg", "message", "--curl", "--set", "messages[0].time=7", "--json")
    assert '"time":7' in json.loads(number.stdout)["items"][0]["curl"]


@pytest.mark.usefixtures("dev_json")
def test_an_editor_needs_a_person(ferry: Ferry) -> None:
    """Off a terminal it is refused, and what does the same there is named."""
    done = ferry("trigger", "1msg", "message", "--edit")

    assert (2, True) == (
        done.exit_code,
        "nobody is at a terminal here: change the body with --set or --raw" in done.stderr,
    )
    assert 2 == ferry("trigger", "1msg", "message", "--edit", "--raw", "{}").exit_code


EDITORS = {
    # what the editor does to the file → exit code, what is told
    "changed": ("sed -i 's/hello from ferry trigger/edited by hand/' \"$1\"", 0, "200 in"),
    "not saved": ("true", 1, "the editor was left without saving"),
    "no JSON": ("echo '{' > \"$1\"", 1, "That is no JSON of a webhook"),
}


@pytest.mark.parametrize(("does", "code", "told"), EDITORS.values(), ids=EDITORS)
def test_what_is_edited_is_signed_afterwards(
    tmp_path: Path, listener: Listener, does: str, code: int, told: str
) -> None:
    """At a terminal, in the editor of $VISUAL; what is no JSON can be edited again, and nothing goes out otherwise."""
    provider = PROVIDERS["instagram"]
    connection = connection_of(provider)
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{does}\n")
    editor.chmod(0o755)
    named = [f"{name}=@{name.upper()}" for name in connection.secrets]
    secrets = {name.upper(): value for name, value in connection.secrets.items()}
    words = ["trigger", "instagram", "message", "--edit", "--to", listener.url]
    words += [word for one in named for word in ("--secret", one)]

    with Terminal(words, {"HOME": str(tmp_path), "VISUAL": str(editor), **secrets}, person=True) as terminal:
        if told.startswith("That is no JSON"):
            terminal.until("Edit it again?")
            terminal.line("n")
        assert code == terminal.ended(), terminal.output

    assert told in terminal.output
    assert (code == 0) == bool(listener.heard)
    for _, _, headers, body in listener.heard:
        assert b"edited by hand" in body
        provider.guard(connection, HookRequest("POST", "", "", headers, body))


@pytest.mark.usefixtures("ferry")
def test_towards_a_ferry_elsewhere(ferry: Ferry) -> None:
    """Its API tells where it listens and gives no secret out: what signs is named, or that is what is said."""
    sent: list[httpx.Request] = []
    shown = {"id": "shop", "settings": {"login_type": "instagram_login"}, "secrets": {"app_secret": "…cret"}}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/connections":
            hook = "https://ferry.example.com/webhooks/shop/path-token-0001"
            return httpx.Response(200, json={"items": [{**shown, "webhook_url": hook}], "cursor": None})
        sent.append(request)
        known = {"items": [], "cursor": "c"}
        return httpx.Response(200, json=known) if request.method == "GET" else httpx.Response(403, text="forbidden")

    there: Any = {"transport": httpx.MockTransport(answer), "FERRY_KEY": "fk_x"}
    words = ("trigger", "instagram", "message", "--url", "https://ferry.example.com")

    without = ferry(*words, **there)
    spoilt = ferry(*words, "--secret", "app_secret=@S", "--bad-signature", S="the-app-secret", **there)
    unsigned = ferry(*(words[0], "clicksend", "sms"), "--bad-signature", *words[3:], **there)

    assert (2, True) == (without.exit_code, "signs its webhooks with app_secret" in without.stderr)
    assert "--secret app_secret=@APP_SECRET" in without.stderr
    assert (0, 0) == (spoilt.exit_code, unsigned.exit_code), spoilt.output + unsigned.output
    assert ["/webhooks/shop/path-token-0001", "/webhooks/shop/path-token-0000/inbound"] == [
        one.url.path for one in sent
    ]
    assert "the-app-secret" not in spoilt.output


def test_where_nobody_is_known(ferry: Ferry) -> None:
    """What can be done about it is named: a connection, or a URL to send it to."""
    done = ferry("trigger", "1msg", "message")
    away = ferry("trigger", "1msg", "message", "--secret", "token=@T", T="a-token")

    assert (3, True) == (done.exit_code, "1msg has no connection" in done.stderr)
    assert (2, True) == (away.exit_code, "the same command with --to URL" in away.stderr)
