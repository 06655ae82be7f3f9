"""The spool of a machine: on disk before it is acknowledged, handed over once and in order, bounded."""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from connectors.guards import HookRequest
from tests.web.door import NOBODY
from tests.worker.pipeline import Pipeline, build
from web.spool import handover, record
from web.spool.folder import BAD, Folder, note_done
from web.spool.spool import Spool
from web.spool.writer import Full
from worker.store import journal
from worker.store.client import is_away

KEEP = frozenset({"content-type"})
LIMIT = 1_000_000


def request(body: str) -> HookRequest:
    """A verified one."""
    return HookRequest("POST", "hook", "a=b", {"content-type": "application/json", "authorization": "x"}, body.encode())


@pytest.fixture
def ferry(redis: redis_client.Redis) -> Pipeline:
    """Where it is handed over to."""
    return build(redis)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty one."""
    made = Spool(Folder(tmp_path / "spool", LIMIT))
    made.folder.make()
    return made


def bodies(ferry: Pipeline, source: str = "shop") -> list[str]:
    """What stands in the journal of a source, in its order."""
    entries: Any = ferry.core.store.client.xrange(ferry.core.store.key(0, f"in:{source}"))
    return [journal.rebuild({name.decode(): value for name, value in one.items()}).body.decode() for _, one in entries]


def test_what_is_taken_is_handed_over_in_its_order_and_then_gone(ferry: Pipeline, spool: Spool) -> None:
    """With what the journal keeps of a request, and no more; afterwards nobody spools."""
    assert not spool.spooling()
    for number in range(200):
        spool.take("shop", request(str(number)), KEEP)
    assert spool.spooling()
    assert (True, 200) == (spool.standing().able, spool.standing().waiting)

    assert 200 == spool.hand_over(ferry.core)
    assert [str(number) for number in range(200)] == bodies(ferry)
    entry: Any = ferry.core.store.client.xrange(ferry.core.store.key(0, "in:shop"), count=1)
    kept = journal.rebuild({name.decode(): value for name, value in entry[0][1].items()})
    assert ("POST", "hook", "a=b", {"content-type": "application/json"}) == (
        kept.method,
        kept.hook,
        kept.query,
        dict(kept.headers),
    )
    assert not spool.spooling()
    assert 0 == spool.hand_over(ferry.core)
    assert ["drainer", "lock"] == sorted(one.name for one in spool.folder.path.iterdir())
    assert [(0, "in:shop")] == ferry.rung
    spool.take("shop", request("again"), KEEP)
    assert 1 == spool.hand_over(ferry.core)


def test_it_is_for_its_owner_alone(spool: Spool) -> None:
    """It holds people's messages."""
    spool.take("shop", request("x"), KEEP)

    assert 0o700 == spool.folder.path.stat().st_mode & 0o777
    assert {0o600} == {one.stat().st_mode & 0o777 for one in spool.folder.path.iterdir()}


def test_threads_share_their_fsyncs_and_lose_none(ferry: Pipeline, spool: Spool) -> None:
    """Each hears only once its own is on disk; each thread's own stay in order."""

    def work(name: int) -> None:
        for number in range(50):
            spool.take("shop", request(f"{name}:{number}"), KEEP)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.hand_over(ferry.core)

    found = bodies(ferry)
    assert 400 == len(set(found)) == len(found)
    for name in range(8):
        assert [f"{name}:{number}" for number in range(50)] == [one for one in found if one.startswith(f"{name}:")]


def test_files_of_several_processes_are_merged_by_time(ferry: Pipeline, spool: Spool) -> None:
    """Also those of a process that is no more."""
    context = multiprocessing.get_context("fork")

    def elsewhere(words: list[str]) -> None:
        def work() -> None:
            for word in words:
                spool.take("shop", request(word), KEEP)

        other = context.Process(target=work)
        other.start()
        other.join()
        assert 0 == other.exitcode

    spool.take("shop", request("1"), KEEP)
    elsewhere(["2", "3"])
    spool.take("shop", request("4"), KEEP)
    elsewhere(["5"])

    assert 3 == len(spool.folder.files())
    assert 5 == spool.hand_over(ferry.core)
    assert ["1", "2", "3", "4", "5"] == bodies(ferry)


