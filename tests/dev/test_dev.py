"""`ferry dev` as a newcomer meets it: all comes up, a message crosses in both directions, Ctrl-C loses nothing."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dev.harness import Dev
from tests.eventually import eventually

MESSAGES = {
    # provider: what is triggered, the action that answers it
    "1msg": ("message", "send-message"),
    "instagram": ("message", "send-text-message"),
    "clicksend": ("sms", "send-sms"),
    "infobip": ("sms", "send-sms-message"),
}
HEARD = "message.received"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One for the tests that leave it running."""
    with Dev.start(tmp_path_factory.mktemp("dev")) as started:
        yield started


def test_dev_json_is_of_this_shape(dev: Dev) -> None:
    """Scripts rely on it; it holds a key, so nobody else may read it."""
    info = dev.info

    assert 0o600 == stat.S_IMODE(dev.file.stat().st_mode)
    assert {"url", "api_key", "redis_url", "pids", "connections", "simulators"} == set(info)
    assert {"web", "worker", "beat", "redis"} == set(info["pids"])
    assert all(isinstance(pid, int) for pid in info["pids"].values())
    assert set(MESSAGES) == set(info["connections"]) == set(info["simulators"])
    for provider, one in info["connections"].items():
        assert {"id", "webhook_url", "settings", "secrets"} == set(one)
        assert one["webhook_url"].startswith(f"{info['url']}/webhooks/{one['id']}/")
        assert info["simulators"][provider] == one["settings"]["base_url"]


def test_all_is_well(dev: Dev) -> None:
    """The doctor finds nothing, the page says ready, and nobody speaks without the key."""
    done = dev.ferry("doctor", "--json")

    assert [] == [one for one in json.loads(done.stdout)["checks"] if one["verdict"] != "ok"]
    assert 0 == done.returncode
    assert 200 == dev.client.get(f"{dev.info['url']}/readyz").status_code
    assert 401 == dev.client.get(f"{dev.info['url']}/v1/events").status_code


def test_a_rotated_url_is_called_at_once_and_known_to_scripts(dev: Dev) -> None:
    """The stand-in calls it, and dev.json names it a moment later."""
    before = dev.info["connections"]["clicksend"]["webhook_url"]
    after = json.loads(dev.ferry("connection", "rotate", "clicksend", "--json").stdout)["webhook_url"]
    assert before != after

    def named() -> str:
        return str(json.loads(dev.file.read_text())["connections"]["clicksend"]["webhook_url"])

    eventually(lambda: named() == after)
    assert 0 == dev.ferry("trigger", "clicksend", "sms").returncode


@pytest.mark.parametrize("provider", MESSAGES)
def test_a_message_crosses_in_both_directions(dev: Dev, provider: str) -> None:
    """One webhook, three times: one event, and one reply in the provider's record."""
    event, action = MESSAGES[provider]
    before = len(dev.asked(provider, action))

    told = dev.trigger(provider, event, "--duplicate", "3", "--text", f"crossing {provider}")

    assert [200, 200, 200] == [one["status"] for one in told["requests"]]
    heard = _events_saying(dev, f"crossing {provider}")
    assert 1 == len(heard)
    assert provider == heard[0]["provider"]
    eventually(lambda: len(dev.asked(provider, action)) > before)
    eventually(lambda: [HEARD] == [one["type"] for one in _events_saying(dev, f"crossing {provider}")])
    assert before + 1 == len(dev.asked(provider, action))
    assert f"You said: crossing {provider}" in json.dumps(dev.asked(provider, action)[-1]["body"])


def _events_saying(dev: Dev, text: str) -> list[dict[str, Any]]:
    """Inbound messages with this text, once there is one."""

    def found() -> list[dict[str, Any]]:
        return [one for one in dev.events(HEARD) if one["message"]["text"] == text]

    eventually(found)
    return found()


