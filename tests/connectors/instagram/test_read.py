"""Profiles, threads and messages: what is asked, what is read, what is asked again (page §2.8, §3.11–§3.14)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.action import Outcome
from connectors.errors import BadReply, InvalidCall, OutcomeUnknown, Rejected, Throttled
from connectors.instagram import PROVIDER
from connectors.instagram.schemas_read import LISTED, MINIMAL, PROFILE, WHOLE
from tests.connectors.conversation import Conversation
from tests.connectors.instagram.accounts import ACCOUNT, CUSTOMER, FACEBOOK, INSTAGRAM, MID, PAGE

THREAD = "aWdfVEhSRUFEXzAwMDE"


SECRET_NEXT = "https://graph.instagram.com/v25.0/me/conversations?access_token=IGAAtesttoken0001&limit=25&after=QVFIb"


def asked(path: str, **query: str) -> dict[str, Any]:
    """A GET."""
    return {"method": "GET", "path": f"/v25.0{path}", "query": query}


def row(**told: Any) -> dict[str, Any]:
    """A message as it is handed out, with nothing in it but this."""
    return {
        "created_at": None,
        "direction": None,
        "sender": None,
        "recipients": [],
        "text": None,
        "attachments": [],
        "shares": [],
        "story": None,
        "reactions": [],
        "reply_to": None,
        "is_unsupported": None,
        "content_unavailable": False,
        **told,
    }


MARTA = {"id": CUSTOMER, "username": "marta.fake", "name": None}


SHOP = {"id": ACCOUNT, "username": "my.shop", "name": None}


FILE = dict.fromkeys(("url", "preview_url", "mime_type", "name", "size", "width", "height", "id"))


TOLD_PROFILE = {
    "id": CUSTOMER,
    "name": "Marta Fake",
    "username": "marta.fake",
    "profile_pic": "https://scontent.cdninstagram.example/v/p.jpg?oe=65AA",
    "follower_count": 412,
    "is_user_follow_business": True,
    "is_business_follow_user": False,
    "is_verified_user": False,
}


TOLD_THREADS: dict[str, Any] = {
    "data": [
        {
            "id": THREAD,
            "updated_time": "2026-03-04T09:15:27+0000",
            "participants": {
                "data": [{"id": ACCOUNT, "username": "my.shop"}, {"id": CUSTOMER, "username": "marta.fake"}]
            },
        }
    ],
    "paging": {"cursors": {"before": "QVFIa", "after": "QVFIb"}},
}


THREADS = [
    {
        "conversation_id": THREAD,
        "updated_at": "2026-03-04T09:15:27.000Z",
        "contact": MARTA,
        "participants": [SHOP, MARTA],
    }
]


TOLD_MESSAGES: dict[str, Any] = {
    "data": [
        {
            "id": "aWdfTUlEXzAwMDI",
            "created_time": "2026-03-04T09:15:27+0000",
            "from": {"id": CUSTOMER, "username": "marta.fake"},
            "to": {"data": [{"id": ACCOUNT, "username": "my.shop"}]},
            "message": "Is it still available?",
        },
        {"id": MID, "created_time": "2026-03-04T09:15:20+0000", "message": ""},
    ],
    "paging": {"cursors": {"before": "QVFIc", "after": "QVFId"}},
}


MESSAGES = [
    row(
        message_id="aWdfTUlEXzAwMDI",
        created_at="2026-03-04T09:15:27.000Z",
        direction="inbound",
        sender=MARTA,
        recipients=[SHOP],
        text="Is it still available?",
    ),
    row(message_id=MID, created_at="2026-03-04T09:15:20.000Z", text="", content_unavailable=True),
]


LOOKASIDE = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1500000000000077&signature=fake"


TOLD_MESSAGE: dict[str, Any] = {
    "id": MID,
    "created_time": "2026-03-04T09:15:20+0000",
    "from": {"id": CUSTOMER, "username": "marta.fake"},
    "to": {"data": [{"id": ACCOUNT, "username": "my.shop"}]},
    "message": "",
    "attachments": {
        "data": [
            {
                "id": "1500000000000077",
                "image_data": {
                    "url": LOOKASIDE,
                    "preview_url": LOOKASIDE,
                    "width": 1080,
                    "height": 1350,
                    "max_width": 1080,
                    "max_height": 1350,
                    "render_as_sticker": False,
                },
            }
        ],
        "paging": {"next": SECRET_NEXT},
    },
    "reactions": {
        "data": [{"reaction": "love", "emoji": "❤️", "users": [{"id": ACCOUNT, "username": "my.shop"}]}],
        "paging": {"next": SECRET_NEXT},
    },
}


MESSAGE = row(
    message_id=MID,
    created_at="2026-03-04T09:15:20.000Z",
    direction="inbound",
    sender=MARTA,
    recipients=[SHOP],
    text="",
    attachments=[
        {
            **FILE,
            "kind": "image",
            "url": LOOKASIDE,
            "preview_url": LOOKASIDE,
            "width": 1080,
            "height": 1350,
            "id": "1500000000000077",
        }
    ],
    reactions=[{"emoji": "❤️", "category": "love", "users": [SHOP]}],
)


LIST = asked("/me/conversations", platform="instagram", fields="id,updated_time,participants", limit="25")


EDGE = asked(f"/{THREAD}/messages", fields=",".join(LISTED), limit="20")


ONE = asked(f"/{MID}", fields=",".join(WHOLE))


PLAIN = {"conversation_id": THREAD, "details": False}


CONVERSATIONS = {
    "profile": Conversation(
        "get-user-profile",
        {"to": CUSTOMER},
        asked(f"/{CUSTOMER}", fields=PROFILE),
        (200, TOLD_PROFILE),
        {"to": CUSTOMER, **{name: one for name, one in TOLD_PROFILE.items() if name != "id"}},
    ),
    "profile with little in it": Conversation(
        "get-user-profile",
        {"igsid": CUSTOMER},
        asked(f"/{CUSTOMER}", fields=PROFILE),
        (200, {"id": CUSTOMER, "name": None, "profile_pic": None}),
        {"to": CUSTOMER, "name": None, "profile_pic": None},
    ),
    "profile of nobody": Conversation(
        "get-user-profile",
        {"to": CUSTOMER},
        asked(f"/{CUSTOMER}", fields=PROFILE),
        (400, {"error": {"code": 9010, "message": "No matching Instagram user"}}),
        raises=Rejected,
        reason="unknown_recipient",
    ),
    "an id that would leave the path": Conversation(
        "get-user-profile",
        {"to": "a/../b?c"},
        asked("/a%2F..%2Fb%3Fc", fields=PROFILE),
        (200, {"id": CUSTOMER}),
    ),
    "threads": Conversation("list-conversations", {}, LIST, (200, TOLD_THREADS), {"items": THREADS, "cursor": None}),
    "a page of threads, with more": Conversation(
        "list-conversations",
        {"limit": 1, "cursor": "QVFIa"},
        {**LIST, "query": {**LIST["query"], "limit": "1", "after": "QVFIa"}},
        (200, {**TOLD_THREADS, "paging": {**TOLD_THREADS["paging"], "next": SECRET_NEXT}}),
        {"items": THREADS, "cursor": "QVFIb"},
    ),
    "threads, wrapped": Conversation(
        "list-conversations", {}, LIST, (200, {"conversations": TOLD_THREADS}), {"items": THREADS, "cursor": None}
    ),
    "no threads": Conversation("list-conversations", {}, LIST, (200, {"data": []}), {"items": [], "cursor": None}),
    "the thread with somebody": Conversation(
        "list-conversations",
        {"to": CUSTOMER, "messages": 3},
        asked(
            "/me/conversations",
            platform="instagram",
            limit="25",
            user_id=CUSTOMER,
            fields=f"id,updated_time,participants,messages.limit(3){{{','.join(MINIMAL)}}}",
        ),
        (200, {"data": [{**TOLD_THREADS["data"][0], "messages": {**TOLD_MESSAGES, "paging": {"next": SECRET_NEXT}}}]}),
        {"items": [{**THREADS[0], "messages": MESSAGES}], "cursor": None},
    ),
    "a thread twice in a living list": Conversation(
        "list-conversations",
        {},
        LIST,
        (200, {"data": [*TOLD_THREADS["data"], *TOLD_THREADS["data"]]}),
        {"items": THREADS, "cursor": None},
    ),
    "a time in Unix seconds": Conversation(
        "list-conversations",
        {},
        LIST,
        (200, {"data": [{"id": THREAD, "updated_time": 1772615727}]}),
        {
            "items": [
                {
                    "conversation_id": THREAD,
                    "updated_at": "2026-03-04T09:15:27.000Z",
                    "contact": None,
                    "participants": [],
                }
            ],
            "cursor": None,
        },
    ),
    "threads in words we do not know": Conversation(
        "list-conversations", {}, LIST, (200, {"threads": []}), raises=BadReply
    ),
    "threads, too many questions": Conversation(
        "list-conversations",
        {},
        LIST,
        (400, {"error": {"code": 613, "error_subcode": 2534040, "message": "x"}}),
        raises=Throttled,
    ),
    "threads, Meta stumbles": Conversation(
        "list-conversations",
        {},
        LIST,
        (500, {"error": {"code": 2, "message": "x", "is_transient": True}}),
        raises=OutcomeUnknown,
    ),
    "messages": Conversation(
        "get-conversation-messages", PLAIN, EDGE, (200, TOLD_MESSAGES), {"items": MESSAGES, "cursor": None}
    ),
    "messages through the thread's own fields": Conversation(
        "get-conversation-messages",
        {**PLAIN, "expansion": True, "limit": 5, "cursor": "QVFIc", "select": ["id", "message"]},
        asked(f"/{THREAD}", fields="messages.limit(5).after(QVFIc){id,message}"),
        (
            200,
            {"id": THREAD, "messages": {**TOLD_MESSAGES, "paging": {"cursors": {"after": "x"}, "next": SECRET_NEXT}}},
        ),
        {"items": MESSAGES, "cursor": "x"},
    ),
    "messages of one's own choice, refused": Conversation(
        "get-conversation-messages",
        {**PLAIN, "fields": "id,colour"},
        {**EDGE, "query": {"limit": "20", "fields": "id,colour"}},
        (400, {"error": {"code": 100, "message": "Tried accessing nonexisting field (colour)"}}),
        raises=Rejected,
        code="100",
    ),
    "messages of a thread that is gone": Conversation(
        "get-conversation-messages",
        PLAIN,
        EDGE,
        (400, {"error": {"code": 100, "error_subcode": 33, "message": "x"}}),
        raises=Rejected,
        code="100/33",
    ),
    "a message": Conversation("get-message-details", {"message_id": MID}, ONE, (200, TOLD_MESSAGE), MESSAGE),
    "a message of mine": Conversation(
        "get-message-details",
        {"mid": MID},
        ONE,
        (200, {"id": MID, "from": {"id": ACCOUNT}, "message": "hi", "reply_to": {"mid": "m0", "is_self_reply": False}}),
        row(
            message_id=MID,
            direction="outbound",
            sender={"id": ACCOUNT, "username": None, "name": None},
            text="hi",
            reply_to="m0",
        ),
    ),
    "a message with a share and a story": Conversation(
        "get-message-details",
        {"message_id": MID},
        ONE,
        (
            200,
            {
                "id": MID,
                "message": "",
                "shares": {"data": [{"link": "https://x.example", "name": "n"}]},
                "story": {"mention": {"link": "https://cdn.example/s", "id": 5}},
                "is_unsupported": False,
            },
        ),
        row(
            message_id=MID,
            text="",
            shares=[{"id": None, "type": None, "name": "n", "description": None, "url": "https://x.example"}],
            story={"kind": "mention", "id": "5", "url": "https://cdn.example/s"},
            is_unsupported=False,
        ),
    ),
    "a message too old": Conversation(
        "get-message-details",
        {"message_id": MID},
        ONE,
        (400, {"error": {"code": 9000001, "message": "x"}}),
        raises=Rejected,
        code="9000001",
    ),
    "a message without an id": Conversation(
        "get-message-details", {"message_id": MID}, ONE, (200, {}), raises=BadReply
    ),
}


@pytest.mark.parametrize("said", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_questions(said: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    """Exactly this is asked, and this is read; `paging.next` and its token stay inside."""
    said.check(PROVIDER, INSTAGRAM, caplog)


FILES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # an attachment of theirs: what of it is ours
    "video": ({"video_data": {"url": "u", "width": 5}}, {"kind": "video", "url": "u", "width": 5}),
    "video as a plain text": ({"video_data": "u", "mime_type": "video/mp4"}, {"kind": "video", "url": "u"}),
    "voice": ({"file_url": "u", "mime_type": "audio/mp4", "size": 7}, {"kind": "audio", "url": "u", "size": 7}),
    "file": ({"file_url": "u", "name": "a.pdf", "mime_type": "application/pdf"}, {"kind": "file", "name": "a.pdf"}),
    "template": ({"generic_template": {"title": "t", "media_url": "u"}}, {"kind": "template", "url": "u", "name": "t"}),
    "sticker": ({"image_data": {"animated_gif_url": "g", "max_width": 9}}, {"kind": "image", "url": "g", "width": 9}),
    "something": ({"hologram": 1}, {"kind": "unsupported", "url": None}),
    "nonsense": ({"image_data": 7}, {"kind": "image"}),
}


@pytest.mark.parametrize(("told", "wanted"), FILES.values(), ids=FILES)
def test_attachments(told: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Objects or plain texts, every field optional."""
    outcome = Conversation(
        "get-message-details", {"message_id": MID}, ONE, (200, {"id": MID, "attachments": {"data": [told]}})
    ).check(PROVIDER, INSTAGRAM)

    assert isinstance(outcome, Outcome)
    found = outcome.output["attachments"][0]
    assert wanted == {name: found[name] for name in wanted}