def test_a_torn_record_is_dropped_and_a_spoilt_one_is_kept_for_a_person(
    ferry: Pipeline, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    """The first was never acknowledged; the second was, so it does not vanish, and those around it are handed over."""
    for word in ("one", "two", "three"):
        spool.take("shop", request(word), KEEP)
    file = spool.folder.files()[0]
    content = bytearray(file.read_bytes())
    place = content.index(b"two")
    content[place] ^= 1
    marker = record.marker_of(bytes(content[: record.BEGIN])) or b""
    torn = record.pack(record.Record(1, "shop", "POST", "", "", {}, b"torn"), marker)[:-1]
    file.write_bytes(bytes(content) + torn)

    assert 2 == spool.hand_over(ferry.core)
    assert ["one", "three"] == bodies(ferry)
    aside = list(spool.folder.path.glob(f"*{BAD}"))
    assert 1 == len(aside)
    assert b"POST" in aside[0].read_bytes()
    assert "set aside" in caplog.text
    assert "torn record was dropped" in caplog.text


def test_it_is_bounded_and_what_does_not_fit_leaves_no_trace(ferry: Pipeline, tmp_path: Path) -> None:
    """Beyond the bound the receiver answers 503; what was taken before is all there."""
    spool = Spool(Folder(tmp_path / "small", 3_000))
    spool.folder.make()
    for number in range(8):
        spool.take("shop", request(f"{number}" + "x" * 200), KEEP)
    with pytest.raises(Full):
        spool.take("shop", request("x" * 2_000), KEEP)
    spool.hand_over(ferry.core)

    assert 8 == len(bodies(ferry))
    spool.take("shop", request("there is room again"), KEEP)
    assert "FERRY_SPOOL_BYTES" in Spool(Folder(tmp_path / "small", 10)).standing().why


def test_a_full_one_says_so_though_a_few_bytes_are_left(ferry: Pipeline, tmp_path: Path) -> None:
    """Whichever process of the machine is asked; one large request that does not fit fills nothing."""
    small, large = (Spool(Folder(tmp_path / name, size)) for name, size in (("small", 3_000), ("large", 200_000)))
    for spool in (small, large):
        spool.folder.make()
        for _ in range(2):
            spool.take("shop", request("x" * 1_000), KEEP)
    with pytest.raises(Full):
        large.take("shop", request("x" * 300_000), KEEP)
    assert large.standing().able
    with pytest.raises(Full):
        small.take("shop", request("x" * 1_000), KEEP)
    asked = Spool(Folder(tmp_path / "small", 3_000)).standing()
    assert (False, True) == (asked.able, asked.bytes < 3_000)
    assert "FERRY_SPOOL_BYTES" in asked.why

    small.take("shop", request("a short one"), KEEP)
    assert small.standing().able
    with pytest.raises(Full):
        small.take("shop", request("x" * 1_000), KEEP)
    small.hand_over(ferry.core)
    assert small.standing().able


def test_a_disk_that_takes_no_more_leaves_no_half_record(
    ferry: Pipeline, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody of the lot hears of it, and what comes later is readable."""
    spool.take("shop", request("before"), KEEP)
    real = os.fsync
    failures = iter([OSError(28, "No space left on device")])

    def fails(descriptor: int) -> None:
        for problem in failures:
            raise problem
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        spool.take("shop", request("lost"), KEEP)
    spool.take("shop", request("after"), KEEP)

    spool.hand_over(ferry.core)
    assert ["before", "after"] == bodies(ferry)


def test_what_comes_while_it_is_handed_over_keeps_its_order(ferry: Pipeline, spool: Spool) -> None:
    """A conversation goes on at another process with each request, whatever moment the files are read at."""
    dice, over = random.Random(1), threading.Event()
    processes = [Spool(spool.folder) for _ in range(4)]  # a file each

    def talk() -> None:
        for number in range(600):
            dice.choice(processes).take("shop", request(f"{number:03d}"), KEEP)
        over.set()

    talking = threading.Thread(target=talk)
    talking.start()
    while not over.is_set():
        spool.hand_over(ferry.core)
    talking.join()
    spool.hand_over(ferry.core)

    assert [f"{number:03d}" for number in range(600)] == bodies(ferry)


def test_a_large_one_takes_little_memory(ferry: Pipeline, tmp_path: Path) -> None:
    """It may be larger than the process that drains it can be."""
    spool = Spool(Folder(tmp_path / "spool", 100_000_000))
    spool.folder.make()
    for number in range(200):
        spool.take("shop", request(f"{number:0100000d}"), KEEP)
    tracemalloc.start()
    try:
        assert 200 == spool.standing().waiting
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()
    spool.hand_over(ferry.core)
    assert list(range(200)) == [int(body[-5:]) for body in bodies(ferry)]


def test_it_is_asked_each_second_how_many_wait(ferry: Pipeline, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked at once, whatever is taken and handed over in between."""
    looked: list[int] = []
    find = record.find

    def counted(content: bytes, begin: int, marker: bytes) -> record.Found | None:
        found = find(content, begin, marker)
        looked.extend([found.end] if found is not None else [])
        return found

    monkeypatch.setattr(record, "find", counted)
    told = []
    for number in range(5):
        spool.take("shop", request(f"{number}"), KEEP)
        told.append(spool.standing().waiting)
    assert ([1, 2, 3, 4, 5], 5) == (told, len(looked))

    file = spool.folder.files()[0]
    ends = [end for _, _, end, _ in handover.rows(file, file.stat().st_size, 0)]
    note_done(file, ends[1])  # as in the middle of handing over
    assert 3 == spool.standing().waiting
    spool.hand_over(ferry.core)
    spool.take("shop", request("another"), KEEP)
    assert 1 == spool.standing().waiting


@pytest.mark.parametrize("window", [1, 17, 100, 1_000])
def test_records_are_found_whatever_is_read_at_once(
    ferry: Pipeline, spool: Spool, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    """Also around a spoilt one, which is set aside whole."""
    monkeypatch.setattr(handover, "WINDOW", window)
    for number in range(20):
        spool.take("shop", request(f"number {number}"), KEEP)
    (file,) = spool.folder.files()
    content = file.read_bytes()
    file.write_bytes(content.replace(b"number 7", b"numbex 7"))
    spool.hand_over(ferry.core)

    assert [f"number {number}" for number in range(20) if number != 7] == bodies(ferry)
    (bad,) = spool.folder.path.glob(f"*{BAD}")
    assert b"numbex 7" in bad.read_bytes()
    assert 1 == bad.read_bytes().count(b'"s":"shop"')


def test_it_comes_to_an_end_though_more_comes_all_the_time(
    ferry: Pipeline, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pass takes a moment, and more comes in it: the last few are handed over while nobody writes."""
    passes = 0

    def cut(folder: Folder) -> dict[Path, int]:
        nonlocal passes
        passes += 1
        assert passes < 10
        spool.take("shop", request(f"during {passes}"), KEEP)
        return handed(folder)

    handed = handover._cut
    monkeypatch.setattr(handover, "_cut", cut)
    for number in range(200):
        spool.take("shop", request(str(number)), KEEP)
    spool.hand_over(ferry.core)

    assert not spool.spooling()
    assert [*map(str, range(200)), *(f"during {number + 1}" for number in range(passes))] == bodies(ferry)


def test_only_one_process_of_a_machine_hands_over(ferry: Pipeline, spool: Spool) -> None:
    """The others leave it to the one that is at it."""
    spool.take("shop", request("x"), KEEP)
    with spool.folder.draining() as chosen:
        assert chosen
        assert 0 == Spool(spool.folder).hand_over(ferry.core)
    assert 1 == spool.hand_over(ferry.core)


def test_with_redis_away_all_stays(spool: Spool) -> None:
    """And the next turn tries again."""
    spool.take("shop", request("x"), KEEP)
    gone = build(redis_client.Redis.from_url(NOBODY, socket_connect_timeout=0.2))
    with pytest.raises(redis_client.ConnectionError) as problem:
        spool.hand_over(gone.core)

    assert is_away(problem.value)
    assert (True, 1) == (spool.spooling(), spool.standing().waiting)


def test_whoever_dies_while_handing_over_leaves_the_rest(
    ferry: Pipeline, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one goes on; nothing is missing, and what comes twice is the same request."""
    for number in range(200):
        spool.take("shop", request(f"{number:03d}"), KEEP)
    real, calls = journal.ingest_all, iter(range(100))

    def dies(*words: Any) -> Any:
        told = real(*words)
        if next(calls) == 1:
            raise KeyboardInterrupt  # after it was journalled, before that was noted
        return told

    monkeypatch.setattr(journal, "ingest_all", dies)
    with pytest.raises(KeyboardInterrupt):
        spool.hand_over(ferry.core)
    assert spool.spooling()
    spool.hand_over(ferry.core)

    assert [f"{number:03d}" for number in range(200)] == sorted(set(bodies(ferry)))
    assert 264 == len(bodies(ferry))


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """Then there is no spool, and the reason is a sentence."""
    (tmp_path / "file").write_text("")
    found = Spool(Folder(tmp_path / "file" / "spool", LIMIT)).standing()

    assert not found.able
    assert "cannot be used" in found.why
