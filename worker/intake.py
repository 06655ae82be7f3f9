"""
The queue of other apps' tasks, `ferry`: taken so that a kill loses none.

Celery's own consumer pops a message and only then notes it: a kill in between loses it whatever `acks_late` says
(measured).  So a thread moves each message into a list of its own (BLMOVE), stores the run, and only then removes it;
the lists of dead workers are moved back.  Bad bodies become dead letters.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import redis
from celery.exceptions import Reject

from connectors.errors import InvalidCall
from worker import proxied, verbs
from worker.accept import Accepted, Conflict, NoRoom, NotFound, accept
from worker.core import Core
from worker.pressure import Pressure
from worker.store import ids, letters
from worker.store.client import connect, is_away
from worker.store.text import text

log = logging.getLogger("ferry.intake")

QUEUE = "ferry"
PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")  # kombu's lists of one queue, the most urgent first
ALIVE_MS = 6_000  # adopted too early, a task is handed in twice, and its key makes that one run
LOOK_SECONDS = 1.0  # between two looks whether there is room
ALIVE_SECONDS = 2.0  # between two signs of life
KNOWN_MS = 3_600_000  # one that was taken for dead may wake, take one more, and die: so long its list is looked at
MINE = "f:taken:"  # + worker: what it has in hand;  + ":alive": its sign of life;  + ":known": its list is looked at


def run(core: Core, key: str, **words: Any) -> Accepted:
    """`ferry.run`: the body of POST /v1/runs as keyword arguments."""
    return accept(core, {"idempotency_key": key, **words})


def send(core: Core, key: str, *, connection: str, **words: Any) -> Accepted:
    """`ferry.send`: {connection, to, text | media | …, reply_to?}."""
    options, said = _options(words)
    return verbs.send(core, connection, said, **{"idempotency_key": key, **options})


def mark_read(core: Core, key: str, *, message: str, **words: Any) -> Accepted:
    """`ferry.mark_read`: {message: "msg_…"}."""
    options, said = _options(words)
    return verbs.about(core, message, "mark_read", said, **{"idempotency_key": key, **options})


def react(core: Core, key: str, *, message: str, emoji: str | None = None, **words: Any) -> Accepted:
    """`ferry.react`: {message: "msg_…", emoji}; without an emoji the reaction is taken back."""
    options, said = _options(words)
    verb = "react" if emoji else "unreact"
    if emoji:
        said["emoji"] = emoji
    return verbs.about(core, message, verb, said, **{"idempotency_key": key, **options})


def typing(core: Core, key: str, *, conversation: str, on: bool = True, **words: Any) -> Accepted:
    """`ferry.typing`: {conversation: "cnv_…", on?}."""
    options, _ = _options(words)
    return verbs.typing(core, conversation, on=on, **{"idempotency_key": key, **options})


def proxy(core: Core, key: str, *, connection: str, **words: Any) -> Accepted:
    """`ferry.proxy`: {connection, path, method?, query?, headers?, json? …, repeatable?}."""
    return accept(core, {"idempotency_key": key, **proxied.body(connection, words)})


OPTIONS = frozenset({"idempotency_key", "not_before", "expires_at", "priority", "force"})
TASKS: dict[str, Callable[..., Accepted]] = {
    "ferry.run": run,
    "ferry.send": send,
    "ferry.mark_read": mark_read,
    "ferry.react": react,
    "ferry.typing": typing,
    "ferry.proxy": proxy,
}


def _options(words: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    options = {name: value for name, value in words.items() if name in OPTIONS}
    return options, {name: value for name, value in words.items() if name not in OPTIONS}


class BadTask(ValueError):
    """A message on our queue that is none of our tasks, or says it in a way we cannot read."""


class MayHaveRun(BadTask):
    """A task of a restored backup: nobody knows whether it was carried out since."""


def read(raw: bytes) -> tuple[str, str, dict[str, Any]]:
    """
    (task's name, its id, keyword arguments) of a message as kombu writes it on Redis.

    raises: BadTask, quoting nothing
    """
    try:
        envelope = json.loads(raw)
        headers = envelope["headers"]
        body = envelope["body"]
        if envelope.get("properties", {}).get("body_encoding") == "base64":
            body = base64.b64decode(body)
        args, kwargs, *_ = json.loads(body)
        name, ident = str(headers["task"]), str(headers["id"])
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        told = "the message is not one of Celery's protocol 2 in JSON"
        raise BadTask(told) from problem
    if not isinstance(kwargs, dict):
        told = "keyword arguments must be an object"
        raise BadTask(told)
    if args:
        if len(args) == 1 and isinstance(args[0], dict) and not kwargs:
            kwargs = args[0]
        else:
            told = "the task takes keyword arguments only"
            raise BadTask(told)
    if name not in TASKS:
        told = f"there is no task {name[:80]!r}; there are {', '.join(TASKS)}"
        raise BadTask(told)
    return name, ident, kwargs


def taken_by_list(broker: str) -> bool:
    """Whether the broker is a Redis, whose queue a thread of ours takes; elsewhere an ordinary consumer is safe."""
    return urlsplit(broker).scheme.startswith(("redis", "valkey", "unix"))


class Door:
    """Whether there is room for more runs, looked at once a second: where there is none, tasks stay in their queue."""

    def __init__(self, core: Core) -> None:
        self._pressure = Pressure(core)
        self._next = float("-inf")

    def enter(self) -> None:
        """raises: NoRoom; what the client raises while Redis is away"""
        if time.monotonic() >= self._next:
            self._pressure.look()
            self._next = time.monotonic() + LOOK_SECONDS
        self._pressure.room("live")


def consume(core: Core, name: str) -> Callable[..., None]:
    """The body of the Celery task `name` for brokers whose own acks are safe: acknowledged only once it is stored."""

    door = Door(core)

    def task(self: Any, *args: Any, **words: Any) -> None:
        if len(args) == 1 and isinstance(args[0], dict) and not words:
            words = args[0]
        try:
            door.enter()
            given = dict(words)
            key = str(given.pop("idempotency_key", None) or f"task:{self.request.id}")
            TASKS[name](core, key, **given)
        except Exception as problem:
            if is_away(problem) or isinstance(problem, NoRoom):
                time.sleep(1.0)  # it comes again at once, and Redis will not be back at once
                raise Reject(type(problem).__name__, requeue=True) from problem
            body = json.dumps([[], words, {}], default=str)
            said = {"headers": {"task": name, "id": self.request.id}, "body": body}  # as `read` takes it
            letter(core, json.dumps(said), problem)

    return task


class Intake:
    """A daemon thread of a worker process; only where the broker is a Redis."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.name = secrets.token_hex(8)
        self._door = Door(core)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to take."""
        if taken_by_list(self.core.settings.broker):
            self._thread = threading.Thread(target=self._run, name="ferry-intake", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Takes nothing more; what is in hand goes back by its list."""
        self._stop.set()

    def _run(self) -> None:
        client = connect(self.core.settings.broker, connections=4)
        while not self._stop.is_set():
            try:
                self._alive(client)
                self._adopt(client)
                self._door.enter()
                self._take(client)
            except NoRoom:
                self._stop.wait(LOOK_SECONDS)
            except Exception as problem:  # noqa: BLE001  (the broker may be away; what is in hand stays in its list)
                log.warning("intake waits", extra={"error": type(problem).__name__})
                self._stop.wait(1.0)
        with contextlib.suppress(Exception):
            client.delete(f"{MINE}{self.name}:alive")
            client.close()

    def _alive(self, client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            pipe.set(f"{MINE}{self.name}:known", "1", px=KNOWN_MS)
            pipe.sadd("f:takers", self.name)
            pipe.set(f"{MINE}{self.name}:alive", "1", px=ALIVE_MS)
            pipe.execute()

    def _adopt(self, client: redis.Redis) -> None:
        """What dead workers had in hand goes back to the queue; ours, from before an error, is dealt with now."""
        names: Any = client.smembers("f:takers")
        others = [text(name) for name in names if text(name) != self.name]
        with client.pipeline(transaction=False) as pipe:
            for other in others:
                pipe.exists(f"{MINE}{other}:alive")
                pipe.exists(f"{MINE}{other}:known")
            found = pipe.execute() if others else []
        for other, alive, known in zip(others, found[::2], found[1::2], strict=True):
            if alive:
                continue
            while client.lmove(f"{MINE}{other}", QUEUE, "LEFT", "RIGHT"):
                pass
            if not known:
                client.srem("f:takers", other)
        left: Any = client.lrange(f"{MINE}{self.name}", 0, -1)
        for raw in left:
            self._deal(client, raw)

    def _take(self, client: redis.Redis) -> None:
        """One after the other while there are any, until it is time for a sign of life."""
        until = time.monotonic() + ALIVE_SECONDS
        while time.monotonic() < until and not self._stop.is_set():
            raw = self._next(client)
            if raw is None:
                return
            self._deal(client, raw)

    def _next(self, client: redis.Redis) -> bytes | None:
        mine = f"{MINE}{self.name}"
        for suffix in PRIORITIES:
            found: Any = client.lmove(QUEUE + suffix, mine, "RIGHT", "LEFT")
            if found is not None:
                return bytes(found)
        found = client.blmove(QUEUE, mine, 2, "RIGHT", "LEFT")
        return None if found is None else bytes(found)

    def _deal(self, client: redis.Redis, raw: bytes) -> None:
        try:
            name, ident, words = read(raw)
            key = str(words.pop("idempotency_key", None) or f"task:{ident}")
            TASKS[name](self.core, key, **words)
        except Exception as problem:
            if is_away(problem):
                raise
            letter(self.core, raw.decode("utf-8", "replace"), problem)
        client.lrem(f"{MINE}{self.name}", 1, raw)  # type: ignore[arg-type]


def waiting(client: redis.Redis) -> Iterator[bytes]:
    """
    Takes what waits at this moment out of the queue and out of all hands; each is gone once the next is asked for.

    Whoever dies in between leaves the one in hand to whoever is next.
    """
    names: Any = client.smembers("f:takers")
    hands = [MINE + text(name) for name in names]
    mine = f"{MINE}restored"
    client.sadd("f:takers", "restored")
    for name in [*hands, *(QUEUE + suffix for suffix in PRIORITIES)]:
        for _ in range(int(client.llen(name))):
            raw: Any = client.lmove(name, mine, "RIGHT", "LEFT")
            if raw is None:
                break
            yield bytes(raw)
            client.lrem(mine, 1, raw)


def letter(core: Core, task: str, problem: Exception) -> None:
    """Keeps a task that cannot be carried out, with its cause, for a person."""
    known = isinstance(problem, BadTask | InvalidCall | NotFound | Conflict | TypeError)
    if not known:
        log.error("a task failed", extra={"error": type(problem).__name__})
    body = {"task": task, "error": str(problem)[:500]}
    if isinstance(problem, InvalidCall):
        body["fields"] = json.dumps(problem.fields)
    ident = f"task_{ids.digest(task)}00"
    cause = f"task:{type(problem).__name__}"
    letters.put(core.store, 0, ident, kind="task", cause=cause, connection="", body=body, told=str(problem))


def again(core: Core, body: Mapping[str, Any]) -> Accepted:
    """
    Hands in a task that was set aside, as it stands in its dead letter; its key makes it the run it would have been.

    raises: BadTask, InvalidCall, NotFound, Conflict, TypeError: it is still wrong
    """
    name, ident, words = read(str(body["task"]).encode())
    key = str(words.pop("idempotency_key", None) or f"task:{ident}")
    return TASKS[name](core, key, **words)
