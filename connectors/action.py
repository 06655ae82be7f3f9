"""
An action is a thing a provider can do, declared as data: one row in a provider's table, and no new branch anywhere.

A `Call` is one execution of it for one connection; a `Wire` is what will go out, before credentials; an `Outcome` is
what came of it, in our words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall
from connectors.guards import HookRequest
from connectors.schema import Reply, Request


class Nature(StrEnum):
    """What kind of thing an action is: it decides how long it is worth doing and which lane it takes."""

    SEND = "send"  # reaches a person: a message
    REACT = "react"  # a reaction, added or removed
    READ = "read"  # a read mark
    TYPING = "typing"
    QUERY = "query"  # asks, changes nothing
    ACCOUNT = "account"  # changes the account: webhook, profile, templates


@dataclass(frozen=True, slots=True)
class Call:
    """
    One execution.  `ref` is our own reference for it, the same at every attempt of one run: a provider that lets the
    caller choose a message id or a custom string gets it (several parts: "<ref>-0", "<ref>-1", …).
    """

    connection: Connection
    input: Mapping[str, Any]
    ref: str


Ask = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""(action key, input) → output in our words; raises a ConnectorError.  For what one call alone cannot know."""


@dataclass(slots=True)
class Wire:
    """
    What will go out, before credentials.  At most one of json, form, content; `files` goes with `form`.

    A file without a name, (None, bytes), is a plain field of a multipart body: what makes one where there is no file.
    """

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    form: dict[str, Any] | None = None
    files: list[tuple[str, tuple[str, bytes, str] | tuple[None, bytes]]] | None = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    url: str | None = None  # absolute, in the place of `path`; on the connection's own host (connectors/proxy.py)


