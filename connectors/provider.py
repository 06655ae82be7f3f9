"""
A provider is one folder and one value: who they are, what we can ask, what they tell us.

Everything outside a provider's folder works with this value alone; no `if` names a provider anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from connectors.action import Action, Call, Outcome
from connectors.action import Ask as Ask  # noqa: PLC0414  (a Provider's word; others take it from here)
from connectors.connection import Connection
from connectors.errors import ConnectorError, InvalidCall, Unsupported
from connectors.events import Fact
from connectors.guards import HookAnswer, HookRequest
from connectors.schema import Settings

Send = Callable[[httpx.Request], httpx.Response]
"""One bare request to the provider, under the client's limits; for token calls that are no action."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's HTTP answer, read whole.  `data` is its JSON, or None where it is none."""

    status: int
    headers: httpx.Headers
    content: bytes
    data: Any

    @property
    def text(self) -> str:
        """At most 2,000 characters of the body, for diagnosis; never for a log."""
        return self.content[:8000].decode("utf-8", "replace")[:2000]


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `rate` calls a second on average, `burst` at once."""

    rate: float
    burst: int = 1


RECIPIENT = "recipient"
"""The class of a Pace that holds for each person alone, beside the action's own: what may be sent to one of them."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes one sample its own: a fresh id (letters and digits), Unix seconds, the other party's digits."""

    id: str
    now: int
    contact: str = "15550100123"
    text: str = "hello from ferry trigger"


@dataclass(frozen=True, slots=True)
class Sample:
    """
    A real body of one webhook kind, for `ferry trigger` and for tests.

    body:     (connection, stamp) → the document as the provider sends it; addressed to that connection
    encoding: "json" | "form" | "query" (a GET) | "multipart", whose files are {"name", "content_type", "content"}
    unknown:  it stands for what nobody understands, and becomes an `unknown` event on purpose
    """

    title: str
    body: Callable[[Connection, Stamp], dict[str, Any]]
    hook: str = ""
    encoding: str = "json"
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Refresh:
    """
    Secrets that expire.

    due:  (connection, now) → True when the secrets should be renewed now
    call: (connection, send) → the secrets (and settings, under "settings.<name>") that changed; raises ConnectorError
    pressing: (connection, now) → whether a call must wait for the renewal; False while the old secrets serve, so that a
          renewal that fails in good time stops nobody
    on_refusal: whether renewing once may help when the provider refuses the credentials
    given: (connection before, or None; connection now; now) → what to note when a person gives secrets, as `call` gives
          it, None taking a setting away; without a date nothing would ever be due
    mortal: whether what has ended (the setting `token_expires_at`, RFC 3339) can no longer be renewed: then a person
          must give it anew, and is warned in time
    """

    due: Callable[[Connection, datetime], bool]
    call: Callable[[Connection, Send], Mapping[str, str]]
    on_refusal: Callable[[Connection], bool] = lambda connection: False  # noqa: ARG005
    pressing: Callable[[Connection, datetime], bool] = lambda connection, now: True  # noqa: ARG005
    given: Callable[[Connection | None, Connection, datetime], Mapping[str, str | None]] = (
        lambda before, after, now: {}  # noqa: ARG005
    )
    mortal: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """
    An account that a login lets us speak for.

    title:   what people call it
    account: as `Provider.account` names it
    changes: secrets by name, settings as "settings.<name>"; None takes a setting away
    """

    title: str
    account: str | None
    changes: Mapping[str, str | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """
    A login in a person's browser; `ferry connect` walks its steps, which keep nothing themselves.

    needs:   (settings) → names of the settings and secrets that the login itself takes
    gives:   names of those it answers, so that nobody is asked for them
    address: (connection, redirect_uri, state) → where the person consents; raises InvalidCall
    code:    (the URL the person came back to, state) → the code in it; raises Rejected when the person said no,
             InvalidCall for an answer that belongs to another login
    grants:  (connection, redirect_uri, code, send, now) → the accounts, with their tokens; raises ConnectorError
    """

    needs: Callable[[Mapping[str, Any]], tuple[str, ...]]
    gives: frozenset[str]
    address: Callable[[Connection, str, str], str]
    code: Callable[[str, str], str]
    grants: Callable[[Connection, str, str, Send, datetime], list[Grant]]


@dataclass(frozen=True, slots=True)
class UnknownCall:
    """A call that left and was not answered: what a provider's own means may prove something about."""

    connection: Connection
    action: Action
    input: Mapping[str, Any]
    ref: str
    left: datetime


@dataclass(frozen=True, slots=True)
class FileAt:
    """Where the file of an attachment is; `auth` goes to the connection's own origin only, wherever `url` leads."""

    url: str
    auth: httpx.Auth | None = None


Verb = Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]]
"""
A neutral verb's words → (action key, its input).  Words:

    send       {to, text?, media? {kind, url, name?, caption?}, location?, contact?, template?, reply_to?,
                channel?, via?}
    mark_read  {to, message, channel?, via?}          message, reply_to: the provider's message id
    react      {to, message, emoji, channel?, via?}   to: the conversation's contact id
    unreact    {to, message, channel?, via?}
    typing     {to, on: bool, channel?, via?}

May raise Unsupported in plain words.
"""


