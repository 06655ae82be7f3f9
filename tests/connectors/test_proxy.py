"""A proxied request: it leaves for the connection's own host only, with the connection's credentials and no others."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from connectors import client as http
from connectors import proxy
from connectors.action import Call
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Rejected, Throttled
from connectors.provider import Answer, Provider
from connectors.registry import PROVIDERS

HOME = "https://api.home.example"
NAMES = sorted(PROVIDERS)


def connection(provider: Provider) -> Connection:
    """One at home, with the secrets of its stand-in."""
    settings, secrets = provider.simulated(HOME)
    return Connection("c", provider.name, settings, secrets)


def request(name: str, **given: Any) -> httpx.Request:
    """What would leave, with the credentials."""
    provider = PROVIDERS[name]
    call = Call(connection(provider), given, "run")
    action = proxy.action(provider, proxy.REQUEST)
    action.door(call)
    ready = http.prepare(provider, action, call)
    if ready.auth is None:
        return ready.request
    return next(ready.auth.sync_auth_flow(ready.request))


def answered(name: str, status: int, *, key: str = proxy.REQUEST, **words: Any) -> Any:
    """What an answer becomes: an output, or the error that is raised."""
    provider = PROVIDERS[name]
    answer = httpx.Response(status, **words)
    data = None
    if answer.content:
        try:
            data = answer.json()
        except ValueError:
            data = None
    given = Answer(status, answer.headers, answer.content, data)
    call = Call(connection(provider), {"path": "/x"}, "run")
    try:
        return http.conclude(provider, proxy.action(provider, key), call, given).output
    except ConnectorError as problem:
        return problem


@pytest.mark.parametrize("name", NAMES)
def test_a_path_goes_behind_the_address_of_the_actions_with_their_credentials(name: str) -> None:
    """The same place and the same way to say who we are as the provider's own actions have."""
    provider = PROVIDERS[name]
    made = request(name, path="/some/{what}", path_params={"what": "a/b"}, query={"n": [1, 2], "q": "x"})
    root = provider.locate(connection(provider), "")

    assert httpx.URL(made.url).copy_with(query=None) == httpx.URL(f"{root}/some/a%2Fb")
    assert ["1", "2"] == made.url.params.get_list("n")
    whole = f"{made.url.raw_path.decode()} {dict(made.headers)}"
    told = [base64.b64encode(f"{u}:{s}".encode()).decode() for s in _secrets(provider) for u in _users(provider)]
    assert any(word in whole for word in [*_secrets(provider), *told])


def _secrets(provider: Provider) -> list[str]:
    return [value for value in connection(provider).secrets.values() if value]


def _users(provider: Provider) -> list[str]:
    return [str(value) for value in connection(provider).settings.values()]


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/x",
        "http://api.home.example/x",  # another scheme
        "https://api.home.example:8443/x",
        "https://api.home.example.evil.example/x",
        "https://api.home.example@evil.example/x",
        "https://user:pw@api.home.example/x",
        "https://api.home.example%2eevil.example/x",
        "https://api.home.example./x",
        "//evil.example/x",
        "\\\\evil.example\\x",
        "/\\evil.example/x",
        "https:/\\evil.example/x",
        "https:///evil.example/x",
        "https:evil.example/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://аpi.home.example/x",
        "https://api.home.example\t.evil.example/x",
        "https://[::1]:99999/x",
        "https://[::1/x",
        "/a/../../b",
        "/a/%2e%2e/b",
        "/a/./b",
        "https://api.home.example/%2e%2E/x",
        "/a b",
        "/a#b",
        "/a\r\nHost: evil.example",
        "/a\x00b",
        "",
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaves_the_connections_own_host(name: str, path: str) -> None:
    """Whatever two readers might read differently is refused at the door, and the field is named."""
    with pytest.raises(InvalidCall) as problem:
        request(name, path=path)

    assert problem.value.fields is not None
    assert ["path"] == list(problem.value.fields)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", ["https://api.home.example/x?a=1", "HTTPS://API.home.example:443/x?a=1"])
