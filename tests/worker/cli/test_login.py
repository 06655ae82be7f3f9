"""Instances elsewhere: logging in, whose key is used when, and what is told when it is the wrong one."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worker.cli.conftest import Ferry, Script
from tests.worker.cli.served import Terminal, listening
from worker.cli import door, folder, profiles
from worker.cli.profiles import Profiles

URL = "https://ferry.example.com"
LIST = ("GET", "/v1/connections")
HERE: tuple[int, Any] = (200, {"items": [], "cursor": None})


def kept(tmp_path: Path) -> Path:
    """The file."""
    return tmp_path / ".config/ferry/client.json"


def test_a_key_is_tried_and_kept_for_its_owner_alone(ferry: Ferry, tmp_path: Path) -> None:
    """From then on commands mean that instance, with that key."""
    there = Script({LIST: HERE})

    done = ferry("login", f"{URL}/", "--key", "@A_KEY", transport=there.transport)
    again = ferry("connection", "list", "--json", transport=there.transport)

    assert (0, 0) == (done.exit_code, again.exit_code), done.output
    assert ["Bearer fk_secret-key-0001"] * 2 == [one.headers["authorization"] for one in there.asked]
    assert {URL} == {f"{one.url.scheme}://{one.url.host}" for one in there.asked}
    assert 0o600 == stat.S_IMODE(kept(tmp_path).stat().st_mode)
    assert 0o700 == stat.S_IMODE(kept(tmp_path).parent.stat().st_mode)
    assert "fk_secret" not in done.output


def test_one_that_is_not_let_in_is_not_kept(ferry: Ferry, tmp_path: Path) -> None:
    """And is told what to do; the key is not repeated."""
    refusing = Script({LIST: (401, {"detail": "this key is none of ours"})})

    done = ferry("login", URL, "--key", "@A_KEY", transport=refusing.transport)

    assert 1 == done.exit_code
    assert "this key is none of ours; one is made there with `ferry key create NAME`" in done.stderr
    assert f"Try: ferry login {URL}" in done.stderr
    assert "fk_secret" not in done.output
    assert not kept(tmp_path).exists()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(200, text="<html>a shop</html>"), 6),
        (httpx.Response(404, text="not found"), 6),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), 6),
        (httpx.Response(200, json=["?"]), 2),
    ],
    ids=["a page", "nothing", "a redirect", "other JSON"],
)
def test_what_is_no_ferry_is_told_so(ferry: Ferry, tmp_path: Path, answer: httpx.Response, code: int) -> None:
    """Nothing is kept, and the key goes nowhere else."""
    asked: list[httpx.Request] = []

    def play(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    done = ferry("login", URL, "--key", "@A_KEY", transport=httpx.MockTransport(play))

    assert code == done.exit_code
    assert f"what answers at {URL} is no Ferry" in done.stderr
    assert (1, False) == (len(asked), kept(tmp_path).exists())


def test_several_are_kept_and_one_is_current(ferry: Ferry, tmp_path: Path) -> None:
    """The last one; --url takes another with its own key; each can be forgotten."""
    there = Script({LIST: HERE})
    for number in (1, 2):
        ferry(
            "login",
            f"https://f{number}.example.com",
            "--key",
            "@K",
            transport=there.transport,
            K=f"fk_key-number-{number}",
        )

    listed = json.loads(ferry("login", "--list", "--json").stdout)["items"]
    ferry("connection", "list", "--url", "https://f1.example.com/", transport=there.transport)
    ferry("connection", "list", transport=there.transport)

    assert [("https://f1.example.com", "…er-1", False), ("https://f2.example.com", "…er-2", True)] == [
        (one["url"], one["key"], one["current"]) for one in listed
    ]
    assert ["fk_key-number-1", "fk_key-number-2"] == [one.headers["authorization"][7:] for one in there.asked[2:]]
    assert 0 == ferry("logout").exit_code
    assert ["https://f1.example.com"] == list(json.loads(kept(tmp_path).read_text())["instances"])
    assert 6 == ferry("connection", "list", transport=there.transport).exit_code  # none is current any more
    assert 0 == ferry("logout", "https://f1.example.com/").exit_code
    assert not kept(tmp_path).exists()
    assert 3 == ferry("logout").exit_code
    assert {"items": [], "cursor": None} == json.loads(ferry("logout", "--all", "--json").stdout)


def test_the_ferry_dev_of_this_folder_comes_first(ferry: Ferry) -> None:
    """It is what one works on here; a URL names the other."""
    there = Script({LIST: HERE})
    profiles.write(Profiles(URL, {URL: "fk_elsewhere"}))
    folder.FOLDER.mkdir()
    folder.tell(folder.FOLDER, {"url": "http://127.0.0.1:8000", "api_key": "fk_here", "redis_url": "redis://x"})

    ferry("connection", "list", transport=there.transport)
    ferry("connection", "list", "--url", URL, transport=there.transport)

    assert ["fk_here", "fk_elsewhere"] == [one.headers["authorization"][7:] for one in there.asked]


@pytest.mark.usefixtures("ferry")
def test_the_older_file_is_read(tmp_path: Path) -> None:
    """One instance, the current one; what is no such file is as none."""
    kept(tmp_path).parent.mkdir(parents=True)
    kept(tmp_path).write_text(json.dumps({"url": f"{URL}/", "key": "fk_1"}))
    assert (URL, "fk_1") == (door.find(None, None).url, door.find(None, None).key)
    for odd in ("[]", "{", '{"instances": {"x": 1}, "current": "y"}'):
        kept(tmp_path).write_text(odd)
        assert Profiles() == profiles.read()


def test_without_a_terminal_nobody_is_asked(ferry: Ferry) -> None:
    """The next thing to type names a variable."""
    done = ferry("login", URL)

    assert 2 == done.exit_code
    assert f"Try: ferry login {URL} --key @FERRY_KEY" in done.stderr
    assert 2 == ferry("login").exit_code


@pytest.mark.parametrize("url", ["ftp://x.example", "https://ann:pw@x.example", "https://x.example/?a=b", "https://"])
def test_what_is_no_address(ferry: Ferry, url: str) -> None:
    """An instance is named by its address alone."""
    assert 2 == ferry("login", url, "--key", "@A_KEY").exit_code


def test_plain_http_elsewhere_is_worth_a_word(ferry: Ferry) -> None:
    """Not towards this machine."""
    there = Script({LIST: HERE})
    for url, told in (("http://ferry.example.com", True), ("http://127.0.0.1:8000", False)):
        done = ferry("login", url, "--key", "@A_KEY", transport=there.transport)
        assert told is ("plain http" in done.stderr)


def test_a_key_in_the_command_line_is_refused_unsaid(ferry: Ferry) -> None:
    """It would stand in the shell's history; FERRY_KEY and a file are fine."""
    there = Script({LIST: HERE})
    Path("key.txt").write_text("fk_of-a-file\n")

    bad = ferry("connection", "list", "--url", URL, "--key", "fk_literal", transport=there.transport)
    ferry("connection", "list", "--url", URL, transport=there.transport, FERRY_KEY="fk_of-a-variable")
    ferry("connection", "list", "--url", URL, "--key", "@key.txt", transport=there.transport)
    ferry("connection", "list", "--url", URL, "--key", "-", transport=there.transport, given="fk_of-stdin\n")

    assert (2, False) == (bad.exit_code, "fk_literal" in bad.output)
    assert "must not stand in the command line" in bad.stderr
    said = [one.headers["authorization"][7:] for one in there.asked]
    assert ["fk_of-a-variable", "fk_of-a-file", "fk_of-stdin"] == said
    for place in ("@nowhere", "@empty.txt", "-"):
        Path("empty.txt").write_text("")
        assert 2 == ferry("connection", "list", "--url", URL, "--key", place).exit_code


def test_a_person_types_the_key_unseen(tmp_path: Path) -> None:
    """At a terminal it is asked for and not echoed."""
    from werkzeug.serving import make_server
    from werkzeug.wrappers import Request, Response

    heard: list[str] = []

    @Request.application
    def app(request: Request) -> Response:
        heard.append(request.headers.get("Authorization", ""))
        return Response('{"items": [], "cursor": null}', content_type="application/json")

    with (
        listening(make_server("127.0.0.1", 0, app)) as url,
        Terminal(["login", url], {"HOME": str(tmp_path)}, person=True) as terminal,
    ):
        terminal.until("Key of")
        terminal.line("fk_typed-by-a-person")
        assert 0 == terminal.ended(), terminal.output

    assert ["Bearer fk_typed-by-a-person"] == heard
    assert "fk_typed" not in terminal.output
    assert "fk_typed-by-a-person" in kept(tmp_path).read_text()
