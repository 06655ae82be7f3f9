"""What opens what: bearer keys, encrypted secrets, connections.  Plain commands only, so fakeredis carries them."""

from __future__ import annotations

import dataclasses

import fakeredis
import pytest

from worker.store import apikeys
from worker.store.base import PartitionsChanged, Store
from worker.store.connections import BadName, Connections, Stored
from worker.store.vault import Vault, WrongKey, new_key


@pytest.fixture
def store() -> Store:
    """A store over a stand-in of Redis."""
    return Store(fakeredis.FakeRedis())


def dump(store: Store) -> bytes:
    """Everything that is stored, as text."""
    found = b""
    for key in store.client.scan_iter("*"):
        kind = store.client.type(key)
        value = store.client.get(key) if kind == b"string" else str(store.client.smembers(key)).encode()
        found += repr((key, value)).encode()
    return found


def test_a_key_opens_and_is_not_stored(store: Store) -> None:
    """What is stored is a digest; another key, or a piece of one, opens nothing."""
    key = apikeys.make(store, "ops")
    keys = apikeys.Keys(store, ("given-by-environment",))

    assert keys.check(key) == "ops"
    assert keys.check("given-by-environment") == "environment"
    assert keys.check(key[:-1]) is None
    assert keys.check("") is None
    assert key.encode() not in dump(store)


def test_secrets_are_encrypted_and_come_back(store: Store) -> None:
    """Neither a secret nor the webhook's token stands in Redis; any of the keys opens them."""
    old, new = new_key(), new_key()
    made = Stored("c1", "onemsg", secrets={"token": "very-secret-token"}, token="path-secret-path-secret", source="c1")
    assert Connections(store, Vault([old])).save(made)
    assert b"very-secret-token" not in dump(store)
    assert b"path-secret-path-secret" not in dump(store)

    found = Connections(store, Vault([new, old])).get("c1")
    assert found is not None
    assert found.secrets == {"token": "very-secret-token"}
    assert found.token == "path-secret-path-secret"
    with pytest.raises(WrongKey, match="FERRY_SECRET_KEYS holds no key"):
        Connections(store, Vault([new])).get("c1")


def test_secrets_move_to_the_newest_key() -> None:
    """After a renewal the old key may go."""
    old, new = new_key(), new_key()
    closed = Vault([old]).close({"a": "b"})
    renewed = Vault([new, old]).renew(closed)

    assert Vault([new]).open(renewed) == {"a": "b"}


def test_a_secret_is_shown_by_its_tail_and_never_in_a_repr() -> None:
    """…last4, and nothing in a traceback or a log of the object."""
    made = Stored("c1", "onemsg", secrets={"token": "very-secret-token"}, token="path-secret-path-secret")

    assert made.shown("1msg", "https://x", {})["secrets"] == {"token": "…oken"}
    told = repr(made) + repr(made.speak("https://x"))
    assert "very-secret-token" not in told
    assert "path-secret" not in told


def test_a_name_that_cannot_stand_in_a_key_is_refused(store: Store) -> None:
    """Colons and slashes part our keys and URLs."""
    connections = Connections(store, Vault([new_key()]))
    for name in ("", "a/b", "a:b", "-a", "a" * 64, "ä"):
        with pytest.raises(BadName):
            connections.save(Stored(name, "onemsg"))
        assert connections.get(name) is None


def test_a_second_one_of_the_same_name_is_refused(store: Store) -> None:
    """`only_new` never overwrites; a change reaches whoever reads afresh."""
    connections = Connections(store, Vault([new_key()]))
    first = Stored("c1", "onemsg", label="first")
    assert connections.save(first, only_new=True)
    assert not connections.save(dataclasses.replace(first, label="second"), only_new=True)
    found = connections.get("c1")
    assert found is not None
    assert found.label == "first"
    assert found.created_at


def test_the_number_of_partitions_is_fixed_at_the_first_start() -> None:
    """Another number later would look for everything in the wrong place."""
    client = fakeredis.FakeRedis()
    Store(client, partitions=4).fix_partitions()
    Store(client, partitions=4).fix_partitions()
    with pytest.raises(PartitionsChanged, match="FERRY_PARTITIONS=4"):
        Store(client, partitions=8).fix_partitions()
