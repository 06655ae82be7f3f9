"""The invented accounts of these tests, one for each login flavour, and a stand-in to talk to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.action import Call, Outcome
from connectors.client import asking, perform
from connectors.connection import Connection
from connectors.instagram import PROVIDER
from connectors.instagram.simulator import InstagramSimulator
from connectors.provider import Ask

ACCOUNT = "17841400000000001"
PAGE = "100000000000077"
CUSTOMER = "900000000000001"
MID = "aWdfTUlEXzAwMDE"
APP_SECRET = "test_app_secret_0001"
IG_APP_SECRET = "test_ig_app_secret_0002"
VERIFY = "test_verify_token_0003"

INSTAGRAM = Connection(
    "shop-ig",
    "instagram",
    {"login_type": "instagram_login", "account_id": ACCOUNT},
    {
        "access_token": "IGAAtesttoken0001",
        "app_secret": APP_SECRET,
        "instagram_app_secret": IG_APP_SECRET,
        "verify_token": VERIFY,
    },
)
FACEBOOK = Connection(
    "shop-fb",
    "instagram",
    {"login_type": "facebook_login", "account_id": ACCOUNT, "page_id": PAGE},
    {"access_token": "EAAtesttoken0001", "app_secret": APP_SECRET, "verify_token": VERIFY},
)
BOTH = {"instagram_login": INSTAGRAM, "facebook_login": FACEBOOK}


def standin_words(login: str, base_url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets of a stand-in of a flavour."""
    settings, secrets = PROVIDER.simulated(base_url)
    if login == "facebook_login":
        settings |= {"login_type": login, "page_id": PAGE}
        secrets |= {"access_token": "EAA-simulated-token-0001"}
    return settings, secrets


@dataclass(frozen=True)
class Standin:
    """A simulator, where it is served, and a client."""

    simulator: InstagramSimulator
    url: str
    client: httpx.Client

    def connection(self, **settings: Any) -> Connection:
        """A connection to it."""
        words = {**self.simulator.settings, "base_url": self.url, **settings}
        return Connection("sim", "instagram", words, dict(self.simulator.secrets))

    def run(self, action: str, given: Mapping[str, Any], **settings: Any) -> Outcome:
        """One action, whole, over the socket."""
        return perform(PROVIDER, PROVIDER.actions[action], Call(self.connection(**settings), given, "ref"), self.client)

    def ask(self, **settings: Any) -> Ask:
        """The actions as a plain function."""
        return asking(PROVIDER, self.connection(**settings), self.client)

    def set_up(self, **words: Any) -> None:
        """The dashboard's words."""
        assert self.client.put(f"{self.url}/_sim/webhook", json=words).is_success
