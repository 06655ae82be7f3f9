"""The files of messages over HTTP: the file, or a problem that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from tests.eventually import eventually
from tests.storage import PICTURE, Storage
from tests.web.door import KEY, Door, open_door
from tests.web.served import serve


@pytest.fixture
def storage() -> Iterator[Storage]:
    """Where the files are."""
    with Storage().open() as found:
        yield found


def received(door: Door, storage: Storage, url: str, **more: Any) -> str:
    """The path of the first file of a document that came in by HTTP; the connection is on loopback."""
    stored = door.ferry.connect("1msg")
    stored = replace(stored, settings={**stored.settings, "base_url": storage.url})
    door.ferry.core.connections.save(stored)
    words = {"messages.0.body": url, **{f"messages.0.{name}": value for name, value in more.items()}}
    assert door.hook(stored, door.ferry.hook(stored, "document", words)).status_code == 200
    door.ferry.settle()
    return f"/v1/messages/{door.ferry.events('message.received')[-1]['message']['id']}/attachments/0"


def test_the_file_is_handed_on(door: Door, storage: Storage) -> None:
    """To be kept, never to be shown: a stranger sent it."""
    path = received(door, storage, storage.put("/a.pdf", b"%PDF-1.7 bill", headers={"Content-Type": "application/pdf"}))

    answer = door.ask("GET", path)

    assert (200, b"%PDF-1.7 bill") == (answer.status_code, answer.data)
    assert {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename=contract.pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }.items() <= dict(answer.headers).items()


def test_a_length_that_is_known_is_told(door: Door, storage: Storage) -> None:
    """So that whoever reads knows when it is whole."""
    headers = {"Content-Type": "image/jpeg", "Content-Length": str(len(PICTURE))}
    path = received(door, storage, storage.put("/a.jpg", PICTURE, headers=headers))

    assert str(len(PICTURE)) == door.ask("GET", path).headers["Content-Length"]


def test_any_name_is_told_safely(door: Door, storage: Storage) -> None:
    """Both ways: for those who read RFC 8187 and for those who do not."""
    path = received(door, storage, storage.put("/a.pdf"), caption="Rechnung für Zoë.pdf")

    told = door.ask("GET", path).headers["Content-Disposition"]

    assert "attachment; filename=\"Rechnung f_r Zo_.pdf\"; filename*=UTF-8''Rechnung%20f%C3%BCr%20Zo%C3%AB.pdf" == told


def test_only_with_a_key(door: Door, storage: Storage) -> None:
    """Nothing is fetched for a stranger."""
    path = received(door, storage, storage.put("/a.pdf"))

    assert 401 == door.knock("GET", path).status_code
    assert [] == storage.asked


def test_what_there_is_not(door: Door, storage: Storage) -> None:
    """404, as everywhere."""
    path = received(door, storage, storage.put("/a.pdf"))

    for absent in (path[:-1] + "1", path[:-1] + "x", path[:-1] + "-1", "/v1/messages/msg_none/attachments/0"):
        assert "not_found" == door.get(absent, 404)["code"]
    assert "no_file" == door.get(received(door, storage, "not an address"), 404)["code"]


def test_an_expired_link(door: Door, storage: Storage) -> None:
    """410, with the next step."""
    told = door.get(received(door, storage, storage.put("/a.pdf", b"expired", status=403)), 410)

    assert ("gone", False) == (told["code"], told["retryable"])
    assert "send it again" in told["detail"]


def test_an_address_of_our_own_network(door: Door, storage: Storage) -> None:
    """502, and nobody was asked."""
    path = received(door, storage, "https://169.254.169.254/latest/meta-data/")

    assert "forbidden_address" == door.get(path, 502)["code"]


def test_a_storage_in_trouble(door: Door, storage: Storage) -> None:
    """502 for its fault, 503 where it wants us to wait."""
    assert "unreachable" == door.get(received(door, storage, storage.put("/a", b"", status=500)), 502)["code"]
    url = storage.put("/b", b"", status=429, headers={"Retry-After": "9"})
    answer = door.ask("GET", received(door, storage, url))
    assert (503, "9", True) == (answer.status_code, answer.headers["Retry-After"], answer.get_json()["retryable"])


def test_too_large_and_too_slow(redis: redis.Redis, storage: Storage) -> None:
    """413 before the first byte, where it was announced; 504."""
    door = open_door(redis, max_media_bytes=100_000, call_seconds=0.3)
    headers = {"Content-Type": "image/jpeg", "Content-Length": "100001"}

    assert "too_large" == door.get(received(door, storage, storage.put("/a", PICTURE, headers=headers)), 413)["code"]
    assert "too_slow" == door.get(received(door, storage, storage.stall("/b")), 504)["code"]


def test_files_never_take_all_threads(redis: redis.Redis, storage: Storage) -> None:
    """One at a time with four threads; the next one is asked to come again, and finds room afterwards."""
    door = open_door(redis, web_threads=4)
    path = received(door, storage, storage.put("/a.jpg", PICTURE))
    for _ in range(3):  # however it ends, its place is given back
        assert 404 == door.ask("GET", path[:-1] + "9").status_code
        assert 200 == door.ask("HEAD", path).status_code

    first = door.ask("GET", path, buffered=False)
    second = door.ask("GET", path)
    assert (503, "busy", "5") == (second.status_code, second.get_json()["code"], second.headers["Retry-After"])
    first.close()

    assert PICTURE == door.ask("GET", path).data


def test_openapi_tells_of_it(door: Door) -> None:
    """A file, and every way in which there is none."""
    told = door.knock("GET", "/openapi.json").get_json()["paths"]["/v1/messages/{ident}/attachments/{index}"]["get"]

    assert {"200", "404", "410", "413", "502", "503", "504"} <= set(told["responses"])
    assert ["application/octet-stream"] == list(told["responses"]["200"]["content"])


def test_a_file_that_grows_too_large_ends_in_a_closed_connection(
    door: Door, redis_url: str, storage: Storage, tmp_path: Path
) -> None:
    """Through a real server: the part that came cannot be mistaken for the whole; and the server goes on."""
    large = received(door, storage, storage.put("/large", *[PICTURE] * 1000))
    small = received(door, storage, storage.put("/small", PICTURE))
    (key,) = door.ferry.core.settings.secret_keys

    words = {"REDIS_URL": redis_url, "FERRY_SECRET_KEYS": key, "FERRY_API_KEYS": KEY}
    with serve(tmp_path, FERRY_MAX_MEDIA_BYTES="100000", **words) as served:
        key_header = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=served.url, headers=key_header, trust_env=False) as client:
            with client.stream("GET", large) as answer:
                assert 200 == answer.status_code
                with pytest.raises(httpx.RemoteProtocolError):
                    answer.read()
            assert PICTURE == client.get(small).content
        eventually(lambda: served.log.read_text().count("file fetched") == 2)
        assert "Traceback" not in served.log.read_text()
