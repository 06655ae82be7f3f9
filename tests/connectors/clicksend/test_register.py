"""Two rules make ClickSend call us: made once, mended when changed, looked at afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.clicksend import PROVIDER
from connectors.clicksend.standin import rules
from connectors.connection import Connection
from connectors.errors import InvalidCall, Reason, Rejected
from tests.connectors.clicksend.conftest import API_KEY, WEBHOOK, Desk


def standing(desk: Desk) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rules ClickSend holds: inbound and receipt."""
    memory = desk.sim.memory
    return list(memory.kind(rules.INBOUND).values()), list(memory.kind(rules.RECEIPTS + "sms").values())


def register(desk: Desk, connection: Connection | None = None) -> None:
    """As `ferry connection ensure` does."""
    assert PROVIDER.register is not None
    PROVIDER.register(connection or desk.connection, desk.ask)


def test_register_makes_both_rules_once(desk: Desk) -> None:
    """However often it is called, there is one rule of each kind: a second would double every event."""
    for _ in range(3):
        register(desk)

    inbound, receipt = standing(desk)
    assert [("URL", f"{WEBHOOK}/inbound", "*", "json", 1)] == [
        (one["action"], one["action_address"], one["dedicated_number"], one["webhook_type"], one["enabled"])
        for one in inbound
    ]
    assert [("URL", f"{WEBHOOK}/receipt", 0, 1)] == [
        (one["action"], one["action_address"], one["match_type"], one["enabled"]) for one in receipt
    ]


@pytest.mark.parametrize(
    "change",
    [{"enabled": 0}, {"webhook_type": "post"}, {"message_search_type": 1}, {"dedicated_number": "+61491570006"}],
    ids=lambda change: next(iter(change)),
)
def test_register_mends_a_rule_somebody_changed(desk: Desk, change: Mapping[str, Any]) -> None:
    """A rule of ours that no longer does what it should is put right in its place."""
    register(desk)
    changed = standing(desk)[0][0]
    before = dict(changed)
    changed.update(change)

    register(desk)

    assert [before] == standing(desk)[0]


def test_register_moves_the_rules_to_a_new_secret(desk: Desk, connection: Connection) -> None:
    """After a rotation the same rules push to the new URL; none is left at the old one."""
    register(desk)
    moved = Connection(connection.id, "clicksend", connection.settings, connection.secrets, f"{WEBHOOK}2")

    register(desk, moved)

    inbound, receipt = standing(desk)
    assert [f"{WEBHOOK}2/inbound"] == [one["action_address"] for one in inbound]
    assert [f"{WEBHOOK}2/receipt"] == [one["action_address"] for one in receipt]


def test_register_leaves_other_peoples_rules(desk: Desk) -> None:
    """What other integrations set up stays as it is."""
    desk.run("create-inbound-rule", {"name": "desk mail", "do": "EMAIL_USER"})

    register(desk)

    assert ["EMAIL_USER", "URL"] == [one["action"] for one in standing(desk)[0]]


def test_register_says_when_ten_rules_come_first(desk: Desk) -> None:
    """ClickSend fires ten rules a text, the oldest first: an eleventh would wait for ever in silence."""
    for number in range(10):
        desk.run("create-inbound-rule", {"name": f"rule {number}", "do": "NONE"})

    with pytest.raises(Rejected, match="10 older inbound rules") as told:
        register(desk)
    assert Reason.POLICY == told.value.reason


def test_register_needs_a_url(desk: Desk) -> None:
    """Nothing is asked of ClickSend when there is no address to give."""
    with pytest.raises(InvalidCall):
        register(desk, Connection("c", "clicksend", {}, {}))
    assert [] == desk.sim.requests()


def test_rules_never_show_where_they_push_to(desk: Desk) -> None:
    """The URL of a push is a credential: what is handed on shows its host and end alone."""
    register(desk)

    told = desk.run("list-inbound-rules", {}).output

    assert "9d0KxSecretPath" not in repr(told)
    assert "https://hooks.example.net/…/inbound" == told["items"][0]["address"]


def test_check_reads_the_account_and_hides_its_key(desk: Desk) -> None:
    """ClickSend's answer holds the API key; ours does not."""
    assert PROVIDER.check is not None
    PROVIDER.check(desk.connection, desk.ask)

    assert API_KEY in repr(desk.sim.requests()[-1]["answer"])
    assert API_KEY not in repr(desk.run("get-account", {}).output)


@pytest.mark.parametrize("username", ["banned", "notactive"])
def test_check_tells_an_account_in_trouble(username: str) -> None:
    """Good credentials of an account that may not send are told before the first message."""
    connection = Connection("con_cs", "clicksend", {"username": username}, {"api_key": API_KEY}, WEBHOOK)
    desk = Desk(connection)

    with pytest.raises(Rejected) as told:
        PROVIDER.check(connection, desk.ask)  # type: ignore[misc]
    assert Reason.AUTH == told.value.reason
    desk.client.close()
