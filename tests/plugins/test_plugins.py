"""A provider of another package gets everything that ours have; a broken one falls alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dev.harness import HOUSE, Dev, clean

ACME = Path(__file__).parent / "acme" / "acme_pigeon.py"
OURS = ["onemsg", "instagram", "clicksend", "infobip"]


def install(folder: Path, entry: str, text: str | None = None) -> Path:
    """A package as an installer leaves it: its module, and the metadata with its entry point."""
    folder.mkdir(exist_ok=True)
    (folder / "acme_pigeon.py").write_text(ACME.read_text(encoding="utf-8") if text is None else text)
    told = folder / "acme_pigeon-0.1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-pigeon\nVersion: 0.1\n")
    (told / "entry_points.txt").write_text(f"[ferry.providers]\n{entry}\n")
    return folder


def crossing(folder: Path, redis_url: str) -> dict[str, Any]:
    """What tests/plugins/crossing.py tells where this package is installed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.plugins.crossing", redis_url],
        cwd=HOUSE,
        env=clean(PYTHONPATH=f"{HOUSE}:{folder}"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_package_brings_a_provider(tmp_path: Path, redis_url: str) -> None:
    """Connection, webhook, event, reply, proxy, catalogue and search: nothing of Ferry was changed for it."""
    told = crossing(install(tmp_path / "site", "pigeon = acme_pigeon:PROVIDER"), redis_url)

    assert ([*OURS, "pigeon"], {}) == (told["providers"], told["broken"])
    assert "READY" == told["state"]
    assert {"message.received", "message.sent", "run.succeeded"} <= set(told["events"])
    assert ["coo"] == [body["text"] for body in told["asked"]]
    assert 404 == told["proxied"]
    assert ("Send a note by pigeon", [["pigeon", "fly-note"]]) == (told["described"], told["found"])


@pytest.mark.parametrize(
    ("entry", "text", "why"),
    [
        ("pigeon = acme_pigeon:PROVIDER", "raise RuntimeError('no seed')", "cannot be loaded: RuntimeError: no seed"),
        ("pigeon = acme_pigeon:NOTHING", None, "cannot be loaded: AttributeError"),
        ("pigeon = acme_pigeon:judge", None, "is no connectors.provider.Provider"),
        ("dove = acme_pigeon:PROVIDER", None, "calls itself pigeon"),
        (
            "clicksend = acme_pigeon:PROVIDER",
            "from connectors.clicksend import PROVIDER",
            "a name that another provider has",
        ),
    ],
)
def test_a_broken_one_falls_alone(tmp_path: Path, redis_url: str, entry: str, text: str | None, why: str) -> None:
    """Ours are all there, and the reason is a sentence."""
    told = crossing(install(tmp_path / "site", entry, text), redis_url)

    assert told["providers"] == OURS
    assert [why in words for words in told["broken"].values()] == [True]


def test_it_has_its_place_in_ferry_dev(tmp_path: Path) -> None:
    """A stand-in, a connection, `ferry trigger`, the API; and without its package its connection is still shown."""
    site = install(tmp_path / "site", "pigeon = acme_pigeon:PROVIDER")
    folder = tmp_path / "dev"
    with Dev.start(folder, PYTHONPATH=f"{HOUSE}:{site}") as dev:
        assert "pigeon" in dev.info["connections"]
        told = dev.trigger("pigeon", "message", "--text", "home")
        assert ["message.received"] == [event["type"] for event in told["events"]]
        actions = dev.api("GET", "/v1/actions?provider=pigeon").json()["items"]
        assert ["fly-note"] == [one["key"] for one in actions]
        assert "`fly-note`" in dev.ferry("skill", "pigeon").stdout
    with Dev.start(folder) as dev:
        shown = {one["id"]: one["provider"] for one in dev.api("GET", "/v1/connections").json()["items"]}
        assert "pigeon" == shown["pigeon"]
        body = {"connection": "pigeon", "action": "fly-note", "input": {}}
        assert 422 == dev.api("POST", "/v1/runs", json=body).status_code
