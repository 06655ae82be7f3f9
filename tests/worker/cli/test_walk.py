"""The login of `ferry connect`, whole: consent page, callback, tokens, READY; over real HTTP on loopback."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import redis as redis_client

from connectors.connection import Connection
from connectors.instagram.simulator import InstagramSimulator
from connectors.provider import Grant, Login
from connectors.registry import find
from tests.connectors.instagram.accounts import ACCOUNT, PAGE, standin_words
from tests.worker.cli.served import KEY, Terminal, ferry_served, standin_served
from tests.worker.pipeline import Pipeline, build
from worker import provision, tokens
from worker.cli.callback import Callback
from worker.cli.connect import granted
from worker.cli.failing import Failure
from worker.cli.questions import Asker
from worker.cli.walk import Way, walk

APP = "990000000000001"


@dataclass
class Stand:
    """Ferry and Instagram's stand-in, each with its address."""

    ferry: Pipeline
    url: str
    simulator: InstagramSimulator
    there: str

    def words(self, *more: str) -> list[str]:
        """A command line that leaves nothing to ask."""
        kind = str(self.simulator.settings["login_type"])
        told = [f"base_url={self.there}", f"login_type={kind}", f"app_id={APP}"]
        secrets = [f"{name}=@{name.upper()}" for name in ("app_secret", "instagram_app_secret", "verify_token")]
        options = [word for one in told for word in ("--set", one)] + [w for one in secrets for w in ("--secret", one)]
        fixed = ["connect", "instagram", "--key", "shop", "--url", self.url, "--no-browser", "--port", "0"]
        return [*fixed, *options, *more]

    def run(self, *more: str) -> Terminal:
        """The command, with nobody at its terminal and the secrets in variables."""
        variables = {name.upper(): value for name, value in self.simulator.secrets.items()}
        return Terminal(self.words(*more), {**variables, "FERRY_KEY": KEY}, person=False)

    def dashboard(self, **words: Any) -> None:
        """PUT /_sim/webhook."""
        httpx.put(f"{self.there}/_sim/webhook", json=words, trust_env=False).raise_for_status()


@contextlib.contextmanager
def standing(redis: redis_client.Redis, kind: str) -> Iterator[Stand]:
    """All of it."""
    settings, secrets = standin_words(kind, "http://127.0.0.1:1")
    simulator = InstagramSimulator(settings, secrets)
    ferry = build(redis, api_keys=(KEY,))
    with ferry_served(ferry) as url, standin_served(simulator) as there:
        yield Stand(ferry, url, simulator, there)


def address(terminal: Terminal) -> str:
    """The address of the login that it printed."""
    told = terminal.until("/oauth/authorize") + terminal.until("\n")
    found = re.search(r"http://\S+/oauth/authorize\S+", told)
    assert found, told
    return found[0]


def consents(url: str) -> str:
    """A person with a browser who opens this address and agrees: where the consent page sends them."""
    return str(httpx.get(url, trust_env=False).headers["location"])


def comes_back(url: str) -> httpx.Response:
    """The browser at our page."""
    return httpx.get(url.removesuffix("#_"), trust_env=False)


@pytest.mark.parametrize("kind", ["instagram_login", "facebook_login"])
def test_a_login_ends_ready(redis: redis_client.Redis, kind: str) -> None:
    """The account found by itself, a token that lasts with its dates, webhooks subscribed; no secret was printed."""
    with standing(redis, kind) as stand, stand.run() as terminal:
        page = comes_back(consents(address(terminal)))
        code = terminal.ended()

    assert (0, 200) == (code, page.status_code), terminal.output
    assert "Ferry goes on in the terminal" in page.text
    stored = provision.get(stand.ferry.core, "shop")
    assert ("READY", ACCOUNT) == (stored.state, stored.settings["account_id"])
    assert stand.simulator.memory.subscribed
    assert stored.secrets["access_token"] in stand.simulator.tokens
    if kind == "facebook_login":
        assert PAGE == stored.settings["page_id"]
        assert not {"token_issued_at", "token_expires_at"} & stored.settings.keys()
    else:
        life = [datetime.fromisoformat(stored.settings[name]) for name in ("token_issued_at", "token_expires_at")]
        assert timedelta(days=60) == life[1] - life[0]
        assert stored.secrets["access_token"] != stand.simulator.secrets["access_token"]
    assert [] == [value for value in stored.secrets.values() if value in terminal.output]
    assert f"Paste the webhook's URL into {find('instagram').paste}" in terminal.output
    assert "shop is READY" in terminal.output


