"""A sample for every kind of webhook our parsers know; each becomes what it stands for, `unknown` only on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from connectors.clicksend import webhooks as clicksend
from connectors.connection import Connection
from connectors.events import EventType, Fact
from connectors.guards import HookRequest
from connectors.infobip.webhooks import forms, notices, tracking, whatsapp
from connectors.infobip.webhooks.parse import KINDS as INFOBIP
from connectors.instagram import webhooks as instagram
from connectors.instagram import webhooks_content, webhooks_message
from connectors.onemsg import flat, receipts
from connectors.onemsg import webhooks as onemsg
from connectors.provider import Provider, Stamp
from connectors.registry import PROVIDERS
from connectors.samples import fresh, make
from tests.connectors.becoming import BECOMES

STAMP = Stamp("00000007", 1_790_000_000)
OURS = [PROVIDERS[name] for name in BECOMES]


def connection(provider: Provider) -> Connection:
    """One against the stand-in."""
    settings, secrets = provider.simulated("https://provider.invalid")
    return Connection("c1", provider.name, settings, secrets, "https://ferry.invalid/webhooks/c1/token")


def requests(provider: Provider) -> dict[str, HookRequest]:
    """Of every sample that is no question answered at once."""
    mine = connection(provider)
    made = {name: make(provider, sample, mine, STAMP) for name, sample in provider.samples.items()}
    return {name: one for name, one in made.items() if provider.handshake(mine, one) is None}


def words(fact: Fact) -> str:
    """Its type; of a status its state, too."""
    return f"{fact.type}:{fact.status.state}" if fact.status else str(fact.type)


@pytest.mark.parametrize("provider", OURS, ids=lambda one: one.name)
def test_each_becomes_what_it_stands_for(provider: Provider) -> None:
    """And there is no sample nobody has said that of."""
    became = {name: " ".join(map(words, provider.parse(one))) for name, one in requests(provider).items()}

    assert {name: kind for kind, names in BECOMES[provider.name].items() for name in names.split()} == became


@pytest.mark.parametrize("provider", OURS, ids=lambda one: one.name)
def test_unknown_only_on_purpose(provider: Provider) -> None:
    """At least one event each; and whoever says that nobody understands it is right."""
    for name, request in requests(provider).items():
        found = provider.parse(request)
        assert found, name
        unknown = {fact.type is EventType.UNKNOWN for fact in found}
        assert unknown == {provider.samples[name].unknown}, name


def documents(provider: Provider) -> Iterator[Any]:
    """Every sample's document."""
    mine = connection(provider)
    for sample in provider.samples.values():
        yield fresh(sample, mine, STAMP)


def within(document: Any, pick: Callable[[Mapping[str, Any]], Iterator[Any]]) -> Iterator[Any]:
    """What `pick` finds in every object of a document, however deep."""
    if isinstance(document, Mapping):
        yield from pick(document)
        for inner in document.values():
            yield from within(inner, pick)
    elif isinstance(document, list):
        for inner in document:
            yield from within(inner, pick)


def said(provider: str, *names: str) -> set[str]:
    """The words that stand under these names anywhere in a provider's samples."""

    def pick(item: Mapping[str, Any]) -> Iterator[Any]:
        yield from (str(item[name]) for name in names if isinstance(item.get(name), str | int))

    return {word for document in documents(PROVIDERS[provider]) for word in within(document, pick)}


def named(provider: str) -> set[str]:
    """The names of anything anywhere in a provider's samples."""
    return {name for document in documents(PROVIDERS[provider]) for name in within(document, iter)}


def test_every_kind_of_1msg() -> None:
    """Each type of a message, each status, each field of Meta's, each list a body may hold."""
    assert set() == {*flat.TYPES, *flat.SPECIAL} - said("onemsg", "type")
    assert set() == {*receipts.STATES, "deleted"} - said("onemsg", "status")
    assert set() == set(onemsg.FIELDS) - said("onemsg", "field")
    assert set() == set(onemsg.LISTS) - named("onemsg")


def test_every_kind_of_clicksend() -> None:
    """Each gateway code, each hook, and a text and a receipt in each encoding they come in."""
    assert set() == set(clicksend.CODES) - said("clicksend", "status_code")
    samples = PROVIDERS["clicksend"].samples.values()
    assert set(clicksend.HOOKS) == {one.hook for one in samples}
    coded = {(one.hook, one.encoding) for one in samples}
    assert set() == {("inbound", one) for one in ("json", "form", "query")} - coded
    assert set() == {("receipt", one) for one in ("json", "form")} - coded


def test_every_kind_of_instagram() -> None:
    """Each kind of item, each attachment, each field, each carrier an item comes in."""
    there = named("instagram")

    assert set() == {name for name, _ in webhooks_message.KINDS} - there
    assert set() == set(webhooks_content.ATTACHMENTS) - said("instagram", "type")
    fields = {*instagram.COMMENTS, "mentions", "story_insights", "messages", "messaging_handover"}
    assert set() == fields - said("instagram", "field")
    assert {"messaging", "standby", "changes"} <= there
    assert {"react", "unreact"} <= said("instagram", "action")


def test_every_kind_of_infobip() -> None:
    """Each test of the parser is the first to match some sample; each type, event, status group and notice of them."""
    items = [
        one
        for document in documents(PROVIDERS["infobip"])
        for one in (document["results"] if isinstance(document.get("results"), list) else [document])
    ]
    first = {next((place for place, (test, _) in enumerate(INFOBIP) if test(one)), None) for one in items}

    assert set(range(len(INFOBIP))) <= first
    types = said("infobip", "type")
    assert set() == {*whatsapp.TYPES, "REACTION", *forms.FILES, *forms.TAPS} - types
    assert {"SUBJECT", "URL"} <= types
    assert set() == {*tracking.TYPES} - said("infobip", "notificationType")
    assert set() == {*notices.CONSENT} - said("infobip", "notificationMessagesStatus")
    assert {"MO", "DELIVERY", "SEEN", "TYPING_STARTED", "TYPING_STOPPED"} <= said("infobip", "event")
    assert {str(group) for group in range(6)} <= said("infobip", "groupId")
    assert "multipart" in {one.encoding for one in PROVIDERS["infobip"].samples.values()}


@pytest.mark.parametrize("provider", OURS, ids=lambda one: one.name)
def test_documents_are_ones_own(provider: Provider) -> None:
    """Whoever changes what they got changes no other: nothing in them is shared."""
    mine = connection(provider)
    for name, sample in provider.samples.items():
        before = json.dumps(fresh(sample, mine, STAMP))
        _spoil(fresh(sample, mine, STAMP))
        assert before == json.dumps(fresh(sample, mine, STAMP)), name


def _spoil(document: Any) -> None:
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        _spoil(inner)
    if isinstance(document, dict | list):
        document.clear()
