"""
Every command there is, carried out against the real API and a real Redis: in words, and as JSON.

A command that is not in EVERY fails a test here.  What each prints in detail is tested where it belongs.
"""

from __future__ import annotations

import itertools
import json
import shlex
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis as redis_client

from connectors.guards import HookRequest
from connectors.registry import find
from tests.eventually import eventually
from tests.worker.cli.conftest import Ferry
from tests.worker.cli.test_help import LEAVES, SILENT
from tests.worker.pipeline import Pipeline, build
from web.app import create_app
from worker import jobs, standing, sweeps
from worker.accept import accept
from worker.cli import follow, outcome, profiles, schedule, sweeping
from worker.cli.profiles import Profiles
from worker.presence import Presence
from worker.store import runs
from worker.store.letters import Wanted
from worker.store.vault import new_key

KEY = "a-key-of-the-tests"
URL = "http://ferry.invalid"
FILE = b"\x89PNG of a test"
FAR = "2199-01-01T00:00:00Z"
PROCESSES = {"dev", "web", "worker", "beat"}  # run until they are stopped: tests/dev, tests/worker/cli/test_failing.py
ON_STDERR = {"login", "logout", "release"}  # change something and say so; nothing of it is data
HERE = {"login", "logout", "signature sign", "signature verify"}  # look for what this shell has, not at an instance


class World:
    """A Ferry where something of everything has happened, and a worker at work."""

    def __init__(self, client: redis_client.Redis, url: str) -> None:
        self.secret_key, self.redis_url = new_key(), url
        self.ferry: Pipeline = build(client, api_keys=(KEY,), secret_keys=(self.secret_key,))
        self.core = self.ferry.core
        self.core.start = lambda job: jobs.carry_out(self.core, job)
        self.count = itertools.count(1)
        self.talking, self.turns = threading.Event(), 0
        for name in ("1msg", "instagram"):
            self.ferry.connect(name)
        for name in ("away", "turned"):
            self.ferry.connect("1msg", name)
        standing.change(self.core, "1msg", limits=dict.fromkeys(find("1msg").paces, 0))
        self.app = httpx.WSGITransport(app=create_app(self.core.settings, self.core))

    def work(self, stop: threading.Event) -> None:
        """Carries out what is handed in; somebody writes while we are `talking`."""
        presence = Presence(self.core)
        while not stop.wait(0.005):
            presence.beat()
            if self.talking.is_set():
                self.hear()
            self.ferry.settle()
            self.turns += 1

    def idle(self) -> None:
        """Waits until all that was handed in before is done."""
        wanted = self.turns + 2
        eventually(lambda: self.turns >= wanted)

    def hear(self, sample: str = "message") -> None:
        """Somebody writes."""
        stored = self.core.connections.get("1msg")
        assert stored is not None
        self.ferry.ingest(stored, self.ferry.hook(stored, sample))

    def event(self) -> dict[str, Any]:
        """The newest message's."""
        return self.ferry.events("message.received")[-1]

    def run(self, state: str, status: int | None = None, **more: Any) -> str:
        """A run that came to this state, after an answer of this status."""
        if status is not None:
            self.idle()  # what others handed in must not meet this answer
            self.ferry.simulators["onemsg"].behave(action="send-message", status=status, body={}, times=1)
        given = {"to": f"1555020{next(self.count):04d}", "text": "x"}
        body = {"connection": "1msg", "action": "send-message", "input": given, "force": True, **more}
        ident = accept(self.core, body).id
        eventually(lambda: (runs.get(self.core.store, ident) or {})["state"] == state)
        return ident

    def failed(self) -> str:
        """A dead letter."""
        return self.run("failed", 400)

    def sweep(self, *, done: bool) -> str:
        """A retry of many, as it begins or at its end."""
        self.failed()
        key = f"s{next(self.count)}"
        begun, _ = sweeps.begin(self.core, sweeps.REPLAY, Wanted(kind="run"), by="t", why="", force=False, key=key)
        ident = str(begun["id"])
        while done and sweeps.get(self.core, ident)["state"] == "running":
            sweeps.turn(self.core)
        return ident

    def unmatched(self) -> None:
        """An old receipt that belongs to nothing."""
        self.hear("ack-delivered")
        store = self.core.store
        key = store.key(0, "um")
        eventually(lambda: store.client.zcard(key) > 0)
        names: Any = store.client.zrange(key, 0, -1)
        store.client.zincrby(key, -3_600_000_000, names[0])


@pytest.fixture(scope="module")
def world(valkey_server: Any) -> Iterator[World]:
    """One for all; what a command would change for others, it makes for itself."""
    with redis_client.Redis.from_url(valkey_server.url) as client:
        client.flushall()
        made, stop = World(client, valkey_server.url), threading.Event()
        thread = threading.Thread(target=made.work, args=(stop,))
        thread.start()
        try:
            made.hear()
            eventually(lambda: bool(made.ferry.events("message.received")))
            made.run("succeeded")
            made.failed()
            made.unmatched()
            yield made
        finally:
            stop.set()
            thread.join()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other quickly."""
    for module in (outcome, sweeping, schedule, follow):
        monkeypatch.setattr(module, "PAUSE", 0.01)


def connecting(world: World) -> str:
    """All that `ferry connect` would ask for."""
    settings, _ = find("1msg").simulated("https://onemsg.invalid")
    words = " ".join(f"--set {name}={value}" for name, value in settings.items())
    return f"1msg --key c{next(world.count)} {words} --secret token=@TOKEN"


def file_of(world: World) -> str:
    """connections.toml."""
    del world
    Path("c.toml").write_text('[turned]\nprovider = "1msg"\nlabel = "Turned"\nsecrets = { token = "${TOKEN}" }\n')
    return "c.toml --dry-run"


def logged_in(world: World) -> str:
    """Somebody is."""
    del world
    profiles.write(Profiles(URL, {URL: KEY}))
    return ""


def signed(world: World) -> str:
    """A request of Instagram's, as somebody captured it."""
    stored, provider = world.core.connections.get("instagram"), find("instagram")
    assert stored is not None
    Path("b.json").write_bytes(b"{}")
    headers = provider.sign(stored.speak(""), HookRequest("POST", "", "", {}, b"{}")).headers
    return "instagram @b.json " + " ".join(f"-H {shlex.quote(f'{name}: {word}')}" for name, word in headers.items())


