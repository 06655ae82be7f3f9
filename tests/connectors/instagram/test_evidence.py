"""Proof that a text arrived whose answer never came: positive evidence, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.action import Part
from connectors.errors import OutcomeUnknown
from connectors.instagram import PROVIDER
from connectors.provider import UnknownCall
from tests.connectors.instagram.accounts import CUSTOMER, INSTAGRAM, Standin

LEFT = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)


def unknown(action: str = "send-text-message", **given: Any) -> UnknownCall:
    """A call that left and was not answered."""
    return UnknownCall(INSTAGRAM, PROVIDER.actions[action], {"to": CUSTOMER, "text": "hello", **given}, "r", LEFT)


def row(seconds: float, text: str = "hello", direction: str | None = "outbound", mid: str = "m1") -> dict[str, Any]:
    """A message of the thread, so many seconds after leaving."""
    at = (LEFT + timedelta(seconds=seconds)).isoformat()
    return {"message_id": mid, "text": text, "direction": direction, "created_at": at}


def prove(call: UnknownCall, rows: list[dict[str, Any]], threads: int = 1) -> str | None:
    """The message id that is proven."""
    assert PROVIDER.prove is not None

    def ask(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if key == "list-conversations":
            assert given["to"] == CUSTOMER
            return {"items": [{"conversation_id": "t1"}] * threads, "cursor": None}
        assert (key, given["conversation_id"], given["details"]) == ("get-conversation-messages", "t1", False)
        return {"items": rows, "cursor": None}

    found = PROVIDER.prove(call, ask)
    if found is None:
        return None
    assert (Part("0", "accepted", found.output["message_id"]),) == found.parts
    assert CUSTOMER == found.output["to"]
    return str(found.output["message_id"])


PROOFS: dict[str, tuple[UnknownCall, list[dict[str, Any]], str | None]] = {
    "it is there": (unknown(), [row(3, "other", mid="m2"), row(1)], "m1"),
    "their clock tells whole seconds": (unknown(), [row(-0.5)], "m1"),
    "nothing": (unknown(), [], None),
    "another text": (unknown(), [row(1, "hello ")], None),
    "the customer's own": (unknown(), [row(1, direction="inbound")], None),
    "nobody knows whose": (unknown(), [row(1, direction=None)], None),
    "an older one": (unknown(), [row(-60)], None),
    "a much later one": (unknown(), [row(3600)], None),
    "two of them": (unknown(), [row(1), row(5, mid="m2")], None),
    "no time": (unknown(), [{**row(1), "created_at": None}], None),
    "a picture": (unknown("send-image-message", text=None), [row(1)], None),
    "a private reply": (unknown("send-private-reply", to=None), [row(1)], None),
    "a sign": (unknown("mark-message-as-seen"), [row(1)], None),
}


@pytest.mark.parametrize(("call", "rows", "wanted"), PROOFS.values(), ids=PROOFS)
def test_proofs(call: UnknownCall, rows: list[dict[str, Any]], wanted: str | None) -> None:
    """Exactly one message of ours, with these words, at that time; else nothing is proven."""
    assert wanted == prove(call, rows)


def test_no_thread_proves_nothing() -> None:
    """Nobody there is no "it did not"."""
    assert prove(unknown(), [row(1)], threads=0) is None


@pytest.mark.parametrize("login", ["instagram_login", "facebook_login"])
def test_a_message_that_was_delivered_and_denied(standin: Callable[[str], Standin], login: str) -> None:
    """The stand-in delivers and answers 1/1357046: unknown, and then found in its thread under the echo's id."""
    assert PROVIDER.prove is not None
    stand = standin(login)
    given = {"to": "900000000007046", "text": "hello"}
    left = datetime.now(UTC)
    with pytest.raises(OutcomeUnknown) as problem:
        stand.run("send-text-message", given)
    call = UnknownCall(stand.connection(), PROVIDER.actions["send-text-message"], given, "r", left)
    found = PROVIDER.prove(call, stand.ask())
    (echo,) = PROVIDER.parse(stand.simulator.sent[0])

    assert "1/1357046" == problem.value.code
    assert found is not None
    assert echo.key == found.output["message_id"]
