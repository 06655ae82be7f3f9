"""
The folder a command is typed in.

`ferry dev` keeps in its `.ferry/`, besides Redis' data, keys that are made once, and dev.json, which says where it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(".ferry")
FILE = "dev.json"


def importable() -> None:
    """Lets FERRY_HANDLERS name modules that lie in the folder where the command was typed."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # behind everything else: a file of theirs hides no module of ours


def once(path: Path, make: Callable[[], str]) -> str:
    """The secret kept in this file, readable by its owner alone; made and written at the first call."""
    with contextlib.suppress(FileNotFoundError):
        if found := path.read_text().strip():
            return found
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = make()
    write(path, made + "\n")
    return made


def write(path: Path, text: str) -> None:
    """Replaces the file at once and whole, mode 600."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def tell(folder: Path, what: Mapping[str, Any]) -> None:
    """Writes dev.json: from now on scripts may talk to us."""
    write(folder / FILE, json.dumps(what, indent=2) + "\n")


def untell(folder: Path) -> None:
    """Takes dev.json away: nobody is here."""
    (folder / FILE).unlink(missing_ok=True)


def told(folder: Path = FOLDER) -> dict[str, Any] | None:
    """What dev.json says, or None where there is none."""
    try:
        found = json.loads((folder / FILE).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return found if isinstance(found, dict) else None
