"""The store itself, for commands that look behind the API: settings from the environment, else from `ferry dev`."""

from __future__ import annotations

from worker.cli import folder
from worker.core import Core, build
from worker.settings import Settings, environment, read


def settings_here() -> Settings:
    """
    The settings of this shell; what it does not say of Redis and keys, the `ferry dev` of this folder does.

    raises: SettingsError
    """
    whole = environment({})
    running = folder.told() or {}
    if running and whole.get("REDIS_URL") in (None, "", running["redis_url"]):
        kept = folder.FOLDER / "secret_key"
        known = {
            "REDIS_URL": str(running["redis_url"]),
            "FERRY_PUBLIC_URL": str(running["url"]),
            "FERRY_SECRET_KEYS": kept.read_text().strip() if kept.exists() else "",
        }
        whole |= {name: word for name, word in known.items() if not whole.get(name)}
    return read(whole)


def core_here() -> Core:
    """A core over that store, which wakes nobody: the tick finds what it leaves."""
    return build(settings_here(), lambda partition, queue: None, timeout=3.0, retries=1)  # noqa: ARG005
