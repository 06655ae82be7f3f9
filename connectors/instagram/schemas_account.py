"""The account itself: ice breakers, webhooks, comments (page §3.15–§3.18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.instagram.schemas import Id
from connectors.schema import NoInput, Reply, Request

SUBSCRIBED = {
    # login_type: the fields asked for, most of all first; each next is tried when Meta refuses a name (100; page §4.4)
    "instagram_login": (
        (
            "messages", "message_echoes", "message_edit", "message_reactions", "messaging_postbacks",
            "messaging_referral", "messaging_seen", "messaging_optins", "messaging_handover", "standby", "comments",
            "live_comments",
        ),
        (
            "messages", "message_reactions", "messaging_postbacks", "messaging_referral", "messaging_seen",
            "messaging_optins", "messaging_handover", "standby", "comments", "live_comments",
        ),
        ("messages", "message_reactions", "messaging_postbacks", "messaging_seen"),
    ),
    "facebook_login": (
        # the Page's own names; which of Instagram's arrive is decided by the app's subscription
        (
            "messages", "messaging_postbacks", "message_reactions", "messaging_referrals", "message_reads", "standby",
            "messaging_handovers", "feed",
        ),
        ("feed",),
    ),
}  # fmt: skip


class CallToAction(Request):
    """One question a customer can begin with."""

    question = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "keep it within 80 characters", "example": "Do you ship abroad?"},
    )
    payload = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "description": "comes back in the postback; keep it within 1,000 characters",
            "example": "IB_SHIPPING",
        },
    )


class IceBreaker(Request):
    """The questions of one language."""

    locale = fields.String(
        load_default="default",
        validate=validate.Regexp(r"(default|[a-z]{2,3}_[A-Z]{2})\Z", error="default, or a locale like pt_BR"),
        metadata={"description": "default, or a locale like pt_BR", "example": "default"},
    )
    call_to_actions = fields.List(
        fields.Nested(CallToAction),
        required=True,
        validate=validate.Length(min=1, max=4),
        metadata={"description": "1 to 4 questions"},
    )


class SetIceBreakers(Request):
    """The whole set; it replaces the one before."""

    ice_breakers = fields.List(
        fields.Nested(IceBreaker),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "one entry a locale, `default` among them"},
    )

    @validates_schema
    def locales(self, data: Mapping[str, Any], **_: Any) -> None:
        """Each locale once, `default` always."""
        found = [one["locale"] for one in data["ice_breakers"]]
        if len(set(found)) != len(found):
            raise ValidationError("Each locale once.", "ice_breakers")
        if "default" not in found:
            raise ValidationError("The locale `default` is needed.", "ice_breakers")

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The platform is said in the body too."""
        return {"platform": "instagram", **wire}


class GetIceBreakers(NoInput):
    """Nothing to say."""

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Which part of the profile."""
        return {**wire, "platform": "instagram", "fields": "ice_breakers"}


class DeleteIceBreakers(NoInput):
    """Nothing to say."""

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """The body of the DELETE."""
        return {**wire, "fields": ["ice_breakers"]}


class Subscribe(Request):
    """What the account should be told of."""

    subscribed_fields = fields.List(
        fields.String(validate=validate.Length(min=1, max=64)),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "webhook fields by Meta's names", "example": ["messages", "messaging_postbacks"]},
    )

    def to_wire(self, wire: dict[str, Any]) -> dict[str, Any]:
        """A comma list."""
        return {**wire, "subscribed_fields": ",".join(wire["subscribed_fields"])}


class ReplyToComment(Request):
    """A public answer below a comment."""

    comment_id = Id(required=True, metadata={"description": "The comment to answer.", "example": "17900000000000777"})
    text = fields.String(
        required=True,
        validate=validate.Length(min=1, max=2200),
        metadata={"wire": "message", "description": "shown to everybody", "example": "We sent you a message."},
    )


# Replies ------------------------------------------------------------------------------------------------------------


class Success(Reply):
    """Taken."""

    success = fields.Boolean(required=True, metadata={"example": True})


class ShownCallToAction(Reply):
    """One question."""

    question = fields.String()
    payload = fields.String()


class ShownIceBreaker(Reply):
    """The questions of one language."""

    locale = fields.String(metadata={"example": "default"})
    call_to_actions = fields.List(fields.Nested(ShownCallToAction))


class IceBreakers(Reply):
    """The set there is; empty when none is."""

    ice_breakers = fields.List(fields.Nested(ShownIceBreaker), required=True)


class Account(Reply):
    """Who the token speaks for."""

    account_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "professional account id, as webhooks carry it", "example": "17841400000000001"},
    )
    app_scoped_id = fields.String(
        allow_none=True, metadata={"description": "instagram_login: never equals webhook ids"}
    )
    username = fields.String(allow_none=True, metadata={"example": "my.shop"})
    account_type = fields.String(allow_none=True, metadata={"example": "BUSINESS"})
    page_id = fields.String(allow_none=True, metadata={"description": "facebook_login: the Page"})
    page_name = fields.String(allow_none=True)


class Subscriptions(Reply):
    """The apps an account is subscribed to, with their fields."""

    items = fields.List(fields.Dict(), required=True, metadata={"description": "{app_id, name, subscribed_fields}"})


class CommentMade(Reply):
    """The comment that now stands there."""

    comment_id = fields.String(required=True, data_key="id", metadata={"example": "17900000000000778"})