def test_a_dead_token_is_replaced_by_a_new_login(redis: redis_client.Redis) -> None:
    """The same connection, and its settings: only the app's secret is needed again, as nobody can read it back."""
    with standing(redis, "instagram_login") as stand:
        settings = {**stand.simulator.settings, "base_url": stand.there, "app_id": APP}
        past = {"token_expires_at": "2026-01-01T00:00:00Z"}
        hidden = {**stand.simulator.secrets, "access_token": "IGAA-dead-token-0001"}
        made = provision.create(stand.ferry.core, "instagram", "shop", {**settings, **past}, hidden)
        assert "CLIENT_ACTION_REQUIRED" == provision.check(stand.ferry.core, made).state
        secret = stand.simulator.secrets["instagram_app_secret"]
        words = ["connect", "instagram", "--key", "shop", "--url", stand.url, "--no-browser", "--port", "0"]
        with Terminal(
            [*words, "--secret", "instagram_app_secret=@S"], {"FERRY_KEY": KEY, "S": secret}, person=False
        ) as it:
            comes_back(consents(address(it)))
            assert 0 == it.ended(), it.output

        stored = provision.get(stand.ferry.core, "shop")
        stand.simulator.memory.clock = lambda: datetime.now(UTC).timestamp() + 2 * 86_400
        renewed = tokens.renew(stand.ferry.core, stored)

    assert ("READY", "paste-webhook") == (stored.state, (stored.action or {}).get("type"))
    assert datetime.fromisoformat(stored.settings["token_expires_at"]) > datetime.now(UTC)
    assert made.secrets["verify_token"] == stored.secrets["verify_token"]
    assert ["shop"] == [one.id for one in stand.ferry.core.connections.all()]
    assert renewed.secrets["access_token"] not in {stored.secrets["access_token"], "IGAA-dead-token-0001"}


def denied(stand: Stand, terminal: Terminal) -> httpx.Response:
    """The person says no."""
    stand.dashboard(consent="deny")
    return comes_back(consents(address(terminal)))


def strange(stand: Stand, terminal: Terminal) -> httpx.Response:
    """Another page sends the browser to us, with a code of its own."""
    came = httpx.URL(consents(address(terminal)))
    return comes_back(str(came.copy_set_param("state", "another").copy_with(fragment=None)))


def late(stand: Stand, terminal: Terminal) -> httpx.Response:
    """The browser comes back an hour after the consent."""
    came = consents(address(terminal))
    before = stand.simulator.memory.clock
    stand.simulator.memory.clock = lambda: before() + 3600
    return comes_back(came)


def used(stand: Stand, terminal: Terminal) -> httpx.Response:
    """Somebody was faster with the code."""
    came = consents(address(terminal))
    stand.simulator.bureau.used.add(httpx.URL(came).params["code"])
    return comes_back(came)


WRONG: dict[str, tuple[Callable[[Stand, Terminal], httpx.Response], int, int, str]] = {
    # what happens: how the page answers, the exit code, a sentence
    "denied": (denied, 400, 5, "the login was not finished: The user denied your request"),
    "a wrong state": (strange, 400, 1, "the answer belongs to another login"),
    "an expired code": (late, 200, 5, "has expired"),
    "a used code": (used, 200, 5, "has been used"),
}


@pytest.mark.parametrize(("happens", "page", "code", "told"), WRONG.values(), ids=WRONG)
def test_what_goes_wrong_is_told(
    redis: redis_client.Redis, happens: Callable[[Stand, Terminal], httpx.Response], page: int, code: int, told: str
) -> None:
    """In a sentence, with the command to type; no connection is made, no secret printed."""
    with standing(redis, "instagram_login") as stand, stand.run() as terminal:
        found = happens(stand, terminal)
        ended = terminal.ended()

    assert (page, code) == (found.status_code, ended), terminal.output
    assert told in terminal.output
    assert "ferry connect instagram --key shop" in terminal.output
    assert [] == stand.ferry.core.connections.all()
    assert [] == [value for value in stand.simulator.secrets.values() if value in terminal.output + found.text]


def test_nobody_comes_back(redis: redis_client.Redis) -> None:
    """It ends by itself, with the exit code of what took too long."""
    with standing(redis, "instagram_login") as stand, stand.run("--timeout", "0.2") as terminal:
        assert 7 == terminal.ended(), terminal.output

    assert "nobody came back from the login" in terminal.output


# The page on this machine -------------------------------------------------------------------------------------------


