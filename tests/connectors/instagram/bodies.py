"""The page's own webhook bodies (§4.5–§4.7), word for word; ids, people and keys in them are invented."""

from __future__ import annotations

import json
from typing import Any

from connectors.events import Fact
from connectors.guards import HookRequest
from connectors.instagram import PROVIDER

A = "17841400000000001"
C = "900000000000001"
CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id="


def parsed(document: Any) -> list[Fact]:
    """The facts of a body."""
    return PROVIDER.parse(HookRequest(body=json.dumps(document).encode()))


def entry(*items: Any, carrier: str = "messaging", **more: Any) -> dict[str, Any]:
    """A body of one entry."""
    return {"object": "instagram", "entry": [{"id": A, "time": 1767225600123, carrier: list(items), **more}]}


def inbound(at: int, **content: Any) -> dict[str, Any]:
    """An item from the customer."""
    return {"sender": {"id": C}, "recipient": {"id": A}, "timestamp": at, **content}


def outbound(at: int, **content: Any) -> dict[str, Any]:
    """An item from the account."""
    return {"sender": {"id": A}, "recipient": {"id": C}, "timestamp": at, **content}


def message(at: int, mid: str, **content: Any) -> dict[str, Any]:
    """A message from the customer."""
    return inbound(at, message={"mid": mid, **content})


TEXT = message(1767225599876, "aWdfTUlEX3RleHQ", text="Do you open on Sunday?")
QUICK_REPLY = message(1767225600500, "aWdfTUlEX3Fy", text="Small", quick_reply={"payload": "SIZE_S"})
IMAGES = message(
    1767225601000,
    "aWdfTUlEX2ltZw",
    attachments=[
        {"type": "image", "payload": {"url": f"{CDN}1500000000000001&signature=fake1"}},
        {"type": "video", "payload": {"url": f"{CDN}1500000000000002&signature=fake2"}},
    ],
)
REEL = message(
    1767225602000,
    "aWdfTUlEX3JlZWw",
    attachments=[
        {
            "type": "ig_reel",
            "payload": {
                "url": "https://www.instagram.com/reel/FAKEreel01/",
                "title": "Ten ways to tie a scarf",
                "reel_video_id": "17900000000000555",
            },
        }
    ],
)
POST_PAYLOAD = {
    "url": f"{CDN}1500000000000003&signature=fake3",
    "title": "Autumn drop",
    "ig_post_media_id": "17900000000000666",
}
POST = message(1767225603000, "aWdfTUlEX3Bvc3Q", attachments=[{"type": "ig_post", "payload": POST_PAYLOAD}])
STORY_MENTION = message(
    1767225604000,
    "aWdfTUlEX21lbnRpb24",
    attachments=[{"type": "story_mention", "payload": {"url": f"{CDN}1500000000000004&signature=fake4"}}],
)
EPHEMERAL = message(1767225605000, "aWdfTUlEX2VwaGVt", attachments=[{"type": "ephemeral"}])
HEART = message(1767225606000, "aWdfTUlEX2hlYXJ0", attachments=[{"type": "like_heart"}])
UNSUPPORTED = message(1767225607000, "aWdfTUlEX3Vuc3Vw", is_unsupported=True)
ECHO = outbound(
    1767225608000, message={"mid": "aWdfTUlEX291dF8wMDAx", "text": "Which size would you like?", "is_echo": True}
)
SELF = {
    "sender": {"id": A},
    "recipient": {"id": "900000000000099"},
    "timestamp": 1767225609000,
    "message": {"mid": "aWdfTUlEX3NlbGY", "text": "ping", "is_echo": True, "is_self": True},
}
UNSEND = message(1767225610000, "aWdfTUlEX3RleHQ", is_deleted=True)
REPLY = message(
    1767225611000,
    "aWdfTUlEX3JlcGx5",
    text="this one",
    reply_to={"mid": "aWdfTUlEX291dF8wMDAx", "is_self_reply": False},
)
STORY_REPLY = message(
    1767225612000,
    "aWdfTUlEX3N0b3J5",
    text="🔥",
    reply_to={"story": {"id": "18100000000000001", "url": f"{CDN}1500000000000005&signature=fake5"}},
)
AD = message(
    1767225613000,
    "aWdfTUlEX2Fk",
    text="I saw your ad",
    referral={
        "ref": "spring",
        "ad_id": "120000000000001",
        "source": "ADS",
        "type": "OPEN_THREAD",
        "ads_context_data": {
            "ad_title": "Spring sale",
            "photo_url": "https://scontent.example/ad.jpg",
            "video_url": None,
        },
    },
)
REACT = inbound(
    1767225614000, reaction={"mid": "aWdfTUlEX291dF8wMDAx", "action": "react", "reaction": "like", "emoji": "👍"}
)
UNREACT = inbound(1767225615000, reaction={"mid": "aWdfTUlEX291dF8wMDAx", "action": "unreact"})
POSTBACK = inbound(
    1767225616000, postback={"mid": "aWdfTUlEX3Bi", "title": "Do you ship abroad?", "payload": "IB_SHIPPING"}
)
SEEN = inbound(1767225617000, read={"mid": "aWdfTUlEX291dF8wMDAx"})
EDIT = inbound(
    1767225618000, message_edit={"mid": "aWdfTUlEX3RleHQ", "text": "Do you open on Saturday?", "num_edit": 1}
)
HINT = {"timestamp": 1767225619000, "message_edit": {"mid": "aWdfTUlEX2xvc3Q", "num_edit": 0}}
REFERRAL = inbound(1767225620000, referral={"ref": "qr-table-7", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"})
OPTIN = inbound(
    1767225621000,
    optin={
        "type": "notification_messages",
        "payload": "OPTIN_1",
        "notification_messages_token": "555000",
        "title": "Updates",
    },
)
PASS = inbound(
    1767225622000,
    pass_thread_control={"previous_owner_app_id": "111", "new_owner_app_id": "222", "metadata": "to human"},
)
STANDBY = {
    "object": "instagram",
    "entry": [
        {
            "id": A,
            "time": 1767225623000,
            "standby": [message(1767225622900, "aWdfTUlEX3N0YW5kYnk", text="still waiting")],
        }
    ],
}
COMMENT_VALUE = {
    "id": "17900000000000777",
    "parent_id": "17900000000000770",
    "from": {"id": C, "username": "marta.fake"},
    "media": {"id": "17900000000000700", "media_product_type": "FEED"},
    "text": "price?",
}
COMMENT = {
    "object": "instagram",
    "entry": [{"id": A, "time": 1767225624, "changes": [{"field": "comments", "value": COMMENT_VALUE}]}],
}
MENTION = {
    "object": "instagram",
    "entry": [
        {
            "id": A,
            "time": 1767225625,
            "changes": [
                {"field": "mentions", "value": {"media_id": "17900000000000800", "comment_id": "17900000000000801"}}
            ],
        }
    ],
}
TEST = {
    "object": "instagram",
    "entry": [
        {
            "id": "0",
            "time": 1767225626,
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "sender": {"id": "12334"},
                        "recipient": {"id": "23245"},
                        "timestamp": "1527459824",
                        "message": {"mid": "random_mid", "text": "random_text"},
                    },
                }
            ],
        }
    ],
}
