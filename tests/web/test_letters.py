"""Dead letters over HTTP: looked at, done again or put away, one or all that match, and nothing twice."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.web.door import Door
from worker import intake, letters_by_hand, sweeps
from worker.store import ids, letters, runs


@pytest.fixture(autouse=True)
def connected(door: Door) -> None:
    """A 1msg connection whose conversation is open, and which is in a hurry."""
    stored = door.ferry.connect("1msg")
    paces = door.ferry.core.provider(stored).paces
    door.ferry.core.connections.save(replace(stored, limits=dict.fromkeys(paces, 0.0)))
    door.heard(stored)


def refuse(door: Door, times: int = 1) -> None:
    """The provider refuses the next calls."""
    door.ferry.simulators["onemsg"].behave(action="send-message", status=400, body={"error": "no"}, times=times)


def failed(door: Door, text: str = "hello", **more: Any) -> str:
    """A run the provider refused."""
    refuse(door)
    ident = str(door.post("/v1/runs", door.say(text, **more))["id"])
    door.ferry.settle()
    assert "failed" == door.get(f"/v1/runs/{ident}")["state"]
    return ident


def sent(door: Door) -> list[str]:
    """The texts the stand-in was asked to send."""
    return [one["body"]["body"] for one in door.ferry.simulators["onemsg"].requests("send-message")]


def waiting(door: Door, query: str = "") -> list[str]:
    """The ids of those that wait."""
    return [one["id"] for one in door.get(f"/v1/dead-letters{query}")["items"]]


def aside(door: Door, sample: str = "message", **changes: Any) -> tuple[str, dict[str, Any]]:
    """A request that was set aside before it was read: its id, and what it holds."""
    stored = door.ferry.core.connections.get("1msg")
    assert stored is not None
    request = door.ferry.hook(stored, sample, changes)
    body = {
        "method": request.method,
        "hook": request.hook,
        "query": request.query,
        "headers": dict(request.headers),
        "body": request.body.decode(),
    }
    ident = ids.request_id("1msg", "1700000000000-7")
    letters.put(
        door.ferry.core.store, 0, ident, kind="request", cause="parser_killed_worker", connection="1msg", body=body
    )
    return ident, body


def swept(door: Door, found: dict[str, Any]) -> dict[str, Any]:
    """A sweep after the worker's turns."""
    for _ in range(50):
        sweeps.turn(door.ferry.core)
        told: dict[str, Any] = door.get(f"/v1/dead-letters/sweeps/{found['id']}")
        if told["state"] != "running":
            door.ferry.settle()
            return told
    raise AssertionError("the sweep did not end")


def test_a_run_is_done_again(door: Door) -> None:
    """It joins the tail of its lane; the letter says who asked, and waits no more."""
    ident = failed(door)
    found = door.get(f"/v1/dead-letters/{ident}")
    assert ("run", "1msg", "1msg", "waiting") == tuple(
        found[name] for name in ("kind", "provider", "connection", "state")
    )
    assert ident == found["body"]["id"]

    told = door.post(f"/v1/dead-letters/{ident}/replay")
    door.ferry.settle()

    assert ("replayed", "environment") == (told["state"], told["dealt_with"]["by"])
    assert "succeeded" == door.get(f"/v1/runs/{ident}")["state"]
    assert ([], [ident]) == (waiting(door), waiting(door, "?state=replayed"))
    again = door.post(f"/v1/dead-letters/{ident}/replay", status=409)
    assert "it was replayed by environment" in again["detail"]


def test_one_that_fails_again_comes_back(door: Door) -> None:
    """It waits again, and tells that it was tried."""
    ident = failed(door)
    refuse(door)

    door.post(f"/v1/dead-letters/{ident}/replay")
    door.ferry.settle()

    found = door.get(f"/v1/dead-letters/{ident}")
    assert ("waiting", 1) == (found["state"], found["again"])
    assert [1] == [one["count"] for one in door.get("/v1/dead-letters/causes")["items"]]


