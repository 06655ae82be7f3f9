"""The checks of `ferry doctor`, each a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from redis.exceptions import RedisError

from connectors.registry import BROKEN
from worker import restored
from worker.cli import failing, folder
from worker.cli.backstage import settings_here
from worker.cli.door import find
from worker.cli.failing import Failure
from worker.core import Core, build
from worker.expiry import warnings
from worker.handlers import HandlersError, load
from worker.pressure import Pressure
from worker.rekeying import CAN_GO, advice
from worker.settings import Settings, SettingsError
from worker.store import causes, letters, unmatched
from worker.store.backlog import waiting
from worker.store.condition import condition
from worker.store.connections import READY, Stored
from worker.store.text import stamp, text
from worker.store.vault import WrongKey, told
from worker.ticker import ELECTED
from worker.valkey import OLDEST

SKEW = 1.0  # seconds between Redis' clock and ours that are worth a word
SKEW_WRONG = 30.0
LATE = 30.0  # seconds a lane may wait before it is worth a word
CONNECTION = "ferry connection check {}"
BROKER_SECONDS = 3.0
GATE = ("until", "reason")
RESTS = {
    "throttled": "the provider wants slower calls",
    "usage": "what the provider allows is nearly used up",
    "breaker": "the provider is unreachable or broken, and is asked again then",
}
CAUSES = 3  # of dead letters that are named


@dataclass(frozen=True)
class Finding:
    """One check: verdict "ok", "warning" or "wrong"; what to type, and the exit code, where it is wrong."""

    verdict: str
    name: str
    words: str
    following: str = ""
    code: int = 0

    def shown(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {name: value for name, value in asdict(self).items() if name != "code"}


def inside() -> Iterator[Finding]:
    """Whatever can be seen with the settings of the instance itself."""
    try:
        settings = settings_here()
    except SettingsError as problem:
        yield Finding("wrong", "settings", str(problem), "ferry config show", failing.USAGE)
        return
    yield Finding("ok", "settings", "all that is needed is set")
    folder.importable()
    try:
        found = load(settings.handlers)
        yield Finding("ok", "handlers", f"{len(found)} load" if found else "FERRY_HANDLERS names none here")
    except HandlersError as problem:
        yield Finding("wrong", "handlers", str(problem), "ferry config show", failing.USAGE)
    for name, why in BROKEN.items():
        yield Finding("wrong", f"provider {name}", why, "ferry doctor")
    core = build(settings, lambda partition, queue: None, timeout=3.0, retries=0)  # noqa: ARG005
    try:
        yield from _redis(core)
        yield from _broker(settings)
        yield from _connections(core)
        yield from _work(core)
    except RedisError as problem:
        told = f"Redis cannot be used ({type(problem).__name__}): is it running, is REDIS_URL right?"
        yield Finding("wrong", "redis", told, "ferry config show", failing.UNREACHABLE)
    finally:
        core.store.close()


def _redis(core: Core) -> Iterator[Finding]:
    client = core.store.client
    before = time.time()
    seconds, micros = client.time()
    skew = float(seconds) + float(micros) / 1e6 - (before + time.time()) / 2
    info: Any = client.info("server")
    name = str(info.get("server_name") or "redis")
    version = str(info.get("valkey_version") or info.get("redis_version") or "0")
    told = f"{name} {version}"
    if tuple(int(word) for word in version.split(".")[:2]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        yield Finding("wrong", "redis", f"{told}; {oldest} or newer is needed", "ferry config show")
    else:
        yield Finding("ok", "redis", told)
    state = condition(core.store)
    for words in state.problems:
        yield Finding("wrong", "redis", words, "ferry doctor")
    for words in state.warnings:
        yield Finding("warning", "redis", words)
    yield Finding("ok", "redis", f"evicts: {state.policy}; writes to disk: {state.appendfsync}; loses {state.can_lose}")
    verdict = "wrong" if abs(skew) > SKEW_WRONG else "warning" if abs(skew) > SKEW else "ok"
    yield Finding(verdict, "clock", f"Redis' clock and ours differ by {skew:+.3f} s", "ferry doctor")


def _broker(settings: Settings) -> Iterator[Finding]:
    """Whether wake-ups can be carried, where it is not the Redis that was looked at."""
    if settings.broker == settings.redis_url:
        return
    from kombu.connection import Connection
    from kombu.exceptions import OperationalError

    broker: Any = Connection(settings.broker, connect_timeout=BROKER_SECONDS)  # type: ignore[no-untyped-call]
    name = f"{broker.transport_cls} at {broker.hostname}:{broker.port or broker.default_port}"
    try:
        with broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except (OSError, OperationalError) as problem:
        words = f"{name} does not answer ({type(problem).__name__}): Ferry goes on by the tick, other apps' tasks wait"
        yield Finding("wrong", "broker", words, "ferry config show", failing.UNREACHABLE)
    else:
        yield Finding("ok", "broker", f"{name} answers")


def _spool(spool: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Where webhooks go while Redis is away."""
    if spool is None:
        words = "FERRY_STATE_DIR is not set, or FERRY_SPOOL_BYTES is 0: while Redis is away webhooks get 503"
        yield Finding("warning", "spool", words)
    elif not spool["able"]:
        yield Finding("wrong", "spool", f"while Redis is away webhooks get 503: {spool['why']}", "ferry config show")
    else:
        verdict = "warning" if spool["waiting"] else "ok"
        yield Finding(verdict, "spool", f"takes webhooks while Redis is away; {spool['waiting']} wait on disk")


