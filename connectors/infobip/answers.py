"""
Reading an answer that was not an HTTP refusal: what a 200 hides is told apart here, where the call is known.

One refused recipient of one is a refusal; those of several are parts that failed, each for its own reason, unless all
may be submitted again; a message id we chose for this very run and Infobip has seen before was accepted at an earlier
attempt of it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.action import Action, Call, Part
from connectors.errors import ConnectorError, OutcomeUnknown, Reason, Rejected, Scope, Throttled
from connectors.infobip import addresses, batches
from connectors.infobip.schemas.replies import Done, Sent
from connectors.infobip.schemas.tfa import PinSent
from connectors.infobip.schemas.whatsapp import MediaTold
from connectors.infobip.statuses import DUPLICATE, SYSTEM_ERROR
from connectors.provider import Answer
from connectors.schema import AnyReply, made

AGAIN_AFTER = 30.0  # seconds, after REJECTED_SYSTEM_ERROR
FAILED = "failed"


def read(action: Action, call: Call, answer: Answer) -> Mapping[str, Any]:
    """
    The answer in our words.

    raises: Rejected for a send to one that was refused, Throttled for one to several that may all be submitted again
    """
    if issubclass(action.reply, AnyReply):
        return {AnyReply.KEPT: answer.data if answer.data is not None else answer.text or None}
    if issubclass(action.reply, Done):
        return {"done": True}
    if issubclass(action.reply, MediaTold):
        return _media(answer)
    data = answer.data
    if isinstance(data, list) and hasattr(action.reply, "LIST"):
        data = {action.reply.LIST: data}
    if not isinstance(data, Mapping):
        raise TypeError("no JSON object")
    output: dict[str, Any] = dict(made(action.reply).load(data))
    if issubclass(action.reply, Sent):
        _settle(call, output)
    if issubclass(action.reply, PinSent):
        _sent(output)
    return output


def _settle(call: Call, output: dict[str, Any]) -> None:
    for one in output["messages"]:
        if one["code"] == str(DUPLICATE) and one["state"] == FAILED and _ours(call, one["message_id"]):
            one.update(state="accepted", reason=None, accepted_earlier=True)
    refused = [one for one in output["messages"] if one["state"] == FAILED]
    if refused and len(refused) == len(output["messages"]):
        final = [one for one in refused if one["code"] != str(SYSTEM_ERROR)]
        if not final or not batches.several(call.input):
            raise refusal((final or refused)[0], len(refused))
    taken = next((one["message_id"] for one in output["messages"] if one["state"] != FAILED), None)
    output["message_id"] = taken or output["message_id"]


def _media(answer: Answer) -> dict[str, Any]:
    """The file, or where it is: a redirect is followed by whoever wants the file, without our credentials."""
    if answer.status >= 300:
        return {"content_type": None, "size": None, "content": None, "url": answer.headers["location"]}
    kind = answer.headers.get("content-type")
    content = base64.b64encode(answer.content).decode()
    return {"content_type": kind, "size": len(answer.content), "content": content, "url": None}


def _sent(output: Mapping[str, Any]) -> None:
    """A PIN that was not sent comes in a 200; its id is kept, for the same PIN may be sent again."""
    if output.get("sms_status") != "MESSAGE_NOT_SENT":
        return
    checked = output.get("number_status")
    unknown = checked in {"NC_DESTINATION_UNKNOWN", "NC_DESTINATION_NOT_REACHABLE"}
    raise Rejected(
        f"the PIN was not sent ({checked or 'no reason given'}); its pin_id may be sent again",
        reason=Reason.UNKNOWN_RECIPIENT if unknown else Reason.OTHER,
        code="MESSAGE_NOT_SENT",
        fields={"pin_id": output["pin_id"]},
    )


def _ours(call: Call, message_id: str | None) -> bool:
    """Whether we made this id for this run; a caller's own id may have been spent on something else."""
    return message_id is not None and (message_id == call.ref or message_id.startswith(f"{call.ref}-"))


def refusal(one: Mapping[str, Any], of: int = 1) -> ConnectorError:
    """The error a refused message is."""
    told = one["text"] or one["status"] or "refused"
    if of > 1:
        told = f"all {of} recipients were refused, the first: {told}"
    if one["code"] == str(SYSTEM_ERROR):
        return Throttled(told, reason=Reason.OTHER, code=one["code"], after=AGAIN_AFTER, scope=Scope.LANE)
    return Rejected(told, reason=Reason(one["reason"] or "other"), code=one["code"])


def parts(channel: str) -> Any:
    """The Parts of an answer: one a person of the call, by their place in the whole input ("0", "1", …)."""

    def told(call: Call, output: Mapping[str, Any]) -> Iterable[Part]:
        return outcomes(channel, call.input, call.ref, output["messages"], ordered=True)

    return told


def outcomes(
    channel: str, given: Mapping[str, Any], ref: str, rows: Sequence[Mapping[str, Any]], *, ordered: bool
) -> list[Part]:
    """A Part a person of a call, from the rows of its answer (`ordered`) or of the logs; unknown without a row."""
    several = batches.several(given)
    told: set[str] = set()
    found = []
    for one, row in batches.match(given, ref, rows, ordered=ordered):
        to = addresses.key(channel, one.to) if several else None
        if row is None:
            found.append(Part(one.ref, "unknown", None, to, OutcomeUnknown("no row is surely this message's")))
            continue
        message = row["message_id"] if row["message_id"] not in told else None  # one mail to all has one id
        told.add(row["message_id"])
        state = row["state"] if row["state"] in {FAILED, "unknown"} else "accepted"
        found.append(Part(one.ref, state, message, to, refusal(row) if state == FAILED else None))
    return found
