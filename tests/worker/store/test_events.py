"""Events: written once with all they touch; statuses only forward; echoes held while their run is out."""

import itertools
import json
from typing import Any

import pytest

from tests.worker.store.shelf import Shelf, fact, status
from worker.store import events, ids, messages
from worker.store.events import Commit


def commit(shelf: Shelf, *commits: Commit) -> list[str]:
    """What became of each."""
    told, _ = events.commit(shelf.store, commits)
    return [one.told for one in told]


def test_an_event_is_written_once(shelf: Shelf) -> None:
    """A redelivery, a poll beside a webhook, a repeated batch: the second time it is a duplicate."""
    one = fact("wamid.1", body={"raw": {"text": "grüß dich ❤️"}})

    assert ["new", "duplicate"] == commit(shelf, one, one)
    assert ["duplicate"] == commit(shelf, one)
    assert 1 == events.count(shelf.store)
    assert one.body == events.get(shelf.store, one.body["id"])


def test_an_event_that_is_not_there(shelf: Shelf) -> None:
    """None, for an unknown id and for nonsense."""
    assert events.get(shelf.store, ids.event_id(0, "shop", "x", "y")) is None
    assert events.get(shelf.store, "nonsense") is None


def test_it_reaches_every_lane_that_hears_it(shelf: Shelf) -> None:
    """A lane for each subscription and conversation; each queue is rung once."""
    told, rings = events.commit(
        shelf.store,
        [fact("1", subscriptions=("app", "crm")), fact("2", subscriptions=("app",)), fact("3", conversation="bob")],
    )

    assert ["new"] * 3 == [one.told for one in told]
    assert {(0, "dlv:app"), (0, "dlv:crm")} == rings
    assert 2 == len(shelf.lane("dlv:app/shop:ann"))
    assert 1 == len(shelf.lane("dlv:crm/shop:ann"))


def test_a_bad_one_falls_alone(shelf: Shelf) -> None:
    """An error of one commit is its own; the others of the trip stand."""
    broken = fact("2", message="msg_1", status="sent", status_at="")
    shelf.client.set(shelf.key("m:msg_1"), "not a hash")
    told, _ = events.commit(shelf.store, [fact("1"), broken, fact("3")])

    assert ["new", "error", "new"] == [one.told for one in told]
    assert told[1].error is not None


def test_half_a_surrogate_pair_sinks_nothing(shelf: Shelf) -> None:
    """JSON may carry what UTF-8 cannot: it becomes U+FFFD, in the event and in keys."""
    odd = fact("1", conversation="ann \ud83d", body={"raw": "\ud83d!"})

    assert ["new", "new"] == commit(shelf, odd, fact("2"))
    assert "\ufffd!" == (events.get(shelf.store, odd.body["id"]) or {})["raw"]
    assert messages.conversation(shelf.store, "shop", "ann \ufffd") is not None


def test_a_server_that_forgot_its_scripts(shelf: Shelf) -> None:
    """After a restart or failover they are loaded again, in a single call and in a pipeline."""
    shelf.client.script_flush()
    assert ["new", "new"] == commit(shelf, fact("1"), fact("2"))
    shelf.client.script_flush()
    assert "queued" == shelf.submitted("1")[1].told


def test_a_message_gathers_what_is_known(shelf: Shelf) -> None:
    """Its conversation, direction, status; its timeline points at the events."""
    ident = ids.message_id(0, "shop", "wamid.1")
    said = fact(
        "wamid.1",
        message=ident,
        provider_id="wamid.1",
        direction="inbound",
        occurred=shelf.now - 500,
        window_until=shelf.now + 1_000,
        contact=json.dumps({"contact": {"id": "ann", "name": "Ann"}, "channel": "whatsapp", "via": "+1"}),
    )
    commit(shelf, said, said)
    found = messages.get(shelf.store, ident) or {}

    assert ("shop", "inbound", "wamid.1", None, "2023-11-14T22:13:19.500Z") == (
        found["connection"],
        found["direction"],
        found["provider_id"],
        found["status"],
        found["at"],
    )
    assert found["conversation"] == ids.conversation_id(0, "shop", "ann")
    timeline = messages.timeline(shelf.store, ident)
    assert [("message.received", said.body["id"])] == [(one["kind"], one["event"]) for one in timeline]
    talk = messages.conversation(shelf.store, "shop", "ann") or {}
    assert ({"id": "ann", "name": "Ann"}, "whatsapp", "2023-11-14T22:13:21.000Z") == (
        talk["contact"],
        talk["channel"],
        talk["window_open_until"],
    )
    assert messages.get(shelf.store, "nonsense") is None
    assert messages.conversation(shelf.store, "shop", "nobody") is None
    assert [] == messages.timeline(shelf.store, "nonsense")


