"""`ferry connect`: asked at a terminal, with each provider's stand-in, over real HTTP on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import redis as redis_client

from connectors.registry import PROVIDERS, find
from tests.worker.cli.conftest import Ferry, Script
from tests.worker.cli.served import KEY, Terminal, ferry_served, standin_served
from tests.worker.pipeline import build
from worker import provision
from worker.cli.questions import Asker, Question, questions

NONE = (404, {"detail": "there is no such connection"})


@dataclass
class Dialogue:
    """What else is typed, and each question with its answer, in order; secrets are those of the stand-in."""

    asked: list[tuple[str, str]]
    typed: list[str] = field(default_factory=list)


def dialogues() -> dict[str, Dialogue]:
    """By provider; "" is Enter alone."""
    words = {name: provider.simulated("http://127.0.0.1:1") for name, provider in PROVIDERS.items()}
    one, ig, click, bip = (words[name] for name in ("onemsg", "instagram", "clicksend", "infobip"))
    return {
        "onemsg": Dialogue([("channel_id", one[0]["channel_id"]), ("token", one[1]["token"])]),
        "clicksend": Dialogue([("username", ""), ("username", click[0]["username"]), ("api_key", click[1]["api_key"])]),
        "infobip": Dialogue([("api_key", bip[1]["api_key"])]),
        "instagram": Dialogue(
            [
                ("account_id", ig[0]["account_id"]),
                ("access_token", "with a space"),
                ("access_token", ig[1]["access_token"]),
                ("app_secret", ig[1]["app_secret"]),
                ("instagram_app_secret", ""),
                ("verify_token", ""),
            ],
            ["--no-login"],
        ),
    }


DIALOGUES = dialogues()


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_person_is_asked(redis: redis_client.Redis, name: str) -> None:
    """Each question with where to find its answer, secrets unseen; it ends READY and says what is next."""
    provider, talk = PROVIDERS[name], DIALOGUES[name]
    pipeline = build(redis, api_keys=(KEY,))
    settings, hidden = provider.simulated("http://127.0.0.1:1")
    simulator = provider.simulator(settings=settings, secrets=hidden, post=None)
    with ferry_served(pipeline) as url, standin_served(simulator) as there:
        words = ["connect", provider.title, "--url", url, "--set", f"base_url={there}", *talk.typed]
        with Terminal(words, {"FERRY_KEY": KEY}, person=True) as terminal:
            terminal.until("Its name here")
            terminal.line("shop")
            for question, answer in talk.asked:
                before = terminal.until(f"{question} (")
                terminal.until("): ")
                terminal.line(answer)
                if question in provider.secrets().fields and answer:
                    assert len(before.split()) > 3 or "space" in before, before
            assert 0 == terminal.ended(), terminal.output

    stored = provision.get(pipeline.core, "shop")
    assert "READY" == stored.state
    for question, answer in talk.asked:
        if answer and answer != "with a space":
            assert answer == stored.secrets.get(question, stored.settings.get(question))
    assert not [
        secret for name, secret in stored.secrets.items() if name != "verify_token" and secret in terminal.output
    ]
    assert "shop is READY.  Next: ferry events tail --connection shop" in terminal.output
    assert (stored.webhook_url(pipeline.core.settings.public_url) in terminal.output) is True
    assert bool(provider.paste) is ("Paste the webhook's URL into" in terminal.output)
    if "verify_token" in [question for question, _ in talk.asked]:
        assert stored.secrets["verify_token"] in terminal.output


@pytest.mark.parametrize("typed_words", ["connect 1msg --key shop", "connection reconnect shop"])
def test_a_connection_is_mended(redis: redis_client.Redis, typed_words: str) -> None:
    """The same command again: settings stand, Enter keeps a secret, a new one is laid over; no second connection."""
    provider = find("1msg")
    pipeline = build(redis, api_keys=(KEY,))
    settings, hidden = provider.simulated("http://127.0.0.1:1")
    simulator = provider.simulator(settings=settings, secrets=hidden, post=None)
    with ferry_served(pipeline) as url, standin_served(simulator) as there:
        made = provision.create(
            pipeline.core, "1msg", "shop", {**settings, "base_url": there}, {"token": "wrong-wrong"}
        )
        assert "CLIENT_ACTION_REQUIRED" == provision.check(pipeline.core, made).state
        words = [*typed_words.split(), "--url", url]
        for typed, code in (("", 4), (hidden["token"], 0)):
            with Terminal(words, {"FERRY_KEY": KEY}, person=True) as terminal:
                terminal.until("token (Enter keeps …): ")
                terminal.line(typed)
                assert code == terminal.ended(), terminal.output

    assert ["shop"] == [one.id for one in pipeline.core.connections.all()]


NOBODY = {
    # provider: what to type where nobody can be asked
    "1msg": "Try: ferry connection ensure 1msg --key 1msg --set channel_id=… --secret token=@TOKEN",
    "clicksend": "Try: ferry connection ensure clicksend --key clicksend --set username=… --secret api_key=@API_KEY",
    "instagram": (
        "Try: ferry connect instagram --key instagram --set app_id=… --secret app_secret=@APP_SECRET "
        "--secret instagram_app_secret=@INSTAGRAM_APP_SECRET --secret verify_token=@VERIFY_TOKEN"
    ),
}


@pytest.mark.parametrize("provider", NOBODY)
def test_nobody_is_asked_off_a_terminal(ferry: Ferry, provider: str) -> None:
    """The whole line to type instead, secrets by the variables they are in; nothing is made."""
    there = Script({("GET", f"/v1/connections/{provider}"): NONE})

    done = ferry("connect", provider, "--url", "http://f.invalid", transport=there.transport)

    assert 2 == done.exit_code
    assert NOBODY[provider] in done.stderr
    assert "" == done.stdout
    assert ["GET"] == [one.method for one in there.asked]


def test_the_line_for_a_login_names_the_one_without(ferry: Ferry) -> None:
    """Whoever has a token needs no browser."""
    there = Script({("GET", "/v1/connections/ig"): NONE})

    done = ferry("connect", "instagram", "--key", "ig", "--url", "http://f.invalid", transport=there.transport)

    line = "`ferry connection ensure instagram --key ig --set account_id=… --secret access_token=@ACCESS_TOKEN`"
    assert line in done.stderr


def test_all_that_is_told_needs_no_terminal(ferry: Ferry) -> None:
    """As `ensure` does, with the end that tells what is next."""
    shop = {
        "id": "shop",
        "provider": "clicksend",
        "state": "READY",
        "webhook_url": "https://ferry.example.com/webhooks/shop/x",
        "warnings": [{"text": "the token ends soon"}],
    }
    there = Script({("GET", "/v1/connections/shop"): NONE, ("PUT", "/v1/connections/shop"): (200, shop)})
    words = "connect clicksend --key shop --label Shop --set username=ada --secret api_key=@K --url http://f.invalid"

    done = ferry(*words.split(), transport=there.transport, K="a-key-of-clicksend")

    assert 0 == done.exit_code, done.output
    assert b'"label":"Shop"' in there.asked[1].content.replace(b" ", b"")
    assert "state\tREADY" in done.stdout
    assert "the token ends soon" in done.stderr


@pytest.mark.parametrize("word", ["colour=red", "login_type=pigeon", "use_appsecret_proof=perhaps"])
def test_a_wrong_word_is_found_before_anybody_logs_in(ferry: Ferry, word: str) -> None:
    """What has another name, or is no answer by the schema's own words; nothing is made."""
    there = Script({("GET", "/v1/connections/ig"): NONE})
    words = ["connect", "instagram", "--key", "ig", "--set", "app_id=990000000000001", "--set", word]

    done = ferry(*words, "--url", "http://f.invalid", transport=there.transport)

    assert 2 == done.exit_code
    assert f"settings.{word.partition('=')[0]}" in done.stderr
    assert ["GET"] == [one.method for one in there.asked]


