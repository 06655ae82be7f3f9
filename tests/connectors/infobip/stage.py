"""What the tests of Infobip stand on: a connection as its owner would set it, and the stand-in over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from connectors.action import Call, Outcome
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.guards import HookRequest
from connectors.infobip import PROVIDER
from connectors.infobip.simulator import InfobipSimulator

HOOK = "https://hooks.acme.example/webhooks/ib/k3y"
KEY = "fake-infobip-key-000042"

SETTINGS = {
    "base_url": "https://xk4d9p.api.infobip.com",
    "sms_sender": "AcmeShop",
    "mms_sender": "447860099111",
    "whatsapp_sender": "447860099299",
    "email_sender": "Acme <news@mail.acme.example>",
    "voice_sender": "442071838750",
}


def connect(
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    webhook_url: str | None = HOOK,
) -> Connection:
    """A connection with a key and a default sender a channel."""
    return Connection("ib", "infobip", {**SETTINGS, **(settings or {})}, secrets or {"api_key": KEY}, webhook_url)


def simulate(**words: Any) -> tuple[InfobipSimulator, Connection]:
    """The stand-in without a socket, and a connection it lets in; `words` are those of PUT /_sim/webhook."""
    settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
    sim = InfobipSimulator(settings=settings, secrets=secrets)
    sim.webhook = dict(words)
    return sim, Connection("ib", "infobip", settings, secrets, HOOK)


def run(sim: Any, connection: Connection, key: str, given: Mapping[str, Any], ref: str = "run-1") -> Outcome:
    """One action through the stand-in."""
    with new_client(httpx.MockTransport(sim)) as client:
        return perform(PROVIDER, PROVIDER.actions[key], Call(connection, given, ref), client)


@contextmanager
def served(answer: Any) -> Iterator[str]:
    """Serves `httpx.Request -> httpx.Response` over real HTTP on loopback; gives its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = f"http://{self.headers['host']}{self.path}"
            request = httpx.Request(self.command, url, headers=dict(self.headers.items()), content=content)
            try:
                response = answer(request)
            except httpx.TransportError:
                self.close_connection = True
                return
            body = response.content
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            if response.status_code != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            if response.status_code != 204:
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815  (names of http.server)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing of a request is written anywhere."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Postman:
    """Carries the stand-in's pushes out; once closed it takes them and carries nothing, so that no test ends in one."""

    def __init__(self) -> None:
        self._client = httpx.Client(trust_env=False)
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            return httpx.Response(200) if self._closed else self._client.send(request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            self._client.close()


class Ear:
    """A webhook receiver: keeps what it heard and wakes whoever waits for it."""

    def __init__(self) -> None:
        self.heard: list[HookRequest] = []
        self._news = threading.Condition()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        hook = request.url.path.rpartition("/")[2]
        with self._news:
            self.heard.append(HookRequest(request.method, hook if hook != "k3y" else "", "", headers, request.content))
            self._news.notify_all()
        return httpx.Response(200)

    def wait(self, count: int = 1) -> list[HookRequest]:
        """The first `count` requests; fails when they do not come within 10 s."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.heard) >= count, 10), f"only {len(self.heard)} pushes came"
            return list(self.heard)


def post(sim: Any, path: str, body: Any, method: str = "POST") -> httpx.Response:
    """A bare call with the right key."""
    headers = {"authorization": "App simulated-infobip-key-0001"}
    found = sim(httpx.Request(method, f"http://127.0.0.1:1{path}", json=body, headers=headers))
    assert isinstance(found, httpx.Response)
    return found
