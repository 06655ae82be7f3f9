"""What `ferry dev` keeps: keys made once, and files that nobody else may read."""

import json
import stat
from pathlib import Path

from connectors.registry import PROVIDERS
from worker.cli import folder
from worker.cli.plan import choose_ports, is_free, providers
from worker.ports import free_port


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The second start finds the first one's; another would open nothing that is stored."""
    path = tmp_path / "new" / "key"
    made = iter(["first", "second"])

    assert "first" == folder.once(path, lambda: next(made))
    assert "first" == folder.once(path, lambda: next(made))
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_dev_json_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Mode 600, as it holds a key; what is no JSON is as good as absent; taking it away twice is no error."""
    folder.tell(tmp_path, {"url": "u"})

    assert {"url": "u"} == folder.told(tmp_path)
    assert 0o600 == stat.S_IMODE((tmp_path / folder.FILE).stat().st_mode)
    (tmp_path / folder.FILE).write_text("{")
    assert folder.told(tmp_path) is None
    folder.untell(tmp_path)
    folder.untell(tmp_path)
    assert folder.told(tmp_path) is None


def test_every_provider_gets_a_stand_in() -> None:
    """Found without importing them; the registry says the same."""
    assert set(PROVIDERS) == set(providers())


def test_stand_ins_keep_their_ports_while_they_can(tmp_path: Path, unused_port: int) -> None:
    """A port that is taken meanwhile is replaced, the others stay, so that connections need not change."""
    kept = tmp_path / "ports.json"
    first = choose_ports(kept, ["a", "b", "c"], taken=set())
    assert first == choose_ports(kept, ["a", "b", "c"], taken=set())

    second = choose_ports(kept, ["a", "b", "c"], taken={first["b"]})

    assert (first["a"], first["c"]) == (second["a"], second["c"])
    assert second["b"] not in first.values()
    assert second == json.loads(kept.read_text())
    assert is_free(free_port())
