"""Each rule of LANES.md is needed: left out, the simulation fails within a bounded number of schedules."""

import pytest
import redis as redis_client

from tests.simulation.agenda import FROZEN, HARSH, Faults
from tests.simulation.rules import ALONE, FORGETS, ONLY_THE_HOLDER, WITHOUT, Without
from tests.simulation.schedule import play

BOUND = 200
COUNTED = 50
LONG = 800


@pytest.mark.parametrize("without", WITHOUT.values(), ids=WITHOUT)
def test_left_out_it_breaks_something(without: Without, redis: redis_client.Redis) -> None:
    """And what breaks is what the rule is there for."""
    scripts = without.scripts()
    for seed in range(BOUND):
        report = play(redis, seed, scripts, without.rules, HARSH)
        if any(sentence.startswith(without.shows) for sentence in report.broken):
            return
    pytest.fail(f"{BOUND} schedules kept every promise although {without.what}")


def test_a_fact_is_taken_from_whoever_knows_it(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """Accepted only from the holder, outcomes get lost that somebody knew: at least twice as many are unknown."""
    lonely = ONLY_THE_HOLDER.scripts()
    with_rule = sum(play(redis, seed, scripts, faults=FROZEN).unknown for seed in range(COUNTED))
    without = sum(play(redis, seed, lonely, faults=FROZEN).unknown for seed in range(COUNTED))

    assert without > 2 * with_rule


def test_what_redis_forgot_is_said_again(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """
    A Redis without its last second lets runs leave twice; said again, it takes a death at the same moment.

    Not never: who alone knew may die in that second, too.
    """
    silent = WITHOUT["forgets, nothing re-asserted"].rules
    with_rule = sum(bool(play(redis, seed, scripts, FORGETS.rules, HARSH).broken) for seed in range(COUNTED))
    without = sum(bool(play(redis, seed, scripts, silent, HARSH).broken) for seed in range(COUNTED))

    assert without > 3 * with_rule


@pytest.mark.slow
def test_how_often_each_breaks(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """The figures of worker/store/README.md."""
    table: list[tuple[str, dict[str, str], Without, Faults]] = [
        (name, without.scripts(), without, HARSH)
        for name, without in (WITHOUT | ALONE | {"forgets, re-asserted": FORGETS}).items()
    ]
    for name, texts, without, faults in table:
        reports = [play(redis, seed, texts, without.rules, faults) for seed in range(LONG)]
        print(f"{name:32} {sum(bool(report.broken) for report in reports):4} of {LONG}")
    for name, texts in (("with the rule", scripts), ("only the holder", ONLY_THE_HOLDER.scripts())):
        unknown = sum(play(redis, seed, texts, faults=FROZEN).unknown for seed in range(LONG))
        print(f"{name:32} {unknown:4} unknown")
