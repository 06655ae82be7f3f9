"""What each of the page's webhook bodies means, one by one (§4.5–§4.7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import samples
from connectors.events import Attachment, Contact, EventType, Fact, Kind, Message, Reaction, Read
from connectors.instagram import PROVIDER
from connectors.provider import Stamp
from tests.connectors.instagram import bodies
from tests.connectors.instagram.accounts import INSTAGRAM
from tests.connectors.instagram.bodies import A, C, entry, inbound, message, parsed

DAY = 24 * 3600


def at(milliseconds: int) -> datetime:
    """Unix milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def one(item: Any) -> Fact:
    """The only fact of an item in an entry of the account."""
    (fact,) = parsed(entry(item))
    return fact


def heard(item: dict[str, Any], **facts: Any) -> Fact:
    """What an item of the customer's should have been heard as."""
    words = {
        "raw": item,
        "at": at(item["timestamp"]),
        "conversation": C,
        "contact": Contact(id=C),
        "account": A,
        **facts,
    }
    return Fact(**words)


def received(item: dict[str, Any], kind: Kind, **facts: Any) -> Fact:
    """A message of the customer's; data and the message's further words by name."""
    data = facts.pop("data", {})
    mid = item["message"]["mid"]
    return heard(
        item,
        type=EventType.RECEIVED,
        key=mid,
        window=DAY,
        message=Message(provider_id=mid, direction="inbound", kind=kind, **facts),
        data=data,
    )


def types(*names: str) -> dict[str, Any]:
    """The attachments' types, as data keeps them."""
    return {"attachment_types": list(names)}


FAKE = bodies.CDN + "150000000000000{0}&signature=fake{0}"


OUT = "aWdfTUlEX291dF8wMDAx"