def test_a_name_outlives_facts_that_know_none(shelf: Shelf) -> None:
    """An echo or a receipt tells whom it is about and no more; another contact brings nothing over."""

    def told(number: str, **contact: str | None) -> dict[str, Any]:
        commit(shelf, fact(number, contact=json.dumps({"contact": contact, "channel": "whatsapp", "via": None})))
        found: dict[str, Any] = (messages.conversation(shelf.store, "shop", "ann") or {})["contact"]
        return found

    assert "Ann/Ж" == told("1", id="ann", name="Ann/Ж", username=None)["name"]
    assert {"id": "ann", "name": "Ann/Ж", "username": "a"} == told("2", id="ann", name=None, username="a")
    assert {"id": "ann", "name": "Anna", "username": "a"} == told("3", id="ann", name="Anna", username=None)
    assert {"id": "bob", "name": None, "username": None} == told("4", id="bob", name=None, username=None)


def test_conversations_page_by_page(shelf: Shelf) -> None:
    """Newest word first; all in the same ms, and none left out."""
    for number in range(7):
        commit(shelf, fact(str(number), conversation=f"c{number}"))
    commit(shelf, fact("again", conversation="c2"))
    found: list[str] = []
    before: int | None = None
    for _ in range(5):
        page, cursor = messages.conversations(shelf.store, "shop", before=before, limit=3)
        found += [one["party"] for one in page]
        if cursor is None:
            break
        before = int(cursor)

    assert ["c2", "c6", "c5", "c4", "c3", "c1", "c0"] == found


FINAL = ("failed", "expired", "rejected")
FORWARD = ("accepted", "sent", "delivered", "read")
EARLY, LATE = 1_000, 2_000


def after(shelf: Shelf, *receipts: tuple[str, int | str]) -> str:
    """The status after these receipts."""
    shelf.client.flushall()
    for place, (said, at) in enumerate(receipts):
        commit(shelf, status("wamid.1", said, at, key=str(place)))
    return str((messages.get(shelf.store, ids.message_id(0, "shop", "wamid.1")) or {})["status"])


@pytest.mark.parametrize(("earlier", "later"), list(itertools.combinations(FORWARD, 2)))
@pytest.mark.parametrize("times", [("", ""), (EARLY, LATE), (LATE, EARLY), (EARLY, "")])
def test_statuses_move_forward(shelf: Shelf, earlier: str, later: str, times: tuple[int | str, int | str]) -> None:
    """Whatever order they come in, and whatever their times say."""
    one, two = times

    assert later == after(shelf, (earlier, one), (later, two))
    assert later == after(shelf, (later, two), (earlier, one))


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("times", [("", ""), (EARLY, LATE), (LATE, EARLY)])
def test_a_failure_ends_what_only_went_out(shelf: Shelf, final: str, times: tuple[int | str, int | str]) -> None:
    """Accepted and sent do not come back after it."""
    for begun in ("accepted", "sent"):
        assert final == after(shelf, (begun, times[0]), (final, times[1]))
        assert final == after(shelf, (final, times[1]), (begun, times[0]))


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("arrived", ["delivered", "read"])
def test_arrival_beats_a_failure_unless_its_time_is_earlier(shelf: Shelf, final: str, arrived: str) -> None:
    """The provider's own time decides only where both have one; in either order of coming."""
    table: list[tuple[int | str, int | str, str]] = [
        ("", "", arrived),
        (EARLY, "", arrived),
        ("", EARLY, arrived),
        (EARLY, EARLY, arrived),
        (LATE, EARLY, arrived),
        (EARLY, LATE, final),
    ]
    for arrived_at, final_at, wanted in table:
        assert wanted == after(shelf, (arrived, arrived_at), (final, final_at))
        assert wanted == after(shelf, (final, final_at), (arrived, arrived_at))


def test_of_two_failures_the_later_by_its_own_time(shelf: Shelf) -> None:
    """Without times the first stands."""
    assert "expired" == after(shelf, ("failed", EARLY), ("expired", LATE))
    assert "expired" == after(shelf, ("expired", LATE), ("failed", EARLY))
    assert "failed" == after(shelf, ("failed", ""), ("expired", ""))


@pytest.mark.parametrize("known", [*FORWARD, *FINAL])
def test_a_word_nobody_knows_changes_nothing(shelf: Shelf, known: str) -> None:
    """And anything is better than it."""
    assert known == after(shelf, (known, EARLY), ("unknown", LATE))
    assert known == after(shelf, ("unknown", LATE), (known, EARLY))


