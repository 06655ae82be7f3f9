"""Files of attachments: where each provider keeps them, what becomes of them on the way."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis

from connectors.infobip.files import find
from connectors.registry import PROVIDERS
from tests.storage import PICTURE, Storage
from tests.worker.pipeline import PUBLIC, Pipeline, build
from worker.accept import NotFound
from worker.media import File, fetch, safe_name
from worker.outside import Outside, Unavailable, Why
from worker.store.connections import Stored

ADDRESS = "93.184.216.34"
WHATSAPP = "https://xk4d9p.api.infobip.com/whatsapp/1/senders/447860099299/media/"


@pytest.fixture
def ferry(redis: redis.Redis) -> Pipeline:
    """Over an empty Redis."""
    return build(redis)


@pytest.fixture
def storage() -> Iterator[Storage]:
    """Where the files are."""
    with Storage().open() as found:
        yield found


def at(ferry: Pipeline, storage: Storage | None = None, provider: str = "1msg", **settings: Any) -> Stored:
    """A connection on loopback, for which files may be on loopback, too."""
    stored = ferry.connect(provider)
    if storage is None:
        return stored
    changed = replace(
        stored,
        settings={**stored.settings, "base_url": storage.url, **settings},
    )
    ferry.core.connections.save(changed)
    return changed


def heard(ferry: Pipeline, stored: Stored, sample: str, **changes: Any) -> dict[str, Any]:
    """The event a sample becomes."""
    ferry.ingest(
        stored, ferry.hook(stored, sample, {name.replace("__", "."): value for name, value in changes.items()})
    )
    ferry.settle()
    return ferry.events("message.received")[-1]


def image(ferry: Pipeline, stored: Stored, url: str) -> str:
    """A picture somebody sent over 1msg: the message's id."""
    ident: str = heard(ferry, stored, "image", messages__0__body=url)["message"]["id"]
    return ident


def whole(file: File) -> bytes:
    """All of it."""
    with file:
        return b"".join(file.pieces)


def refusal(ferry: Pipeline, message: str, index: int = 0) -> Unavailable:
    """Why it cannot be had."""
    with pytest.raises(Unavailable) as caught:
        whole(fetch(ferry.core, message, index))
    return caught.value


def test_a_file_is_fetched_only_when_asked_for(ferry: Pipeline, storage: Storage) -> None:
    """Parsing asks nobody; the token never goes to the storage."""
    stored = at(ferry, storage)
    ident = image(ferry, stored, storage.put("/bucket/abc.jpg", PICTURE))
    assert [] == storage.asked

    file = fetch(ferry.core, ident)

    assert ("abc.jpg", "image/jpeg", PICTURE) == (file.name, file.mime_type, whole(file))
    path, headers = storage.asked[0]
    assert ("/bucket/abc.jpg", None) == (path, headers["authorization"])
    assert stored.secrets["token"] not in f"{path} {headers}"


def test_an_event_will_do(ferry: Pipeline, storage: Storage) -> None:
    """For whoever has it in hand."""
    stored = at(ferry, storage)
    event = heard(ferry, stored, "image", messages__0__body=storage.put("/a.jpg", PICTURE))

    assert PICTURE == whole(fetch(ferry.core, event))


def test_the_name_is_the_one_it_was_sent_under(ferry: Pipeline, storage: Storage) -> None:
    """A document's caption, on 1msg."""
    stored = at(ferry, storage)
    url = storage.put("/x/ghi.bin", b"%PDF-1.7 contract", headers={"Content-Type": "application/octet-stream"})
    event = heard(ferry, stored, "document", messages__0__body=url)

    file = fetch(ferry.core, event["message"]["id"])

    assert ("contract.pdf", "application/pdf") == (file.name, file.mime_type)
    file.close()


def test_a_header_that_lies_is_not_believed(ferry: Pipeline, storage: Storage) -> None:
    """A page that comes as a picture is a page."""
    url = storage.put("/abc.jpg", b"<html>login</html>")

    file = fetch(ferry.core, image(ferry, at(ferry, storage), url))

    assert "text/html" == file.mime_type
    file.close()


