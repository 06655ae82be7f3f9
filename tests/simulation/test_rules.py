"""Each rule of LANES.md is needed: left out, the simulation fails within a bounded number of schedules."""

import pytest
import redis as redis_client

from tests.simulation.agenda import FROZEN, HARSH, SLEEPY, STORMY, Faults
from tests.simulation.rules import FORGETS, HALVES, ONLY_THE_HOLDER, STRIKES, WITHOUT, Without
from tests.simulation.schedule import play
from tests.simulation.world import ALONE, Crew, Rules, texts

BOUND = 200
COUNTED = 25
LONG = 800
STORMS = 25
STORMY_LONG = 400


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


def innocent(redis: redis_client.Redis, seeds: int, scripts: dict[str, str], faults: Faults, rules: Rules) -> int:
    """How much was set aside that kills nobody."""
    crew = ALONE if faults is STORMY else Crew()
    return sum(play(redis, seed, scripts, rules, faults, crew).innocent for seed in range(seeds))


def test_what_kills_nobody_is_not_set_aside(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """
    A worker with all its hands full dies three times in a row: its items were struck together, and so set aside.

    Not never: who dies three times by chance with the same item in hand looks like one it kills.
    """
    with_rules = innocent(redis, STORMS, scripts, STORMY, Rules())
    without = innocent(redis, STORMS, all_out(), STORMY, Rules(alone=False))

    assert without > 2 * with_rules
    assert without > 3


def all_out() -> dict[str, str]:
    """The scripts without any of the rules on strikes."""
    found = texts()
    for without in STRIKES.values():
        for old, new in (pair for pairs in without.changes.values() for pair in pairs):
            found = {name: text.replace(old, new) for name, text in found.items()}
    return found


@pytest.mark.slow
def test_how_often_each_breaks(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """The figures of worker/store/README.md."""
    table: list[tuple[str, dict[str, str], Without, Faults]] = [
        (name, without.scripts(), without, HARSH)
        for name, without in (WITHOUT | HALVES | {"forgets, re-asserted": FORGETS}).items()
    ]
    for name, changed, without, faults in table:
        reports = [play(redis, seed, changed, without.rules, faults) for seed in range(LONG)]
        print(f"{name:32} {sum(bool(report.broken) for report in reports):4} of {LONG}")
    for name, changed in (("with the rule", scripts), ("only the holder", ONLY_THE_HOLDER.scripts())):
        unknown = sum(play(redis, seed, changed, faults=FROZEN).unknown for seed in range(LONG))
        print(f"{name:32} {unknown:4} unknown")
    strikes = [("all rules on strikes", scripts, Rules()), ("none of them", all_out(), Rules(alone=False))]
    strikes += [(f"without: {name}", without.scripts(), without.rules) for name, without in STRIKES.items()]
    for name, changed, rules in strikes:
        counts = [innocent(redis, STORMY_LONG, changed, faults, rules) for faults in (STORMY, SLEEPY)]
        print(f"{name:48} {counts[0]:4} and {counts[1]:4} innocent")
