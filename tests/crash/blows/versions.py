"""Old and new code side by side, as while a version is rolled out: either goes on with what the other has written."""

from __future__ import annotations

import functools
import io
import os
import subprocess
import tarfile
from pathlib import Path

from tests.crash.blows.scene import (
    MOMENT_SECONDS,
    TAKEN_OVER_SECONDS,
    Scene,
    at_once,
    came,
    flying,
    kill_worker,
    leaving,
    promise,
)
from tests.dev.harness import HOUSE
from tests.eventually import eventually

CODE = ("connectors", "worker")
STORE = "worker/store"  # scripts and records: who changes neither is no other version to those beside it


@functools.cache
def before() -> str:
    """
    The commit of the version before: $FERRY_CRASH_BEFORE, else the last tag, else the last with another worker/store.

    "" where there is no history
    """
    if chosen := os.environ.get("FERRY_CRASH_BEFORE"):
        return chosen
    changed = _git("status", "--porcelain", "--", STORE).strip()
    tag = _git("describe", "--tags", "--abbrev=0", "HEAD" if changed else "HEAD~1").decode().strip()
    if tag:
        return tag
    last = _git("rev-list", "-1", "HEAD", "--", STORE).decode().strip()
    if changed or not last:
        return last
    return _git("rev-parse", "--verify", "--quiet", f"{last}~1").decode().strip()


def _git(*words: str) -> bytes:
    try:
        return subprocess.run(["git", *words], cwd=HOUSE, capture_output=True, check=False).stdout
    except FileNotFoundError:
        return b""


def _laid_out(folder: Path) -> Path:
    """Its code; that of the tests is ours."""
    place = folder / f"code-{before()}"
    if not place.exists():
        packed = _git("archive", before(), *CODE)
        promise(f"the version before ({before() or 'no history here'}) cannot be had", packed)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(place, filter="data")
    return place


def side_by_side(scene: Scene) -> bool:
    """Ours dies and the former goes on with what it had in hand; then the former dies, and ours goes on."""
    stand = scene.stand
    code = f"{_laid_out(stand.dev.folder)}{os.pathsep}{HOUSE}"
    with stand.second_worker(code, FERRY_CRASH_FORMER="1"):
        leaving(scene, scene.provider())
        with stand.frozen("worker"):
            held = stand.holders()
            talk = _heard(scene)
            met = bool(held) and came(lambda: not held & stand.holders() and _heard(scene) > talk + 10, MOMENT_SECONDS)
            kill_worker(scene, lambda: True, ticks=False)
        scene.acknowledged(20)
        with stand.frozen("worker"):  # so that what is taken up now is the former's
            ours = stand.holders()
            stand.behave(scene.provider(), delay=1.0, times=4)
            met = at_once(lambda: bool(flying(scene, ours))) and met
            held = stand.holders() - ours
    eventually(lambda: not held & stand.holders() and not stand.struck(), TAKEN_OVER_SECONDS)
    return met


def _heard(scene: Scene) -> int:
    return sum(scene.replies(provider) for provider in scene.load.providers)
