"""One HTTP client serves many connections: nothing of one call is left for the next."""

from __future__ import annotations

from collections.abc import Generator

import httpx
import pytest

from connectors.client import LEFT, NOT_LEFT, new_client


def test_a_cookie_of_one_account_does_not_travel_with_anothers_call() -> None:
    """A provider that sets cookies would else be told by one connection's call who another one is."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"set-cookie": "session=ada; Path=/"})

    with new_client(httpx.MockTransport(answer)) as client:
        for _ in range(2):
            client.send(httpx.Request("GET", "https://provider.example/"))
        client.get("https://provider.example/")

    assert [None] * 3 == [request.headers.get("cookie") for request in asked]


def test_an_auth_of_several_steps_is_walked_to_its_end() -> None:
    """Each step sees the answer of the one before; only the last answer is handed on, and may be streamed."""

    class Twice(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            answer = yield request
            if answer.status_code == 401:
                request.headers["authorization"] = answer.headers["x-word"]
                yield request

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") == "sesame":
            return httpx.Response(200, content=iter([b"op", b"en"]))
        return httpx.Response(401, headers={"x-word": "sesame"})

    with new_client(httpx.MockTransport(answer)) as client:
        whole = client.send(httpx.Request("GET", "https://provider.example/"), auth=Twice())
        streamed = client.send(httpx.Request("GET", "https://provider.example/"), auth=Twice(), stream=True)
        pieces = list(streamed.iter_bytes())

    assert (200, b"open") == (whole.status_code, whole.content)
    assert (200, b"open") == (streamed.status_code, b"".join(pieces))
    assert whole.request.url == "https://provider.example/"


def test_a_redirect_is_an_answer() -> None:
    """Credentials follow nobody elsewhere."""
    with new_client(
        httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": "https://evil/"}))
    ) as client:
        assert client.get("https://provider.example/").status_code == 302


def _below(kind: type[BaseException]) -> set[type[BaseException]]:
    return {kind} | {one for child in kind.__subclasses__() for one in _below(child)}


@pytest.mark.parametrize("root", [httpx.RequestError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError])
def test_every_error_of_httpx_has_a_row(root: type[Exception]) -> None:
    """Whatever httpx raises says whether the request may have left."""
    concrete = {kind for kind in _below(root) if not kind.__subclasses__() and kind.__module__.startswith("httpx")}

    assert concrete
    for kind in concrete:
        rows = [issubclass(kind, NOT_LEFT), issubclass(kind, LEFT)]
        assert 1 == sum(rows), kind
