"""Following what happens: from now on, over a restart, past a gap; and handing it on to an app."""

from __future__ import annotations

import base64
import hmac
import json
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from tests.worker.cli.conftest import Ferry, Script
from tests.worker.cli.served import Terminal, ferry_served
from tests.worker.pipeline import Pipeline
from worker.cli import follow

URL = ("--url", "http://ferry.invalid")
EVENTS = ("GET", "/v1/events")


def event(number: int, **more: Any) -> dict[str, Any]:
    """A short one."""
    told = {"id": f"evt_{number}", "type": "message.received", "provider": "1msg", "connection": "shop"}
    return {**told, "received_at": "t", "occurred_at": None, **more}


def page(*items: Any, cursor: str) -> tuple[int, Any]:
    """A page of them."""
    return 200, {"items": list(items), "cursor": cursor}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between looks."""
    monkeypatch.setattr(follow, "PAUSE", 0.0)
    monkeypatch.setattr(follow, "AWAY_PAUSE", 0.0)


class Told(BaseHTTPRequestHandler):
    """An app: it keeps what it hears and answers as its server says."""

    server: App

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers.items()), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        del words


class App(HTTPServer):
    """On a free port."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


@pytest.fixture
def app() -> Iterator[App]:
    """One that listens."""
    made = App()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_it_begins_with_now_and_leaves_nothing_out(ferry: Ferry, script: type[Script]) -> None:
    """While the instance is away it is waited for, and asked on from the same place; each event is a line once."""
    pages = [
        page(cursor="c0"),
        page(event(1), cursor="c1"),
        httpx.ConnectError("gone"),
        (503, {"detail": "starting"}),
        (502, ["a proxy's own"]),
        page(event(2), cursor="c2"),
    ]
    there = script({EVENTS: pages})

    done = ferry("listen", "--count", "2", "--json", *URL, transport=there.transport)

    assert 0 == done.exit_code, done.output
    assert ["evt_1", "evt_2"] == [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert ["$", "c0", "c1", "c1", "c1", "c1"] == [one.url.params["after"] for one in there.asked]
    assert 1 == done.stderr.count("nobody answers at http://ferry.invalid.  Waiting for it; nothing is left out.")
    assert 1 == done.stderr.count("http://ferry.invalid is back.")


def test_a_gap_is_told(ferry: Ferry, script: type[Script]) -> None:
    """What is no longer kept cannot be shown; it goes on with the oldest there is."""
    pages = [(410, {"detail": "gone", "cursor": "c5"}), page(event(6), cursor="c6")]
    there = script({EVENTS: pages})

    done = ferry("listen", "--after", "c1", "--count", "1", *URL, transport=there.transport)

    assert (0, True) == (done.exit_code, "There is a gap" in done.stderr)
    assert ["c1", "c5"] == [one.url.params["after"] for one in there.asked]


def test_what_is_refused_ends_it(ferry: Ferry, script: type[Script]) -> None:
    """A key that was taken away is not waited for."""
    there = script({EVENTS: [page(cursor="c0"), (401, {"detail": "this key is none of ours"})]})

    assert 1 == ferry("listen", *URL, transport=there.transport).exit_code
    absent = script({EVENTS: httpx.ConnectError("gone")})
    assert 6 == ferry("listen", *URL, transport=absent.transport).exit_code


def test_it_shows_what_is_wanted(ferry: Ferry, script: type[Script]) -> None:
    """Of one provider; types and connection are asked for; a type that does not exist is told."""
    pages = [page(cursor="c0"), page(event(1, provider="clicksend"), event(2), cursor="c1")]
    there = script({EVENTS: pages})

    words = ["--provider", "onemsg", "--event", "message.received", "--connection", "shop", "--count", "1"]
    done = ferry("listen", *words, *URL, transport=there.transport)

    assert "t\tmessage.received\tshop\t\tevt_2\n" == done.stdout
    assert ("message.received", "shop") == tuple(there.asked[1].url.params[name] for name in ("type", "connection"))
    wrong = ferry("listen", "--event", "message.recieved", *URL)
    assert (2, True) == (wrong.exit_code, "Try: ferry listen --event message.received" in wrong.stderr)


def test_requests_are_shown_beside_events(ferry: Ferry, script: type[Script]) -> None:
    """Also those that were refused, which become no event."""
    refused = {"id": "1-0", "at": "t", "direction": "in", "connection": "shop", "status": 403, "outcome": "refused"}
    refused |= {"reason": "the signature differs", "count": 3}
    refused |= dict.fromkeys(("ms", "method", "hook", "request", "run", "action", "error"))
    lines = [page(cursor="l0"), page(refused, cursor="l1")]
    there = script({EVENTS: [page(cursor="c0"), page(event(1), cursor="c1")], ("GET", "/v1/logs"): lines})

    done = ferry("listen", "--requests", "--count", "1", *URL, transport=there.transport)

    first, second = done.stdout.splitlines()
    assert "t\t→ in\tshop\t\t403\t\trefused ×3\tthe signature differs\t" == first
    assert second.endswith("evt_1")


def test_each_event_is_handed_on_once(ferry: Ferry, script: type[Script], app: App) -> None:
    """Signed as a subscription's; a failure is told with what to type next, and is not tried again."""
    app.answers = [204, 500]
    there = script({EVENTS: [page(cursor="c0"), page(event(1), event(2), event(3), cursor="c1")]})
    words = ["--forward-to", app.url, "--secret", "@HOOK_SECRET", "--count", "3", "--json"]
    secret = base64.b64encode(b"very secret").decode()

    done = ferry("listen", *words, *URL, transport=there.transport, HOOK_SECRET=f"whsec_{secret}")

    assert 5 == done.exit_code
    assert [204, 500, 204] == [json.loads(line)["forwarded"]["status"] for line in done.stdout.splitlines()]
    assert ["evt_1", "evt_2", "evt_3"] == [json.loads(body)["id"] for _, body in app.heard]
    for headers, body in app.heard:
        told = {name.lower(): value for name, value in headers.items()}
        signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + body
        made = base64.b64encode(hmac.new(b"very secret", signed, "sha256").digest()).decode()
        assert f"v1,{made}" == told["webhook-signature"]
        assert "application/json" == told["content-type"]
    assert "1 of 3 events were not taken" in done.stderr
    assert "very secret" not in done.output
    assert secret not in done.output


def test_an_app_that_is_not_there(ferry: Ferry, script: type[Script], unused_port: int) -> None:
    """Each event says so, and how to hand it on later."""
    there = script({EVENTS: [page(cursor="c0"), page(event(1), cursor="c1")]})

    done = ferry(
        *["listen", "--count", "1", "--forward-to", f"http://127.0.0.1:{unused_port}/", "--secret", "@S"],
        *URL, transport=there.transport, S="plain",
    )  # fmt: skip

    assert 5 == done.exit_code
    assert "→ nobody in " in done.stdout
    assert "Not taken: nobody answers there (ConnectError).  Try: ferry events replay evt_1" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--forward-to", "app"], "is no address"),
        (["--forward-to", "http://x/", "--secret", "@W"], "no base64"),
        (["--forward-to", "http://x/", "--secret", "literal"], "must not stand in the command line"),
    ],
)
def test_wrong_words(ferry: Ferry, words: list[str], told: str) -> None:
    """Before anything is asked."""
    done = ferry("listen", *words, *URL, W="whsec_!!")

    assert (2, True) == (done.exit_code, told in done.stderr)


def test_at_a_terminal_until_ctrl_c(pipeline: Pipeline, settings: dict[str, str], ferry: Ferry) -> None:
    """A person sees a line for each event as it comes, and ends it with 130."""
    key = ferry("key", "create", "tests", **settings).stdout.strip()
    stored = pipeline.core.connections.get("1msg")
    assert stored is not None
    with (
        ferry_served(pipeline) as url,
        Terminal(["listen", "--url", url], {"FERRY_KEY": key}, person=True) as terminal,
    ):
        terminal.until("Ctrl-C ends.")
        pipeline.ingest(stored, pipeline.hook(stored, "message"))
        pipeline.settle()
        terminal.until("hello from ferry trigger")
        terminal.process.send_signal(signal.SIGINT)
        assert 130 == terminal.ended(), terminal.output
