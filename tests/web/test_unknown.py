"""Unknown runs over HTTP: resolved by hand, whoever else speaks at the same moment; every look is in the timeline."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.door import TO, Door
from worker import reconcile

SMS = {"messages": [{"to": f"+6141000000{number}", "text": f"text {number}"} for number in range(3)]}


@pytest.fixture(autouse=True)
def connected(door: Door) -> None:
    """A 1msg connection whose conversation is open."""
    door.heard(door.ferry.connect("1msg"))


def lost(door: Door, connection: str = "1msg", action: str = "send-message", given: Any = None, **more: Any) -> str:
    """A run that left and was not answered; by default the provider never took it."""
    simulator = door.ferry.simulators[door.ferry.core.connections.get(connection).provider]  # type: ignore[union-attr]
    simulator.behave(action=action, times=1, **{"drop": "before", **more})
    words = given or {"to": TO, "text": "hello"}
    ident = str(door.post("/v1/runs", {"connection": connection, "action": action, "input": words})["id"])
    door.ferry.settle()
    assert "unknown" == door.get(f"/v1/runs/{ident}")["state"]
    return ident


def at_once(*acts: Callable[[], int]) -> Counter[int]:
    """What each told, who did it at the same time."""
    told: Counter[int] = Counter()
    gate = threading.Barrier(len(acts))

    def one(act: Callable[[], int]) -> None:
        gate.wait()
        told.update([act()])

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def resolving(door: Door, ident: str, **words: Any) -> Callable[[], int]:
    """Somebody who says how it ended."""
    return lambda: door.ask("POST", f"/v1/runs/{ident}/resolve", json=words).status_code


def ends(door: Door) -> list[dict[str, Any]]:
    """The events of runs that ended."""
    return list(door.get("/v1/events?type=run.succeeded,run.failed")["items"])


def test_of_several_people_one_is_believed(door: Door) -> None:
    """The others hear that it is unknown no more; there is one end, and its note."""
    for _ in range(5):
        ident = lost(door)
        before = len(ends(door))
        told = at_once(
            *(
                resolving(door, ident, state=state, note=f"{state} {count}")
                for state in ("succeeded", "failed")
                for count in range(3)
            )
        )

        assert Counter({200: 1, 409: 5}) == told
        run = door.get(f"/v1/runs/{ident}")
        (end,) = ends(door)[before:]
        assert f"run.{run['state']}" == end["type"]
        assert run["resolved"]["note"].startswith(run["state"])
        assert ("resolved", "environment") == (run["resolved"]["how"], run["resolved"]["by"])


def test_of_a_person_and_a_proof_the_first_is_believed(door: Door) -> None:
    """Whichever it is: one end, told once."""
    for _ in range(5):
        ident = lost(door, drop="after", given={"to": TO, "text": f"text {len(ends(door))}"})
        before = len(ends(door))

        def look(ident: str = ident) -> int:
            return int(reconcile.look(door.ferry.core, 0, ident) == "proven")

        told = at_once(look, resolving(door, ident, state="failed", note="nobody got it"))

        (end,) = ends(door)[before:]
        run = door.get(f"/v1/runs/{ident}")
        assert f"run.{run['state']}" == end["type"]
        assert told[409] == (run["resolved"]["how"] != "resolved")


def test_a_retry_and_a_word_at_once(door: Door) -> None:
    """Either it is sent again, or it has ended: never both."""
    for _ in range(5):
        ident = lost(door)
        before = len(door.ferry.simulators["onemsg"].requests("send-message"))

        def retry(ident: str = ident) -> int:
            return door.ask("POST", f"/v1/runs/{ident}/retry").status_code

        told = at_once(retry, resolving(door, ident, state="succeeded"), retry)
        door.ferry.settle()

        assert Counter({409: 2}) == told - Counter({200: 1, 202: 1})
        assert "succeeded" == door.get(f"/v1/runs/{ident}")["state"]
        assert told[202] == len(door.ferry.simulators["onemsg"].requests("send-message")) - before


def test_the_providers_id_is_the_messages(door: Door) -> None:
    """Said by hand, it is told as sent, and later receipts find it."""
    ident = lost(door)

    found = door.post(f"/v1/runs/{ident}/resolve", {"state": "succeeded", "message_id": "wamid.HAND"}, 200)

    assert ([("0", "accepted", "wamid.HAND")], {"message_id": "wamid.HAND"}) == (
        [(one["ref"], one["state"], one["message"]) for one in found["parts"]],
        found["output"],
    )
    (said,) = door.get("/v1/events?type=message.sent")["items"]
    message = door.get(f"/v1/messages/{said['message']['id']}")
    assert ("accepted", ident) == (message["status"], message["run"])


def test_messages_of_one_run_may_have_ended_differently(door: Door) -> None:
    """One arrived, one did not, the third stays unknown until somebody says."""
    door.ferry.connect("clicksend")
    ident = lost(door, "clicksend", "send-sms", SMS)
    parts = [
        {"ref": f"{ident}-0", "state": "succeeded", "message_id": "M-0"},
        {"ref": f"{ident}-1", "state": "failed"},
    ]
    path = f"/v1/runs/{ident}/resolve"
    assert ["parts"] == list(
        door.post(path, {"state": "failed", "parts": [{"ref": "9", "state": "failed"}]}, 422)["fields"]
    )
    assert ["message_id"] == list(door.post(path, {"state": "succeeded", "message_id": "M"}, 422)["fields"])

    found = door.post(path, {"state": "succeeded", "parts": parts}, 200)
    assert ["accepted", "failed", "unknown"] == [one["state"] for one in found["parts"]]
    assert "unknown" == found["state"]
    found = door.post(path, {"state": "succeeded", "note": "the customer has it"}, 200)

    assert ["accepted", "failed", "accepted"] == [one["state"] for one in found["parts"]]
    assert ("failed", "partial") == (found["state"], found["error"]["code"])
    assert ["M-0"] == [one["message"]["provider_id"] for one in door.get("/v1/events?type=message.sent")["items"]]
    assert 1 == len(ends(door))


def test_a_sequence_goes_on_where_it_was_lost(door: Door) -> None:
    """A long text in several messages: the one that was lost arrived, so the rest follows; had it not, none does."""
    door.ferry.connect("instagram")
    stored = door.ferry.core.connections.get("instagram")
    assert stored is not None
    heard = door.heard(stored)
    to = heard["conversation"]["contact"]["id"]
    text = " ".join(f"word{number:05d}" for number in range(250))
    runs = []
    for state in ("succeeded", "failed"):
        ident = lost(door, "instagram", "send-text-message", {"to": to, "text": text, "split": True})
        before = len(door.ferry.simulators["instagram"].requests("send-text-message"))
        door.post(f"/v1/runs/{ident}/resolve", {"state": state}, 200)
        door.ferry.settle()
        runs.append(
            (
                door.get(f"/v1/runs/{ident}"),
                len(door.ferry.simulators["instagram"].requests("send-text-message")) - before,
            )
        )

    (arrived, followed), (lost_, none) = runs
    assert ("succeeded", True) == (arrived["state"], followed >= 2)
    assert {"accepted"} == {one["state"] for one in arrived["parts"]}
    assert ("failed", 0) == (lost_["state"], none)


def test_every_look_stands_in_the_timeline(door: Door) -> None:
    """When, by which means, what it found; of the message, too, once there is one."""
    ident = lost(door, drop="after", callbacks={"none": True})
    door.ferry.simulators["onemsg"].behave(action="get-messages", status=503, times=1)
    reconcile.look(door.ferry.core, 0, ident)
    reconcile.look(door.ferry.core, 0, ident)

    steps = door.get(f"/v1/runs/{ident}/timeline")["items"]

    assert ["run.accepted", "run.attempt", "run.unknown"] == [one["kind"] for one in steps[:3]]
    assert Counter({"run.look": 2, "run.attempt": 1, "run.resolved": 1}) == Counter(one["kind"] for one in steps[3:])
    looks = [one["detail"] for one in steps if one["kind"] == "run.look"]
    assert [None, "provider"] == [one["found"] for one in looks]
    assert looks[0]["error"]
    assert "proven:provider" == steps[-1]["detail"]["how"]
    (said,) = door.get("/v1/events?type=message.sent")["items"]
    kinds = [one["kind"] for one in door.get(f"/v1/messages/{said['message']['id']}/timeline")["items"]]
    assert {"run.look", "run.unknown", "run.resolved", "message.sent"} <= set(kinds)
    door.get("/v1/runs/run_00/timeline", 404)


def test_what_happens_in_the_end_is_the_owners_to_choose(door: Door) -> None:
    """A policy of the connection: shown with its defaults, changed, refused by name where there is no such thing."""
    assert {"unknown_outcome": "hold"} == door.get("/v1/connections/1msg")["policy"]

    def change(**policy: Any) -> Any:
        return door.ask("PATCH", "/v1/connections/1msg", json={"policy": policy})

    assert "send_again" == change(unknown_outcome="send_again").get_json()["policy"]["unknown_outcome"]
    assert "send_again" == door.get("/v1/connections/1msg")["policy"]["unknown_outcome"]
    assert ["policy.unknown_outcome"] == list(change(unknown_outcome="pray").get_json()["fields"])
    assert ["policy.known"] == list(change(known="hold").get_json()["fields"])
    assert "hold" == change(unknown_outcome=None).get_json()["policy"]["unknown_outcome"]
    whole = {"provider": "1msg", "policy": {"unknown_outcome": "fail"}}
    assert "fail" == door.ask("PUT", "/v1/connections/1msg", json=whole).get_json()["policy"]["unknown_outcome"]
    told = door.ask("PUT", "/v1/connections/1msg?dry_run=true", json={**whole, "policy": {"unknown_outcome": "hold"}})
    assert [{"field": "policy.unknown_outcome", "before": "fail", "after": "hold"}] == told.get_json()["differences"]


def test_who_said_how_it_ended_stays_in_the_timeline(door: Door) -> None:
    """Also once it is tried again, when nothing is resolved any more."""
    ident = lost(door)
    door.post(f"/v1/runs/{ident}/resolve", {"state": "failed", "note": "looked in their console"}, 200)
    door.post(f"/v1/runs/{ident}/retry", {})
    door.ferry.settle()

    steps = door.get(f"/v1/runs/{ident}/timeline")["items"]
    said = [one["detail"] for one in steps if one["kind"] == "run.attempt" and one["detail"]["outcome"] == "resolved"]
    assert [("environment", "looked in their console")] == [(one["by"], one["note"]) for one in said]