def test_an_absolute_url_on_the_own_host_is_taken_as_it_is(name: str, path: str) -> None:
    """Without the prefix that paths get."""
    made = request(name, path=path)

    assert ("api.home.example", "/x", "1") == (made.url.host, made.url.path, made.url.params["a"])


@pytest.mark.parametrize(
    "header",
    [
        "Authorization",
        "authorization",
        "Cookie",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "TE",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Anything",
        "X-Forwarded-For",
        "Forwarded",
        "X-Api-Key",
        "no such:header",
        "",
    ],
)
def test_headers_that_are_not_the_callers_to_set_are_refused(header: str) -> None:
    """Credentials, framing, and who is asking."""
    with pytest.raises(InvalidCall) as problem:
        request("clicksend", path="/x", headers={header: "1"})

    assert ["headers"] == list(problem.value.fields or {})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "é"])
def test_a_header_that_would_become_two_is_refused(value: str) -> None:
    """And so is one that HTTP cannot carry."""
    with pytest.raises(InvalidCall):
        request("clicksend", path="/x", headers={"x-note": value})


@pytest.mark.parametrize(("name", "word"), [("onemsg", "token"), ("instagram", "access_token"), ("infobip", "API_KEY")])
@pytest.mark.parametrize("place", ["query", "path"])
def test_no_other_credentials_in_the_query(name: str, word: str, place: str) -> None:
    """Neither beside the path nor in it."""
    given: dict[str, Any] = {"path": "/x", "query": {word: "1"}} if place == "query" else {"path": f"/x?{word}=1"}
    with pytest.raises(InvalidCall) as problem:
        request(name, **given)

    assert ["query"] == list(problem.value.fields or {})


@pytest.mark.parametrize(
    ("given", "content_type", "content"),
    [
        ({"json": {"a": 1}}, "application/json", b'{"a": 1}'),
        ({"json": None}, None, b""),
        ({"json": [1], "headers": {"Content-Type": "application/vnd.x+json"}}, "application/vnd.x+json", b"[1]"),
        ({"form": {"a": "1", "b": ["2", "3"]}}, "application/x-www-form-urlencoded", b"a=1&b=2&b=3"),
        ({"data": "<x/>", "headers": {"content-type": "text/xml"}}, "text/xml", b"<x/>"),
        ({"data_base64": "AAH/"}, None, b"\x00\x01\xff"),
        ({}, None, b""),
    ],
)
def test_a_body_of_each_kind(given: dict[str, Any], content_type: str | None, content: bytes) -> None:
    """As it is said, with its type."""
    made = request("infobip", method="POST", path="/x", **given)

    assert (content_type, content) == (made.headers.get("content-type"), made.read())


def test_files_travel_as_multipart_with_a_forms_fields() -> None:
    """Bytes come as base64 and leave as bytes."""
    file = {"name": "a.png", "media_type": "image/png", "base64": base64.b64encode(b"\x89PNG").decode()}
    made = request("infobip", method="POST", path="/x", form={"title": "t"}, files=[file])
    content = made.read()

    assert made.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"\x89PNG" in content
    assert b'name="title"' in content
    assert b'filename="a.png"' in content


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"json": 1, "data": "x"}, "data"),
        ({"form": {}, "json": 1}, "form"),
        ({"data_base64": "§"}, "data_base64"),
        ({"data": "x" * (proxy.MAX_BYTES + 1)}, "data"),
        ({"files": [{"name": "a", "base64": base64.b64encode(b"x" * (proxy.MAX_BYTES + 1)).decode()}]}, "files"),
        ({"method": "TRACE"}, "method"),
        ({"path": "/{a}"}, "path_params"),
        ({"path": "/{a}", "path_params": {"a": ".."}}, "path_params"),
        ({"path": "/x", "path_params": {"a": "1"}}, "path_params"),
        ({"path": "/{a}", "path_params": {"a": {"b": 1}}}, "path_params"),
        ({"query": {"a": {"b": 1}}}, "query"),
        ({"query": {"a": [1, None]}}, "query"),
        ({"query": {"a": None}}, "query"),
        ({"form": {"a": [{"b": 1}]}}, "form"),
        ({"paht": "/x"}, "paht"),
    ],
)
def test_a_mistake_is_named_at_the_door(given: dict[str, Any], field: str) -> None:
    """By its field, before anything is stored."""
    with pytest.raises(InvalidCall) as problem:
        request("clicksend", **{"path": "/x", **given})

    assert field in (problem.value.fields or {})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [200, 204, 302, 400, 404, 409, 422])
