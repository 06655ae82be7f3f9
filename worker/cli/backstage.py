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
    running = folder.told()
    if running and not whole.get("REDIS_URL"):
        whole["REDIS_URL"] = str(running["redis_url"])
        whole["FERRY_PUBLIC_URL"] = whole.get("FERRY_PUBLIC_URL") or str(running["url"])
        kept = folder.FOLDER / "secret_key"
        if not whole.get("FERRY_SECRET_KEYS") and kept.exists():
            whole["FERRY_SECRET_KEYS"] = kept.read_text().strip()
    return read(whole)


def core_here() -> Core:
    """A core over that store, which wakes nobody: the tick finds what it leaves."""
    return build(settings_here(), lambda partition, queue: None, timeout=3.0, retries=1)  # noqa: ARG005