def test_a_receipt_may_come_before_the_answer(shelf: Shelf) -> None:
    """It makes the message's record; the answer adds what it knows and does not set the status back."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1")
    commit(shelf, status("wamid.1", "delivered", EARLY))
    sent = fact(
        "wamid.1",
        kind="message.sent",
        message=ids.message_id(0, "shop", "wamid.1"),
        provider_id="wamid.1",
        status="accepted",
        direction="outbound",
        run=run,
    )
    shelf.finish(run, taken, "a1", "succeeded", events=[sent])
    found = messages.get(shelf.store, ids.message_id(0, "shop", "wamid.1")) or {}

    assert ("delivered", run, "outbound") == (found["status"], found["run"], found["direction"])
    kinds = [one["kind"] for one in messages.timeline(shelf.store, found["id"])]
    assert ["message.status", "message.sent"] == kinds


def test_the_parties_of_messages(shelf: Shelf) -> None:
    """Receipts do not tell their conversation: the message's record does."""
    ident = ids.message_id(0, "shop", "wamid.1")
    commit(shelf, fact("wamid.1", message=ident, provider_id="wamid.1", direction="inbound"))

    assert {ident: "ann"} == messages.parties(shelf.store, 0, [ident, "msg_nobody"])
    assert {} == messages.parties(shelf.store, 0, [])


def echo(key: str = "wamid.1") -> Commit:
    """What the provider tells of a message from our side."""
    return fact(key, kind="message.sent", body={"by": "echo"}, echo=True, subscriptions=("app",))


def answer(run: str, key: str = "wamid.1") -> Commit:
    """The same fact, from the answer to our call."""
    return fact(key, kind="message.sent", body={"by": "us"}, run=run, subscriptions=("app",))


def test_an_echo_waits_for_its_run(shelf: Shelf) -> None:
    """So an app does not take its own answer for a person's: the fact is told once, by the answer."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1", flight_ms=10_000)

    assert ["held"] == commit(shelf, echo())
    assert ["held"] == commit(shelf, echo())
    assert 0 == events.count(shelf.store)
    shelf.finish(run, taken, "a1", "succeeded", events=[answer(run)])
    told, _ = events.listing(shelf.store)
    assert ["us"] == [one["by"] for one in told]
    assert 1 == len(shelf.lane("dlv:app/shop:ann"))


def test_a_persons_words_during_a_flight_are_told_after_it(shelf: Shelf) -> None:
    """Somebody answers by hand meanwhile: held with the run, told when it ends, as theirs."""
    run = shelf.submit("1")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1", flight_ms=10_000)
    commit(shelf, echo("by hand"))
    done = shelf.finish(run, taken, "a1", "succeeded", events=[answer(run)])

    told, _ = events.listing(shelf.store)
    assert ["us", "echo"] == [one["by"] for one in told]
    assert ["dlv:app"] == done.rings


def test_an_echo_without_a_flight_is_told_at_once(shelf: Shelf) -> None:
    """Also when the run of another conversation is out, or this one's ended."""
    run = shelf.submit("1", "out:shop:live/bob")
    taken = shelf.claim()
    shelf.leave(run, taken, "a1", flight_ms=10_000)

    assert ["new"] == commit(shelf, echo())
    shelf.finish(run, taken, "a1", "succeeded")
    assert ["new"] == commit(shelf, fact("2", conversation="bob", kind="message.sent", echo=True))


def test_an_echo_of_an_orphan_is_told_with_its_unknown(shelf: Shelf) -> None:
    """Whoever judges the run tells what was held with it."""
    run = shelf.submit("1")
    shelf.leave(run, shelf.claim(), "a1", flight_ms=60_000)
    commit(shelf, echo())
    shelf.now += 6_000
    shelf.orphan(run, shelf.claim())

    assert 1 == events.count(shelf.store)
    assert 0 == shelf.client.exists(shelf.key("held"))


def test_an_echo_is_not_held_for_ever(shelf: Shelf) -> None:
    """The run's end never came: told after its flight's time, and no longer held from then on."""
    run = shelf.submit("1")
    shelf.leave(run, shelf.claim(), "a1", flight_ms=10_000)
    commit(shelf, echo())
    shelf.now += 9_999
    assert [0] == shelf.store.run("unhold", 0, 64)
    shelf.now += 1

    assert [1, b"dlv:app"] == shelf.store.run("unhold", 0, 64)
    assert 1 == events.count(shelf.store)
    assert ["new"] == commit(shelf, echo("later"))