@dataclass(frozen=True)
class Provider:
    """
    name:      in code and in keys ("onemsg"); `title` is what people call it ("1msg"), `also` other spellings
    base_url:  the default origin; a connection's `base_url` setting wins, plain http only towards loopback
    settings, secrets: the schemas of a connection; descriptions say where to find each.  `ferry connect` asks for what
               is required; `metadata={"ask": …}` says otherwise: True always, False never, {setting: (values)} when
               another setting is one of these (None: is not said); "made_up": True offers a random one
    locate:    (connection, path) → absolute URL without query
    auth:      connection → httpx.Auth (or None where `locate` or `shape` carries it)
    actions:   key → Action
    judge:     (action, answer) → the error this answer is, or None when it is a success; sees every answer, 2xx too
    read:      (action, call, answer) → our words; None takes the action's reply schema
    parse:     request → facts; never raises but Malformed for a body that is no document at all
    implied:   (connection, fact) → what else this fact is under the connection's settings, as facts beside it: a text
               that says STOP is an opt-out as well.  Never raises
    guard:     raises Refused; the path's secret was checked before
    trust:     how its webhooks prove where they come from, in a sentence
    signing:   names of the secrets its webhooks are signed with: of each group one, where the connection has it
    handshake: an answer to give at once without storing (a GET challenge), or None
    keep:      names of the headers worth keeping in the journal
    sign:      (connection, request) → the request as the provider would send it: headers added
    verbs:     the neutral verbs it can do; `cannot` says for the others why and what to do instead
    samples:   name → Sample
    paces:     action class → Pace, the provider's documented limits; RECIPIENT: to one person
    check:     proves the credentials, spends nothing; raises ConnectorError
    register:  makes the provider call `connection.webhook_url`; safe to repeat
    unregister: its counterpart: our address is taken out again, and no other; safe to repeat
    retire:    takes the address of before out again, which is `connection.webhook_url` here, where `register` adds ours
               beside it instead of replacing it; safe to repeat
    ours:      names of the secrets that we make up and tell the provider by `register`: they change with the address
    account:   the provider's account a connection stands for, where one URL may serve several; else None
    rest:      seconds the connection's calls should rest after this answer, from what its headers say of the
               allowance used, so that the limit is never reached; None: go on.  Asked of every answer, refusals too
    refresh:   for expiring secrets
    login:     where a person gets the credentials by logging in
    console:   the provider's page where a person finds or makes credentials
    paste:     where a person has to paste the webhook's URL; "" where `register` does all of it
    media:     (connection, attachment as events show it, ask) → where its file is now, if it takes credentials or a
               question to have it; None: at its url.  Asked when somebody wants the file, never while parsing
    prove:     looks for positive evidence that an unknown call arrived; None: nothing proven (never "it did not").  A
               ConnectorError says that it could not be looked for now
    simulator: (settings, secrets, post) → the provider's stand-in; see connectors/simulator.py
    """

    name: str
    title: str
    base_url: str
    settings: type[Settings]
    secrets: type[Settings]
    locate: Callable[[Connection, str], str]
    auth: Callable[[Connection], httpx.Auth | None]
    actions: Mapping[str, Action]
    judge: Callable[[Action, Answer], ConnectorError | None]
    parse: Callable[[HookRequest], list[Fact]]
    guard: Callable[[Connection, HookRequest], None]
    simulator: Callable[..., Any]
    simulated: Callable[[str], tuple[dict[str, Any], dict[str, str]]]  # base_url → settings, secrets of its stand-in
    verbs: Mapping[str, Verb]
    samples: Mapping[str, Sample]
    read: Callable[[Action, Call, Answer], Mapping[str, Any]] | None = None
    implied: Callable[[Connection, Fact], Iterable[Fact]] = lambda connection, fact: ()  # noqa: ARG005
    cannot: Mapping[str, str] = field(default_factory=dict)
    handshake: Callable[[Connection, HookRequest], HookAnswer | None] = lambda connection, request: None  # noqa: ARG005
    trust: str = "nothing is signed: the secret in the path of the webhook's URL is the proof"
    signing: tuple[frozenset[str], ...] = ()
    answer: HookAnswer = HookAnswer()  # noqa: RUF009  (a frozen value)
    keep: frozenset[str] = frozenset({"content-type"})
    sign: Callable[[Connection, HookRequest], HookRequest] = lambda connection, request: request  # noqa: ARG005
    paces: Mapping[str, Pace] = field(default_factory=dict)
    check: Callable[[Connection, Ask], None] | None = None
    register: Callable[[Connection, Ask], None] | None = None
    unregister: Callable[[Connection, Ask], None] | None = None
    retire: Callable[[Connection, Ask], None] | None = None
    ours: tuple[str, ...] = ()
    account: Callable[[Connection], str | None] = lambda connection: None  # noqa: ARG005
    rest: Callable[[Answer], float | None] = lambda answer: None  # noqa: ARG005
    refresh: Refresh | None = None
    login: Login | None = None
    paste: str = ""
    console: str | None = None
    prove: Callable[[UnknownCall, Ask], Outcome | None] | None = None
    media: Callable[[Connection, Mapping[str, Any], Ask], FileAt | None] | None = None
    also: Iterable[str] = ()

    def verb(self, name: str, words: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """
        The action and input that say `name` to this provider.

        raises: Unsupported, in a sentence for the person who asked
        """
        made = self.verbs.get(name)
        if made is None:
            spoken = name.replace("_", " ")
            told = self.cannot.get(name) or f"{self.title} has no way to {spoken}"
            raise Unsupported(told, provider=self.name)
        return made(words)


def absent(name: str) -> Provider:
    """A provider whose package is not installed here: its connections are shown, and nothing can be done with them."""
    told = f"the package of the provider {name!r} is not installed here"

    def refuse(*_: Any, **__: Any) -> Any:
        raise InvalidCall(told, provider=name)

    def come_again(*_: Any) -> None:
        raise LookupError(told)  # no refusal: the webhook is asked to come again

    return Provider(
        name=name,
        title=name,
        base_url="",
        settings=Settings,
        secrets=Settings,
        locate=refuse,
        auth=lambda connection: None,  # noqa: ARG005
        actions={},
        judge=lambda action, answer: None,  # noqa: ARG005
        parse=refuse,
        guard=come_again,
        simulator=refuse,
        simulated=refuse,
        verbs={},
        samples={},
        check=refuse,
    )