def test_what_may_have_arrived_takes_a_word_more(door: Door) -> None:
    """A run that is unknown is not sent again because somebody replays its letter, but when it is forced."""
    door.ferry.simulators["onemsg"].behave(action="send-message", drop="after", times=1)
    ident = door.post("/v1/runs", door.say())["id"]
    door.ferry.settle()
    letters.put(door.ferry.core.store, 0, ident, kind="run", cause="unknown", connection="1msg", body={"id": ident})

    told = door.post(f"/v1/dead-letters/{ident}/replay", status=409)
    assert "it may have arrived" in told["detail"]
    sweep = swept(door, door.post("/v1/dead-letters/replay", {"filter": {}}))
    assert (0, 1, [ident]) == (sweep["done"], sweep["skipped"], [one["id"] for one in sweep["notes"]])
    assert (["hello"], [ident]) == (sent(door), waiting(door))

    door.post(f"/v1/dead-letters/{ident}/replay", {"force": True})
    door.ferry.settle()
    assert (["hello", "hello"], []) == (sent(door), waiting(door))


def test_of_several_who_ask_at_once_one_wins(door: Door) -> None:
    """The run goes once; everybody else is told."""
    ident = failed(door)
    told = at_once(8, lambda: door.ask("POST", f"/v1/dead-letters/{ident}/replay").status_code)
    door.ferry.settle()

    assert Counter({202: 1, 409: 7}) == told
    assert 2 == len(sent(door))  # the one that was refused, and this one


def at_once(count: int, act: Callable[[], int]) -> Counter[int]:
    """What so many told who did it at the same time."""
    told: Counter[int] = Counter()
    gate = threading.Barrier(count)

    def one() -> None:
        gate.wait()
        told.update([act()])

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_a_request_is_read_again(door: Door) -> None:
    """From its copy, long after the journal forgot it: its facts keep the id of the request they came in, marked."""
    ident, body = aside(door)
    assert body == door.get(f"/v1/dead-letters/{ident}")["body"]
    before = len(door.ferry.events("message.received"))

    told = at_once(4, lambda: door.ask("POST", f"/v1/dead-letters/{ident}/replay").status_code)
    door.ferry.settle()

    assert Counter({202: 1, 409: 3}) == told
    heard = door.ferry.events("message.received")[before:]
    assert [ident] == [one["request"] for one in heard]
    assert ("environment", False) == (heard[0]["replayed_by"]["by"], heard[0]["replayed_by"]["force"])
    assert "2023-11-14T22:13:20.000Z" == heard[0]["received_at"]
    assert [] == waiting(door)


def test_facts_that_are_known_stay_silent(door: Door) -> None:
    """What was told before the request was set aside is not told again."""
    stored = door.ferry.core.connections.get("1msg")
    assert stored is not None
    ident, body = aside(door)
    door.knock("POST", f"/webhooks/1msg/{stored.token}", data=body["body"], content_type="application/json")
    door.ferry.settle()
    before = door.ferry.events()

    door.post(f"/v1/dead-letters/{ident}/replay")
    door.ferry.settle()

    assert before == door.ferry.events()


def test_a_request_of_no_connection_waits_on(door: Door) -> None:
    """Nobody could read it: the letter says so and stays."""
    letters.put(door.ferry.core.store, 0, "req_1-1_gone", kind="request", cause="x", connection="gone", body={})

    told = door.post("/v1/dead-letters/req_1-1_gone/replay", status=409)

    assert "make it again first" in told["detail"]
    assert ["req_1-1_gone"] == waiting(door)


def test_a_task_is_handed_in_again(door: Door) -> None:
    """Its key makes it the run it would have been; one that is still wrong says so and waits on."""
    core = door.ferry.core
    words = door.say("from a task", connection="later") | {"force": True}
    message = {"headers": {"task": "ferry.run", "id": "t1"}, "body": json.dumps([[], words, {}])}
    try:
        intake.run(core, "task:t1", **words)
    except Exception as problem:  # noqa: BLE001  (as the intake does)
        intake.letter(core, json.dumps(message), problem)
    (ident,) = waiting(door)
    assert "later" in door.get(f"/v1/dead-letters/{ident}")["text"]

    assert "still wrong" in door.post(f"/v1/dead-letters/{ident}/replay", status=422)["detail"]
    sweep = swept(door, door.post("/v1/dead-letters/replay", {"filter": {"kind": "task"}}))
    assert (1, 1, [ident]) == (sweep["matched"], sweep["failed"], waiting(door))

    door.ferry.connect("1msg", "later")
    door.post(f"/v1/dead-letters/{ident}/replay")
    door.ferry.settle()

    assert (["from a task"], []) == (sent(door), waiting(door))
    assert runs.get(core.store, ids.run_id(0, "later", "task:t1"))


