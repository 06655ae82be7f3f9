"""
What is wrong with a stand's worker and web on purpose; answers.py, which they load as handlers, brings this with it.

- A webhook that says KILLS_PARSER ends its reader, a message that says KILLS_HANDLER its handler: kill -9, from within.
- FERRY_CRASH_WITHOUT names a rule of tests/simulation/rules.py, of OURS or of PARTS, that is left out: what breaks then
  must be seen, or the figures prove nothing.  FORMER are those of the version before, where one stands beside ours.
- FERRY_CRASH_PATIENCE: seconds without an answer from the broker until a worker ends; a minute is long for a test.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha1
from typing import Any

from connectors.events import Fact
from connectors.guards import HookRequest
from connectors.registry import PROVIDERS
from web.spool.spool import Spool
from worker import archiving
from worker.cli.roundtrip import RoundTrip
from worker.pressure import Pressure
from worker.store.scripts import Scripts
from worker.store.stored import Stored

Changes = dict[str, list[tuple[str, str]]]

KILLS_PARSER = "this kills its parser"
KILLS_HANDLER = "this kills its handler"

SOMETIMES = "math.random(50) > 1"  # of fifty once not
RECORD = "record({ unpack(ARGV, 2) })"
PUSH = "redis.call('RPUSH', P .. 'l:' .. lane, run)"
END = "redis.call('HSET', R, 'state', verdict, 'end', now)"
OURS = {
    # rule: {script: [(its words, words instead)]}
    "order": {"submit": [(PUSH, PUSH.replace("RPUSH", "LPUSH"))]},
    "events": {"commit": [(RECORD, f"{SOMETIMES} and {RECORD} or 'duplicate'")]},
    "outcomes": {"finish": [(f"    {END}\n", f"    if {SOMETIMES} then {END} end\n")]},
    "doubts": {"doubt": [("if not turn then return 0 end", "if true then return 0 end")]},
}
# A version that calls it otherwise, and whose successor was not told.
LEFT = ("state == 'leaving' or state == 'unknown'", "state == 'left' or state == 'unknown'")
FORMER = {"versions": {"leave": [("'state', 'leaving'", "'state', 'left'")], "finish": [LEFT]}}


def _open_door() -> None:
    Pressure._judge = lambda *_: None  # type: ignore[method-assign]


def _no_disk() -> None:
    Spool.take = lambda *_: None  # type: ignore[method-assign]


def _one_secret() -> None:
    Stored.accepts = lambda self, token: token == self.token and not self.archived  # type: ignore[method-assign]


def _no_flights() -> None:
    archiving.flying = lambda *_: 0


PARTS: dict[str, Callable[[], None]] = {
    "door": _open_door,  # it never closes
    "spool": _no_disk,  # acknowledged, and kept nowhere
    "formers": _one_secret,  # a secret of before is refused at once
    "flights": _no_flights,  # whoever archives waits for nobody
}


def die() -> None:
    """kill -9 of this very process."""
    os.kill(os.getpid(), signal.SIGKILL)


def poison_parsers() -> None:
    """Each provider's parser ends its process on some words."""
    word = KILLS_PARSER.encode()
    for name, provider in list(PROVIDERS.items()):

        def parse(request: HookRequest, parse: Any = provider.parse) -> list[Fact]:
            if word in request.body.replace(b"+", b" ").replace(b"%20", b" "):
                die()
            told: list[Fact] = parse(request)
            return told

        PROVIDERS[name] = replace(provider, parse=parse)


def without(rule: str) -> None:
    """Leaves a rule out of this process' scripts."""
    from tests.simulation.rules import WITHOUT

    if rule in PARTS:
        PARTS[rule]()
        return
    if rule in FORMER:
        if not os.environ.get("FERRY_CRASH_FORMER"):
            return
        changes: Changes = FORMER[rule]
    else:
        changes = OURS[rule] if rule in OURS else WITHOUT[rule].changes
    call, many = Scripts.__call__, Scripts.many

    def changed(scripts: Scripts) -> None:
        if getattr(scripts, "without", None) == rule:
            return
        scripts.without = rule  # type: ignore[attr-defined]
        for name, pairs in changes.items():
            for old, new in pairs:
                for one in scripts.texts if name == "*" else [name]:
                    assert old in scripts.texts[one], f"{one}.lua no longer says {old!r}"
                    scripts.texts[one] = scripts.texts[one].replace(old, new)
        scripts.shas = {name: sha1(text.encode()).hexdigest() for name, text in scripts.texts.items()}

    def __call__(self: Scripts, name: str, partition: int, *args: Any) -> Any:  # noqa: N807
        changed(self)
        return call(self, name, partition, *args)

    def _many(self: Scripts, name: str, calls: list[tuple[int, tuple[Any, ...]]]) -> list[Any]:
        changed(self)
        return many(self, name, calls)

    Scripts.__call__ = __call__  # type: ignore[method-assign]
    Scripts.many = _many  # type: ignore[method-assign]


def begin() -> None:
    """All of it."""
    poison_parsers()
    if os.environ.get("FERRY_CRASH_WITHOUT"):
        without(os.environ["FERRY_CRASH_WITHOUT"])
    if os.environ.get("FERRY_CRASH_PATIENCE"):
        defaults: Any = RoundTrip.__init__.__kwdefaults__
        defaults["patience"] = float(os.environ["FERRY_CRASH_PATIENCE"])