PAGE: dict[str, tuple[dict[str, Any], Fact]] = {
    "text": (bodies.TEXT, received(bodies.TEXT, Kind.TEXT, text="Do you open on Sunday?")),
    "quick reply": (
        bodies.QUICK_REPLY,
        received(bodies.QUICK_REPLY, Kind.INTERACTIVE, text="Small", payload="SIZE_S"),
    ),
    "picture and video": (
        bodies.IMAGES,
        received(
            bodies.IMAGES,
            Kind.IMAGE,
            attachments=(Attachment(Kind.IMAGE, FAKE.format(1)), Attachment(Kind.VIDEO, FAKE.format(2))),
            data=types("image", "video"),
        ),
    ),
    "reel": (
        bodies.REEL,
        received(
            bodies.REEL,
            Kind.SHARE,
            attachments=(
                Attachment(
                    Kind.SHARE,
                    "https://www.instagram.com/reel/FAKEreel01/",
                    name="Ten ways to tie a scarf",
                    id="17900000000000555",
                ),
            ),
            data=types("ig_reel"),
        ),
    ),
    "post": (
        bodies.POST,
        received(
            bodies.POST,
            Kind.SHARE,
            attachments=(Attachment(Kind.SHARE, FAKE.format(3), name="Autumn drop", id="17900000000000666"),),
            data=types("ig_post"),
        ),
    ),
    "story mention": (
        bodies.STORY_MENTION,
        received(
            bodies.STORY_MENTION,
            Kind.STORY,
            story=FAKE.format(4),
            attachments=(Attachment(Kind.STORY, FAKE.format(4)),),
            data=types("story_mention"),
        ),
    ),
    "ephemeral": (
        bodies.EPHEMERAL,
        received(
            bodies.EPHEMERAL, Kind.UNSUPPORTED, attachments=(Attachment(Kind.UNSUPPORTED),), data=types("ephemeral")
        ),
    ),
    "heart": (
        bodies.HEART,
        received(
            bodies.HEART, Kind.STICKER, text="❤️", attachments=(Attachment(Kind.STICKER),), data=types("like_heart")
        ),
    ),
    "unsupported": (bodies.UNSUPPORTED, received(bodies.UNSUPPORTED, Kind.UNSUPPORTED)),
    "echo": (
        bodies.ECHO,
        heard(
            bodies.ECHO,
            type=EventType.SENT,
            key=OUT,
            message=Message(OUT, "outbound", Kind.TEXT, "Which size would you like?"),
        ),
    ),
    "self test": (
        bodies.SELF,
        heard(
            bodies.SELF,
            type=EventType.SENT,
            key="aWdfTUlEX3NlbGY",
            conversation="900000000000099",
            contact=Contact(id="900000000000099"),
            message=Message("aWdfTUlEX3NlbGY", "outbound", Kind.TEXT, "ping"),
            data={"self": True},
        ),
    ),
    "unsend": (
        bodies.UNSEND,
        heard(
            bodies.UNSEND,
            type=EventType.DELETED,
            key="aWdfTUlEX3RleHQ:deleted",
            message=Message("aWdfTUlEX3RleHQ", "inbound", Kind.UNSUPPORTED),
        ),
    ),
    "reply": (bodies.REPLY, received(bodies.REPLY, Kind.TEXT, text="this one", reply_to=OUT)),
    "story reply": (
        bodies.STORY_REPLY,
        received(
            bodies.STORY_REPLY,
            Kind.TEXT,
            text="🔥",
            story="18100000000000001",
            data={"story": {"id": "18100000000000001", "url": FAKE.format(5)}},
        ),
    ),
    "reaction": (
        bodies.REACT,
        heard(
            bodies.REACT,
            type=EventType.REACTION,
            key=f"{OUT}:{C}:react:👍:1767225614000",
            reaction=Reaction(OUT, "👍", "added"),
            data={"category": "like"},
        ),
    ),
    "reaction taken back": (
        bodies.UNREACT,
        heard(
            bodies.UNREACT,
            type=EventType.REACTION,
            key=f"{OUT}:{C}:unreact::1767225615000",
            reaction=Reaction(OUT, None, "removed"),
            data={"category": None},
        ),
    ),
    "postback": (
        bodies.POSTBACK,
        heard(
            bodies.POSTBACK,
            type=EventType.POSTBACK,
            key="aWdfTUlEX3Bi",
            window=DAY,
            message=Message("aWdfTUlEX3Bi", "inbound", Kind.INTERACTIVE, "Do you ship abroad?", "IB_SHIPPING"),
            data={"title": "Do you ship abroad?", "payload": "IB_SHIPPING", "message_id": "aWdfTUlEX3Bi"},
        ),
    ),
    "seen": (
        bodies.SEEN,
        heard(
            bodies.SEEN,
            type=EventType.READ,
            key=f"{C}:{OUT}:1767225617000",
            read=Read(OUT, at(1767225617000)),
        ),
    ),
    "edit": (
        bodies.EDIT,
        heard(
            bodies.EDIT,
            type=EventType.EDITED,
            key="aWdfTUlEX3RleHQ:1",
            message=Message("aWdfTUlEX3RleHQ", "inbound", Kind.TEXT, "Do you open on Saturday?"),
            data={"num_edit": 1},
        ),
    ),
    "hint": (
        bodies.HINT,
        heard(
            bodies.HINT,
            type=EventType.UNKNOWN,
            key="hint:aWdfTUlEX2xvc3Q",
            conversation=None,
            contact=None,
            data={"hint": {"message_id": "aWdfTUlEX2xvc3Q"}},
            note="a hint of a message, no edit; get-message-details reads it",
        ),
    ),
    "referral": (
        bodies.REFERRAL,
        heard(
            bodies.REFERRAL,
            type=EventType.REFERRAL,
            key=f"referral:{C}:1767225620000:qr-table-7",
            data=bodies.REFERRAL["referral"],
        ),
    ),
    "opt-in": (
        bodies.OPTIN,
        heard(bodies.OPTIN, type=EventType.OPTIN, key=f"optin:{C}:1767225621000:555000", data=bodies.OPTIN["optin"]),
    ),
    "handover": (
        bodies.PASS,
        heard(
            bodies.PASS,
            type=EventType.HANDOVER,
            key=f"pass_thread_control:{C}:1767225622000:111:222:",
            data={"kind": "pass_thread_control", **bodies.PASS["pass_thread_control"]},
        ),
    ),
}


@pytest.mark.parametrize(("item", "wanted"), PAGE.values(), ids=PAGE)
def test_the_pages_own_items(item: dict[str, Any], wanted: Fact) -> None:
    """Every word of the fact: who, when, what, its key, its window, its raw item."""
    assert wanted == one(item)