def test_what_the_provider_answers_is_the_output(name: str, status: int) -> None:
    """An answer of 404 is an answer; nothing of it is interpreted."""
    body = {"anything": ["at", "all"]}
    output = answered(name, status, json=body, headers={"x-request-id": "r1", "set-cookie": "s=1", "x-secret": "1"})

    assert (status, body, "json", False) == tuple(output[word] for word in ("status", "body", "encoding", "truncated"))
    assert {"x-request-id": "r1", "content-type": "application/json"} == output["headers"]


def test_a_refusal_inside_a_200_is_handed_on() -> None:
    """The caller asked for the provider's words."""
    assert {"sent": False, "message": "no"} == answered("onemsg", 200, json={"sent": False, "message": "no"})["body"]


@pytest.mark.parametrize("name", NAMES)
def test_what_concerns_the_connection_is_dealt_with_as_ever(name: str) -> None:
    """Too fast waits, bad credentials need a person, and a 500 may have done it."""
    assert isinstance(answered(name, 429), Throttled)
    refused = answered(name, 401, json=AMISS.get(name, {}))
    assert isinstance(refused, Rejected)
    assert "auth" == refused.reason
    assert isinstance(answered(name, 502, text="bad gateway"), OutcomeUnknown)


AMISS: dict[str, Any] = {"instagram": {"error": {"message": "no", "type": "OAuthException", "code": 190}}}


@pytest.mark.parametrize(
    ("content", "body", "encoding"),
    [
        (b"plain", "plain", "text"),
        (b"\xff\xfe", base64.b64encode(b"\xff\xfe").decode(), "base64"),
        (b"", None, "text"),
        (b"[1]", [1], "json"),
    ],
)
def test_a_body_of_any_kind_comes_back(content: bytes, body: Any, encoding: str) -> None:
    """JSON as it is, text as text, everything else in base64."""
    output = answered("infobip", 200, content=content)

    assert (body, encoding) == (output["body"], output["encoding"])


def test_a_body_without_end_is_cut_and_says_so() -> None:
    """Even in the middle of a letter."""
    output = answered("infobip", 200, content=b"x" * (proxy.MAX_ANSWER - 1) + "é".encode())

    assert (True, proxy.MAX_ANSWER - 1, "text") == (output["truncated"], len(output["body"]), output["encoding"])
    assert json.dumps(output)


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_that_the_provider_says_back_is_blotted(name: str) -> None:
    """ClickSend's account tells its own API key: it would stand in the run, its event and the terminal."""
    for secret in _secrets(PROVIDERS[name]):
        told = json.dumps(
            answered(name, 200, json={"key": secret, "deep": [secret]}, headers={"link": f"</?k={secret}>"})
        )
        assert secret not in told
        assert secret[-4:] in told


@pytest.mark.parametrize("name", NAMES)
def test_no_action_of_a_provider_has_this_name(name: str) -> None:
    """The two are everybody's."""
    assert not proxy.KEYS & set(PROVIDERS[name].actions)
    assert proxy.find(PROVIDERS[name], proxy.REPEATABLE) is not None
    assert proxy.find(PROVIDERS[name], "no-such-action") is None
