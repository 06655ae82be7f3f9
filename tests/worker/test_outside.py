"""Addresses that others named: where we go, where we do not, and whom we tell our credentials."""

from __future__ import annotations

import ipaddress as ip
import itertools
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.storage import PICTURE, Storage
from worker.outside import Answered, Origin, Outside, Unavailable, Why, is_public, origin_of, parsed

PUBLIC = "93.184.216.34"
SECRET = "Bearer secret-token-0001"


class Key(httpx.Auth):
    """A credential that is easy to find again."""

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["authorization"] = SECRET
        yield request


class Net:
    """An internet of names and answers; `asked` is [(name, pinned address, authorization)]."""

    def __init__(self, names: Mapping[str, Sequence[str]], answers: Mapping[str, httpx.Response]) -> None:
        self.names = dict(names)
        self.answers = answers
        self.looked_up: list[str] = []
        self.asked: list[tuple[str, str, str | None]] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Each name's addresses; a list of lists answers otherwise each time."""
        del port
        self.looked_up.append(host)
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    def play(self, request: httpx.Request) -> httpx.Response:
        """What the name in the Host header answers."""
        name = request.headers["host"]
        assert name.partition(":")[0].strip("[]") in {request.extensions["sni_hostname"], name.strip("[]")}
        self.asked.append((name, request.url.host, request.headers.get("authorization")))
        return self.answers[name]

    def ask(self, url: str, home: str | None = None) -> Answered:
        """As worker.media does."""
        outside = Outside(self.resolve, lambda: httpx.MockTransport(self.play))
        mine = origin_of(parsed(home)) if home else None
        return go(outside, url, mine)


def go(outside: Outside, url: str, home: Origin | None, seconds: float = 20.0) -> Answered:
    """One GET with our key."""
    with outside.client() as client:
        found = outside.ask(client, url, home=home, auth=Key(), deadline=time.monotonic() + seconds)
        found.response.read()
        return found


def to(url: str, status: int = 302) -> httpx.Response:
    """A redirect."""
    return httpx.Response(status, headers={"location": url})


@pytest.fixture
def near() -> Iterator[Storage]:
    """The provider's own origin."""
    with Storage().open() as storage:
        yield storage


@pytest.fixture
def far() -> Iterator[Storage]:
    """Another origin on the same machine: another port."""
    with Storage().open() as storage:
        yield storage


def key_of(storage: Storage) -> list[str | None]:
    """The credentials each request to it carried."""
    return [headers.get("authorization") for _, headers in storage.asked]


def test_the_credential_goes_to_its_own_origin(near: Storage) -> None:
    """And stays with it on a redirect within it."""
    near.put("/file", PICTURE)
    url = near.lead("/first", "/file")

    found = go(Outside(), url, origin_of(parsed(near.url)))

    assert (200, PICTURE, True) == (found.response.status_code, found.response.content, found.home)
    assert [SECRET, SECRET] == key_of(near)


def test_the_credential_is_dropped_on_a_foreign_host(near: Storage, far: Storage) -> None:
    """Another port is another host."""
    found = go(Outside(), far.put("/file", PICTURE), origin_of(parsed(near.url)))

    assert (200, PICTURE, False) == (found.response.status_code, found.response.content, found.home)
    assert [None] == key_of(far)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_credential_is_dropped_on_a_redirect(near: Storage, far: Storage, status: int) -> None:
    """And is not taken up again where the stranger sends us home: what is asked there was his choice."""
    near.put("/end", PICTURE)
    far.lead("/there", f"{near.url}/end")

    found = go(Outside(), near.lead("/start", f"{far.url}/there", status), origin_of(parsed(near.url)))

    assert PICTURE == found.response.content
    assert [SECRET, None] == key_of(near)
    assert [None] == key_of(far)
    assert not found.home


OTHERS = {
    "another scheme's port": "https://api.example:8443/f",
    "a longer name": "https://api.example.evil.example/f",
    "a name below": "https://x.api.example/f",
    "a user of that name": "https://api.example@evil.example/f",
}


@pytest.mark.parametrize("url", OTHERS.values(), ids=OTHERS)
def test_what_only_looks_like_home_is_foreign(url: str) -> None:
    """Scheme, host and port together make the origin."""
    names = ("api.example", "api.example:8443", "api.example.evil.example", "x.api.example", "evil.example")
    net = Net(
        {name.partition(":")[0]: [PUBLIC] for name in names},
        {name: httpx.Response(200, content=b"x") for name in names},
    )

    net.ask(url, "https://api.example")

    assert [None] == [key for _, _, key in net.asked]