def test_the_page_hears_one_answer() -> None:
    """An icon is not here, a connection that says nothing holds nobody up, and there is no second answer."""
    with Callback(0, "/callback", lambda came: "") as page, socket.create_connection(("127.0.0.1", page.port)):
        here = f"http://127.0.0.1:{page.port}"
        asked = [
            httpx.get(f"{here}{path}", trust_env=False)
            for path in ("/favicon.ico", "/callback?code=1", "/callback?code=2")
        ]
        came = page.wait(10)

    assert [404, 200, 410] == [one.status_code for one in asked]
    assert f"http://localhost:{page.port}/callback?code=1" == came
    assert ("no-store", "no-referrer") == (asked[1].headers["cache-control"], asked[1].headers["referrer-policy"])
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{here}/callback", trust_env=False)


def test_the_page_repeats_nothing_as_code() -> None:
    """What the provider says of a refusal is text."""
    with Callback(0, "/callback", lambda came: "<script>alert(1)</script>") as page:
        told = httpx.get(f"http://127.0.0.1:{page.port}/callback", trust_env=False)

    assert (400, False) == (told.status_code, "<script>" in told.text)


# Any provider's login -----------------------------------------------------------------------------------------------

SHOP = Connection("shop", "pigeon", {}, {"secret": "the-apps-own-secret"})


def accounts(*names: str) -> Login:
    """A login that gives these accounts to whoever comes back with a code."""
    return Login(
        needs=lambda settings: (),
        gives=frozenset({"access_token"}),
        address=lambda connection, redirect, state: f"{redirect}?code=c&state={state}",
        code=lambda came, state: httpx.URL(came).params["code"],
        grants=lambda connection, redirect, code, send, now: [
            Grant(f"shop {name}", name, {"access_token": f"{code}-{name}-{redirect}"}) for name in names
        ],
    )


def browser(url: str) -> None:
    """Follows the address by itself, later, as a browser does."""
    threading.Thread(target=lambda: httpx.get(url, trust_env=False), daemon=True).start()


def test_the_browser_is_opened() -> None:
    """And comes back to the very address that the code is exchanged with."""
    said: list[str] = []
    (one,) = walk(find("instagram"), accounts("a"), SHOP, Way(0, browser=browser, seconds=20), said.append, None)

    redirect = re.search(r"http://localhost:\d+/callback", said[0])
    assert redirect
    assert f"c-a-{redirect[0]}" == one.changes["access_token"]


def test_an_address_of_the_apps_own_on_this_machine(unused_port: int) -> None:
    """Is listened at as it was said."""
    own = f"http://127.0.0.1:{unused_port}/meta/back"
    way = Way(redirect_uri=own, browser=browser, seconds=20)
    (one,) = walk(find("instagram"), accounts("a"), SHOP, way, lambda words: None, None)

    assert f"c-a-{own}" == one.changes["access_token"]


def test_an_address_elsewhere_is_pasted() -> None:
    """Where an app takes https addresses only, the person brings back where they ended; without one there is no way."""
    way = Way(redirect_uri="https://shop.example/back", browser=None)
    asker = Asker(lambda prompt, hidden: " https://shop.example/back?code=pasted&state=x \n", lambda words: None)
    (one,) = walk(find("instagram"), accounts("a"), SHOP, way, lambda words: None, asker)

    assert "pasted-a-https://shop.example/back" == one.changes["access_token"]
    with pytest.raises(Failure, match="no terminal"):
        walk(find("instagram"), accounts("a"), SHOP, way, lambda words: None, None)


def test_a_busy_port() -> None:
    """Another one is offered."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Failure, match=f"port {port} is taken") as problem:
            walk(find("instagram"), accounts("a"), SHOP, Way(port, browser=None), lambda words: None, None)

    assert f"ferry connect instagram --key shop --port {port + 1}" == problem.value.following


def chosen(login: Login, *, account: str | None = None, had: Any = None, answer: str | None = None) -> Grant:
    """The one that is taken."""
    told: dict[str, dict[str, Any]] = {"settings": {}, "secrets": {}}
    asker = None if answer is None else Asker(lambda prompt, hidden: str(answer), lambda words: None)
    way = Way(0, browser=browser, seconds=20)
    return granted(find("instagram"), login, "shop", told, had, account, way, asker)


def test_one_of_several_accounts() -> None:
    """The connection's own, the one that is named, or the one a person picks; never just the first."""
    assert "b" == chosen(accounts("a", "b"), account="b").account
    assert "b" == chosen(accounts("a", "b"), had={"settings": {"account_id": "b"}}).account
    assert "b" == chosen(accounts("a", "b"), answer="2").account
    with pytest.raises(Failure, match="several accounts: shop a, shop b") as several:
        chosen(accounts("a", "b"))
    with pytest.raises(Failure, match="shop is for account c, and the login was for shop a"):
        chosen(accounts("a"), had={"settings": {"account_id": "c"}})

    assert several.value.following.endswith("--account a")