def test_one_is_discarded_with_a_reason(door: Door) -> None:
    """Who, when and why stay on record; without a reason it waits."""
    ident = failed(door)
    assert ["reason"] == list(door.post(f"/v1/dead-letters/{ident}/discard", {}, 422)["fields"])

    told = door.post(f"/v1/dead-letters/{ident}/discard", {"reason": "the customer called"}, 200)

    assert ("discarded", "the customer called", "environment") == (
        told["state"],
        told["dealt_with"]["why"],
        told["dealt_with"]["by"],
    )
    assert ([], [ident]) == (waiting(door), waiting(door, "?state=discarded"))
    door.post(f"/v1/dead-letters/{ident}/discard", {"reason": "again"}, 409)
    door.post("/v1/dead-letters/run_00/discard", {"reason": "again"}, 404)


def test_a_run_that_is_tried_again_leaves_the_list(door: Door) -> None:
    """By whichever way it is asked for."""
    ident = failed(door)
    door.post(f"/v1/runs/{ident}/retry")

    assert "replayed" == door.get(f"/v1/dead-letters/{ident}")["state"]


def test_all_that_match_are_done_again(door: Door) -> None:
    """In the order they failed, with progress; the others wait on; asked for once more it does nothing twice."""
    made = [failed(door, f"text {count}") for count in range(5)]
    other, _ = aside(door)
    asked = {"filter": {"kind": "run", "connection": "1msg", "provider": "1msg"}}

    begun = door.ask("POST", "/v1/dead-letters/replay", json=asked, headers={"Idempotency-Key": "k1"})
    assert (202, "running", 5) == (begun.status_code, begun.get_json()["state"], begun.get_json()["total"])
    assert begun.headers["Location"].endswith(begun.get_json()["id"])
    told = swept(door, begun.get_json())

    assert ("done", 5, 5, 5, 0, 0) == tuple(
        told[name] for name in ("state", "total", "matched", "done", "failed", "skipped")
    )
    assert [f"text {count}" for count in range(5)] == sent(door)[5:]
    assert [other] == waiting(door)
    assert set(made) == set(waiting(door, "?state=replayed"))
    same = door.post("/v1/dead-letters/replay", asked, 200, Idempotency_Key="k1")
    assert (told["id"], "done") == (same["id"], same["state"])
    door.post("/v1/dead-letters/replay", {"filter": {}}, 409, Idempotency_Key="k1")
    once_more = swept(door, door.post("/v1/dead-letters/replay", asked))
    assert (0, 10) == (once_more["matched"], len(sent(door)))
    assert [once_more["id"], told["id"]] == [one["id"] for one in door.get("/v1/dead-letters/sweeps")["items"]]


def test_all_of_a_cause_are_put_away(door: Door) -> None:
    """With one reason for all; what is asked for must be said."""
    made = [failed(door) for _ in range(3)]
    (cause,) = (one["cause"] for one in door.get("/v1/dead-letters/causes")["items"])
    other, _ = aside(door)

    told = swept(door, door.post("/v1/dead-letters/discard", {"filter": {"cause": cause}, "reason": "old news"}))

    assert (3, 3, "old news") == (told["matched"], told["done"], told["reason"])
    assert {"old news"} == {door.get(f"/v1/dead-letters/{one}")["dealt_with"]["why"] for one in made}
    assert [other] == waiting(door)
    for body, wrong in (
        ({"reason": "x"}, "filter"),
        ({"filter": {}}, "reason"),
        ({"filter": {"case": "x"}, "reason": "x"}, "filter.case"),
        ({"filter": {"kind": "letter"}, "reason": "x"}, "filter.kind"),
        ({"filter": {"ids": []}, "reason": "x"}, "filter.ids"),
    ):
        assert [wrong] == list(door.post("/v1/dead-letters/discard", body, 422)["fields"])