@pytest.mark.parametrize("item", [each for each, _ in PAGE.values()], ids=PAGE)
def test_every_item_means_the_same_in_every_carrier(item: dict[str, Any]) -> None:
    """Under messaging, under changes and bare it is one fact with one key; in standby it says that it is."""
    direct = one(item)
    change = {"field": "messages", "value": item}
    (changed,) = parsed(entry(change, carrier="changes"))
    (on_entry,) = parsed({"object": "instagram", "entry": [{"id": A, "time": 1, **change}]})
    (aside,) = parsed(entry(item, carrier="standby"))
    (listed,) = parsed([entry(item)])

    assert direct == listed
    assert (direct.type, direct.key, direct.message, change) == (
        changed.type,
        changed.key,
        changed.message,
        changed.raw,
    )
    assert (direct.type, direct.key, direct.account) == (on_entry.type, on_entry.key, on_entry.account)
    assert (direct.type, direct.key, {**direct.data, "standby": True}) == (aside.type, aside.key, aside.data)


def test_a_referral_inside_a_message_is_told_twice() -> None:
    """The message as a message, the way it came as a referral."""
    first, second = parsed(entry(bodies.AD))

    assert (EventType.RECEIVED, "aWdfTUlEX2Fk", "I saw your ad") == (
        first.type,
        first.key,
        first.message and first.message.text,
    )
    assert bodies.AD["message"]["referral"] == first.data["referral"] == second.data
    assert (EventType.REFERRAL, f"referral:{C}:1767225613000:spring", C) == (
        second.type,
        second.key,
        second.conversation,
    )


def test_a_referral_to_a_product() -> None:
    """The shop's variant has no ref; the product tells it from others."""
    _, second = parsed(entry(message(1767225613000, "m", text="x", referral={"product": {"id": "5000000000000001"}})))

    assert f"referral:{C}:1767225613000:5000000000000001" == second.key


def test_a_postback_with_a_referral() -> None:
    """A first opening through an ice breaker."""
    item = inbound(1, postback={"mid": "m", "title": "t", "payload": "p", "referral": {"ref": "r"}})

    assert [EventType.POSTBACK, EventType.REFERRAL] == [fact.type for fact in parsed(entry(item))]


def test_a_postback_without_an_id() -> None:
    """Some ice breakers have none: sender, time and payload make the key, and no message is made up."""
    fact = one(inbound(1767225616000, postback={"title": "t", "payload": "IB_1"}))

    assert (f"{C}:1767225616000:IB_1", None, DAY) == (fact.key, fact.message, fact.window)


def test_a_postback_whose_entry_names_the_customer() -> None:
    """A slip of the documentation: the account is the other side, and the customer stays the customer."""
    body = {"object": "instagram", "entry": [{"id": C, "time": 1, "messaging": [bodies.POSTBACK]}]}
    (fact,) = parsed(body)

    assert (A, C, DAY) == (fact.account, fact.conversation, fact.window)


def test_standby() -> None:
    """Another app owns the thread: heard, and said so."""
    (fact,) = parsed(bodies.STANDBY)

    assert (EventType.RECEIVED, {"standby": True}, C, A) == (fact.type, fact.data, fact.conversation, fact.account)


def test_comment() -> None:
    """Who wrote what below which post; time is the entry's, in seconds there."""
    (fact,) = parsed(bodies.COMMENT)

    assert (EventType.COMMENT, "comments:17900000000000777") == (fact.type, fact.key)
    assert (Contact(id=C, username="marta.fake"), C, A) == (fact.contact, fact.conversation, fact.account)
    assert datetime(2026, 1, 1, 0, 0, 24, tzinfo=UTC) == fact.at
    assert {
        "comment_id": "17900000000000777",
        "parent_id": "17900000000000770",
        "text": "price?",
        "live": False,
        "media": {
            "id": "17900000000000700",
            "product_type": "FEED",
            "ad_id": None,
            "ad_title": None,
            "original_media_id": None,
        },
    } == fact.data
    assert fact.window is None


def test_comments_in_other_dress() -> None:
    """On the entry itself, with comment_id, under an advert, without a text, live: a comment all the same."""
    value = {
        "comment_id": 17900000000000777,
        "from": {"id": C},
        "media": {"id": "1", "ad_id": "2", "ad_title": "t", "original_media_id": "3", "media_product_type": "AD"},
    }
    (on_entry,) = parsed({"object": "instagram", "entry": [{"id": A, "time": 1, "field": "comments", "value": value}]})
    (live,) = parsed(entry({"field": "live_comments", "value": value}, carrier="changes"))
    (bare,) = parsed({"field": "comments", "value": value})

    assert "comments:17900000000000777" == on_entry.key == bare.key
    assert ("2", "t", "3", None) == (
        *(on_entry.data["media"][n] for n in ("ad_id", "ad_title", "original_media_id")),
        on_entry.data["text"],
    )
    assert (True, "live_comments:17900000000000777") == (live.data["live"], live.key)


