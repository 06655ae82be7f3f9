"""
Secrets under the newest of FERRY_SECRET_KEYS, while everything runs: connections, what runs hide of their inputs, and
the key that idempotency marks are made with, so that a run is recognised by its key whichever of ours are taken away.

May be stopped anywhere and repeated.  An old key can be taken away once nothing is `left` under it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from worker import states
from worker.core import Core
from worker.store import keyring
from worker.store.connections import Stored, new_token
from worker.store.text import text
from worker.store.vault import WrongKey

PAGE = 1000
PAUSE = 0.5
CAN_GO = "all is under the newest of FERRY_SECRET_KEYS: the others can be taken away"
FORGOTTEN = "what nobody can open any more was forgotten: give the credentials anew"


class Behind(Exception):
    """A process that does not know the newest key is at work."""


@dataclass(slots=True)
class Rekeyed:
    """How much was encrypted anew; what is `left` under an old key; names that none of our keys opens, or forgot."""

    connections: int = 0
    runs: int = 0
    left: int = 0
    locked: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {**asdict(self), "old_keys_can_go": not self.left and not self.locked}


def known_everywhere(core: Core, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """
    Waits until no process is heard of that does not know the newest key: what is encrypted under it stops such a one.

    raises: Behind after `seconds`
    """
    until = time.monotonic() + seconds
    while keyring.behind(core.store, core.connections.vault) is not None:
        if time.monotonic() > until:
            told = (
                "a process is at work that does not know the newest of FERRY_SECRET_KEYS: restart web and worker "
                "with this list, then rotate"
            )
            raise Behind(told)
        sleep(PAUSE)


def rekey(core: Core, *, forget_lost: bool = False) -> Rekeyed:
    """
    Encrypts all there is under the newest key.

    forget_lost: what no key opens any more is emptied: those connections wait for new credentials, at a new URL
    """
    told = Rekeyed()
    lost = (lambda stored: _emptied(core, stored)) if forget_lost else None
    for name in core.connections.names():
        word = core.connections.rekey(name, lost)
        told.connections += word == "moved"
        told.locked += [name] if word == "locked" else []
        told.forgotten += [name] if word == "lost" else []
    if not keyring.renew_mark(core.store, core.connections.vault, forget_lost=forget_lost):
        told.locked.append("idempotency marks")
    for partition in range(core.store.partitions):
        for run, hidden in _hiding(core, partition):
            told.runs += _run(core, partition, run, hidden, told)
    told.left = core.connections.old_keys()
    if not told.left and not told.locked:
        core.store.client.set(keyring.REKEYED, core.connections.vault.keys[0])
    return told


def advice(core: Core) -> str:
    """Whether older keys of FERRY_SECRET_KEYS are needed still, in a sentence; "" where there is only one."""
    if len(core.connections.vault.keys) < 2:
        return ""
    moved = text(core.store.client.get(keyring.REKEYED)) == core.connections.vault.keys[0]
    old = core.connections.old_keys()
    if moved and not old:
        return CAN_GO
    words = f"{old} connection(s) are" if old else "something may be"
    return f"{words} under an older key still: `ferry config rotate` encrypts all under the newest"


def _emptied(core: Core, stored: Stored) -> Stored:
    action = states.required(core.provider(stored), stored.id, FORGOTTEN)
    needs = {"state": states.CLIENT_ACTION_REQUIRED, "action": action, "error": None, "heard": False}
    return replace(stored, secrets={}, token=new_token(), formers=(), words=stored.words + 1, **needs)  # type: ignore[arg-type]


def _hiding(core: Core, partition: int) -> Iterator[tuple[str, str]]:
    """(run, what it hides) of every run: of those that wait for long, no list holds all."""
    client, prefix = core.store.client, core.store.key(partition, "r:")
    names: list[str] = []

    def page() -> Iterator[tuple[str, str]]:
        with client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hget(name, "hidden")
            found = pipe.execute()
        yield from ((name[len(prefix) :], text(one)) for name, one in zip(names, found, strict=True) if one)
        names.clear()

    for name in client.scan_iter(match=prefix.replace("{", "\\{") + "*", count=PAGE, _type="hash"):
        names.append(text(name))
        if len(names) >= PAGE:
            yield from page()
    if names:
        yield from page()


def _run(core: Core, partition: int, run: str, hidden: str, told: Rekeyed) -> bool:
    vault = core.connections.vault
    if vault.is_newest(hidden):
        return False
    try:
        renewed = vault.renew(hidden)
    except WrongKey:
        told.locked.append(run)
        return False
    return bool(core.store.run("reclose", partition, run, "hidden", hidden, renewed))
