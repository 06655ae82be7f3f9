"""
One real body of every kind of webhook (page §4.5–§4.7), for `ferry trigger`, the simulator and tests.

The customer is the stamp's contact, the account the connection's; message ids come from the stamp, so that one stamp
makes the same message twice and another stamp another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.connection import Connection
from connectors.instagram.samples_parts import (
    CDN,
    Body,
    account_of,
    attached,
    change,
    changed,
    entry,
    envelope,
    inbound,
    item,
    message,
    mid,
    outbound,
)
from connectors.provider import Sample, Stamp

OTHER_ACCOUNT = "17841400000000099"


def _comment(connection: Connection, stamp: Stamp) -> Body:
    del connection
    return {
        "id": f"1790{stamp.now}0777",
        "parent_id": "17900000000000770",
        "from": {"id": stamp.contact, "username": "marta.fake"},
        "media": {"id": "17900000000000700", "media_product_type": "FEED"},
        "text": stamp.text,
    }


def _comment_on_entry(connection: Connection, stamp: Stamp) -> Body:
    value = _comment(connection, stamp)
    value["comment_id"] = value.pop("id")
    value["media"] = {
        "id": "17900000000000701",
        "ad_id": "120000000000002",
        "ad_title": "Spring sale",
        "original_media_id": "17900000000000702",
        "media_product_type": "AD",
    }
    return envelope(connection, stamp, entry(account_of(connection), stamp, field="comments", value=value))


def _batch(connection: Connection, stamp: Stamp) -> Body:
    """Two entries of the account and one of another, several items each, two of them the same message."""
    texts = [
        inbound(connection, stamp, message={"mid": mid(stamp, f"-{n}"), "text": f"{stamp.text} {n}"}) for n in (1, 2, 3)
    ]
    echo = outbound(connection, stamp, message={"mid": mid(stamp, "-e"), "text": "Hello!", "is_echo": True})
    read = inbound(connection, stamp, read={"mid": mid(stamp, "-e")})
    loved = {"mid": mid(stamp, "-e"), "action": "react", "reaction": "love", "emoji": "❤️"}
    other = inbound(connection, stamp, message={"mid": mid(stamp, "-o"), "text": "for another account"})
    other["recipient"] = {"id": OTHER_ACCOUNT}
    mine = account_of(connection)
    return envelope(
        connection,
        stamp,
        entry(mine, stamp, messaging=[inbound(connection, stamp, reaction=loved), texts[1], texts[0], texts[0]]),
        entry(OTHER_ACCOUNT, stamp, messaging=[other]),
        entry(mine, stamp, messaging=[echo, read], changes=[{"field": "messages", "value": texts[2]}]),
    )


def _test(connection: Connection, stamp: Stamp) -> Body:
    value = {
        "sender": {"id": "12334"},
        "recipient": {"id": "23245"},
        "timestamp": "1527459824",
        "message": {"mid": "random_mid", "text": "random_text"},
    }
    told = {"field": "messages", "value": value}
    return envelope(connection, stamp, {"id": "0", "time": stamp.now, "changes": [told]})


def _test_reaction(connection: Connection, stamp: Stamp) -> Body:
    value = {
        "sender": {"id": "12334"},
        "recipient": {"id": "23245"},
        "timestamp": "1527459824",
        "reaction": {"mid": "random_mid", "action": "react", "reaction": "love", "emoji": "❤️"},
    }
    told = {"field": "message_reactions", "value": value}
    return envelope(connection, stamp, {"id": "0", "time": stamp.now, "changes": [told]})


def _bare(connection: Connection, stamp: Stamp) -> Body:
    value = inbound(connection, stamp, message={"mid": mid(stamp), "text": stamp.text})
    return {"field": "messages", "value": value}


def _messenger(connection: Connection, stamp: Stamp) -> Body:
    said = inbound(connection, stamp, message={"mid": mid(stamp), "text": stamp.text})
    return {**envelope(connection, stamp, entry("100000000000001", stamp, messaging=[said])), "object": "page"}


def _handshake(connection: Connection, stamp: Stamp) -> Body:
    return {
        "hub.mode": "subscribe",
        "hub.challenge": str(stamp.now),
        "hub.verify_token": connection.secret("verify_token"),
    }


def _referral(**more: Any) -> Body:
    return {"ref": "spring", "source": "ADS", "type": "OPEN_THREAD", **more}


_AD = {"ad_title": "Spring sale", "photo_url": "https://scontent.example/ad.jpg", "video_url": None}
_POST = {
    "url": f"{CDN}1500000000000003&signature=fake3",
    "title": "Autumn drop",
    "ig_post_media_id": "17900000000000666",
}
_REEL = {
    "url": "https://www.instagram.com/reel/FAKEreel01/",
    "title": "Ten ways to tie a scarf",
    "reel_video_id": "17900000000000555",
}

SAMPLES: dict[str, Sample] = {
    "message": item("A text", lambda stamp: {"message": {"mid": mid(stamp), "text": stamp.text}}),
    "echo": message("An echo of what the account sent", ours=True, text="Which size would you like?", is_echo=True),
    "reaction": item(
        "A reaction to a message",
        lambda stamp: {"reaction": {"mid": mid(stamp), "action": "react", "reaction": "like", "emoji": "👍"}},
    ),
    "reaction-category": item(
        "A reaction that has a rough word and no character",
        lambda stamp: {"reaction": {"mid": mid(stamp), "action": "react", "reaction": "laugh"}},
    ),
    "reaction-ours": item(
        "A reaction of the account's own",
        lambda stamp: {"reaction": {"mid": mid(stamp), "action": "react", "reaction": "love", "emoji": "❤️"}},
        ours=True,
    ),
    "unreact": item("A reaction taken back", lambda stamp: {"reaction": {"mid": mid(stamp), "action": "unreact"}}),
    "seen": item("The customer has read", lambda stamp: {"read": {"mid": mid(stamp)}}),
    "seen-watermark": item(
        "The customer has read, Messenger's way", lambda stamp: {"read": {"watermark": stamp.now * 1000}}
    ),
    "postback": item(
        "An ice breaker or a button was tapped",
        lambda stamp: {"postback": {"mid": mid(stamp), "title": "Do you ship abroad?", "payload": "IB_SHIPPING"}},
    ),
    "postback-referral": item(
        "A button was tapped by somebody who came from an ig.me link",
        lambda stamp: {
            "postback": {
                "mid": mid(stamp),
                "title": "Get started",
                "payload": "START",
                "referral": {**_referral(), "ref": "qr-1"},
            }
        },
    ),
    "postback-without-mid": item(
        "An ice breaker without a message id",
        lambda stamp: {"postback": {"title": "Where are you located?", "payload": f"IB_{stamp.id}"}},
    ),
    "edit": item(
        "A text was changed",
        lambda stamp: {"message_edit": {"mid": mid(stamp), "text": "Do you open on Saturday?", "num_edit": 1}},
    ),
    "unsend": message("A message was taken back", is_deleted=True),
    "batch": Sample("Several entries, accounts and items, out of order and one twice", _batch),
    "quick-reply": message("A quick reply was tapped", text="Small", quick_reply={"payload": "SIZE_S"}),
    "image": attached("A picture", {"type": "image", "payload": {"url": f"{CDN}1500000000000001&signature=fake1"}}),
    "media": attached(
        "A picture and a video in one message",
        {"type": "image", "payload": {"url": f"{CDN}1500000000000001&signature=fake1"}},
        {"type": "video", "payload": {"url": f"{CDN}1500000000000002&signature=fake2"}},
    ),
    "video": attached("A video", {"type": "video", "payload": {"url": f"{CDN}1500000000000002&signature=fake2"}}),
    "audio": attached("A voice note", {"type": "audio", "payload": {"url": f"{CDN}1500000000000006&signature=fake6"}}),
    "file": attached("A file", {"type": "file", "payload": {"url": f"{CDN}1500000000000007&signature=fake7"}}),
    "reel": attached("A shared reel", {"type": "ig_reel", "payload": _REEL}),
    "post": attached("A shared post", {"type": "ig_post", "payload": _POST}),
    "share": attached(
        "A shared post, said the old and the new way at once",
        {"type": "share", "payload": {"url": _POST["url"]}},
        {"type": "ig_post", "payload": _POST},
    ),
    "story": attached(
        "A shared story",
        {
            "type": "ig_story",
            "payload": {"story_media_id": 18100000000000002, "story_media_url": f"{CDN}15&signature=f"},
        },
    ),
    "story-mention": attached(
        "The account was mentioned in a story",
        {"type": "story_mention", "payload": {"url": f"{CDN}1500000000000004&signature=fake4"}},
    ),
    "story-old": attached(
        "A shared story, said the old way", {"type": "story", "payload": {"url": f"{CDN}1500000000000008&signature=f"}}
    ),
    "reel-old": attached("A shared reel, by its other name", {"type": "reel", "payload": _REEL}),
    "share-old": attached(
        "A shared post, said the old way",
        {"type": "share", "payload": {"url": "https://www.instagram.com/p/FAKEpost01/"}},
    ),
    "ephemeral": attached("View-once media, not delivered", {"type": "ephemeral"}),
    "like-heart": attached("A heart", {"type": "like_heart"}),
    "template-echo": message(
        "An echo of a template",
        ours=True,
        is_echo=True,
        attachments=[
            {"type": "template", "payload": {"generic": {"elements": [{"title": "Scarf", "subtitle": "Red"}]}}},
        ],
    ),
    "template-empty": attached(
        "Content that is unavailable, such as a shared comment",
        {"type": "template", "payload": {"generic": {"elements": []}}},
    ),
    "fallback": attached("An attachment of a kind we do not know", {"type": "fallback", "payload": {"title": "?"}}),
    "unsupported": message("Something the API cannot show", is_unsupported=True),
    "empty": message("Only an id: an ig.me link was opened"),
    "self": message("The account wrote to itself", ours=True, text="ping", is_echo=True, is_self=True),
    "reply": message(
        "An answer that quotes a message",
        text="this one",
        reply_to={"mid": "aWdfTUlEX291dF8wMDAx", "is_self_reply": False},
    ),
    "story-reply": message(
        "An answer to a story",
        text="🔥",
        reply_to={"story": {"id": "18100000000000001", "url": f"{CDN}1500000000000005&signature=fake5"}},
    ),
    "ad-referral": message(
        "A message that began at an advert",
        text="I saw your ad",
        referral=_referral(ad_id="120000000000001", ads_context_data=_AD),
    ),
    "product-referral": message(
        "A message that began at a product", text="Is it blue?", referral={"product": {"id": "5000000000000001"}}
    ),
    "edit-hint": Sample(
        "The hint of a message that may not be told otherwise",
        lambda connection, stamp: envelope(
            connection,
            stamp,
            entry(
                account_of(connection),
                stamp,
                messaging=[{"timestamp": stamp.now * 1000, "message_edit": {"mid": mid(stamp), "num_edit": 0}}],
            ),
        ),
        unknown=True,
    ),
    "referral": item(
        "An ig.me link in a thread that exists",
        lambda stamp: {"referral": {"ref": f"qr-{stamp.id}", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}},
    ),
    "optin": item(
        "A consent",
        lambda stamp: {
            "optin": {
                "type": "notification_messages",
                "payload": "OPTIN_1",
                "notification_messages_token": f"555{stamp.now}",
                "title": "Updates",
            }
        },
    ),
    "handover": item(
        "Control of the thread was passed",
        lambda stamp: {
            "pass_thread_control": {"previous_owner_app_id": "111", "new_owner_app_id": "222", "metadata": stamp.text}
        },
    ),
    "handover-take": item(
        "Control of the thread was taken",
        lambda stamp: {"take_thread_control": {"previous_owner_app_id": "222", "metadata": stamp.text}},
    ),
    "handover-request": item(
        "Control of the thread was asked for",
        lambda stamp: {"request_thread_control": {"requested_owner_app_id": 333, "metadata": stamp.text}},
    ),
    "app-roles": item(
        "The app's roles changed", lambda stamp: {"app_roles": {"111": [f"primary_receiver {stamp.id}"]}}
    ),
    "handover-change": change(
        "Control of the thread was passed, told under changes",
        "messaging_handover",
        lambda connection, stamp: inbound(
            connection, stamp, pass_thread_control={"previous_owner_app_id": "111", "new_owner_app_id": "222"}
        ),
    ),
    "standby": item(
        "A text in a thread another app owns",
        lambda stamp: {"message": {"mid": mid(stamp), "text": stamp.text}},
        carrier="standby",
    ),
    "policy": item(
        "Meta warns the account",
        lambda stamp: {"policy_enforcement": {"action": "warning", "reason": f"spam {stamp.id}"}},
    ),
    "policy-hyphen": item(
        "Meta blocks the account, in the other spelling",
        lambda stamp: {"policy-enforcement": {"action": "block", "reason": f"spam {stamp.id}"}},
    ),
    "feedback": item(
        "A customer judged an answer", lambda stamp: {"response_feedback": {"feedback": "Good bot", "mid": mid(stamp)}}
    ),
    "comment": change("A comment under a post", "comments", _comment),
    "comment-on-entry": Sample("A comment under an advert, directly on the entry", _comment_on_entry),
    "comment-own": Sample(
        "A comment of the account's own",
        lambda connection, stamp: changed(
            connection, stamp, "comments", {**_comment(connection, stamp), "from": {"id": account_of(connection)}}
        ),
        unknown=True,
    ),
    "live-comment": change("A comment during a broadcast", "live_comments", _comment),
    "mention": change(
        "The account was mentioned in a comment",
        "mentions",
        lambda _, stamp: {"media_id": "17900000000000800", "comment_id": f"1790{stamp.now}0801"},
    ),
    "mention-caption": change(
        "The account was mentioned in a caption",
        "mentions",
        lambda _, stamp: {"media_id": f"1790{stamp.now}0800"},
    ),
    "story-insights": change(
        "How a story did", "story_insights", lambda _, stamp: {"media_id": f"17{stamp.now}", "reach": 5}
    ),
    "test": Sample("The dashboard's Test button, for nobody's account", _test),
    "test-reaction": Sample("The Test button of another field", _test_reaction),
    "bare": Sample("A change without its envelope, as some tests send it", _bare),
    "messenger": Sample("What is for a Page of the same app", _messenger, unknown=True),
    "unheard-of": replace(
        item("An item of a kind nobody told us of", lambda stamp: {"hologram": {"id": stamp.id}}), unknown=True
    ),
    "handshake": Sample("Meta checks the callback (GET)", _handshake, encoding="query"),
}