def test_what_there_is_not(ferry: Pipeline, storage: Storage) -> None:
    """No such message, no such attachment, an attachment nobody gave an address for."""
    stored = at(ferry, storage)
    ident = image(ferry, stored, storage.put("/a.jpg"))
    text = heard(ferry, stored, "message")["message"]["id"]
    for message, index in (("msg_none", 0), (ident, 1), (ident, -1), (text, 0)):
        with pytest.raises(NotFound):
            fetch(ferry.core, message, index)

    assert Why.ABSENT == refusal(ferry, image(ferry, stored, "not an address")).why


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_expired_link_says_what_to_do(ferry: Pipeline, storage: Storage, status: int) -> None:
    """However the storage says it; and never with the link itself."""
    url = storage.put("/abc.jpg", b"<Error>Request has expired</Error>", status=status) + "?X-Amz-Signature=s3cret"

    told = refusal(ferry, image(ferry, at(ferry, storage), url))

    assert Why.GONE == told.why
    assert "send it again" in str(told)
    assert "s3cret" not in str(told)


@pytest.mark.parametrize(("status", "why"), [(500, "unreachable"), (429, "busy"), (204, "refused"), (418, "refused")])
def test_other_answers_are_no_file(ferry: Pipeline, storage: Storage, status: int, why: str) -> None:
    """Each in our words."""
    url = storage.put("/abc.jpg", b"" if status == 204 else b"no", status=status, headers={"Retry-After": "7"})

    told = refusal(ferry, image(ferry, at(ferry, storage), url))

    assert (why, 7.0 if status == 429 else None) == (told.why, told.after)


def test_a_message_that_was_taken_back_gives_no_file(ferry: Pipeline, storage: Storage) -> None:
    """Instagram's unsend is final."""
    stored = at(ferry, storage, "instagram")
    storage.put("/_sim/files/ig_messaging_cdn/", PICTURE)
    ferry.ingest(stored, ferry.hook(stored, "image", ident="same"))
    ferry.settle()
    ident = ferry.events("message.received")[-1]["message"]["id"]
    assert PICTURE == whole(fetch(ferry.core, ident))

    ferry.ingest(stored, ferry.hook(stored, "unsend", ident="same"))
    ferry.settle()

    assert Why.GONE == refusal(ferry, ident).why
    assert 1 == len(storage.asked)


def test_an_event_that_is_no_longer_kept(ferry: Pipeline, storage: Storage) -> None:
    """Its address went with it."""
    stored = at(ferry, storage)
    ident = image(ferry, stored, storage.put("/a.jpg"))
    store = ferry.core.store
    store.client.xtrim(store.key(store.of(stored.id), "ev"), maxlen=0)

    assert Why.GONE == refusal(ferry, ident).why


# Limits -----------------------------------------------------------------------------------------------------------


def test_an_announced_giant_is_not_begun(redis: redis.Redis, storage: Storage) -> None:
    """Nothing of it is read."""
    ferry = build(redis, max_media_bytes=1000)
    headers = {"Content-Type": "image/jpeg", "Content-Length": "1001"}
    ident = image(ferry, at(ferry, storage), storage.put("/a.jpg", b"\xff\xd8\xff" + b"x" * 998, headers=headers))

    with pytest.raises(Unavailable) as caught:
        fetch(ferry.core, ident)
    assert Why.TOO_LARGE == caught.value.why


def test_an_unannounced_giant_is_cut_in_the_middle(redis: redis.Redis, storage: Storage) -> None:
    """Not a byte more than allowed is handed on."""
    ferry = build(redis, max_media_bytes=100_000)
    ident = image(ferry, at(ferry, storage), storage.put("/a.jpg", *[PICTURE] * 1000))

    got: list[int] = []
    with fetch(ferry.core, ident) as file, pytest.raises(Unavailable) as caught:
        got.extend(len(piece) for piece in file.pieces)

    assert Why.TOO_LARGE == caught.value.why
    assert 0 < sum(got) <= 100_000


