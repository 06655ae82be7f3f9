"""
Instances this person has logged in to: ~/.config/ferry/client.json, readable by its owner alone.

    {"current": url, "instances": {url: {"key": …}}}

An older file, {"url": …, "key": …}, is read as one instance, the current one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.cli import folder

CONFIG = Path(".config/ferry/client.json")  # below the home directory


@dataclass
class Profiles:
    """What is kept: keys by URL, and which of them is meant where no other is said."""

    current: str | None = None
    keys: dict[str, str] = field(default_factory=dict, repr=False)


def where() -> Path:
    """The file."""
    return Path.home() / CONFIG


def read() -> Profiles:
    """What is kept; nothing where there is no file, or none that can be read."""
    try:
        found = json.loads(where().read_text())
    except (OSError, ValueError, RuntimeError):
        return Profiles()
    if not isinstance(found, dict):
        return Profiles()
    if isinstance(found.get("url"), str):
        url = plain(found["url"])
        return Profiles(url, {url: str(found.get("key") or "")})
    instances = found.get("instances")
    keys = {
        plain(url): str(one.get("key") or "")
        for url, one in (instances if isinstance(instances, dict) else {}).items()
        if isinstance(one, dict)
    }
    current = found.get("current")
    return Profiles(plain(current) if isinstance(current, str) and plain(current) in keys else None, keys)


def write(profiles: Profiles) -> None:
    """Keeps them; without any, the file goes."""
    path = where()
    if not profiles.keys:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept: dict[str, Any] = {
        "current": profiles.current,
        "instances": {url: {"key": key} for url, key in sorted(profiles.keys.items())},
    }
    folder.write(path, json.dumps(kept, indent=2) + "\n")


def plain(url: str) -> str:
    """A URL as instances are told apart: without a slash at its end."""
    return url.strip().rstrip("/")
