"""The judge itself: each figure is 0 for what went well, and red for the one thing that did not."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.crash.figures import PROMISED, figures
from tests.crash.ledger import Ledger
from tests.crash.mischief import KILLS_HANDLER, KILLS_PARSER


def run(state: str, error: str = "", *outcomes: str) -> dict[str, object]:
    """A run as the API shows it."""
    return {"state": state, "error": {"class": error}, "attempts": [{"outcome": one} for one in outcomes]}


WELL = Ledger(
    acknowledged=["xc000-0000", "xc000-0001", "xc001-0000"],
    poisoned=[f"xp0 {KILLS_PARSER}", f"xp1 {KILLS_HANDLER}"],
    accepted={"run_1": "xs000-0000", "run_2": "xs000-0001", "run_3": "xs000-0002"},
    withdrawn={"xs000-0001"},
    heard=[("xc000-0000", "e0"), ("xc001-0000", "e2"), ("xc000-0001", "e1"), (f"xp1 {KILLS_HANDLER}", "e3")],
    replies={"e0": run("succeeded"), "e1": run("unknown"), "e2": run("succeeded", "", "unknown", "proven:echo")},
    sent={"run_1": run("succeeded"), "run_2": run("cancelled"), "run_3": run("failed", "unreachable")},
    said={"1msg": ["xs000-0000", "xc000-0000", "xc000-0001"], "clicksend": ["xc001-0000"]},
    aside=[f'{{"body": "xp0 {KILLS_PARSER}"}}', f'{{"text": "xp1 {KILLS_HANDLER}"}}'],
)
WRONG: dict[str, tuple[str, Callable[[Ledger], object]]] = {
    "an acknowledged webhook has no event": ("missing", lambda one: one.heard.pop(0)),
    "an accepted run is gone": ("missing", lambda one: one.sent.pop("run_1")),
    "what killed its reader vanished": ("missing", lambda one: one.aside.pop(0)),
    "what killed its reader was done as well": ("doubled", lambda one: one.heard.append((one.poisoned[0], "e4"))),
    "a webhook became two events": ("doubled", lambda one: one.heard.append(one.heard[1])),
    "an event has no run": ("unanswered", lambda one: one.replies.pop("e0")),
    "a run succeeded and nobody heard of it": ("unanswered", lambda one: one.said["clicksend"].pop()),
    "a message was sent twice": ("sent_twice", lambda one: one.said["1msg"].append("xc000-0001")),
    "a message went by two providers": ("sent_twice", lambda one: one.said["1msg"].append("xc001-0000")),
    "events changed places": ("out_of_order", lambda one: one.heard.reverse()),
    "messages changed places": ("out_of_order", lambda one: one.said["1msg"].reverse()),
    "a run is still out": ("unfinished", lambda one: one.replies.update(e0=run("running"))),
    "an accepted run still waits": ("unfinished", lambda one: one.sent.update(run_1=run("waiting"))),
    "a good run failed": ("failed", lambda one: one.replies.update(e0=run("failed", "rejected"))),
    "one that was set aside had left": ("failed", lambda one: one.said["1msg"].append("xs000-0002")),
    "one that nobody took back was cancelled": ("failed", lambda one: one.sent.update(run_1=run("cancelled"))),
    "one was sent after its cancel": ("withdrawn", lambda one: one.said["1msg"].insert(1, "xs000-0001")),
}  # fmt: skip


def test_what_went_well_is_not_blamed() -> None:
    """Unknown, proven, set aside and taken back are ends as good as others, and are counted."""
    found = figures(deepcopy(WELL))

    assert {} == found.broken, found.wrong
    assert (8, 1, 1, 1) == (found.acknowledged, found.unknown, found.proven, found.set_aside)


@pytest.mark.parametrize(("figure", "spoil"), WRONG.values(), ids=WRONG)
def test_what_went_wrong_is_seen(figure: str, spoil: Callable[[Ledger], object]) -> None:
    """Once, under its name, and with words that lead to it."""
    ledger = deepcopy(WELL)
    spoil(ledger)
    found = figures(ledger)

    assert 1 == found.broken[figure], found.wrong
    assert found.wrong


def test_every_promise_can_fail() -> None:
    """The table above leaves none out but the rows' own, which their blows tell."""
    assert set(PROMISED) - {"row"} == {figure for figure, _ in WRONG.values()}
