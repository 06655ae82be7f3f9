"""Connections and their secrets: encrypted at rest, read through a cache that is never old for long."""

import json
import time
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet

from tests.worker.store.shelf import Shelf
from worker.store import apikeys, vault
from worker.store.connections import BadName, Connections, Stored, new_token
from worker.store.vault import Vault, WrongKey

SHOP = Stored("shop", "onemsg", "Shop", settings={"channel_id": "7"}, secrets={"token": "s3cret"}, token="path-secret")


@pytest.fixture
def keys() -> list[str]:
    """Two keys, the newest first."""
    return [vault.new_key(), vault.new_key()]


def process(shelf: Shelf, keys: list[str]) -> Connections:
    """Connections as one process sees them."""
    return Connections(shelf.store, Vault(keys))


def a_second_later(connections: Connections) -> None:
    """The next look asks for the version again."""
    connections._asked = float("-inf")


def test_what_is_stored_opens_nothing(shelf: Shelf, keys: list[str]) -> None:
    """No secret stands in Redis, nor in what a log would print."""
    process(shelf, keys).save(SHOP)
    raw = shelf.client.get("f:conn:shop")

    assert b"s3cret" not in raw  # type: ignore[operator]
    assert b"path-secret" not in raw  # type: ignore[operator]
    assert "s3cret" not in repr(SHOP)
    assert "path-secret" not in repr(SHOP)


def test_it_comes_back_whole(shelf: Shelf, keys: list[str]) -> None:
    """With its secrets, and the time it was made."""
    process(shelf, keys).save(SHOP)
    found = process(shelf, keys).get("shop")

    assert found is not None
    assert replace(SHOP, created_at=found.created_at) == found
    assert found.created_at


def test_another_process_sees_a_change_within_a_second(shelf: Shelf, keys: list[str]) -> None:
    """Until then the cache answers, without asking Redis."""
    one, other = process(shelf, keys), process(shelf, keys)
    one.save(SHOP)
    assert other.get("shop") is not None
    one.save(replace(SHOP, label="New"))

    assert "Shop" == getattr(other.get("shop"), "label", None)
    assert "New" == getattr(other.get("shop", fresh=True), "label", None)
    a_second_later(other)
    assert "New" == getattr(other.get("shop"), "label", None)
    assert "New" == getattr(one.get("shop"), "label", None)


def test_a_stranger_that_becomes_known(shelf: Shelf, keys: list[str]) -> None:
    """That there is none is cached, too, and not for longer."""
    connections = process(shelf, keys)
    assert connections.get("shop") is None
    process(shelf, keys).save(SHOP)
    a_second_later(connections)

    assert connections.get("shop") is not None


def test_what_was_read_before_a_change_is_not_kept_after_it(shelf: Shelf, keys: list[str]) -> None:
    """One thread reads, another process writes, a second thread sees the new version, the first stores what it read."""
    writer = process(shelf, keys)
    writer.save(SHOP)

    class Slow(Connections):
        """It is overtaken once, between reading and keeping."""

        overtaken = False

        def _read(self, ident: str) -> Stored | None:
            found = super()._read(ident)
            if not self.overtaken:
                self.overtaken = True
                writer.save(replace(SHOP, label="New"))
                a_second_later(self)
                self.behind("nobody")
            return found

    connections = Slow(shelf.store, Vault(keys))
    assert "Shop" == getattr(connections.get("shop"), "label", None)
    assert "New" == getattr(connections.get("shop"), "label", None)


def test_only_new(shelf: Shelf, keys: list[str]) -> None:
    """Two that make the same connection at once: one of them is told."""
    connections = process(shelf, keys)

    assert connections.save(SHOP, only_new=True)
    assert not connections.save(replace(SHOP, label="Other"), only_new=True)
    assert "Shop" == getattr(connections.get("shop"), "label", None)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-a", "a:b", "ä", "a" * 64, "a{b}", "a\n"])
def test_a_name_that_cannot_stand_in_a_url_or_a_key(shelf: Shelf, keys: list[str], name: str) -> None:
    """It is refused in a sentence, and asking for it asks nobody."""
    connections = process(shelf, keys)

    with pytest.raises(BadName, match="name for a connection"):
        connections.save(replace(SHOP, id=name))
    assert connections.get(name) is None


def test_those_behind_a_source(shelf: Shelf, keys: list[str]) -> None:
    """One Instagram app serves many accounts; nobody else's are among them."""
    connections = process(shelf, keys)
    assert [] == connections.behind("shop")
    for one in (SHOP, replace(SHOP, id="branch", source="shop"), replace(SHOP, id="other")):
        connections.save(one)

    assert ["branch", "shop"] == [one.id for one in connections.behind("shop")]
    assert ["branch", "other", "shop"] == [one.id for one in connections.all()]


def test_the_url_carries_the_source(shelf: Shelf) -> None:
    """And the secret in its path; the API shows secrets by their last four."""
    assert "https://x/webhooks/shop/path-secret" == SHOP.webhook_url("https://x/")
    assert "https://x/webhooks/app/path-secret" == replace(SHOP, source="app").webhook_url("https://x")
    shown = SHOP.shown("1msg", "https://x", {})
    assert "s3cret" not in json.dumps(shown)
    assert 32 == len(new_token())
    assert new_token() != new_token()


def test_keys_rotate(keys: list[str]) -> None:
    """Old secrets open with any key of the list; renewed, with the newest alone."""
    old = Vault(keys[1:]).close({"token": "s3cret"})

    assert {"token": "s3cret"} == Vault(keys).open(old)
    renewed = Vault(keys).renew(old)
    assert {"token": "s3cret"} == Vault(keys[:1]).open(renewed)


def test_a_lost_key_is_said_in_a_sentence(keys: list[str]) -> None:
    """Naming the setting, and nothing of what is stored."""
    closed = Vault(keys).close({"token": "s3cret"})

    with pytest.raises(WrongKey, match="FERRY_SECRET_KEYS") as told:
        Vault([Fernet.generate_key().decode()]).open(closed)
    assert "s3cret" not in str(told.value)


def test_api_keys(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored as digests; a good one is remembered for five seconds, so a revoked one dies within them."""
    key = apikeys.make(shelf.store, "bot")
    keys = apikeys.Keys(shelf.store, ("given",))

    assert ("bot", "environment", None) == (keys.check(key), keys.check("given"), keys.check("fk_guess \ud83d"))
    assert not [name for name in shelf.client.keys("*") if key.encode() in name]
    shelf.client.flushall()
    assert "bot" == keys.check(key)
    later = time.monotonic() + apikeys.REMEMBERED_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert keys.check(key) is None