def test_another_providers_name_is_refused(ferry: Ferry) -> None:
    """Nothing is laid over it."""
    there = Script({("GET", "/v1/connections/shop"): (200, {"id": "shop", "provider": "1msg"})})

    done = ferry("connect", "clicksend", "--key", "shop", "--url", "http://f.invalid", transport=there.transport)

    assert (2, 1) == (done.exit_code, len(there.asked))
    assert "is of 1msg, not of clicksend" in done.stderr


def test_a_person_is_needed(ferry: Ferry) -> None:
    """A connection that wants a login says the command for one."""
    action = {"type": "connect", "description": "log in again"}
    shop = {"id": "s", "provider": "instagram", "state": "CLIENT_ACTION_REQUIRED", "clientAction": action}
    there = Script({("POST", "/v1/connections/s/check"): (200, shop)})

    done = ferry("connection", "check", "s", "--url", "http://f.invalid", transport=there.transport)

    assert 4 == done.exit_code
    assert "Try: ferry connect instagram --key s" in done.stderr


# Which questions, and how they are asked ----------------------------------------------------------------------------


def names(
    provider: str, said: dict[str, str], kept: dict[str, str] | None = None, *, everything: bool = False
) -> list[str]:
    """The names of what is asked, without a login."""
    return [one.name for one in questions(find(provider), said, kept or {}, everything=everything)]


