"""What holds for every provider in the registry, today's and the next one."""

from __future__ import annotations

import json
import pathlib

import httpx
import pytest

from connectors import catalog
from connectors.action import Action, Call, Nature
from connectors.client import conclude, new_client, perform, prepare
from connectors.connection import Connection
from connectors.errors import OutcomeUnknown, Reason, Refused, Rejected, Unsupported
from connectors.events import EventType
from connectors.guards import HookRequest
from connectors.provider import Answer, Provider, Stamp
from connectors.registry import PROVIDERS, find
from connectors.samples import make

VERBS = ("send", "mark_read", "react", "unreact", "typing")
ROWS = [(provider, action) for provider in PROVIDERS.values() for action in provider.actions.values()]
KINDS = [(provider, name) for provider in PROVIDERS.values() for name in provider.samples]


def connection(provider: Provider) -> Connection:
    """A connection with the stand-in's credentials."""
    settings, secrets = provider.simulated("https://provider.invalid")
    return Connection("c1", provider.name, settings, secrets, "https://ferry.invalid/webhooks/c1/token")


def somebody(provider: Provider) -> str:
    """A contact's id as the provider's own webhooks give it."""
    for sample in provider.samples.values():
        request = make(provider, sample, connection(provider), Stamp("00000001", 1_790_000_000))
        for fact in provider.parse(request):
            if fact.type is EventType.RECEIVED and fact.contact is not None:
                return fact.contact.id
    raise AssertionError(f"no sample of {provider.title} is a message from somebody")


def test_every_folder_is_registered() -> None:
    """A provider's folder that nobody imports would be a provider nobody has."""
    root = pathlib.Path(catalog.__file__).parent
    folders = {one.name for one in root.iterdir() if (one / "__init__.py").exists()}

    assert folders == set(PROVIDERS)
    for provider in PROVIDERS.values():
        assert find(provider.title) is provider
        assert (root / provider.name / "README.md").exists()


@pytest.mark.parametrize(("provider", "action"), ROWS, ids=[f"{p.title}-{a.key}" for p, a in ROWS])
def test_every_action_is_described_and_its_example_can_be_prepared(provider: Provider, action: Action) -> None:
    """The example passes its own schema; the catalogue has words for everything."""
    described = catalog.describe(provider, action)
    assert json.loads(json.dumps(described)) == described
    assert described["title"]
    assert described["docs"]
    assert described["inputSchema"]["type"] == "object"
    for name, field in described["inputSchema"].get("properties", {}).items():
        assert field.get("description"), f"{name} has no description"
    action.request().load(action.example)
    if action.first is None:
        try:
            ready = prepare(provider, action, Call(connection(provider), action.example, "ref"))
        except Unsupported:  # not with this kind of login: its own tests hold which
            return
        assert ready.request.method == action.method


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_said_or_declined_in_plain_words(provider: Provider, verb: str) -> None:
    """A verb gives an action the provider has; what it cannot do is told in a sentence."""
    words = {"to": somebody(provider), "message": "m1", "text": "hi", "emoji": "👍", "on": True}
    if verb not in provider.verbs:
        with pytest.raises(Unsupported, match=r"(\S+ ){4}"):
            provider.verb(verb, words)
        return
    try:
        key, given = provider.verb(verb, words)
    except Unsupported:  # on this channel it cannot; its own tests hold the words
        return
    assert key in provider.actions
    provider.actions[key].request().load(given)


@pytest.mark.parametrize(("provider", "name"), KINDS, ids=[f"{p.title}-{n}" for p, n in KINDS])
def test_every_sample_is_accepted_and_understood(provider: Provider, name: str) -> None:
    """Signed for its connection it passes the guard; it becomes facts; the same again has the same keys."""
    mine = connection(provider)
    stamp = Stamp("00000007", 1_790_000_000)
    request = make(provider, provider.samples[name], mine, stamp)
    if provider.handshake(mine, request) is not None:
        return
    provider.guard(mine, request)

    facts = provider.parse(request)
    again = provider.parse(make(provider, provider.samples[name], mine, stamp))
    assert [(one.type, one.key) for one in facts] == [(one.type, one.key) for one in again]
    other = provider.parse(make(provider, provider.samples[name], mine, Stamp("00000008", 1_790_000_001)))
    for one in facts:
        assert json.dumps(one.raw, default=str)
        if one.type in {EventType.RECEIVED, EventType.SENT}:
            assert one.key
            if not one.data.get("test"):  # a dashboard's test is the same each time
                assert one.key not in {two.key for two in other}


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_what_is_changed_on_the_way_is_refused_where_it_is_signed(provider: Provider) -> None:
    """One byte more, and a provider that signs is no longer believed."""
    mine = connection(provider)
    name = next(iter(provider.samples))
    unsigned = make(provider, provider.samples[name], mine, Stamp("00000009", 1_790_000_000))
    signs = provider.sign(mine, HookRequest(body=b"{}")).headers != {}
    if not signs:
        return
    changed = HookRequest(unsigned.method, unsigned.hook, unsigned.query, unsigned.headers, unsigned.body + b" ")
    with pytest.raises(Refused):
        provider.guard(mine, changed)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_a_stranger_at_the_stand_in_is_refused(provider: Provider) -> None:
    """The stand-in checks credentials as the provider does, and no secret comes back in an error."""
    settings, secrets = provider.simulated("https://provider.invalid")
    simulator = provider.simulator(settings=settings, secrets=secrets, post=None)
    wrong = {name: f"wrong-{value}-wrong" for name, value in secrets.items()}
    mine = Connection("c1", provider.name, settings, wrong, "https://ferry.invalid/webhooks/c1/token")
    action = next(one for one in provider.actions.values() if one.method == "GET" and one.first is None)
    with new_client(httpx.MockTransport(simulator)) as client, pytest.raises(Rejected) as caught:
        perform(provider, action, Call(mine, action.example, "ref"), client)
    told = repr(caught.value) + str(getattr(caught.value, "text", ""))
    assert caught.value.reason == Reason.AUTH
    for value in wrong.values():
        assert value not in told


STRANGE = {
    # what an answer may be that proves nothing: HTTP status, body
    "nothing": (200, b""),
    "no content": (204, b""),
    "null": (200, b"null"),
    "an empty object": (200, b"{}"),
    "an empty list": (200, b"[]"),
    "a page": (200, b"<html>welcome</html>"),
    "cut short": (200, b'{"data": {"mess'),
    "other words": (200, b'{"status": "maintenance", "data": null, "messages": null}'),
    "elsewhere": (302, b""),
    "a gateway's patience": (408, b"<html>Request Timeout</html>"),
    "a fault": (500, b"<html>oops</html>"),
    "a gateway": (502, b""),
    "no room": (503, b"{}"),
    "a gateway's timeout": (504, b"<html></html>"),
}
SENDS = [(provider, action) for provider, action in ROWS if action.nature is Nature.SEND]


@pytest.mark.parametrize(("provider", "action"), SENDS, ids=[f"{one.name}-{action.key}" for one, action in SENDS])
@pytest.mark.parametrize(("status", "body"), STRANGE.values(), ids=STRANGE)
def test_a_send_that_is_answered_strangely_is_neither_out_nor_refused(
    provider: Provider, action: Action, status: int, body: bytes
) -> None:
    """It may have arrived: proof decides, and it is not sent again meanwhile."""
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    answer = Answer(status, httpx.Headers(), body, data)
    call = Call(connection(provider), action.example, "run_1")
    try:
        states = {part.state for part in conclude(provider, action, call, answer).parts}
    except OutcomeUnknown:
        states = {"unknown"}
    assert {"unknown"} == states
