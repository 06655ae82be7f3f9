"""A connection a thread, beside redis-py's pool: it comes back by itself, and no two threads or processes share one."""

from __future__ import annotations

import os
import threading

import pytest
import redis as redis_client

from worker.store.client import connect
from worker.store.line import Line


@pytest.fixture
def line(redis_url: str) -> Line:
    """A line over a client as Ferry makes it."""
    return Line(connect(redis_url))


def whoami(line: Line) -> int:
    """The id of the connection that is used."""
    return int(line("CLIENT", "ID"))


def test_a_lost_connection_is_made_anew(line: Line, redis: redis_client.Redis) -> None:
    """The command is repeated; every script may be."""
    before = whoami(line)
    redis.client_kill_filter(_id=str(before))

    assert b"PONG" == line("PING")
    assert before != whoami(line)


def test_a_server_that_is_not_there_is_told_as_redis_py_does() -> None:
    """`is_away` knows it."""
    line = Line(connect("redis://127.0.0.1:1/0", timeout=0.2, retries=0))
    with pytest.raises(redis_client.ConnectionError):
        line("PING")


def test_an_error_of_the_server_leaves_the_connection_usable(line: Line) -> None:
    """It is raised once and not repeated."""
    before = whoami(line)
    with pytest.raises(redis_client.ResponseError):
        line("NOSUCH")

    assert before == whoami(line)


def test_together_each_has_its_answer_and_its_error(line: Line) -> None:
    """One that fails while it is carried out falls alone, and the connection goes on."""
    told = line.together([("SET", "a", "1"), ("LPUSH", "a", "x"), ("GET", "a")])

    assert b"OK" == told[0]
    assert isinstance(told[1], redis_client.ResponseError)
    assert b"1" == told[2]
    assert [b"1"] == line.together([("GET", "a")])


@pytest.mark.parametrize("why", ["no memory", "read-only", "misspelt"])
def test_together_all_or_none(line: Line, redis: redis_client.Redis, why: str) -> None:
    """What Redis refuses of them is raised as it said it."""
    commands: list[tuple[str, ...]] = [("DEL", "a"), ("SET", "a", "2")]
    redis.set("a", "1")
    expected = redis_client.ResponseError
    if why == "no memory":
        redis.config_set("maxmemory", 1)
        expected = redis_client.OutOfMemoryError
    elif why == "read-only":
        redis.replicaof("127.0.0.1", "1")
        expected = redis_client.ReadOnlyError
    else:
        commands.append(("NOSUCH",))
    try:
        with pytest.raises(expected):
            line.together(commands)
    finally:
        redis.config_set("maxmemory", 0)
        redis.replicaof("NO", "ONE")

    assert b"1" == line("GET", "a")


def test_together_comes_back_by_itself(line: Line, redis: redis_client.Redis) -> None:
    """A lost connection is made anew and all of them are repeated."""
    redis.client_kill_filter(_id=str(whoami(line)))

    assert [b"PONG", b"PONG"] == line.together([("PING",), ("PING",)])


def test_each_thread_has_its_own(line: Line) -> None:
    """And the same one each time; a thread that ends lets its own go."""
    found: list[tuple[int, int]] = []
    threads = [threading.Thread(target=lambda: found.append((whoami(line), whoami(line)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(first == second for first, second in found)
    assert 5 == len({whoami(line), *(first for first, _ in found)})


def test_a_forked_child_takes_nothing_of_its_parents(line: Line) -> None:
    """Two processes on one socket would read each other's answers."""
    ours = whoami(line)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, str(whoami(line)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    theirs = int(os.read(reading, 64))
    os.close(reading)
    os.close(writing)

    assert theirs != ours
    assert ours == whoami(line)
