"""How commands fail: one sentence, the next thing to type, an exit code."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis as redis_client

from tests.worker.cli.conftest import Ferry
from tests.worker.pipeline import build
from worker.store.vault import new_key

NEEDED = "REDIS_URL and FERRY_SECRET_KEYS are not set"


@pytest.mark.parametrize("process", ["web", "worker", "beat", "release"])
def test_a_process_names_all_that_is_missing(ferry: Ferry, process: str) -> None:
    """Two variables and a wrong one: one sentence, before anything was imported or started."""
    done = ferry(process, FERRY_SLOTS="many")

    assert 2 == done.exit_code
    assert NEEDED in done.stderr
    assert "FERRY_SLOTS must be a whole number" in done.stderr
    assert "Try: ferry config show" in done.stderr
    assert "" == done.stdout


@pytest.mark.parametrize("process", ["web", "worker", "beat", "release"])
def test_a_wrong_key_is_one_sentence(
    ferry: Ferry, redis: redis_client.Redis, redis_url: str, unused_port: int, process: str
) -> None:
    """Before anything is begun; it names what the key does not open, and no secret."""
    build(redis).connect("clicksend", "shop")
    done = ferry(process, REDIS_URL=redis_url, FERRY_SECRET_KEYS=new_key(), PORT=str(unused_port))

    assert 2 == done.exit_code, done.output
    assert "FERRY_SECRET_KEYS holds no key that opens the secrets of shop: put the key" in done.stderr
    assert "Try: ferry config show" in done.stderr
    assert "Traceback" not in done.output


def test_keys_are_rotated(ferry: Ferry, redis: redis_client.Redis, redis_url: str) -> None:
    """Step by step as the help says; a process of before is waited for; what is lost is forgotten when one says so."""
    old, new = new_key(), new_key()
    pipeline = build(redis, secret_keys=(old,))
    pipeline.connect("clicksend", "shop")
    both = {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": f"{new},{old}"}
    assert "an older key still: `ferry config rotate`" in ferry("doctor", **both).stdout
    pipeline.core.connections.announce()
    busy = ferry("config", "rotate", "--timeout", "0", **both)
    assert (1, True) == (busy.exit_code, "restart web and worker with this list" in busy.stderr)
    redis.delete("f:keyed")

    done = ferry("config", "rotate", **both)
    assert 0 == done.exit_code, done.output
    assert "1 connection(s) and 0 run(s) encrypted under the newest key." in done.stdout
    assert "the others can be taken away" in done.stderr
    told = json.loads(ferry("config", "rotate", "--json", **both).stdout)
    assert (0, 0, True, []) == (told["connections"], told["left"], told["old_keys_can_go"], told["locked"])
    assert "the others can be taken away" in ferry("doctor", **both).stdout
    assert 0 == ferry("release", REDIS_URL=redis_url, FERRY_SECRET_KEYS=new).exit_code

    lost = {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": new_key()}
    stuck = ferry("config", "rotate", **lost)
    assert (2, True) == (stuck.exit_code, "holds no key that opens the secrets of shop" in stuck.stderr)
    assert 2 == ferry("config", "rotate", "--forget-lost", **lost).exit_code  # nobody is here to ask
    forgotten = ferry("config", "rotate", "--forget-lost", "--yes", **lost)
    assert (0, True) == (forgotten.exit_code, "ferry connection reconnect shop" in forgotten.stdout)
    assert 0 == ferry("release", **lost).exit_code


def test_a_busy_port_is_one_sentence(ferry: Ferry) -> None:
    """It says which, and how to choose another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = ferry("web", REDIS_URL="redis://127.0.0.1:1/0", FERRY_SECRET_KEYS=new_key(), PORT=port)

    assert 1 == done.exit_code
    assert f"Port {port} on 127.0.0.1 is in use." in done.stderr
    assert "Try: PORT=" in done.stderr


def test_redis_away_is_exit_code_6(ferry: Ferry, unused_port: int) -> None:
    """Scripts tell a wrong word from a Redis that is not there."""
    url = f"redis://127.0.0.1:{unused_port}/0"
    done = ferry("release", REDIS_URL=url, FERRY_SECRET_KEYS=new_key())

    assert 6 == done.exit_code
    assert "Redis cannot be used" in done.stderr


def test_release_lays_out_once(ferry: Ferry, redis_url: str) -> None:
    """The first says how many partitions; a second number is refused with what to set."""
    settings = {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": new_key()}

    assert 0 == ferry("release", **settings).exit_code
    assert 0 == ferry("release", **settings).exit_code
    other = ferry("release", FERRY_PARTITIONS="4", **settings)
    assert 2 == other.exit_code
    assert "FERRY_PARTITIONS=1" in other.stderr


def test_handlers_may_lie_where_the_command_is_typed(ferry: Ferry, redis_url: str, tmp_path: Path) -> None:
    """And one that cannot be loaded is one sentence."""
    (tmp_path / "greeter_of_this_test.py").write_text(
        "from worker.handlers import on\n@on()\ndef greet(event, ferry):\n    pass\n"
    )
    settings = {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": new_key()}

    done = ferry("release", FERRY_HANDLERS="greeter_of_this_test", **settings)
    assert (0, True) == (done.exit_code, "1 handler(s)" in done.stderr), done.output
    done = ferry("release", FERRY_HANDLERS="no_such_module", **settings)
    assert 2 == done.exit_code
    assert "FERRY_HANDLERS names no_such_module, which cannot be imported" in done.stderr


def test_a_misspelt_command_suggests_the_right_one(ferry: Ferry) -> None:
    """And it is wrong usage."""
    done = ferry("evnts", "tail")

    assert 2 == done.exit_code
    assert "Try: ferry events --help" in done.stderr


def test_nobody_known_says_how_to_be_known(ferry: Ferry) -> None:
    """Without dev.json, --url and FERRY_URL there is nobody to ask."""
    done = ferry("connection", "list")

    assert 6 == done.exit_code
    assert "Try: ferry dev" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    """`ferry … | head -1` ends quietly."""
    program = f"{sys.executable} -m worker.cli trigger --list | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", program], capture_output=True, text=True, check=False)

    assert "" == done.stderr
    assert 1 == len(done.stdout.splitlines())


@pytest.mark.parametrize(
    ("typed", "told", "following"),
    [
        ("connection lst", "No such command 'lst'.", "ferry connection --help"),
        ("connection patch shop --set", "Option '--set' requires an argument.", "ferry connection patch --help"),
        ("send shop", "Missing option '--to'.", "ferry send --help"),
        ("runs resolve run_1 perhaps", "'perhaps' is not one of", "ferry runs resolve --help"),
        ("--nonsense", "No such option '--nonsense'.", "ferry --help"),
    ],
)
def test_wrong_usage_ends_with_the_help_that_says_how(ferry: Ferry, typed: str, told: str, following: str) -> None:
    """In the form of every other failure."""
    done = ferry(*typed.split())

    assert (2, "") == (done.exit_code, done.stdout)
    assert told in done.stderr
    assert done.stderr.endswith(f"\n  Try: {following}\n")


def test_a_group_alone_is_asked_for_its_help(ferry: Ferry) -> None:
    """It says what there is."""
    done = ferry("connection")

    assert 2 == done.exit_code
    assert "reconnect" in done.stderr