def test_what_is_not_from_the_provider_is_refused_and_leaves_nothing(dev: Dev) -> None:
    """A bad signature 403, a wrong token 404, no event of either."""
    hook = dev.info["connections"]["instagram"]["webhook_url"]
    before = dev.events()

    assert [403] == [one["status"] for one in dev.trigger("instagram", "message", "--bad-signature")["requests"]]
    assert 404 == dev.client.post(hook[:-1] + ("x" if hook[-1] != "x" else "y"), json={}).status_code
    assert 404 == dev.client.post(hook.replace("/instagram/", "/nobody/"), json={}).status_code
    dev.trigger("instagram", "message", "--text", "after the refused ones")
    heard = _events_saying(dev, "after the refused ones")
    after = dev.events(HEARD)
    assert heard == after[len([one for one in before if one["type"] == HEARD]) :]


def test_commands_reach_it(dev: Dev) -> None:
    """From its folder without any option: send, look at the run, look at the connection."""
    dev.trigger("1msg", "message", "--from", "15550100177")
    sent = dev.ferry("send", "1msg", "--to", "15550100177", "--text", "hello", "--json")
    run = json.loads(sent.stdout)

    assert (0, "succeeded") == (sent.returncode, run["state"]), sent.stderr
    assert run["id"] in dev.ferry("runs", "list").stdout
    assert 0 == dev.ferry("connection", "check", "1msg").returncode
    assert 3 == dev.ferry("connection", "get", "nobody").returncode


def test_a_second_one_in_the_same_folder_is_one_sentence(dev: Dev) -> None:
    """And so is a busy port; neither disturbs the first."""
    second = dev.ferry("dev")
    other = dev.folder / "other"
    other.mkdir()
    elsewhere = Dev.start(other, int(dev.info["url"].rpartition(":")[2]), wait=False)
    elsewhere.process.wait(60)

    assert 1 == second.returncode
    assert "Ferry runs here already" in second.stderr
    assert "Traceback" not in second.stderr
    assert 1 == elsewhere.stop()
    assert "is in use" in elsewhere.printed
    assert "Traceback" not in elsewhere.printed
    assert dev.file.exists()
    assert dev.status is None


def test_what_dies_is_started_again(dev: Dev) -> None:
    """kill -9 of the worker: dev.json tells of the new one, which carries on."""
    dev.kill("worker")
    dev.trigger("1msg", "message", "--text", "after the kill")

    assert 1 == len(_events_saying(dev, "after the kill"))


def test_ctrl_c_loses_nothing_and_the_next_start_finds_all(tmp_path: Path) -> None:
    """It ends by itself; then keys, connections and events are those of before, and nothing is told twice."""
    with Dev.start(tmp_path) as first:
        first.trigger("1msg", "message", "--text", "before")
        _events_saying(first, "before")
        eventually(lambda: first.asked("1msg", "send-message"))
        before = first.info

        assert 0 == first.stop(), first.printed
    assert not first.file.exists()
    assert "killing" not in first.printed

    with Dev.start(tmp_path) as second:
        after = second.info

        assert 1 == len(_events_saying(second, "before"))
        assert before["api_key"] == after["api_key"]
        tokens = [
            {name: one["webhook_url"].rpartition("/")[2] for name, one in info["connections"].items()}
            for info in (before, after)
        ]
        assert tokens[0] == tokens[1]
        second.trigger("1msg", "message", "--text", "again")
        _events_saying(second, "again")
        eventually(lambda: second.asked("1msg", "send-message"))
        assert ["You said: again"] == [one["body"]["body"] for one in second.asked("1msg", "send-message")]


def test_stand_ins_on_other_ports_are_found(tmp_path: Path) -> None:
    """When the ports of the last start are taken, the connections are told the new ones, and replies arrive there."""
    with Dev.start(tmp_path) as first:
        before = first.info
    (tmp_path / ".ferry" / "ports.json").unlink()

    with Dev.start(tmp_path) as second:
        after = second.info

        assert before["simulators"] != after["simulators"]
        second.trigger("clicksend", "sms", "--text", "elsewhere")
        eventually(lambda: second.asked("clicksend", "send-sms"))