def test_home_is_home_however_it_is_written() -> None:
    """The default port and capitals change nothing."""
    net = Net({"api.example": [PUBLIC]}, {"api.example": httpx.Response(200, content=b"x")})

    net.ask("https://API.example:443/f", "https://api.example")

    assert [("api.example", PUBLIC, SECRET)] == net.asked


PRIVATE = {
    "loopback": "127.0.0.1",
    "private A": "10.1.2.3",
    "private B": "172.16.0.1",
    "private C": "192.168.1.1",
    "link local: metadata of a cloud": "169.254.169.254",
    "carriers": "100.64.0.1",
    "Azure's host": "168.63.129.16",
    "Oracle's metadata": "192.0.0.192",
    "this network": "0.0.0.0",
    "broadcast": "255.255.255.255",
    "multicast": "224.0.1.1",
    "reserved": "240.0.0.1",
    "for benchmarks": "198.18.0.1",
    "for books": "203.0.113.9",
    "6to4 relay": "192.88.99.1",
    "loopback 6": "::1",
    "nothing 6": "::",
    "unique local": "fd00:ec2::254",
    "link local 6": "fe80::1",
    "link local with a zone": "fe80::1%eth0",
    "site local": "fec0::1",
    "multicast 6": "ff0e::1",
    "mapped": "::ffff:10.0.0.1",
    "mapped loopback": "::ffff:127.0.0.1",
    "compatible": "::7f00:1",
    "6to4": "2002:a00:1::",
    "NAT64": "64:ff9b::a00:1",
    "Teredo": "2001::1",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    """By themselves, behind a name, beside a public one, and after a redirect; nobody is asked."""
    written = f"[{address}]" if ":" in address else address
    net = Net(
        {"inside.example": [address], "mixed.example": [PUBLIC, address], "out.example": [PUBLIC], address: [address]},
        {"out.example": to("https://inside.example/f"), "more.example": to(f"https://{written}/f")},
    )

    assert not is_public(ip.ip_address(address))
    for name in ("inside.example", "mixed.example", "out.example", *([] if "%" in address else [written])):
        with pytest.raises(Unavailable) as caught:
            net.ask(f"https://{name}/f")
        assert Why.FORBIDDEN == caught.value.why
        assert address not in str(caught.value) or name == written
    assert ["out.example"] == [name for name, _, _ in net.asked]


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_asked(address: str) -> None:
    """Also as networks without IPv4 write them."""
    net = Net({"files.example": [address]}, {"files.example": httpx.Response(200, content=b"x")})

    net.ask("https://files.example/f")

    assert [ip.ip_address(address)] == [ip.ip_address(one[1]) for one in net.asked]


def test_the_address_that_was_checked_is_the_one_that_is_asked() -> None:
    """A name that answers otherwise the second time is not looked up a second time."""
    net = Net({"rebind.example": [PUBLIC]}, {"rebind.example": httpx.Response(200, content=b"x")})

    net.ask("https://rebind.example/f")

    assert ["rebind.example"] == net.looked_up
    assert [("rebind.example", PUBLIC, None)] == net.asked


REFUSED = {
    "plain http": ("http://out.example/f", Why.FORBIDDEN),
    "plain http to loopback, from afar": ("http://127.0.0.1/f", Why.FORBIDDEN),
    "a file": ("file:///etc/passwd", Why.FORBIDDEN),
    "another scheme": ("gopher://out.example/f", Why.FORBIDDEN),
    "no host": ("https:///f", Why.FORBIDDEN),
    "no URL": ("https://[::1", Why.FORBIDDEN),
    "a bad port": ("https://out.example:port/f", Why.FORBIDDEN),
    "no such name": ("https://nowhere.example/f", Why.UNREACHABLE),
    "redirected to plain http": ("https://plain.example/f", Why.FORBIDDEN),
    "redirected to a file": ("https://file.example/f", Why.FORBIDDEN),
    "redirected for ever": ("https://round.example/f", Why.REFUSED),
}


@pytest.mark.parametrize(("url", "why"), REFUSED.values(), ids=REFUSED)
def test_each_bad_way_is_refused(url: str, why: Why) -> None:
    """Whoever named it, and however we came to it."""
    names = ("out.example", "plain.example", "file.example", "round.example")
    net = Net(
        {**{name: [PUBLIC] for name in names}, "127.0.0.1": ["127.0.0.1"]},
        {
            "plain.example": to("http://out.example/f"),
            "file.example": to("file:///etc/passwd"),
            "round.example": to("https://round.example/f"),
        },
    )

    with pytest.raises(Unavailable) as caught:
        net.ask(url, "https://api.example")

    assert why == caught.value.why


def test_three_redirects_and_no_more() -> None:
    """The fourth is one too many."""
    names = [f"hop{number}.example" for number in range(6)]
    answers = {name: to(f"https://{after}/f") for name, after in itertools.pairwise(names)}
    net = Net({name: [PUBLIC] for name in names}, {**answers, "hop5.example": httpx.Response(200, content=b"x")})

    assert 200 == net.ask("https://hop2.example/f").response.status_code
    with pytest.raises(Unavailable):
        net.ask("https://hop1.example/f")


def test_loopback_only_for_a_connection_on_loopback(near: Storage) -> None:
    """And from out there no redirect leads in."""
    url = near.put("/file", PICTURE)
    for home in (None, origin_of(parsed("https://api.example"))):
        with pytest.raises(Unavailable) as caught:
            go(Outside(), url, home)
        assert Why.FORBIDDEN == caught.value.why

    net = Net({"out.example": [PUBLIC], "127.0.0.1": ["127.0.0.1"]}, {"out.example": to("http://127.0.0.1/f")})
    with pytest.raises(Unavailable) as caught:
        net.ask("https://out.example/f", "http://127.0.0.1:9101")
    assert Why.FORBIDDEN == caught.value.why
    assert [] == near.asked


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of files.test, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "files.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("files.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    place = tmp_path_factory.mktemp("tls") / "files.test.pem"
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = key.private_bytes(serialization.Encoding.PEM, *plain)
    place.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return place


def test_tls_is_spoken_with_the_name(certificate: Path) -> None:
    """Though the connection goes to an address: its certificate must be the name's, and another name's is refused."""
    context = ssl.create_default_context(cafile=certificate)
    outside = Outside(lambda host, port: ["127.0.0.1"], lambda: httpx.HTTPTransport(verify=context, trust_env=False))
    with Storage(certificate).open() as storage:
        storage.put("/file", PICTURE)
        port = httpx.URL(storage.url).port
        home = origin_of(parsed(f"https://localhost:{port}"))

        found = go(outside, f"https://files.test:{port}/file", home)
        with pytest.raises(Unavailable) as caught:
            go(outside, f"https://other.test:{port}/file", home)

    assert PICTURE == found.response.content
    assert [f"files.test:{port}"] == [headers["host"] for _, headers in storage.asked]
    assert Why.UNREACHABLE == caught.value.why


def test_another_address_is_tried(near: Storage) -> None:
    """A name with an address nobody answers at is not lost."""
    url = near.put("/file", PICTURE)
    outside = Outside(lambda host, port: ["::1", "127.0.0.1"])

    assert PICTURE == go(outside, url, origin_of(parsed(near.url))).response.content


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (httpx.ConnectError("x"), Why.UNREACHABLE),
        (httpx.RemoteProtocolError("x"), Why.UNREACHABLE),
        (httpx.ReadTimeout("x"), Why.TOO_SLOW),
        (httpx.ConnectTimeout("x"), Why.TOO_SLOW),
    ],
)
def test_silence_is_told_apart_from_refusal(problem: Exception, why: Why) -> None:
    """504 or 502, and never an error of httpx's own."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise problem

    outside = Outside(lambda host, port: [PUBLIC], lambda: httpx.MockTransport(broken))
    with pytest.raises(Unavailable) as caught:
        go(outside, "https://out.example/f", None)

    assert why == caught.value.why


def test_a_body_that_is_packed_twice_is_refused() -> None:
    """A small answer must not become a large file."""
    answer = httpx.Response(200, headers={"content-encoding": "gzip, gzip"}, stream=httpx.ByteStream(b""))
    net = Net({"out.example": [PUBLIC]}, {"out.example": answer})
    outside = Outside(net.resolve, lambda: httpx.MockTransport(net.play))

    with outside.client() as client:
        found = outside.ask(client, "https://out.example/f", home=None, auth=None, deadline=time.monotonic() + 20)
        with pytest.raises(Unavailable):
            list(found.pieces())