def test_a_file_of_exactly_the_limit_passes(redis: redis.Redis, storage: Storage) -> None:
    """The limit is what is allowed."""
    ferry = build(redis, max_media_bytes=len(PICTURE))

    assert PICTURE == whole(fetch(ferry.core, image(ferry, at(ferry, storage), storage.put("/a.jpg", PICTURE))))


def test_a_packed_giant_is_counted_unpacked(redis: redis.Redis) -> None:
    """What matters is what comes out."""
    ferry = build(redis, max_media_bytes=100_000)
    packed = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(bytes(1_000_000)))
    )
    ferry.core.outside = Outside(lambda host, port: [ADDRESS], lambda: httpx.MockTransport(lambda request: packed))

    told = refusal(ferry, image(ferry, ferry.connect("1msg"), "https://s3.example.test/a.bin"))

    assert Why.TOO_LARGE == told.why


@pytest.mark.parametrize("pieces", [(), (PICTURE,)])
def test_a_server_that_stalls_meets_the_deadline(
    redis: redis.Redis, storage: Storage, pieces: tuple[bytes, ...]
) -> None:
    """Before the first byte and after it."""
    ferry = build(redis, call_seconds=0.3)

    assert Why.TOO_SLOW == refusal(ferry, image(ferry, at(ferry, storage), storage.stall("/a.jpg", *pieces))).why


def test_a_server_that_drips_meets_the_deadline(redis: redis.Redis, storage: Storage) -> None:
    """Never silent for long, and never done."""
    ferry = build(redis, call_seconds=0.3)

    def drip() -> Iterator[bytes]:
        while not storage.released.wait(0.05):
            yield PICTURE

    url = storage.put("/a.jpg", pieces=drip)

    assert Why.TOO_SLOW == refusal(ferry, image(ferry, at(ferry, storage), url)).why


def test_a_file_that_breaks_off_is_not_whole(ferry: Pipeline, storage: Storage) -> None:
    """Fewer bytes than announced are an error, not a short file."""
    headers = {"Content-Type": "image/jpeg", "Content-Length": "99999"}
    url = storage.put("/a.jpg", PICTURE, headers=headers)

    assert Why.UNREACHABLE == refusal(ferry, image(ferry, at(ferry, storage), url)).why


