"""
Everything crosses the border through `load`.  Two marshmallow bases each decide two things, once for all:

    base       takes → gives                 a word we do not know           a shape we do not know raises
    Request    our words → provider's body   our caller's bug: RAISE         InvalidCall
    Reply      provider's answer → ours      their news: EXCLUDE             BadReply, or OutcomeUnknown for a send

Field names are ours.  In a Request `metadata={"wire": "chatId"}` names theirs; callers who know the provider may use
that spelling too, and `metadata={"also": ["phone"]}` lists further spellings.  In a Reply `data_key` is
theirs.  Nested schemas inherit from the same base.  `to_wire` folds what is not a plain renaming.

Field metadata that the catalogue shows: `description` (with the unit), `example`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, post_load, pre_load

from connectors.errors import InvalidCall

MAX_TEXT = 200


class Request(Schema):
    """Our caller's words, turned into the provider's body."""

    class Meta:
        """A word we do not know is our caller's mistake, and is named."""

        unknown = RAISE

    @pre_load
    def spell(self, data: Any, **_: Any) -> Any:
        """Accepts the provider's own spelling of a field where ours is absent."""
        if not isinstance(data, Mapping):
            return data
        told = dict(data)
        for name, field in self.fields.items():
            if name in told:
                continue
            for other in (field.metadata.get("wire"), *field.metadata.get("also", ())):
                if isinstance(other, str) and other in told and other not in self.fields:
                    told[name] = told.pop(other)
                    break
        return told

    @post_load
    def rename(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Names become theirs; absent and null things are left out; then `to_wire` folds the rest."""
        wire = {
            self.fields[name].metadata.get("wire", name): value for name, value in data.items() if value is not None
        }
        return self.to_wire(wire)

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Override to fold; takes and gives the provider's names.  May raise marshmallow's ValidationError."""
        return wire


class Reply(Schema):
    """The provider's answer, in our words."""

    class Meta:
        """Providers add fields without notice; what we do not know is left out here and kept in the raw answer."""

        unknown = EXCLUDE


class Settings(Schema):
    """A connection's settings or secrets: names as on the provider's page; what is unknown is named as a mistake."""

    class Meta:
        """A setting that does nothing is a mistake somebody wants to hear of."""

        unknown = RAISE


class NoInput(Request):
    """For actions that take nothing."""


class AnyReply(Reply):
    """For answers that are handed on as they came: `{"reply": …}`."""

    KEPT: ClassVar[str] = "reply"


def load(schema: type[Request], given: Mapping[str, Any], *, provider: str, action: str) -> dict[str, Any]:
    """
    The provider's body for our caller's words.

    raises: InvalidCall whose `fields` name each mistake: {"to": ["Missing data for required field."]}
    """
    try:
        return dict(made(schema).load(given))
    except ValidationError as problem:
        fields = dict(problem.messages) if isinstance(problem.messages, dict) else {"_": problem.messages}
        told = f"the input of {action} does not fit its schema: {', '.join(map(str, fields))}"
        raise InvalidCall(told[:MAX_TEXT], fields=fields, provider=provider, action=action) from problem


@cache
def made(schema: type[Schema]) -> Schema:
    """
    The schema itself, made once: that costs more than all it checks, and loading leaves no trace in it.

    One a call would be rubbish in cycles besides, which only the collector finds: a twelfth of the CPU of a run.
    """
    return schema()