@dataclass(frozen=True, slots=True)
class Part:
    """
    What became of one message of a call.

    ref:     ours, stable for the part ("0" for the only one; a caller's reference, a recipient's position; for each
             member of a list that is one message "<ref>:<member>")
    state:   "accepted" | "failed" | "unknown"
    message: the provider's message id, None where it gave none
    to:      the conversation it went to, where a call carries several
    """

    ref: str
    state: str = "accepted"
    message: str | None = None
    to: str | None = None
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    `output` is the action's answer in our words; `parts` one entry a message that left with the call.

    heard: news the answer brought that no webhook will bring again, as the webhook request that would have told them:
           to be journalled as inbound before the run counts as done
    """

    output: dict[str, Any]
    parts: tuple[Part, ...] = ()
    heard: HookRequest | None = None


def _one_part(call: Call, output: Mapping[str, Any]) -> Iterable[Part]:
    """The usual case: one message, whose id stands in the output as `message_id`."""
    del call
    found = output.get("message_id")
    return (Part(ref="0", message=found if isinstance(found, str) else None),)


def _whole(given: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (given,)


@dataclass(frozen=True)
class Action:
    """
    One row of a provider's table.

    path:       below the provider's origin, with {placeholders} filled (quoted) from the wire body and taken out of it
    encoding:   "json" | "query" | "form"; by default query for GET and DELETE, json else
    repeatable: may be tried again after it may have left, without a person's word
    party:      from the (raw) input, the canonical key of the other party, as the webhooks' facts carry it; None where
                it has none
    complete:   what the connection's settings and our reference add to the wire body, before its path is filled
    about:      name of the input field that holds the provider id of the message it concerns (read, react), from which
                the worker finds the conversation when `party` does not know it
    shape:      last touch on the Wire: what no schema can say (settings of the connection, our reference, multipart)
    parts:      from call and output, one Part a message (SEND only)
    first:      what must be asked before the call (a list to merge into; a price, by an action that is not repeatable),
                of the whole input, before `cut`: gives the input to go on with, or the Outcome when nothing need
                leave.  An action that has one refuses to be prepared from an input that did not pass through it.
    last:       what must be asked after it (reading back what was written), likewise: gives the output
    heard:      from the call and the answer's bytes, the webhook request that would have told the same; for reads that
                take what they read out of the provider's queue
    lost:       what is gone with an answer that did not come, in words, or None
    reaches:    for a call of several messages, the Part each would be (ref, to), in their order: whoever opted out is
                taken out before the call; () where `party` says all
    without:    from an input and the positions of messages in it, the input without them; None when none is left
    cut:        cuts an input too large for one call into several inputs, which are called one after the other
    window:     True where a free-form message needs the other party's open window; or a function of the input
    door:       what no schema can check without the connection, asked when the run is handed in; raises InvalidCall
    read:       (call, answer) → our words, where it is not the provider's `read` that knows
    pardons:    (error, answer) → whether what the provider's `judge` calls an error is the answer here
    pace:       name of the provider's pace that limits it
    cost:       what it costs, in words, or None
    limits:     the provider's documented limits, in words with their units
    timeout:    seconds, the total deadline of one call
    example:    an input that passes the schema
    docs:       the provider's page, and our page's section
    """

    key: str
    title: str
    description: str
    method: str
    path: str
    request: type[Request]
    reply: type[Reply]
    repeatable: bool
    nature: Nature
    example: Mapping[str, Any]
    docs: str
    encoding: str | None = None
    party: Callable[[Mapping[str, Any]], str | None] = lambda given: None  # noqa: ARG005
    complete: Callable[[dict[str, Any], Call], dict[str, Any]] = lambda body, call: body  # noqa: ARG005
    about: str | None = None
    shape: Callable[[Wire, Call], Wire] = lambda wire, call: wire  # noqa: ARG005
    parts: Callable[[Call, Mapping[str, Any]], Iterable[Part]] = _one_part
    first: Callable[[Call, Ask], Mapping[str, Any] | Outcome] | None = None
    last: Callable[[Call, Mapping[str, Any], Ask], Mapping[str, Any]] | None = None
    heard: Callable[[Call, bytes], HookRequest | None] = lambda call, content: None  # noqa: ARG005
    lost: str | None = None
    reaches: Callable[[Call], Iterable[Part]] = lambda call: ()  # noqa: ARG005
    without: Callable[[Mapping[str, Any], frozenset[int]], Mapping[str, Any] | None] = lambda given, places: given  # noqa: ARG005
    cut: Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]] = _whole
    window: bool | Callable[[Mapping[str, Any]], bool] = False
    door: Callable[[Call], None] = lambda call: None  # noqa: ARG005
    read: Callable[[Call, Any], Mapping[str, Any]] | None = None
    pardons: Callable[[ConnectorError, Any], bool] = lambda problem, answer: False  # noqa: ARG005
    pace: str = "default"
    cost: str | None = None
    limits: tuple[str, ...] = ()
    timeout: float = 30.0

    def needs_window(self, given: Mapping[str, Any]) -> bool:
        """Whether this input may only be sent while the other party's window is open."""
        return self.window(given) if callable(self.window) else self.window

    def wire(self, call: Call, body: dict[str, Any]) -> Wire:
        """The Wire for a body that passed the schema."""
        path, rest = fill(self.path, self.complete(body, call))
        wire = Wire(self.method, path)
        encoding = self.encoding or ("query" if self.method in {"GET", "DELETE"} else "json")
        if encoding == "query":
            wire = replace(wire, query=rest)
        elif encoding == "form":
            wire = replace(wire, form=rest)
        else:
            wire = replace(wire, json=rest)
        return self.shape(wire, call)


def fill(path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`path` with its {placeholders} taken, quoted, out of `body`; and the rest of the body."""
    rest = dict(body)
    pieces = path.split("{")
    filled = pieces[0]
    for piece in pieces[1:]:
        name, _, after = piece.partition("}")
        value = str(rest.pop(name, ""))
        if value in {"", ".", ".."}:
            told = f"{name} is needed in the path and may not be empty"
            raise InvalidCall(told, fields={name: [told]})
        filled += quote(value, safe="") + after
    return filled, rest


def table(*actions: Action) -> dict[str, Action]:
    """The actions by key; a key said twice is our mistake and is told at import."""
    found: dict[str, Action] = {}
    for action in actions:
        if action.key in found:
            told = f"two actions are called {action.key}"
            raise ValueError(told)
        found[action.key] = action
    return found
