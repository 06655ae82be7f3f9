"""
Addresses that others named, asked for without letting them lead us where only we can go.

A name is looked up once and every address it has is checked; the connection then goes to one of those, not to the name
again, so that a second look-up cannot answer otherwise.  TLS and the Host header speak of the name all the same.
Redirects are followed by hand, each under the same rules.  Credentials go to their own origin only, and once another
was asked, nowhere any more.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import httpx

from connectors.client import CONNECT_SECONDS, USER_AGENT
from connectors.client import is_loopback as is_our_name

HOPS = 3  # redirects followed
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SILENCE_SECONDS = 15.0  # between two pieces of an answer
TRIED = 4  # addresses of one name
PORTS = {"https": 443, "http": 80}
PACKED = frozenset({"", "identity", "gzip", "deflate"})  # one at most: packings inside packings are bombs

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Origin = tuple[str, str, int]  # scheme, host, port
Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → every address the name has; raises OSError when it has none."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address, as networks without IPv4 write it
RELAYED = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("192.88.99.0/24"))  # 6to4
# Looks public, and is the host of a machine in Azure, which tells its guests their secrets
HOSTS_OF_GUESTS = frozenset({ipaddress.ip_address("168.63.129.16")})


class Why(StrEnum):
    """Why a file could not be had."""

    ABSENT = "no_file"  # there never was an address to fetch it from
    GONE = "gone"  # there was: it has expired, or the file was taken back
    TOO_LARGE = "too_large"
    FORBIDDEN = "forbidden_address"  # leads where we do not go
    REFUSED = "refused"  # they answered, with something else
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    BUSY = "busy"  # told to come again


class Unavailable(Exception):
    """A file that cannot be had; the text is for whoever asked, with the next step.  `after` is in seconds."""

    def __init__(self, why: Why, text: str, *, after: float | None = None) -> None:
        super().__init__(text)
        self.why = why
        self.after = after


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine's resolver tells them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may be meant by it."""
    inner = _inside(address)
    if isinstance(inner, ipaddress.IPv6Address) and inner.is_site_local:
        return False
    if inner in HOSTS_OF_GUESTS or any(inner in network for network in RELAYED if network.version == inner.version):
        return False
    special = inner.is_multicast or inner.is_reserved or inner.is_unspecified or inner.is_link_local
    # 192.0.0.0/24 is for protocols; older Pythons call only a part of it private
    return inner.is_global and not special and not str(inner).startswith("192.0.0.")


def is_loopback(address: Address) -> bool:
    """Whether it is this machine."""
    return _inside(address).is_loopback


def _inside(address: Address) -> Address:
    """The IPv4 address that an IPv6 one may wrap."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def parsed(url: str | httpx.URL) -> httpx.URL:
    """
    The URL without the user it may name.

    raises: Unavailable for what is no http(s) URL
    """
    try:
        found = httpx.URL(url)
        found = found.copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError) as problem:
        raise Unavailable(Why.FORBIDDEN, "the file's address is no URL") from problem
    if found.scheme not in PORTS or not found.raw_host:
        raise Unavailable(Why.FORBIDDEN, "the file's address is no https:// URL")
    return found


def origin_of(url: httpx.URL) -> Origin:
    """(scheme, host, port): what credentials belong to."""
    return url.scheme, url.raw_host.decode("ascii").lower(), url.port or PORTS[url.scheme]


@dataclass(frozen=True)
class Answered:
    """An answer whose body is still to come.  `home`: it came from the origin the credentials belong to, with them."""

    response: httpx.Response
    url: httpx.URL
    home: bool
    deadline: float

    def pieces(self) -> Iterator[bytes]:
        """
        The body as it comes.

        raises: Unavailable
        """
        if self.response.headers.get("content-encoding", "").strip().lower() not in PACKED:
            raise Unavailable(Why.REFUSED, f"{self.url.host} packs the file in a way nobody asked for")
        with told(self.url.host):
            for piece in self.response.iter_bytes():
                if time.monotonic() > self.deadline:
                    raise Unavailable(Why.TOO_SLOW, f"{self.url.host} did not give the whole file in time")
                yield piece


class told:  # noqa: N801  (reads as what it does: with told(host): …)
    """httpx's errors in our words."""

    def __init__(self, host: str) -> None:
        self.host = host

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        """Maps what was raised inside."""
        if isinstance(problem, httpx.TimeoutException):
            raise Unavailable(Why.TOO_SLOW, f"{self.host} says nothing: try again later") from problem
        if isinstance(problem, httpx.HTTPError | httpx.StreamError | httpx.InvalidURL | ssl.SSLError | OSError):
            why = f"{self.host} could not be asked, or broke off ({type(problem).__name__}): try again later"
            raise Unavailable(Why.UNREACHABLE, why) from problem