@pytest.mark.parametrize("writer", [{"id": A}, {"id": "5", "self_ig_scoped_id": "5"}])
def test_the_accounts_own_comments_are_nobodys_news(writer: dict[str, str]) -> None:
    """An app that answers comments must not answer itself."""
    (fact,) = parsed(entry({"field": "comments", "value": {"id": "1", "from": writer}}, carrier="changes"))

    assert (EventType.UNKNOWN, "the account's own comment") == (fact.type, fact.note)


def test_mentions() -> None:
    """In a comment, or in a caption when no comment is named."""
    (fact,) = parsed(bodies.MENTION)
    (caption,) = parsed(entry({"field": "mentions", "value": {"media_id": 17900000000000800}}, carrier="changes"))

    assert (EventType.COMMENT, "mentions:17900000000000801:", "comment") == (fact.type, fact.key, fact.data["mention"])
    assert ("mentions:media:17900000000000800", "caption") == (caption.key, caption.data["mention"])


def test_the_dashboards_test_button() -> None:
    """A message of nobody's account, in string seconds; flagged, so that no connection takes it for its own."""
    (fact,) = parsed(bodies.TEST)
    bare = bodies.TEST["entry"][0]["changes"][0]  # type: ignore[index]
    (alone,) = parsed(bare)

    assert (EventType.RECEIVED, "random_mid", "0", "12334", {"test": True}) == (
        fact.type, fact.key, fact.account, fact.conversation, fact.data,
    )  # fmt: skip
    assert datetime(2018, 5, 27, 22, 23, 44, tzinfo=UTC) == fact.at
    assert (EventType.RECEIVED, "23245") == (alone.type, alone.account)


@pytest.mark.parametrize("field", ["message_reactions", "messaging_postbacks", "messaging_seen", "message_edit", "x"])
def test_the_test_button_wraps_every_field(field: str) -> None:
    """What is inside decides, not the field's name."""
    (fact,) = parsed(entry({"field": field, "value": bodies.REACT}, carrier="changes"))

    assert (EventType.REACTION, bodies.REACT["reaction"]["mid"]) == (fact.type, fact.reaction and fact.reaction.message)


@pytest.mark.parametrize("name", [name for name, each in PROVIDER.samples.items() if each.encoding == "json"])
def test_redelivery_makes_the_same_keys(name: str) -> None:
    """The same sample twice is the same facts; another stamp makes other facts."""
    sample = PROVIDER.samples[name]
    requests = [
        samples.make(PROVIDER, sample, INSTAGRAM, Stamp(one, now))
        for one, now in (("a", 10**9), ("a", 10**9), ("b", 10**9 + 1))
    ]
    first, again, other = ([(fact.type, fact.key, fact.account) for fact in PROVIDER.parse(each)] for each in requests)

    assert first == again
    # the dashboard's are always the same; insights, and what nobody understands, go by their digests
    if name not in {"test", "test-reaction", "story-insights", "messenger", "unheard-of"}:
        assert not set(first) & set(other)


NAMED = {
    "message", "echo", "reaction", "seen", "postback", "edit", "unsend", "batch", "quick-reply", "media", "reel",
    "post", "story-mention", "ephemeral", "like-heart", "unsupported", "empty", "self", "reply", "story-reply",
    "ad-referral", "product-referral", "unreact", "edit-hint", "referral", "optin", "handover", "standby", "comment",
    "mention", "mention-caption", "test", "handshake", "template-empty", "share", "live-comment", "comment-on-entry",
}  # fmt: skip


def test_there_is_a_sample_of_every_payload() -> None:
    """`ferry trigger instagram …` knows each of the page's kinds, and each is JSON that goes through."""
    assert set(PROVIDER.samples) >= NAMED
    for sample in PROVIDER.samples.values():
        assert json.dumps(sample.body(INSTAGRAM, Stamp("x", 10**9)))
        assert sample.title
