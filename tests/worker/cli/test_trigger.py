"""`ferry trigger`: real bodies, signed with the connection's own secrets, or spoilt on purpose."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors import samples
from connectors.connection import Connection
from connectors.errors import Refused
from connectors.guards import HookRequest
from connectors.provider import Provider, Stamp
from connectors.registry import PROVIDERS
from tests.worker.cli.conftest import HOOK, Ferry, Script, connection_of
from worker.cli import shots

EVERY = {f"{one.title} {name}": (one, name) for one in PROVIDERS.values() for name in one.samples}


def let_in(provider: Provider, connection: Connection, shot: shots.Shot) -> None:
    """As the receiver asks: a handshake is answered at once, anything else is for the guard.  raises: Refused"""
    if provider.handshake(connection, shot.request) is None:
        provider.guard(connection, shot.request)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_every_sample_is_let_in_and_its_spoilt_twin_is_not(provider: Provider) -> None:
    """Signed: the guard is content, and the URL is the connection's.  Spoilt: refused by the guard or another path."""
    connection = connection_of(provider)
    assert connection.webhook_url is not None
    for event, sample in provider.samples.items():
        good = shots.make(provider, sample, connection, changes={})
        bad = shots.make(provider, sample, connection, changes={}, spoil=True)

        let_in(provider, connection, good)
        assert good.url.startswith(connection.webhook_url), event
        if bad.url.startswith(connection.webhook_url):
            with pytest.raises(Refused):
                let_in(provider, connection, bad)


def test_each_is_its_own_unless_it_is_the_same() -> None:
    """Two made by one command differ; a changed place is changed before signing."""
    provider = PROVIDERS["instagram"]
    connection = connection_of(provider)
    sample = provider.samples["message"]

    first, second = (shots.make(provider, sample, connection, changes={}) for _ in range(2))
    changed = shots.make(provider, sample, connection, changes={"object": "page"})

    assert first.request.body != second.request.body
    assert "page" == json.loads(changed.request.body)["object"]
    let_in(provider, connection, changed)


def test_a_body_of_ones_own_is_signed_too() -> None:
    """--raw sends these very bytes."""
    provider = PROVIDERS["instagram"]
    connection = connection_of(provider)

    shot = shots.make(provider, provider.samples["message"], connection, changes={}, raw=b"{broken")

    assert b"{broken" == shot.request.body
    let_in(provider, connection, shot)


def test_an_event_is_known_by_the_words_it_carries() -> None:
    """An event's `raw` is a part of the body that was sent; a form's words are compared as texts."""
    provider = PROVIDERS["clicksend"]
    connection = connection_of(provider)
    stamp = Stamp("a1", 1_700_000_000)
    form = samples.make(provider, provider.samples["sms-form"], connection, stamp)
    sent = shots.Shot("u", HookRequest("POST", "", "", {"content-type": "application/json"}, b'{"a": [{"b": 1}]}'), "c")

    assert sent.says({"b": 1})
    assert not sent.says({"b": 2})
    assert shots.Shot("u", form, "c").says({**shots.Shot("u", form, "c").document()})


EVENTS, HOOKED = ("GET", "/v1/events"), ("POST", "/webhooks/1msg/path-token-0001")


@pytest.mark.usefixtures("dev_json")
def test_the_event_is_shown_once_it_is_there(ferry: Ferry) -> None:
    """Status, milliseconds, and then the event's id and link; duplicates are the same bytes."""
    there = Script({HOOKED: (200, {}), EVENTS: []})
    now = (200, {"items": [], "cursor": "c0"})

    def events() -> Any:
        raw = json.loads(there.asked[1].content)["messages"][0]
        return 200, {
            "items": [
                {"id": "evt_other", "type": "t", "connection": "1msg", "request": None, "raw": None},
                {"id": "evt_1", "type": "message.received", "connection": "1msg", "request": "req_1", "raw": raw},
            ],
            "cursor": "c1",
        }

    def answer(request: httpx.Request) -> httpx.Response:
        there.asked.append(request)
        status, body = (
            (200, {}) if request.method == "POST" else now if request.url.params["after"] == "$" else events()
        )
        return httpx.Response(status, json=body)

    done = ferry("trigger", "1msg", "message", "--duplicate", "3", "--json", transport=httpx.MockTransport(answer))

    assert 0 == done.exit_code, done.output
    told = json.loads(done.stdout)
    assert [200, 200, 200] == [one["status"] for one in told["requests"]]
    url = "http://ferry.invalid/v1/events/evt_1"
    assert [{"id": "evt_1", "type": "message.received", "url": url}] == told["events"]
    assert 1 == len({request.content for request in there.asked if request.method == "POST"})


@pytest.mark.usefixtures("dev_json")
@pytest.mark.parametrize(("status", "spoil", "code"), [(404, False, 5), (403, True, 0), (200, True, 1)])
def test_how_it_ends(ferry: Ferry, status: int, code: int, *, spoil: bool) -> None:
    """A refusal is a failure, and of a spoilt one it is what was wanted."""

    def answer(request: httpx.Request) -> httpx.Response:
        known = {"items": [], "cursor": "c"}
        return httpx.Response(status, text="no") if request.method == "POST" else httpx.Response(200, json=known)

    words = ["--bad-signature"] if spoil else []
    done = ferry("trigger", "instagram", "message", *words, transport=httpx.MockTransport(answer))

    assert code == done.exit_code, done.output


@pytest.mark.usefixtures("dev_json")
def test_wrong_words(ferry: Ferry) -> None:
    """Each says what there is instead."""
    assert (2, True) == _ended(ferry("trigger", "telegram", "message"), "there is no provider 'telegram'")
    assert (3, True) == _ended(ferry("trigger", "1msg", "mesage"), "Try: ferry trigger 1msg message")
    assert (2, True) == _ended(ferry("trigger", "1msg", "message", "--set", "nowhere.at.all=1"), "--set names a place")
    assert (2, True) == _ended(ferry("trigger", "1msg", "message", "--set", "x"), "--set wants a.b=value")
    assert (2, True) == _ended(ferry("trigger", "1msg", "message", "--raw", "@none"), "none cannot be read")
    assert (2, True) == _ended(ferry("trigger", "1msg"), "say which event")


def _ended(done: Any, words: str) -> tuple[int, bool]:
    return done.exit_code, words in done.stderr


def test_the_list_names_every_sample(ferry: Ferry) -> None:
    """By provider and event, as they are typed."""
    done = ferry("trigger", "--list")

    assert 0 == done.exit_code
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert set(EVERY) == {" ".join(line[:2]) for line in lines}
    assert ["message.received", "A text"] == next(line[2:] for line in lines if line[:2] == ["1msg", "message"])
    told = json.loads(ferry("trigger", "infobip", "--list", "--json").stdout)["items"]
    assert {"infobip"} == {one["provider"] for one in told}


@pytest.mark.usefixtures("dev_json")
def test_curl_says_the_same_to_a_shell(ferry: Ferry) -> None:
    """Nothing is sent; the line holds URL, signature and body."""
    done = ferry("trigger", "instagram", "message", "--curl", "--text", "it's")

    assert 0 == done.exit_code
    assert done.stdout.startswith(f"curl -i -X POST {HOOK.format('instagram')}")
    assert "x-hub-signature-256" in done.stdout.lower()
