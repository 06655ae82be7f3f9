"""Every promise, over random schedules of kills, freezes, lost bells, cancels, silence and refusals."""

import pytest
import redis as redis_client

from tests.simulation.agenda import HARSH, Faults
from tests.simulation.schedule import play

BLOCK = 25
SCHEDULES = 100
LONG = 5_000


def blocks(schedules: int) -> list[range]:
    """Seeds in blocks, a test each."""
    return [range(begin, begin + BLOCK) for begin in range(0, schedules, BLOCK)]


@pytest.mark.parametrize("seeds", blocks(SCHEDULES), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_nothing_is_lost_doubled_reordered_or_stuck(
    seeds: range, redis: redis_client.Redis, scripts: dict[str, str]
) -> None:
    """Whatever dies or freezes, every run ends truly, every fact is told once and every app hears it in order."""
    for seed in seeds:
        report = play(redis, seed, scripts)
        assert not report.broken, str(report)


@pytest.mark.parametrize("seeds", blocks(2 * BLOCK), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_nor_when_more_goes_wrong(seeds: range, redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """The same with several times as many kills and freezes."""
    for seed in seeds:
        report = play(redis, seed, scripts, faults=HARSH)
        assert not report.broken, str(report)


def test_a_chosen_seed(redis: redis_client.Redis, scripts: dict[str, str], chosen_seed: int) -> None:
    """A new seed each time, printed if it breaks something; FERRY_SEED plays one again."""
    for faults in (Faults(), HARSH):
        report = play(redis, chosen_seed, scripts, faults=faults)
        assert not report.broken, str(report)


def test_a_seed_replays(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """The same seed is the same story, line by line, so that whoever sees a failure can see it again."""
    first = play(redis, 7, scripts, faults=HARSH)
    second = play(redis, 7, scripts, faults=HARSH)

    assert first.log == second.log


def test_schedules_are_not_tame(redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """A simulation in which nothing goes wrong would prove nothing."""
    reports = [play(redis, seed, scripts) for seed in range(BLOCK)]

    assert sum(report.kills for report in reports) > BLOCK / 3
    assert sum(report.freezes for report in reports) > BLOCK
    assert sum(report.unknown for report in reports) > BLOCK / 3
    assert sum(report.deeds for report in reports) > 5 * BLOCK


@pytest.mark.slow
@pytest.mark.parametrize("faults", [Faults(), HARSH], ids=["usual", "harsh"])
def test_thousands(faults: Faults, redis: redis_client.Redis, scripts: dict[str, str]) -> None:
    """The long version."""
    runs = deeds = 0
    for seed in range(100_000, 100_000 + LONG):
        report = play(redis, seed, scripts, faults=faults)
        assert not report.broken, str(report)
        runs, deeds = runs + report.runs, deeds + report.deeds
    print(f"{LONG} schedules, {runs} runs, {deeds} calls that took effect: 0 lost, doubled, reordered or stuck")
