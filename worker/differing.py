"""What ensuring a connection would change, for people who look before they leap; secrets as …last4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.connection import tail
from connectors.registry import find
from worker import pace, provision
from worker import policy as wishes
from worker.core import Core


def differences(
    core: Core,
    ident: str,
    provider: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    label: str = "",
    limits: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    {id, provider, change: "create" | "update" | "none", differences: [{field, before, after}]}.

    raises: InvalidCall, Conflict when the id belongs to another provider
    """
    chosen = find(provider)
    had = core.connections.get(ident, fresh=True)
    if had is None:
        held, hidden = provision.hold(chosen, settings, secrets)
        before: dict[str, Any] = {}
        after = {
            "label": label or ident,
            **_flat(held, hidden, pace.hold(chosen, limits or {}), wishes.hold(policy or {})),
        }
    else:
        provision.same_provider(core, had, chosen)
        made = provision.laid(chosen, had, settings, secrets, label, limits, policy)
        noted = {f"settings.{name}" for name in made.settings if name not in {*had.settings, *settings}}
        before = {
            "label": had.label,
            "archived": had.archived,
            **_flat(had.settings, had.secrets, had.limits, had.policy),
        }
        after = {
            "label": made.label,
            "archived": made.archived,
            **_flat(made.settings, made.secrets, made.limits, made.policy),
        }
        after = {name: value for name, value in after.items() if name not in noted}
    rows = [
        {"field": name, "before": _shown(name, before.get(name)), "after": _shown(name, after.get(name))}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    change = "create" if had is None else "update" if rows else "none"
    return {"id": ident, "provider": chosen.title, "change": change, "differences": rows}


def _flat(
    settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Mapping[str, Any], policy: Mapping[str, Any]
) -> dict[str, Any]:
    parts = (("settings", settings), ("secrets", secrets), ("limits", limits), ("policy", policy))
    return {f"{part}.{name}": value for part, words in parts for name, value in words.items()}


def _shown(name: str, value: Any) -> Any:
    return tail(value) if name.startswith("secrets.") and isinstance(value, str) else value
