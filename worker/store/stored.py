"""A connection as it is stored: a value, and how it is written down; what nobody may see of it is encrypted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.connection import Connection, tail
from connectors.guards import same
from worker.store.text import stamp
from worker.store.vault import Vault

READY = "READY"
BUILDING = "BUILDING"
DISABLED = "DISABLED"  # an archived one, as the outside sees it
MOST_FORMERS = 4  # secrets from before that are accepted at a time
NOBODY = "-" * 32  # what a secret is compared with where there is none


@dataclass(frozen=True, slots=True)
class Former:
    """
    A webhook secret from before a rotation.

    until:   ms; None as long as the provider is not known to call the new address
    secrets: what changed with it of the provider's that is ours, e.g. the key it signs with, by name
    grace:   ms it is accepted from the moment on that the provider is known to call the new address
    """

    token: str = field(repr=False)
    until: int | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    grace: int = 0

    def stands(self, now: float) -> bool:
        """Whether it is still accepted; `now` in ms."""
        return self.until is None or self.until > now


@dataclass(frozen=True, slots=True)
class Stored:
    """
    A connection whole.

    token:   the secret in its webhook's path; `formers` are those it had before and may still be called by
    heard:   whether somebody has called by that secret, as far as anybody wants to know: see worker/rotation.py
    source:  whose URL its webhooks come in by
    since:   when its state was last changed; `told` is the state that was last told as an event
    words:   grows with what people change, so that a verdict on what it was before is known as such
    tries:   how often its set-up was begun again because whoever was at it had died
    closing: what becomes of queued runs ("hold", "cancel", "finish") while it is on its way into the archive
    policy:  what its owner wants of us: see worker/policy.py
    """

    id: str
    provider: str
    label: str = ""
    state: str = READY
    action: dict[str, Any] | None = None  # clientAction
    error: dict[str, Any] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    source: str = ""
    created_at: str = ""
    archived: bool = False
    paused: bool = False
    limits: dict[str, float] = field(default_factory=dict)  # calls a second by action class; 0: none
    formers: tuple[Former, ...] = ()
    since: str = ""
    heard: bool = True
    told: str = ""
    words: int = 0
    tries: int = 0
    closing: str = ""
    policy: dict[str, str] = field(default_factory=dict)

    @property
    def stand(self) -> str:
        """Its state as the outside sees it."""
        return DISABLED if self.archived else self.state

    @property
    def open(self) -> bool:
        """Whether it takes new work."""
        return not self.archived and not self.closing

    @property
    def moving(self) -> bool:
        """Whether the provider may still call by a secret from before, for want of knowing better."""
        return any(one.until is None for one in self.formers)

    def living_formers(self) -> tuple[Former, ...]:
        """Those that are still accepted."""
        now = time.time() * 1000
        return tuple(one for one in self.formers if one.stands(now))

    def accepts(self, token: str) -> bool:
        """Whether a webhook's path may hold this; as much is compared whatever is right."""
        known = [one for one in (self.token, *(former.token for former in self.living_formers())) if one]
        padded = (known + [NOBODY] * (MOST_FORMERS + 1))[: MOST_FORMERS + 1]
        found = [same(token, one) for one in padded]
        return any(found[: len(known)]) and not self.archived

    def speak(self, public_url: str) -> Connection:
        """As the connectors see it."""
        return Connection(self.id, self.provider, self.settings, self.secrets, self.webhook_url(public_url))

    def voices(self) -> Iterator[Connection]:
        """As its provider may speak to us: with the secrets of now, and with those of before that are accepted."""
        spoken = self.speak("")
        yield spoken
        for one in self.living_formers():
            if one.secrets:
                yield replace(spoken, secrets={**self.secrets, **one.secrets})

    def webhook_url(self, public_url: str) -> str:
        """Where the provider calls; its path holds a secret."""
        return f"{public_url.rstrip('/')}/webhooks/{self.source or self.id}/{self.token}"

    def shown(self, title: str, public_url: str, limits: dict[str, Any]) -> dict[str, Any]:
        """As the API shows it: secrets as …last4; `limits` as they are in force."""
        return {
            "id": self.id,
            "provider": title,
            "label": self.label,
            "state": self.stand,
            "state_since": self.since or None,
            "clientAction": None if self.archived else self.action,
            "error": self.error,
            "settings": self.settings,
            "secrets": {name: tail(value) for name, value in self.secrets.items() if value},
            "limits": limits,
            "paused": self.paused,
            "archived": self.archived,
            "archiving": bool(self.closing),
            "webhook_url": self.webhook_url(public_url),
            "former_webhooks": [{"accepted_until": stamp(one.until)} for one in self.living_formers()],
            "created_at": self.created_at,
        }


def write(stored: Stored, vault: Vault) -> str:
    """The record; what nobody may see stands encrypted under "closed"."""
    hidden = {
        "secrets": stored.secrets,
        "token": stored.token,
        "formers": [[one.token, one.until, one.secrets, one.grace] for one in stored.formers],
    }
    body = {
        "v": 1,
        "provider": stored.provider,
        "label": stored.label,
        "state": stored.state,
        "action": stored.action,
        "error": stored.error,
        "settings": stored.settings,
        "closed": vault.close(hidden),
        "source": stored.source,
        "created_at": stored.created_at,
        "archived": stored.archived,
        "paused": stored.paused,
        "limits": stored.limits,
        "since": stored.since,
        "heard": stored.heard,
        "told": stored.told,
        "words": stored.words,
        "tries": stored.tries,
        "closing": stored.closing,
        "policy": stored.policy,
    }
    return json.dumps(body)


def read(ident: str, raw: bytes | str, vault: Vault, *, lost: bool = False) -> Stored:
    """
    The connection again; what a version before did not write has its default.

    lost:   without what no key opens any more
    raises: WrongKey
    """
    body = json.loads(raw)
    hidden: dict[str, Any] = {"secrets": {}, "token": ""} if lost else vault.open(body["closed"])
    return Stored(
        ident,
        body["provider"],
        body["label"],
        body["state"],
        body["action"],
        body["error"],
        body["settings"],
        hidden["secrets"],
        hidden["token"],
        body["source"],
        body["created_at"],
        body["archived"],
        body["paused"],
        body.get("limits") or {},
        tuple(Former(*one) for one in hidden.get("formers") or ()),
        body.get("since") or "",
        body.get("heard", True),
        body.get("told", DISABLED if body["archived"] else body["state"]),
        body.get("words") or 0,
        body.get("tries") or 0,
        body.get("closing") or "",
        body.get("policy") or {},
    )