def test_questions_hang_on_each_other() -> None:
    """A kind of credentials asks for its own; what Ferry writes itself is never asked for."""
    assert ["base_url", "api_key"] == names("infobip", {})
    assert ["base_url", "username", "password"] == names("infobip", {"auth": "basic"})
    assert ["base_url", "client_id", "client_secret"] == names("infobip", {"auth": "oauth2"})
    assert "page_id" not in names("instagram", {})
    assert "page_id" in names("instagram", {"login_type": "facebook_login"})
    assert "instagram_app_secret" not in names("instagram", {"login_type": "facebook_login"})
    everything = names("infobip", {}, everything=True)
    assert {"sms_sender", "webhook_hmac_key"} <= set(everything)
    assert not {"token_expires_at", "access_token", "client_id"} & set(everything)


def test_what_stands_is_not_asked_again() -> None:
    """Settings stay; secrets are asked for, as they may be what is wrong."""
    kept = {"username": "ada", "api_key": "…0001"}

    assert ["api_key"] == names("clicksend", {}, kept)
    assert {"username", "sender", "api_key"} <= set(names("clicksend", {}, kept, everything=True))


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_every_question_says_where_to_find_its_answer(provider: object) -> None:
    """And none of them hangs on a setting that is not there."""
    found = next(one for one in PROVIDERS.values() if one is provider)
    for one in questions(found, {}, {}, everything=True):
        assert one.field.metadata.get("description"), one.name
    settings = found.settings().fields
    for schema in (found.settings, found.secrets):
        for answer in schema().fields.values():
            ask = answer.metadata.get("ask")
            assert not isinstance(ask, dict) or ask.keys() <= settings.keys()


class Person:
    """Answers in order, and remembers what was said and which answers were typed unseen."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.said: list[str] = []
        self.unseen: list[bool] = []
        self.asker = Asker(self.read, self.said.append)

    def read(self, prompt: str, hidden: bool) -> str:  # noqa: FBT001
        self.said.append(prompt)
        self.unseen.append(hidden)
        return self.answers.pop(0)


def question(provider: str, name: str, *, kept: str = "", required: bool = False) -> Question:
    """One of a provider's."""
    chosen = find(provider)
    part = "settings" if name in chosen.settings().fields else "secrets"
    schema = chosen.settings if part == "settings" else chosen.secrets
    found = schema().fields[name]
    return Question(part, name, found, found.required or required, kept)


def test_an_answer_is_asked_for_until_it_fits() -> None:
    """With the schema's own words about what is wrong."""
    person = Person("", "9", "x", "3")

    assert "3" == person.asker.ask(question("clicksend", "max_parts", required=True))
    assert "There is no connection without it." in person.said
    assert any("between 1 and 8" in words or "less than or equal to 8" in words for words in person.said)
    assert [False] * 4 == person.unseen


ANSWERS: dict[str, tuple[Question, str, object]] = {
    "nothing, which is allowed": (question("clicksend", "sender"), "", None),
    "nothing, and the old one stands": (question("clicksend", "api_key", kept="…0001"), "", None),
    "a list": (question("instagram", "subscribed_fields"), "messages, comments,", ["messages", "comments"]),
    "white space around": (question("clicksend", "sender"), " Bistro ", "Bistro"),
    "yes": (question("instagram", "any_reaction"), "true", "true"),
}


@pytest.mark.parametrize(("asked", "word", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_answers(asked: Question, word: str, answer: object) -> None:
    """As the API takes them."""
    assert answer == Person(word).asker.ask(asked)


def test_a_random_one_is_made_up() -> None:
    """Another each time; a secret is typed unseen."""
    first, second = (Person(""), Person(""))
    made = {one.asker.ask(question("instagram", "verify_token")) for one in (first, second)}

    assert (2, [True]) == (len(made), first.unseen)
    assert "mine" == Person("mine").asker.ask(question("instagram", "verify_token"))


def test_what_enter_does_is_said() -> None:
    """Before one presses it."""
    told = [
        question("instagram", "api_version").without(),
        question("clicksend", "sender").without(),
        question("clicksend", "api_key").without(),
        question("clicksend", "api_key", kept="…0001").without(),
    ]

    assert ["Enter takes v25.0", "Enter leaves it out", "needed", "Enter keeps …0001"] == told


def test_one_of_several_is_chosen() -> None:
    """By its number, asked for until it is one."""
    person = Person("0", "3", "x", "2")

    assert 1 == person.asker.choose("Which account", ["a", "b"])
    assert ["  1  a", "  2  b"] == person.said[:2]