def test_facebook_login_asks_the_page() -> None:
    """Threads hang on the Page, and a message from the Page's own id is ours."""
    wanted = {**LIST, "path": f"/v25.0/{PAGE}/conversations"}
    Conversation("list-conversations", {}, wanted, (200, {"data": []})).check(PROVIDER, FACEBOOK)
    answer = (200, {"id": MID, "from": {"id": PAGE, "email": "x@example.org"}, "message": "x"})
    outcome = Conversation("get-message-details", {"message_id": MID}, ONE, answer).check(PROVIDER, FACEBOOK)

    assert isinstance(outcome, Outcome)
    assert "outbound" == outcome.output["direction"]


def test_the_app_scoped_id_is_the_account_too() -> None:
    """With instagram_login the account may stand in a thread under its other id."""
    told = {"data": [{"id": THREAD, "participants": {"data": [{"id": "2484"}, {"id": CUSTOMER}]}}]}
    outcome = Conversation("list-conversations", {}, LIST, (200, told), settings={"app_scoped_id": "2484"}).check(
        PROVIDER, INSTAGRAM
    )

    assert isinstance(outcome, Outcome)
    assert CUSTOMER == outcome.output["items"][0]["contact"]["id"]


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        ("get-user-profile", {}, "to"),
        ("list-conversations", {"limit": 51}, "limit"),
        ("list-conversations", {"limit": 0}, "limit"),
        ("get-conversation-messages", {"conversation_id": THREAD, "limit": 26}, "limit"),
        ("get-conversation-messages", {}, "conversation_id"),
        ("get-message-details", {"message_id": ""}, "message_id"),
    ],
)
def test_what_is_no_question(action: str, given: dict[str, Any], field: str) -> None:
    """Limits of the page are held before anything leaves."""
    problem = Conversation(action, given, None, raises=InvalidCall).check(PROVIDER, INSTAGRAM)

    assert isinstance(problem, InvalidCall)
    assert [field] == list(problem.fields or {})
