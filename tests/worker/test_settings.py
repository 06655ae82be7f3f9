"""What the environment says, and what is wrong with it, in one sentence."""

from __future__ import annotations

import pathlib

import pytest

from worker.settings import TABLE, SettingsError, read
from worker.store.vault import new_key

GOOD = {"REDIS_URL": "redis://127.0.0.1:1/0", "FERRY_SECRET_KEYS": new_key()}


def test_everything_missing_is_named_at_once() -> None:
    """One sentence names all that is not set, and where to look."""
    with pytest.raises(SettingsError) as caught:
        read({})

    told = str(caught.value)
    assert "REDIS_URL and FERRY_SECRET_KEYS are not set" in told
    assert "README.md" in told


def test_everything_wrong_is_named_at_once() -> None:
    """Numbers that are none, keys that are none, levels there are not."""
    wrong = {**GOOD, "PORT": "high", "FERRY_LEASE_SECONDS": "soon", "FERRY_SECRET_KEYS": "x", "FERRY_LOG_LEVEL": "LOUD"}
    with pytest.raises(SettingsError) as caught:
        read(wrong)

    told = str(caught.value)
    for name in ("PORT", "FERRY_LEASE_SECONDS", "FERRY_SECRET_KEYS", "FERRY_LOG_LEVEL"):
        assert name in told
    assert "x" != told


def test_values_are_read_as_what_they_are() -> None:
    """Lists by commas, numbers as numbers, defaults where nothing is said."""
    made = read({**GOOD, "FERRY_HANDLERS": "a.b, c", "FERRY_SLOTS": "8", "FERRY_LEASE_SECONDS": "2.5"})

    assert made.handlers == ("a.b", "c")
    assert made.per_queue == 2
    assert made.lease_seconds == 2.5
    assert made.broker == GOOD["REDIS_URL"]
    assert made.port == 8000


def test_the_readme_tells_every_setting() -> None:
    """README.md's table has a row for each setting, with its default."""
    text = (pathlib.Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if line.startswith("| `")}

    for name, default, meaning in TABLE:
        assert name in rows, f"README.md has no row for {name}"
        assert meaning.split(";")[0][:30] in rows[name], f"README.md tells another meaning of {name}"
        if default not in ("", ()):
            assert f"`{default}`" in rows[name], f"README.md tells another default of {name}"
