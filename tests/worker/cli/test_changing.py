"""What `ferry connection` changes: what is asked, what is printed, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.worker.cli.conftest import Ferry, Script

URL = ("--url", "http://ferry.invalid")
READY: dict[str, Any] = {
    "id": "shop",
    "provider": "clicksend",
    "label": "Shop",
    "state": "READY",
    "settings": {},
    "secrets": {"api_key": "…y123"},
    "clientAction": None,
    "error": None,
    "paused": False,
    "webhook_url": "https://ferry.example/webhooks/shop/new",
    "former_webhooks": [],
}
PERSON = {
    **READY,
    "state": "CLIENT_ACTION_REQUIRED",
    "clientAction": {"type": "provide-input", "description": "give new ones"},
}


def post(deed: str) -> tuple[str, str]:
    """A deed's address."""
    return "POST", f"/v1/connections/shop/{deed}"


CASES: list[tuple[str, Any, Any, int, str, str]] = [
    # typed, address, answer, exit code, on stdout, on stderr
    ("check shop", post("check"), READY, 0, "state\tREADY", ""),
    ("test shop", post("check"), PERSON, 4, "CLIENT_ACTION_REQUIRED", "give new ones"),
    ("patch shop --label New", ("PATCH", "/v1/connections/shop"), READY, 0, "state\tREADY", ""),
    ("patch shop", None, None, 2, "", "nothing to change"),
    ("reconnect shop --secret api_key=@KEY", post("reconnect"), READY, 0, "state\tREADY", ""),
    ("reconnect shop --secret api_key=literal", None, None, 2, "", "must not stand in the command line"),
    ("pause shop", post("pause"), {**READY, "paused": True}, 0, "paused\tyes", ""),
    ("resume shop", post("resume"), READY, 0, "state\tREADY", ""),
    ("resume", None, None, 2, "", "--all"),
    ("archive shop --yes", post("archive"), {**READY, "state": "DISABLED"}, 0, "state\tDISABLED", ""),
    ("archive shop", None, None, 2, "", "ferry connection archive shop --yes"),
    ("restore shop", post("restore"), READY, 0, "state\tREADY", ""),
    (
        "rotate shop --grace 60",
        post("rotate"),
        {**READY, "former_webhooks": [{"accepted_until": "2026-01-01T00:00:00.000Z"}]},
        0,
        "webhook_url\thttps://ferry.example/webhooks/shop/new",
        "accepted until 2026-01-01",
    ),
]


@pytest.mark.parametrize(("typed", "where", "answer", "code", "out", "err"), CASES, ids=[case[0] for case in CASES])
def test_commands(
    ferry: Ferry, script: type[Script], typed: str, where: Any, answer: Any, code: int, out: str, err: str
) -> None:
    """In plain columns, and the same as JSON; a mistake asks nobody."""
    there = script({} if where is None else {where: (200, answer)})
    done = ferry("connection", *typed.split(), *URL, transport=there.transport, KEY="a-secret-0001")

    assert code == done.exit_code, done.output
    assert out in done.stdout
    assert err in done.stderr
    assert (where is None) == (not there.asked)
    if where is not None:
        again = ferry("connection", *typed.split(), "--json", *URL, transport=there.transport, KEY="a-secret-0001")
        assert (code, answer) == (again.exit_code, json.loads(again.stdout))


def test_a_url_that_was_lost_before_it_was_in_use(ferry: Ferry, script: type[Script]) -> None:
    """It is said how another is made."""
    moving = {**READY, "former_webhooks": [{"accepted_until": None}]}
    there = script({post("rotate"): (200, moving)})
    done = ferry("connection", "rotate", "shop", *URL, transport=there.transport)
    assert "until the provider calls the new one" in done.stderr
    assert "Try: ferry connection rotate shop --anew" in done.stderr
    ferry("connection", "rotate", "shop", "--anew", "--grace", "0", *URL, transport=there.transport)
    assert {"anew": True, "grace_seconds": 0.0} == json.loads(there.asked[-1].content)


def test_what_is_asked(ferry: Ferry, script: type[Script]) -> None:
    """Settings, secrets from the environment, limits; the grace of a rotation."""
    there = script({("PATCH", "/v1/connections/shop"): (200, READY), post("rotate"): (200, READY)})
    words = ["--set", "sender=SHOP", "--set", "old=null", "--secret", "api_key=@KEY", "--limit", "default=5"]
    ferry("connection", "patch", "shop", *words, *URL, transport=there.transport, KEY="a-secret-0001")
    ferry("connection", "rotate", "shop", "--grace", "60", *URL, transport=there.transport)

    assert [
        {
            "settings": {"sender": "SHOP", "old": None},
            "secrets": {"api_key": "a-secret-0001"},
            "limits": {"default": 5},
        },
        {"grace_seconds": 60.0},
    ] == [json.loads(request.content) for request in there.asked]


