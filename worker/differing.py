"""What ensuring a connection would change, for people who look before they leap; secrets as …last4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from marshmallow import missing

from connectors.connection import tail
from connectors.provider import Provider
from connectors.registry import find
from worker import provision
from worker.core import Core
from worker.store.connections import Stored


def differences(
    core: Core,
    ident: str,
    provider: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    **more: Unpack[provision.More],
) -> dict[str, Any]:
    """
    {id, provider, change: "create" | "update" | "none", differences: [{field, before, after}]}.

    raises: InvalidCall, Conflict when the id belongs to another provider
    """
    chosen = find(provider)
    had = core.connections.get(ident, fresh=True)
    if had is None:
        provision.named(ident)
    else:
        provision.same_provider(core, had, chosen)
    was = had or Stored(ident, chosen.name, ident)
    made = provision.laid(chosen, was, settings, secrets, **more)
    before, after = _flat(was), _flat(made)
    if had is None:
        del before["label"]
    wished = {*was.settings, *settings, *(_defaults(chosen) if had is None else ())}
    noted = {f"settings.{name}" for name in made.settings if name not in wished}  # by its provider: nobody's wish
    rows = [
        {"field": name, "before": _shown(name, before.get(name)), "after": _shown(name, after.get(name))}
        for name in sorted({*before, *after} - noted)
        if before.get(name) != after.get(name)
    ]
    change = "create" if had is None else "update" if rows else "none"
    return {"id": ident, "provider": chosen.title, "change": change, "differences": rows}


def _flat(stored: Stored) -> dict[str, Any]:
    """Each of its words by its place."""
    parts = {
        "settings": stored.settings,
        "secrets": stored.secrets,
        "limits": stored.limits,
        "policy": stored.policy,
    }
    flat = {f"{part}.{name}": value for part, words in parts.items() for name, value in words.items()}
    return {"label": stored.label, "archived": stored.archived, "paused": stored.paused, **flat}


def _defaults(provider: Provider) -> list[str]:
    """The settings that a new connection has unsaid."""
    return [name for name, field in provider.settings().fields.items() if field.load_default is not missing]


def _shown(name: str, value: Any) -> Any:
    return tail(value) if name.startswith("secrets.") and isinstance(value, str) else value