def test_one_line_in_the_log(ferry: Pipeline, storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    """How it went and how much it was; not where it was."""
    ident = image(ferry, at(ferry, storage), storage.put("/a.jpg", PICTURE) + "?sig=s3cret")

    with caplog.at_level(logging.INFO, "ferry.media"):
        whole(fetch(ferry.core, ident))

    (line,) = [vars(one) for one in caplog.records if one.name == "ferry.media"]
    assert ("1msg", "whole", len(PICTURE)) == (line["connection"], line["outcome"], line["bytes"])
    assert "s3cret" not in str(line)


# Each provider's own way ------------------------------------------------------------------------------------------


def outside(ferry: Pipeline, answers: dict[str, httpx.Response]) -> list[httpx.Request]:
    """An internet where every name is public; what was asked of it."""
    asked: list[httpx.Request] = []

    def play(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers[request.headers["host"]]

    ferry.core.outside = Outside(lambda host, port: [ADDRESS], lambda: httpx.MockTransport(play))
    return asked


def test_1msg_is_asked_for_a_file_that_has_only_an_id(ferry: Pipeline) -> None:
    """In raw mode; the token goes to 1msg, and not to the storage it names."""
    stored = ferry.connect("1msg")
    simulator: Any = ferry.simulators["onemsg"]
    event = heard(ferry, stored, "raw-image")
    media_id = event["message"]["attachments"][0]["id"]
    simulator.channel.home = "https://cdn.example.test"
    asked = outside(ferry, {"cdn.example.test": httpx.Response(200, content=PICTURE)})

    assert PICTURE == whole(fetch(ferry.core, event["message"]["id"]))

    assert [(f"/_sim/files/{media_id}.jpg", None)] == [
        (one.url.path, one.headers.get("authorization")) for one in asked
    ]
    assert stored.secrets["token"] not in "".join(str(one.url) for one in asked)
    assert 1 == len(simulator.requests("retrieve-media"))


def test_1msg_no_longer_knows_the_file(ferry: Pipeline) -> None:
    """Gone, in our words."""
    unknown = {"entry__0__changes__0__value__messages__0__image__id": "900000000000099"}
    event = heard(ferry, ferry.connect("1msg"), "raw-image", **unknown)

    told = refusal(ferry, event["message"]["id"])

    assert Why.GONE == told.why
    assert "send it again" in str(told)


def test_infobip_gives_whatsapp_files_to_our_key(ferry: Pipeline) -> None:
    """At the connection's own address, whatever host the event names; the redirect is followed without the key."""
    stored = ferry.connect("infobip")
    event = heard(ferry, stored, "whatsapp-image")
    asked = outside(
        ferry,
        {
            "infobip.invalid": httpx.Response(302, headers={"location": "https://files.example/f1b9?sig=1"}),
            "files.example": httpx.Response(200, content=PICTURE),
        },
    )

    assert PICTURE == whole(fetch(ferry.core, event["message"]["id"]))

    first, second = asked
    assert "/whatsapp/1/senders/447860099299/media/f1b9" == first.url.path
    assert f"App {stored.secrets['api_key']}" == first.headers["authorization"]
    assert "authorization" not in second.headers


def test_infobip_refuses_the_key(ferry: Pipeline) -> None:
    """That is no expired link: the connection wants looking after."""
    event = heard(ferry, ferry.connect("infobip"), "whatsapp-image")
    outside(ferry, {"infobip.invalid": httpx.Response(401)})

    told = refusal(ferry, event["message"]["id"])

    assert Why.REFUSED == told.why
    assert "ferry connection check" in str(told)


def test_infobip_gets_a_new_token_once(ferry: Pipeline) -> None:
    """Where it is a token that is refused, not a key."""
    stored = ferry.connect("infobip", "tokens", auth="oauth2")
    simulator: Any = ferry.simulators["infobip"]
    event = heard(ferry, stored, "whatsapp-image")
    asked: list[str | None] = []

    def play(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("authorization"))
        return httpx.Response(401) if len(asked) == 1 else httpx.Response(200, content=PICTURE)

    ferry.core.outside = Outside(lambda host, port: [ADDRESS], lambda: httpx.MockTransport(play))
    ferry.core.connections.save(
        replace(
            stored,
            settings={**stored.settings, "token_expires_at": "2999-01-01T00:00:00+00:00"},
            secrets={"client_id": "id", "client_secret": "secret-of-the-client", "access_token": "old-token-1"},
        )
    )
    simulator.secrets.update(client_id="id", client_secret="secret-of-the-client")

    assert PICTURE == whole(fetch(ferry.core, event["message"]["id"]))

    assert "Bearer old-token-1" == asked[0]
    assert asked[1] not in {None, "Bearer old-token-1"}
    assert 2 == len(asked)


HOSTS = {
    "the account's": (f"{WHATSAPP}f1b9", "https://infobip.invalid/whatsapp/1/senders/447860099299/media/f1b9"),
    "a stranger's": ("https://evil.example/whatsapp/1/senders/4478/media/f1b9", None),
    "one that looks alike": ("https://evilapi.infobip.com/whatsapp/1/senders/4478/media/f1b9", None),
    "another path": ("https://xk4d9p.api.infobip.com/files/f1b9", None),
    "a step up": (f"{WHATSAPP}..", None),
    "none": (None, None),
}


@pytest.mark.parametrize(("url", "found"), HOSTS.values(), ids=HOSTS)
def test_infobip_credentials_are_for_infobip_only(ferry: Pipeline, url: str | None, found: str | None) -> None:
    """All other addresses are plain ones."""
    connection = ferry.connect("infobip").speak(PUBLIC)

    place = find(connection, {"url": url}, lambda key, given: {})

    assert found == (place and place.url)


PLAIN = {"instagram": "image", "clicksend": "mms"}


@pytest.mark.parametrize(("provider", "sample"), PLAIN.items(), ids=PLAIN)
def test_plain_links_carry_no_credentials(ferry: Pipeline, provider: str, sample: str) -> None:
    """Signed by themselves, or by nothing."""
    stored = ferry.connect(provider)
    event = heard(ferry, stored, sample)
    host = httpx.URL(event["message"]["attachments"][0]["url"]).host
    asked = outside(ferry, {host: httpx.Response(200, content=PICTURE)})

    assert PICTURE == whole(fetch(ferry.core, event["message"]["id"]))

    sent = f"{asked[0].url} {asked[0].headers.raw!r}"
    assert [] == [name for name, value in stored.secrets.items() if value and value in sent]
    assert "authorization" not in asked[0].headers


@pytest.mark.parametrize("provider", PROVIDERS)
def test_stand_ins_serve_the_files_of_their_samples(ferry: Pipeline, provider: str) -> None:
    """`ferry trigger`, then `ferry media`."""
    sample = {"onemsg": "document", "infobip": "whatsapp-image", "clicksend": "mms"}.get(provider, "image")
    chosen = PROVIDERS[provider]
    stored = ferry.connect(provider)
    local = replace(
        stored,
        settings={**stored.settings, "base_url": "http://127.0.0.1:9999"},
    )
    ferry.core.connections.save(local)
    event = heard(ferry, local, sample)
    simulator: Any = ferry.simulators[chosen.name]
    ferry.core.outside = Outside(lambda host, port: ["127.0.0.1"], lambda: httpx.MockTransport(simulator))

    file = fetch(ferry.core, event["message"]["id"])

    assert file.mime_type in {"image/jpeg", "application/pdf"}
    assert b"simulated" in whole(file)


NAMES = {
    # given, type → name
    "plain": ("photo.jpg", "image/jpeg", "photo.jpg"),
    "none": (None, "image/jpeg", "attachment-0.jpg"),
    "empty": ("", "application/pdf", "attachment-0.pdf"),
    "none, of no type": (None, "application/octet-stream", "attachment-0.bin"),
    "a title": ("Autumn drop", "image/png", "Autumn drop.png"),
    "a way out": ("../../etc/passwd", "text/plain", "_.._etc_passwd.txt"),
    "a way out of Windows": ("..\\..\\a.exe", "image/png", "_.._a.exe"),
    "a new header": ("a.jpg\r\nSet-Cookie: x=1", "image/jpeg", "a.jpgSet-Cookie_ x=1.jpg"),
    "an end of a header": ('a"; filename="b.exe', "image/jpeg", "a_; filename=_b.exe"),
    "turned around": ("photo\u202egpj.exe", "image/jpeg", "photogpj.exe"),
    "hidden": (".bashrc", "text/plain", "bashrc.txt"),
    "an option": ("-rf.txt", "text/plain", "rf.txt"),
    "letters": ("Ünïcødé 文件.pdf", "application/pdf", "Ünïcødé 文件.pdf"),
}


@pytest.mark.parametrize(("given", "mime", "name"), NAMES.values(), ids=NAMES)
def test_names_are_safe(given: str | None, mime: str, name: str) -> None:
    """For a header, a shell and any file system."""
    assert name == safe_name(given, mime, 0)


def test_a_long_name_fits_any_file_system() -> None:
    """255 bytes is where they end; the ending is kept."""
    name = safe_name("文" * 500 + ".pdf", "application/pdf", 0)

    assert len(name.encode()) <= 200
    assert name.endswith("文.pdf")