def body_of(world: World) -> str:
    """Something to sign."""
    del world
    Path("b.json").write_bytes(b"{}")
    return "instagram @b.json"


def talking(words: str) -> Callable[[World], str]:
    """What is said while a command listens."""

    def begun(world: World) -> str:
        world.talking.set()
        return words

    return begun


EVERY: dict[str, str | Callable[[World], str]] = {
    # command: its words, or what makes them
    "action get": "send-message --connection 1msg",
    "action list": "--intent 'tell them we saw it' --limit 3",
    "action run": "get-channel-status --connection 1msg",
    "completion": "bash",
    "config check": "",
    "config key": "",
    "config rotate": "",
    "config show": "",
    "connect": connecting,
    "connection apply": file_of,
    "connection archive": "away --yes",
    "connection check": "1msg",
    "connection ensure": "1msg --key turned",
    "connection get": "1msg --wait",
    "connection list": "--archived",
    "connection patch": "turned --label T",
    "connection pause": "turned",
    "connection reconnect": "turned",
    "connection restore": "turned",
    "connection resume": "turned",
    "connection rotate": "turned",
    "connection test": "1msg",
    "doctor": f"--url {URL}",
    "events get": lambda world: world.event()["id"],
    "events list": "--newest --limit 5",
    "events replay": lambda world: world.event()["id"],
    "events tail": talking("--count 1"),
    "failed discard": lambda world: f"{world.failed()} --reason x --yes",
    "failed list": "",
    "failed retry": lambda world: world.failed(),
    "failed show": lambda world: world.failed(),
    "failed stop": lambda world: world.sweep(done=False),
    "failed watch": lambda world: world.sweep(done=True),
    "key create": lambda world: f"n{next(world.count)}",
    "listen": talking("--count 1"),
    "login": f"{URL} --key @A_KEY",
    "logout": logged_in,
    "logs tail": "",
    "media": "msg_1",
    "messages conversations": "--connection 1msg",
    "messages get": lambda world: world.event()["message"]["id"],
    "messages list": "",
    "messages timeline": lambda world: world.event()["message"]["id"],
    "messages unmatched": "",
    "openapi": "",
    "queues list": "",
    "queues pause": "out:turned:bulk",
    "queues resume": "out:turned:bulk",
    "release": "",
    "request": "1msg /status",
    "runs cancel": lambda world: world.run("scheduled", not_before=FAR, expires_at="2199-02-01T00:00:00Z"),
    "runs get": lambda world: world.run("succeeded"),
    "runs list": "",
    "runs resolve": lambda world: f"{world.run('unknown', 500)} succeeded",
    "runs retry": lambda world: world.failed(),
    "runs wait": lambda world: world.run("succeeded"),
    "schedule list": "",
    "schedule run": "trim",
    "send": "1msg --to 15550100123 --text Hello --force",
    "signature sign": body_of,
    "signature verify": signed,
    "skill": "1msg",
    "status": "",
    "trigger": "1msg message",
}


def test_every_command_is_here() -> None:
    """A new one has to be carried out, too."""
    assert set(LEAVES) == set(EVERY) | PROCESSES


def _transport(world: World, name: str) -> httpx.BaseTransport:
    """The API; a file of somebody's would come from a provider's own machines."""
    return httpx.MockTransport(lambda _: httpx.Response(200, content=FILE)) if name == "media" else world.app


FORMS = [(name, form) for name in EVERY for form in ("words", "JSON") if form == "words" or name not in SILENT]


@pytest.mark.parametrize(("name", "form"), FORMS, ids=[f"{name} in {form}" for name, form in FORMS])
def test_it_prints(world: World, ferry: Ferry, name: str, form: str) -> None:
    """Something on stdout, which is JSON when one says so; it ends well, and shows no secret."""
    chosen = EVERY[name]
    words = shlex.split(chosen if isinstance(chosen, str) else chosen(world))
    secrets = find("1msg").simulated("x")[1]
    settings = {"REDIS_URL": world.redis_url, "FERRY_SECRET_KEYS": world.secret_key}
    settings |= {} if name in HERE else {"FERRY_URL": URL}
    done = ferry(
        *name.split(),
        *words,
        *(["--json"] if form == "JSON" else []),
        transport=_transport(world, name),
        FERRY_KEY=KEY,
        A_KEY=KEY,
        TOKEN=secrets["token"],
        **settings,
    )
    world.talking.clear()

    assert 0 == done.exit_code, done.output
    assert done.stdout.strip() or (name in ON_STDERR and form == "words"), done.stderr
    if form == "JSON":
        _is_json(done.stdout)
    assert not [one for one in (KEY, world.secret_key, *secrets.values()) if one in done.output]


def _is_json(told: str) -> None:
    """One document, or one a line."""
    try:
        json.loads(told)
    except ValueError:
        assert [json.loads(line) for line in told.splitlines()]
