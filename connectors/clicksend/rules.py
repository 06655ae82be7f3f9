"""Making ClickSend call us: two automation rules of ours, found again by address or name (page 4.1, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.action import Ask
from connectors.clicksend.schemas_account import fingerprint
from connectors.connection import Connection
from connectors.errors import InvalidCall, Reason, Rejected

FIRED = 10  # matching inbound rules that fire for one text, in order of creation
PAGES = 50  # of 100 rules each: more is a list that does not end


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule as it should stand; `kind` is the word in the actions' keys, `hook` the last segment of its URL."""

    kind: str
    hook: str
    extra: Mapping[str, Any]


def check(connection: Connection, ask: Ask) -> None:
    """Proves the username and key, and that the account may send.  Spends nothing."""
    del connection
    told = ask("get-account", {})
    if told.get("banned"):
        raise Rejected("ClickSend has banned this account", reason=Reason.AUTH, code="banned")
    if told.get("active") is False:
        raise Rejected("this account is not activated yet", reason=Reason.AUTH, code="ACCOUNT_NOT_ACTIVATED")


def register(connection: Connection, ask: Ask) -> None:
    """
    Creates or mends the rules that push texts and receipts to us, and looks whether they stand.

    A rule is ours by its address, or by its name when the secret in the address was changed.
    raises: InvalidCall without a webhook URL; Rejected when ours would not fire; what the calls raise
    """
    if not connection.webhook_url:
        raise InvalidCall("the connection has no webhook URL to register", fields={"webhook_url": ["is missing"]})
    encoding = connection.setting("webhook_type", "json")
    for wanted in (Wanted("inbound", "inbound", {"encoding": encoding}), Wanted("receipt", "receipt", {})):
        _ensure(wanted, connection, ask)


def unregister(connection: Connection, ask: Ask) -> None:
    """Deletes the rules that are ours, by their address or their name, and no others."""
    for kind in ("inbound", "receipt"):
        address, name = _address(connection, kind), _name(connection, kind)
        for rule in list(_rules(kind, ask)):
            if _pushes_to(rule, address) or rule.get("name") == name:
                ask(f"delete-{kind}-rule", {"rule_id": rule.get("rule_id")})


def _address(connection: Connection, hook: str) -> str:
    return f"{str(connection.webhook_url).rstrip('/')}/{hook}"


def _name(connection: Connection, hook: str) -> str:
    return f"ferry {connection.id} {hook}"


def _ensure(wanted: Wanted, connection: Connection, ask: Ask) -> None:
    address, name = _address(connection, wanted.hook), _name(connection, wanted.hook)
    rule = {"name": name, "do": "URL", "address": address, **wanted.extra}
    rules = list(_rules(wanted.kind, ask))
    mine = [one for one in rules if _pushes_to(one, address)] or [one for one in rules if one.get("name") == name]
    if not mine:
        ask(f"create-{wanted.kind}-rule", rule)
    elif not _stands(mine[0], address, wanted):
        ask(f"update-{wanted.kind}-rule", {"rule_id": mine[0].get("rule_id"), **rule})
    else:
        _must_fire(mine[0], rules, wanted)
        return
    rules = list(_rules(wanted.kind, ask))
    standing = [one for one in rules if _stands(one, address, wanted)]
    if not standing:
        told = f"ClickSend took the {wanted.kind} rule and does not list it as it should be"
        raise Rejected(told, reason=Reason.OTHER)
    _must_fire(standing[0], rules, wanted)


def _pushes_to(rule: Mapping[str, Any], address: str) -> bool:
    return rule.get("do") == "URL" and rule.get("fingerprint") == fingerprint(address)


def _stands(rule: Mapping[str, Any], address: str, wanted: Wanted) -> bool:
    right = _pushes_to(rule, address) and rule.get("enabled") is True and rule.get("match") in (0, None)
    if wanted.kind == "inbound":
        return right and rule.get("number") == "*" and rule.get("encoding") == wanted.extra["encoding"]
    return right


def _must_fire(rule: Mapping[str, Any], rules: list[Mapping[str, Any]], wanted: Wanted) -> None:
    """Ten rules made before ours may take every text, and ours would never fire."""
    if wanted.kind != "inbound":
        return
    mine = rule.get("rule_id") or 0
    before = [one for one in rules if one.get("enabled") and one.get("match") == 0 and (one.get("rule_id") or 0) < mine]
    if len(before) >= FIRED:
        told = f"{len(before)} older inbound rules match first and ClickSend fires {FIRED}: delete some of them"
        raise Rejected(told, reason=Reason.POLICY)


def _rules(kind: str, ask: Ask) -> Iterator[Mapping[str, Any]]:
    cursor: Any = None
    for _ in range(PAGES):
        page = ask(f"list-{kind}-rules", {} if cursor is None else {"cursor": cursor})
        yield from page.get("items") or ()
        cursor = page.get("cursor")
        if cursor is None:
            return