class Outside:
    """
    What lies beyond this machine.

    resolve:   looks a name up
    transport: makes what carries the requests of one file; they are pinned to addresses that were checked
    """

    def __init__(self, resolve: Resolve = look_up, transport: Callable[[], httpx.BaseTransport] | None = None) -> None:
        self._resolve = resolve
        self._transport = transport or self._wire
        self._lock = threading.Lock()
        self._ssl: ssl.SSLContext | None = None

    def _wire(self) -> httpx.BaseTransport:
        with self._lock:
            if self._ssl is None:
                self._ssl = httpx.create_ssl_context(trust_env=False)
        # Nothing is kept alive: two names may share an address, and a connection made for one is not the other's
        limits = httpx.Limits(max_connections=HOPS + 1, max_keepalive_connections=0)
        return httpx.HTTPTransport(verify=self._ssl, trust_env=False, retries=0, limits=limits)

    def client(self) -> httpx.Client:
        """A client for one file, to be closed after it: no redirects, no environment, no cookies from before."""
        return httpx.Client(transport=self._transport(), follow_redirects=False, trust_env=False)

    def ask(
        self, client: httpx.Client, url: str, *, home: Origin | None, auth: httpx.Auth | None, deadline: float
    ) -> Answered:
        """
        GET, and again wherever its redirects lead.

        home:     the connection's own origin: `auth` goes there only; when it is on loopback, so may the file be
        deadline: seconds of time.monotonic()
        raises:   Unavailable
        """
        place = parsed(url)
        near = home is not None and is_our_name(home[1])
        for _ in range(HOPS + 1):
            addresses = self._addresses(place, near=near)
            near = near and all(map(is_loopback, addresses))
            if origin_of(place) != home:
                auth = None
            response = self._get(client, place, addresses, auth, deadline)
            if response.status_code not in REDIRECTS or "location" not in response.headers:
                return Answered(response, place, auth is not None, deadline)
            response.close()
            place = self._next(place, response.headers["location"])
        raise Unavailable(Why.REFUSED, f"the file's address leads on and on: more than {HOPS} redirects")

    def _next(self, place: httpx.URL, location: str) -> httpx.URL:
        try:
            return parsed(place.join(location))
        except (httpx.InvalidURL, ValueError) as problem:
            raise Unavailable(Why.REFUSED, f"{place.host} leads to what is no URL") from problem

    def _addresses(self, place: httpx.URL, *, near: bool) -> list[Address]:
        scheme, host, port = origin_of(place)
        if scheme != "https" and not near:
            raise Unavailable(Why.FORBIDDEN, f"{place.host} is to be asked without TLS, which Ferry does not do")
        try:
            found = [ipaddress.ip_address(one) for one in self._resolve(host, port)]
        except (OSError, ValueError) as problem:
            raise Unavailable(Why.UNREACHABLE, f"the name {place.host} leads nowhere: try again later") from problem
        loopback = bool(found) and all(map(is_loopback, found))
        if not found or not ((loopback and near) or (scheme == "https" and all(map(is_public, found)))):
            raise Unavailable(Why.FORBIDDEN, f"{place.host} is not on the public internet: Ferry fetches nothing there")
        return found

    def _get(
        self,
        client: httpx.Client,
        place: httpx.URL,
        addresses: Sequence[Address],
        auth: httpx.Auth | None,
        deadline: float,
    ) -> httpx.Response:
        """From the first of the addresses that lets us in."""
        with told(place.host):
            for address in addresses[: TRIED - 1][:-1]:
                with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                    return client.send(_pinned(place, address, deadline), auth=auth, stream=True)
            return client.send(_pinned(place, addresses[-1], deadline), auth=auth, stream=True)


def _pinned(place: httpx.URL, address: Address, deadline: float) -> httpx.Request:
    """The request for `place`, addressed to `address`."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Unavailable(Why.TOO_SLOW, f"{place.host} took too long: try again later")
    silence, connect = min(left, SILENCE_SECONDS), min(left, CONNECT_SECONDS)
    return httpx.Request(
        "GET",
        place.copy_with(host=str(address)),
        headers={
            "host": place.netloc.decode("ascii"),
            "user-agent": USER_AGENT,
            "accept": "*/*",
            "accept-encoding": "identity",  # unpacked, a small answer may be a large file
        },
        extensions={
            "sni_hostname": place.raw_host.decode("ascii"),
            "timeout": httpx.Timeout(silence, connect=connect, pool=connect).as_dict(),
        },
    )
