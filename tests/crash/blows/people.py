"""What people do in the middle of it: cancel, pause and resume, change a webhook's secret, archive and bring back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.crash.blows.scene import MOMENT_SECONDS, TAKEN_OVER_SECONDS, Scene, at_once, came, kill_worker, promise
from tests.crash.sends import PROVIDER
from tests.eventually import eventually

ASKED = 6
GRACE_SECONDS = 15.0  # how long an address of before is accepted: the receiver dies meanwhile
OUT = {"hold": {"queued", "waiting"}, "cancel": {"cancelled"}, "finish": set[str]()}  # what may be left of what waited


def cancelled(scene: Scene) -> bool:
    """Runs are taken back while they wait or fly, and the worker dies in the middle: what is confirmed never leaves."""
    sends, talk = scene.sends, scene.sends.talk()
    scene.stand.behave(PROVIDER, delay=0.5, times=ASKED)
    runs = [sends.ask(scene.client, talk) for _ in range(ASKED)]
    time.sleep(scene.dice.uniform(0.0, 1.0))
    wanted = scene.dice.sample(runs, ASKED - 2)
    half = len(wanted) // 2
    confirmed = [_cancel(scene, run) for run in wanted[:half]]
    kill_worker(scene, lambda: True)
    confirmed += [_cancel(scene, run) for run in wanted[half:]]
    return any(confirmed)


def _cancel(scene: Scene, run: str) -> bool:
    told = scene.sends.insist(scene.client, "POST", f"/v1/runs/{run}/cancel", fine={409})  # 409: it has ended
    sure: bool = told.get("state") == "cancelled"
    if sure:
        scene.sends.withdrawn.add(scene.sends.accepted[run])
    return sure


def paused(scene: Scene) -> bool:
    """A connection rests while messages wait for it, and the worker dies: none leaves until somebody resumes it."""
    stand, ident = scene.stand, scene.stand.connection(PROVIDER).id
    queue = f"out:{ident}:"
    scene.sends.insist(scene.client, "POST", f"/v1/connections/{ident}/pause")
    try:
        came(lambda: not any(stand.lane_of(run).startswith(queue) for _, run, state in stand.in_hand()), 10.0)
        before = scene.replies(PROVIDER)
        scene.acknowledged(20)
        kill_worker(scene, lambda: True)
        scene.acknowledged(20)
        promise("a paused connection sent something", scene.replies(PROVIDER) == before)
    finally:
        scene.sends.insist(scene.client, "POST", f"/v1/connections/{ident}/resume")
    return True


def rotated(scene: Scene) -> bool:
    """A webhook's secret changes and the receiver dies: that of before is accepted for its grace, and no longer."""
    stand, load, provider = scene.stand, scene.load, scene.provider()
    ident, before = stand.connection(provider).id, str(stand.current(provider).webhook_url)
    path = f"/v1/connections/{ident}/rotate"
    with ThreadPoolExecutor(1) as aside:
        grace = {"grace_seconds": GRACE_SECONDS}
        asked = aside.submit(scene.sends.insist, scene.client, "POST", path, json=grace)
        time.sleep(scene.dice.uniform(0.0, 0.3))
        stand.end_web()
        now = str(asked.result()["webhook_url"])
    taken = len(load.acknowledged)
    met = before != now and came(lambda: len(load.acknowledged) > taken + 10)
    load.connections[provider] = stand.current(provider)
    stand.call_here(provider)
    scene.acknowledged(20)
    shut = came(lambda: scene.client.post(before, content=b"{}").status_code == 404, MOMENT_SECONDS)
    promise("an address of before is accepted after its grace", shut)
    return met


def archived(scene: Scene) -> bool:
    """A connection is archived while its runs wait and fly, and the worker dies; then it is brought back."""
    stand, sends, ident = scene.stand, scene.sends, scene.stand.connection(PROVIDER).id
    place, what = f"/v1/connections/{ident}", scene.dice.choice([*OUT])
    with scene.load.held(PROVIDER), sends.held():  # who calls it now is told that there is nobody
        eventually(lambda: not stand.waits_for(ident), TAKEN_OVER_SECONDS)
        talk = sends.talk()
        stand.behave(PROVIDER, delay=1.0, times=ASKED)
        runs = [sends.ask(scene.client, talk) for _ in range(ASKED)]
        met = at_once(lambda: stand.run_state(runs[0]) == "leaving")
        try:
            with ThreadPoolExecutor(1) as aside:
                asked = aside.submit(_archive, scene, place, what, runs)
                time.sleep(scene.dice.uniform(0.0, 1.0))
                kill_worker(scene, lambda: True)
                promise("archived while something was at the provider", not asked.result())
            states = _put_away(scene, place, runs, OUT[what])
        finally:
            sends.insist(scene.client, "POST", f"{place}/restore")
            eventually(lambda: _connection(scene, place)["state"] == "READY", TAKEN_OVER_SECONDS)
            stand.call_here(PROVIDER)
    return met and (what == "finish" or bool(states & {"unknown", *OUT[what]}))


def _archive(scene: Scene, place: str, what: str, runs: list[str]) -> bool:
    """Whether it says that it has, while one of these is out."""
    told = scene.sends.insist(scene.client, "POST", f"{place}/archive", json={"queued": what})
    return bool(told["archived"]) and any(scene.stand.run_state(run) == "leaving" for run in runs)


def _put_away(scene: Scene, place: str, runs: list[str], left: set[str]) -> set[str]:
    """Waits until it is archived, and holds what is promised of it then; the states its runs are in."""
    stand, sends = scene.stand, scene.sends
    eventually(lambda: _connection(scene, place)["archived"], TAKEN_OVER_SECONDS)
    states = {run: stand.run_state(run) for run in runs}
    found = set(states.values())
    promise(f"archived, and its runs are {sorted(found)}", found <= {"succeeded", "unknown", "failed"} | left)
    sends.withdrawn.update(sends.accepted[run] for run, state in states.items() if state == "cancelled")
    before = scene.replies(PROVIDER)
    url = str(stand.current(PROVIDER).webhook_url)
    shut = came(lambda: scene.client.get(url).status_code == 404, MOMENT_SECONDS)  # all know it within a second or two
    promise("an archived connection takes webhooks", shut)
    scene.acknowledged(30)
    promise("an archived connection sent something", scene.replies(PROVIDER) == before)
    return found


def _connection(scene: Scene, place: str) -> dict[str, Any]:
    return scene.sends.insist(scene.client, "GET", place)