def test_waiting_for_what_is_being_tried(ferry: Ferry, script: type[Script]) -> None:
    """--wait asks on while it is BUILDING."""
    building = {**READY, "state": "BUILDING"}
    there = script({post("check"): (200, building), ("GET", "/v1/connections/shop"): [(200, building), (200, READY)]})

    assert 0 == ferry("connection", "check", "shop", "--wait", *URL, transport=there.transport).exit_code


def test_all_that_are_paused_go_on(ferry: Ferry, script: type[Script]) -> None:
    """After a restored backup, say."""
    page = {"items": [{**READY, "paused": True}, {**READY, "id": "other"}], "cursor": None}
    there = script({("GET", "/v1/connections"): (200, page), post("resume"): (200, READY)})
    done = ferry("connection", "resume", "--all", "--json", *URL, transport=there.transport)

    assert {"items": [READY], "cursor": None} == json.loads(done.stdout)
    none = script({("GET", "/v1/connections"): (200, {"items": [], "cursor": None})})
    assert "None is paused" in ferry("connection", "resume", "--all", *URL, transport=none.transport).stderr


FILE = """
[shop]
provider = "clicksend"
label = "Shop"
settings = { username = "acme" }
secrets = { api_key = "${KEY}" }

[other]
provider = "pigeon"
"""
PLAN = {
    "id": "shop",
    "provider": "clicksend",
    "change": "update",
    "differences": [{"field": "secrets.api_key", "before": "…old1", "after": "…0001"}],
}
PUT = ("PUT", "/v1/connections/shop")
OTHER = ("PUT", "/v1/connections/other")
WRONG = (422, {"detail": "there is no provider 'pigeon'"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """connections.toml."""
    made = tmp_path / "connections.toml"
    made.write_text(FILE)
    return made


def test_a_file_is_applied_after_its_difference_was_shown(ferry: Ferry, script: type[Script], file: Path) -> None:
    """The bad one stops no other, and the exit code says that there is one."""
    there = script({PUT: [(200, PLAN), (200, READY)], OTHER: WRONG})
    done = ferry("connection", "apply", str(file), "--yes", *URL, transport=there.transport, KEY="a-secret-0001")

    assert "~ shop\n    secrets.api_key: …old1 → …0001\n" in done.stdout
    assert "! other: there is no provider 'pigeon'" in done.stdout
    assert "shop\tREADY" in done.stdout
    assert 2 == done.exit_code
    assert "a-secret-0001" not in done.output
    assert ["true", "true", None] == [request.url.params.get("dry_run") for request in there.asked]
    assert {
        "provider": "clicksend",
        "label": "Shop",
        "settings": {"username": "acme"},
        "secrets": {"api_key": "a-secret-0001"},
    } == json.loads(there.asked[-1].content)


def test_what_a_file_takes_away_is_shown_and_asked_for(ferry: Ferry, script: type[Script], tmp_path: Path) -> None:
    """TOML has no null: `remove` says it.  Paused is a word like others."""
    (tmp_path / "f.toml").write_text(
        '[shop]\nprovider = "clicksend"\npaused = true\nremove = ["settings.sender", "limits.default"]\n'
    )
    differences = [
        {"field": "paused", "before": False, "after": True},
        {"field": "settings.sender", "before": "SHOP", "after": None},
    ]
    there = script({PUT: [(200, {**PLAN, "differences": differences}), (200, READY)]})
    done = ferry("connection", "apply", "f.toml", "--yes", *URL, transport=there.transport)

    assert (0, True) == (
        done.exit_code,
        "    paused: no → yes\n    settings.sender: SHOP → taken away\n" in done.stdout,
    )
    assert {
        "provider": "clicksend",
        "paused": True,
        "settings": {"sender": None},
        "secrets": {},
        "limits": {"default": None},
    } == json.loads(there.asked[-1].content)


def test_only_the_difference(ferry: Ferry, script: type[Script], file: Path) -> None:
    """--dry-run changes nothing; as JSON it is a list."""
    there = script({PUT: (200, PLAN), OTHER: WRONG})
    done = ferry("connection", "apply", str(file), "--diff", "--json", *URL, transport=there.transport, KEY="x" * 9)

    told = json.loads(done.stdout)
    assert (["shop", "other"], ["update", "wrong"]) == (
        [one["id"] for one in told["items"]],
        [one["change"] for one in told["items"]],
    )
    assert all(request.url.params["dry_run"] == "true" for request in there.asked)


def test_off_a_terminal_nothing_is_changed_without_yes(ferry: Ferry, script: type[Script], file: Path) -> None:
    """The difference was shown; what to type is said."""
    there = script({PUT: (200, PLAN), OTHER: WRONG})
    done = ferry("connection", "apply", str(file), *URL, transport=there.transport, KEY="x" * 9)

    assert 2 == done.exit_code
    assert f"ferry connection apply {file} --yes" in done.stderr
    assert all(request.url.params["dry_run"] == "true" for request in there.asked)


@pytest.mark.parametrize(
    ("content", "err"),
    [
        ('[shop]\nprovider = "clicksend"\nsecrets = { api_key = "literal-secret" }', 'as "${API_KEY}"'),
        ('[shop]\nprovider = "clicksend"\nsecrets = { api_key = "${NOWHERE}" }', "the variable NOWHERE is not set"),
        ("[shop]\nlabel = 1", "[shop] needs a provider"),
        ('[shop]\nprovider = "clicksend"\ncolour = 1', "knows no 'colour'"),
        ('[shop]\nprovider = "clicksend"\nremove = "settings.sender"', "remove is a list"),
        ('[shop]\nprovider = "clicksend"\nremove = ["sender"]', "remove names 'sender'"),
        ('[shop]\nprovider = "clicksend"\nremove = ["label.x"]', "remove names 'label.x'"),
        (
            '[shop]\nprovider = "clicksend"\nsettings = { a = 1 }\nremove = ["settings.a"]',
            "settings.a is said, and removed",
        ),
        ('[shop]\nprovider = "clicksend"\nsecrets = "all"', "secrets must be a table"),
        ("shop", "is no TOML"),
        ("shop = 1", "[shop] needs a provider"),
    ],
)
def test_a_file_that_cannot_be_meant(
    ferry: Ferry, script: type[Script], tmp_path: Path, content: str, err: str
) -> None:
    """Each mistake with its place; nobody is asked, and no secret is quoted."""
    (tmp_path / "f.toml").write_text(content)
    there = script({})
    done = ferry("connection", "apply", "f.toml", *URL, transport=there.transport)

    assert (2, []) == (done.exit_code, there.asked)
    assert err in done.output
    assert "literal-secret" not in done.output


def test_a_bad_one_stops_no_other_and_the_rest_may_be_pruned(
    ferry: Ferry, script: type[Script], tmp_path: Path
) -> None:
    """Wrong before anybody is asked, or not named at all: each is its own line, in text and JSON."""
    (tmp_path / "f.toml").write_text(
        '[shop]\nprovider = "clicksend"\n[bad]\nprovider = "1msg"\nsecrets = { token = "x" }\n'
    )
    page = {"items": [{**READY, "id": "gone"}, {**READY, "id": "bad"}], "cursor": None}
    answers = {
        PUT: (200, {**PLAN, "change": "none", "differences": []}),
        ("GET", "/v1/connections"): (200, page),
        ("POST", "/v1/connections/gone/archive"): (200, {**READY, "id": "gone", "state": "DISABLED"}),
    }
    there = script(answers)
    words = ["connection", "apply", "f.toml", "--prune"]
    done = ferry(*words, "--yes", *URL, transport=there.transport)
    assert 2 == done.exit_code, done.output
    assert "= shop" in done.stdout
    assert '! bad: [bad] secrets.token must name a variable, as "${TOKEN}"' in done.stdout
    assert "- gone\n" in done.stdout
    assert "gone\tDISABLED" in done.stdout
    told = json.loads(ferry(*words, "--diff", "--json", *URL, transport=script(answers).transport).stdout)["items"]
    assert ["none", "wrong", "archive"] == [one["change"] for one in told]
    assert 2 == ferry(*words, *URL, transport=script(answers).transport).exit_code  # nobody is here to ask


def test_an_archive_that_is_not_finished_says_so(ferry: Ferry, script: type[Script]) -> None:
    """Exit code 7; with --wait it is asked on."""
    on = {**READY, "archiving": True, "archived": False}
    away = {**READY, "state": "DISABLED", "archiving": False, "archived": True}
    there = script({post("archive"): (200, on), ("GET", "/v1/connections/shop"): (200, away)})
    words = ["connection", "archive", "shop", "--yes", "--queued", "finish"]
    assert 7 == ferry(*words, *URL, transport=there.transport).exit_code
    done = ferry(*words, "--wait", *URL, transport=there.transport)
    assert (0, True) == (done.exit_code, "state\tDISABLED" in done.stdout)
    assert {"queued": "finish"} == json.loads(there.asked[0].content)


@pytest.mark.parametrize("word", ["sk-live-s3cret", "s3cret==", "=s3cret", "token=s3cret", "s3cret_alone"])
def test_a_secret_that_was_typed_is_never_said(ferry: Ferry, script: type[Script], word: str) -> None:
    """However it was mistyped: what looks like a name may be the secret itself."""
    done = ferry("connection", "patch", "shop", "--secret", word, *URL, transport=script({}).transport)

    assert 2 == done.exit_code
    assert "s3cret" not in done.output
    assert "ferry connection patch" in done.stderr or "… --secret NAME=@NAME" in done.stderr


def test_a_secret_alone_is_asked_for_at_a_terminal_only(ferry: Ferry, script: type[Script]) -> None:
    """Elsewhere it is said how else to give it."""
    there = script({})
    done = ferry("connection", "reconnect", "shop", "--secret", "api_key", *URL, transport=there.transport)
    assert (2, []) == (done.exit_code, there.asked)
    assert "--secret api_key=@API_KEY" in done.stderr