def _connections(core: Core) -> Iterator[Finding]:
    try:
        found = [one for one in core.connections.all() if not one.archived]
    except WrongKey as problem:
        yield Finding("wrong", "secrets", str(problem), "ferry config show")
        return
    yield Finding("ok", "secrets", f"the key opens what is stored of {len(found)} connection(s)")
    locked = [name for name, one in core.connections.each() if one is None]
    if locked:
        yield Finding("wrong", "secrets", told(f"the secrets of {', '.join(locked)}"), "ferry config show")
    words = advice(core)
    if words:
        yield Finding("ok" if words == CAN_GO else "warning", "secrets", words)
    for words in restored.warnings(core):
        yield Finding("warning", "redis", words)
    for one in found:
        provider = core.provider(one)
        yield _state(one, provider.title)
        yield from _rest(core, one)
        yield from _warnings(one.id, warnings(provider, one))


def _warnings(ident: str, found: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """What Ferry will see to by itself is no warning."""
    for one in found:
        yield Finding("ok" if one.get("renews") else "warning", f"connection {ident}", str(one["text"]))


def _state(stored: Stored, title: str) -> Finding:
    name = f"connection {stored.id}"
    if stored.state == READY:
        return Finding("warning" if stored.paused else "ok", name, f"{title}: {'paused' if stored.paused else READY}")
    why = (stored.error or {}).get("text") or "not tried yet"
    code = failing.NEEDS_PERSON if stored.action else failing.FAILED
    return Finding("wrong", name, f"{title}: {stored.state}: {why}", CONNECTION.format(stored.id), code)


def _rest(core: Core, stored: Stored) -> Iterator[Finding]:
    """What nobody here has closed it for, and a person may end."""
    until, reason = (
        text(one) for one in core.store.client.hmget(core.store.key(core.store.of(stored.id), f"g:{stored.id}"), GATE)
    )
    if reason in RESTS and float(until or 0) > time.time() * 1000:
        told = f"nothing leaves until {stamp(until)}: {RESTS[reason]}; `ferry connection resume {stored.id}` ends that"
        yield Finding("warning", f"connection {stored.id}", told)


def _room(core: Core) -> Iterator[Finding]:
    """As /readyz tells it."""
    pressure = Pressure(core)
    pressure.look()
    if "door" in pressure.closed:
        yield Finding("wrong", "room", f"webhooks are answered 503: {pressure.closed['door']}", "ferry status")
    for words in pressure.told():
        yield Finding("warning", "room", words)


def _work(core: Core) -> Iterator[Finding]:
    yield from _room(core)
    now = waiting(core.store)
    told = f"{sum(now.ready.values())} lane(s) ready, the oldest for {now.worst:.1f} s; {now.parked} parked"
    yield Finding("warning" if now.worst > LATE else "ok", "backlog", told)
    yield from _letters(core)
    yield from _unmatched(core)
    if core.store.client.exists(ELECTED):
        yield Finding("ok", "worker", "alive")
    else:
        yield Finding("wrong", "worker", "none is alive: what comes in is kept and waits", "ferry worker")


def _letters(core: Core) -> Iterator[Finding]:
    found = causes.listing(core.store, letters.ALL)
    if found:
        most = ", ".join(f"{one.count} × {one.cause}" for one in found[:CAUSES])
        more = f" and {len(found) - CAUSES} cause(s) more" if len(found) > CAUSES else ""
        told = f"{sum(one.count for one in found)} wait for a person: {most}{more}; `ferry failed list` shows them"
        yield Finding("warning", "dead letters", told, "ferry failed list")
    gone = letters.dropped(core.store)
    if gone:
        told = f"{gone} had to go unread: FERRY_DEAD_LETTERS or FERRY_DEAD_LETTER_BYTES was reached"
        yield Finding("warning", "dead letters", told, "ferry failed list")


def _unmatched(core: Core) -> Iterator[Finding]:
    count = unmatched.count(core.store)
    if count:
        told = (
            f"{count} message(s) are known by receipts alone: somebody else sends with these credentials, or an answer"
        )
        yield Finding("warning", "receipts", f"{told} was lost; `ferry messages unmatched`", "ferry messages unmatched")


def outside(url: str | None, key: str | None, transport: Any, *, needed: bool) -> Iterator[Finding]:
    """What the HTTP side says; without `needed`, only where an instance is known."""
    try:
        door = find(url, key, transport)
    except Failure as problem:
        if needed:
            yield Finding("wrong", "web", str(problem), problem.following, problem.code)
        return
    try:
        state = door.ask("GET", "/readyz", seconds=5.0)
    except Failure as problem:
        told = f"{door.url}: {problem}"
        yield Finding("wrong", "web", told, "ferry web", problem.code)
        return
    yield Finding("ok", "web", f"{door.url} is ready")
    yield from _spool(state.get("spool"))
    if not needed:
        return
    for words in state.get("warnings") or []:
        yield Finding("warning", "web", words)
    try:
        for one in door.pages("/v1/connections", {}):
            verdict = "ok" if one["state"] == READY else "wrong"
            why = (one.get("error") or {}).get("text") or ""
            words = f"{one['provider']}: {one['state']} {why}".strip()
            yield Finding(verdict, f"connection {one['id']}", words, CONNECTION.format(one["id"]), failing.FAILED)
            yield from _warnings(one["id"], one.get("warnings") or [])
    except Failure as problem:
        yield Finding("wrong", "key", str(problem), problem.following, problem.code)