def test_the_ticked_ones(door: Door) -> None:
    """By their ids: those and no others, however often somebody dealt with one before."""
    made = [failed(door) for _ in range(3)]
    door.post(f"/v1/dead-letters/{made[0]}/discard", {"reason": "x"}, 200)

    told = swept(door, door.post("/v1/dead-letters/replay", {"filter": {"ids": made[:2]}}))

    assert (1, 1) == (told["matched"], told["done"])
    assert [made[2]] == waiting(door)


def test_a_sweep_goes_on_after_its_worker_died(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a page: what was done is done once and counted once, the rest follows."""
    monkeypatch.setattr(sweeps, "PAGE", 4)
    for count in range(10):
        failed(door, f"text {count}")
    begun = door.post("/v1/dead-letters/replay", {"filter": {}})
    seen: list[str] = []
    real = letters_by_hand.replay

    class Killed(BaseException):
        """As kill -9 looks from inside."""

    def dies(core: Any, name: str, who: Any, **more: Any) -> Any:
        seen.append(name)
        told = real(core, name, who, **more)
        if len(seen) in {3, 7}:
            raise Killed
        return told

    monkeypatch.setattr("worker.sweeps.replay", dies)
    for _ in range(2):
        with pytest.raises(Killed):
            sweeps.turn(door.ferry.core)
    told = swept(door, begun)

    assert (10, 10, 0) == (told["matched"], told["done"], told["skipped"])
    assert 10 == len(set(seen)) == len(seen)
    assert [f"text {count}" for count in range(10)] == sent(door)[10:]


def test_two_workers_at_one_sweep(door: Door) -> None:
    """One that was frozen and wakes beside its successor: nothing is done twice, nothing counted twice."""
    for count in range(30):
        failed(door, f"text {count}")
    begun = door.post("/v1/dead-letters/replay", {"filter": {}})

    def turn() -> int:
        sweeps.turn(door.ferry.core)
        return 0

    at_once(3, turn)
    told = swept(door, begun)

    assert ("done", 30) == (told["state"], told["done"])
    assert Counter(sent(door)[30:]) == Counter(f"text {count}" for count in range(30))


def test_a_sweep_is_stopped(door: Door) -> None:
    """What it has done stays done; what it would have done waits."""
    made = failed(door)
    begun = door.post("/v1/dead-letters/discard", {"filter": {}, "reason": "x"})

    assert "stopped" == door.post(f"/v1/dead-letters/sweeps/{begun['id']}/stop", status=200)["state"]
    sweeps.turn(door.ferry.core)

    assert [made] == waiting(door)
    door.post(f"/v1/dead-letters/sweeps/{begun['id']}/stop", status=409)
    door.get("/v1/dead-letters/sweeps/swp_none", 404)


def test_what_is_set_aside_meanwhile_is_not_meant(door: Door) -> None:
    """A run that fails again during the sweep waits again; the sweep ends."""
    made = [failed(door) for _ in range(3)]
    refuse(door, times=9)

    told = swept(door, door.post("/v1/dead-letters/replay", {"filter": {}}))

    assert (3, 3) == (told["matched"], told["done"])
    assert set(made) == set(waiting(door))
    assert {1} == {door.get(f"/v1/dead-letters/{one}")["again"] for one in made}


def test_a_list_is_filtered_by_the_query(door: Door) -> None:
    """Wrong words are named."""
    made = failed(door)
    other, _ = aside(door)

    assert [made] == waiting(door, "?kind=run")
    assert [made] == waiting(door, "?provider=onemsg&kind=run")
    assert [other] == waiting(door, "?cause=parser_killed_worker")
    assert [] == waiting(door, "?until=2020-01-01T00:00:00Z")
    assert {made, other} == set(waiting(door, "?since=2020-01-01T00:00:00Z&connection=1msg"))
    assert ["kind"] == list(door.get("/v1/dead-letters?kind=x", 422)["fields"])
    assert "there is no provider" in door.get("/v1/dead-letters?provider=x", 422)["detail"]
