"""Dead letters done again: deliveries from their copies, requests to the byte; nothing waits for nobody."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from tests.worker.pipeline import Pipeline, build
from worker import inbox, letters_by_hand
from worker.accept import Conflict
from worker.core import Subscription
from worker.handlers import Ferry
from worker.store import ids, journal, letters, trim
from worker.store.letters import Wanted, Who

FAR = 10**13  # ms: all is past its time
ANN = Who("ann")


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    """What the handler took."""
    return []


@pytest.fixture
def bad() -> set[str]:
    """The texts it cannot take."""
    return set()


@pytest.fixture
def stubborn(redis: redis.Redis, heard: list[dict[str, Any]], bad: set[str]) -> Pipeline:
    """A handler that answers every message, and fails with some."""

    def hear(event: dict[str, Any], ferry: Ferry) -> None:
        ferry.send("an answer")
        if event["message"]["text"] in bad:
            raise RuntimeError(event["message"]["text"])
        heard.append(event)

    return build(
        redis, handlers=[Subscription("my.bot", frozenset({"message.received"}), hear)], delivery_patience_seconds=0.0
    )


def waiting(ferry: Pipeline) -> list[str]:
    """The ids of those that wait, newest first."""
    return [one["id"] for one in letters.listing(ferry.core.store)]


def sent(ferry: Pipeline) -> list[str]:
    """The texts the stand-in was asked to send."""
    return [one["body"]["body"] for one in ferry.simulators["onemsg"].requests("send-message")]


def given_up(ferry: Pipeline, bad: set[str], *texts: str) -> list[str]:
    """Deliveries the handler could not take: the ids of their letters, in the order they came."""
    bad.update(texts)
    stored = ferry.connect("1msg")
    for text in texts:
        ferry.ingest(stored, ferry.hook(stored, "message", {"messages.0.body": text}))
        ferry.settle()
    found = waiting(ferry)[::-1]
    assert len(texts) == len(found)
    bad.clear()
    return found


def again(ferry: Pipeline, ident: str, **more: Any) -> dict[str, Any]:
    """Somebody replays it, and what follows from that happens."""
    told = letters_by_hand.replay(ferry.core, ident, Who("ann"), **more)
    ferry.settle()
    return told


def test_a_delivery_is_made_again(stubborn: Pipeline, heard: list[dict[str, Any]], bad: set[str]) -> None:
    """From its copy, though the event is forgotten by now; marked, and what was answered is not sent twice."""
    (ident,) = given_up(stubborn, bad, "bad")
    store = stubborn.core.store
    trim.events(store, 0, FAR)
    assert [] == stubborn.events("message.received")

    again(stubborn, ident)

    (event,) = heard
    assert ("bad", "ann") == (event["message"]["text"], event["replayed_by"]["by"])
    assert ident == f"{event['id']}:my.bot"
    assert ["an answer"] == sent(stubborn)
    assert [ident] == [one["id"] for one in letters.page(store, Wanted(state="replayed"))[0]]


def test_one_that_is_refused_again_comes_back(stubborn: Pipeline, heard: list[dict[str, Any]], bad: set[str]) -> None:
    """And what waits behind it in its conversation goes on."""
    first, second = given_up(stubborn, bad, "bad", "worse")
    bad.add("bad")

    for ident in (first, second):
        again(stubborn, ident)

    assert ["worse"] == [one["message"]["text"] for one in heard]
    assert [first] == waiting(stubborn)
    assert 1 == letters_by_hand.get(stubborn.core, first)["again"]


def test_forced_a_handler_does_again_what_it_did(stubborn: Pipeline, bad: set[str]) -> None:
    """Its answer goes out a second time, as somebody wanted."""
    (ident,) = given_up(stubborn, bad, "bad")

    again(stubborn, ident, force=True)

    assert ["an answer", "an answer"] == sent(stubborn)


def test_a_delivery_to_nobody_waits_on(stubborn: Pipeline, bad: set[str]) -> None:
    """A handler that is no longer loaded would leave it in a lane for ever."""
    (ident,) = given_up(stubborn, bad, "bad")
    stubborn.core.subscriptions = []

    with pytest.raises(Conflict, match=r"nobody here is called 'my\.bot'"):
        again(stubborn, ident)
    assert [ident] == waiting(stubborn)


def test_no_event_is_trimmed_behind_a_replayed_letter(stubborn: Pipeline, bad: set[str]) -> None:
    """The letter brings its own copy; what waits behind it in the lane does not."""
    (ident,) = given_up(stubborn, bad, "bad")
    core = stubborn.core
    letters_by_hand.replay(core, ident, ANN)
    stored = core.connections.get("1msg")
    assert stored is not None
    stubborn.ingest(stored, stubborn.hook(stored, "message"))
    inbox.drain(core, 0, "in:1msg")
    assert 2 == len(stubborn.events("message.received"))

    trim.events(core.store, 0, FAR)

    assert 1 == len(stubborn.events("message.received"))


def test_a_replay_on_its_way_outlives_the_bounds(
    stubborn: Pipeline, heard: list[dict[str, Any]], bad: set[str]
) -> None:
    """What was dealt with goes first when there are too many, but not before it arrived."""
    (ident,) = given_up(stubborn, bad, "bad")
    letters_by_hand.replay(stubborn.core, ident, ANN)
    stubborn.core.store.retention.letters_most = 1
    for count in range(3):
        letters.put(stubborn.core.store, 0, f"task_{count}00", kind="task", cause="x", connection="", body={})
    trim.letters(stubborn.core.store, FAR)

    stubborn.settle()

    assert ["bad"] == [one["message"]["text"] for one in heard]


def test_a_body_is_kept_to_the_byte(redis: redis.Redis) -> None:
    """Also one that is no text: what is read again is what came."""
    ferry = build(redis)
    ferry.connect("1msg")
    store, raw = ferry.core.store, b'{"odd": "\xff\xfe"}'
    ident = ids.request_id("1msg", "1700000000000-8")
    fields = {"m": b"POST", "k": b"", "q": b"", "h": b"{}", "b": raw}
    letters.put(store, 0, ident, kind="request", cause="x", connection="1msg", body=journal.copy(fields))

    letters_by_hand.replay(ferry.core, ident, ANN)

    entry: Any = store.client.xrevrange(store.key(0, "in:1msg"), count=1)
    assert (raw, ident.encode()) == (entry[0][1][b"b"], entry[0][1][b"o"])
