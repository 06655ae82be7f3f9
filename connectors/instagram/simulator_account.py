"""The stand-in's account: ice breakers, subscriptions, uploads, comments, and where tokens come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.instagram.simulator_memory import DAY, Memory, Refusal, Token, invalid
from connectors.instagram.simulator_send import fetch, keys

LIFE = 60 * DAY
CODE = "AQsimulated-code-0001"  # how the codes of the stand-in's consent page begin
HOUR = 3600.0  # how long a code lives
DENIED = {
    # what a person brings back who says no  (page §1.3)
    "error": "access_denied",
    "error_reason": "user_denied",
    "error_description": "The user denied your request.",
}
APP_ID = "990000000000001"
FIELDS = {
    False: {
        "messages", "message_reactions", "messaging_postbacks", "messaging_referral", "messaging_seen",
        "message_edit", "messaging_optins", "messaging_handover", "standby", "message_echoes", "comments",
        "live_comments",
    },
    True: {
        "messages", "messaging_postbacks", "message_reactions", "messaging_referrals", "message_reads", "standby",
        "messaging_handovers", "feed",
    },
}  # fmt: skip


class Desk:
    """Answers about the account."""

    def __init__(self, memory: Memory, settings: Mapping[str, Any], *, facebook: bool) -> None:
        self.memory = memory
        self.settings = settings
        self.facebook = facebook

    def profile(self, method: str, body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        """…/messenger_profile."""
        if self.facebook and query.get("platform") != "instagram":
            raise invalid("Param platform must be instagram")
        if method == "GET":
            return {"data": self.memory.ice_breakers if query.get("fields") == "ice_breakers" else []}
        if method == "DELETE":
            if keys(body, {"fields", "platform"}, "body").get("fields") != ["ice_breakers"]:
                raise invalid("Param fields must be a non-empty array")
            self.memory.ice_breakers = []
        else:
            self.memory.ice_breakers = self._ice_breakers(keys(body, {"platform", "ice_breakers"}, "body"))
        return {"result": "success"} if self.facebook else {"success": True}

    def _ice_breakers(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        listed = body.get("ice_breakers")
        if body.get("platform") != "instagram" or not isinstance(listed, list) or not listed:
            raise invalid("Param ice_breakers must be a non-empty array, platform instagram")
        for one in listed:
            asked = keys(one, {"locale", "call_to_actions"}, "ice_breakers").get("call_to_actions")
            if not isinstance(asked, list) or not 1 <= len(asked) <= 4:
                raise invalid("Param call_to_actions must hold 1 to 4 items")
            if not all(set(each) == {"question", "payload"} and all(each.values()) for each in asked):
                raise invalid("Param call_to_actions needs question and payload")
        locales = [one.get("locale", "default") for one in listed]
        if len(set(locales)) != len(locales) or "default" not in locales:
            raise invalid("Each locale once, and default always")
        return [dict(one) for one in listed]

    def subscription(self, method: str, query: Mapping[str, str]) -> dict[str, Any]:
        """…/subscribed_apps."""
        if method == "GET":
            found = self.memory.subscribed
            return {"data": [{"id": APP_ID, "name": "Ferry", "subscribed_fields": sorted(found)}] if found else []}
        if method == "DELETE":
            self.memory.subscribed = set()
            return {"success": True}
        asked = {one for one in query.get("subscribed_fields", "").split(",") if one}
        strange = sorted(asked - FIELDS[self.facebook])
        if strange or not asked:
            raise invalid(f"Param subscribed_fields[0] must be one of {sorted(FIELDS[self.facebook])}")
        self.memory.subscribed = asked
        return {"success": True}

    def upload(self, body: Any) -> dict[str, Any]:
        """…/message_attachments, which the Page's host alone has."""
        if not self.facebook:
            raise Refusal(100, 33, "Unsupported post request.")
        keys(body, {"platform", "message"}, "body")
        attachment = keys(
            keys(body["message"], {"attachment"}, "message")["attachment"], {"type", "payload"}, "attachment"
        )
        if body.get("platform") != "instagram" or not attachment["payload"].get("is_reusable"):
            raise invalid("Param platform must be instagram, is_reusable true")
        fetch(attachment["type"], attachment["payload"].get("url"))
        found = self.memory.new_number()
        self.memory.uploads[found] = attachment["type"]
        return {"attachment_id": found}

    def comment(self, comment: str, body: Any) -> dict[str, Any]:
        """…/replies."""
        text = keys(body, {"message"}, "body").get("message")
        if not isinstance(text, str) or not text:
            raise invalid("Param message is required")
        if not comment.startswith("179"):
            raise Refusal(100, 33, f"Object with ID '{comment}' does not exist")
        self.memory.comments.setdefault(comment, []).append(text)
        return {"id": f"179{self.memory.new_number()[-14:]}"}

    def me(self) -> dict[str, Any]:
        """Whose token it is, wrapped on one host as documented."""
        account = str(self.settings.get("account_id", ""))
        if self.facebook:
            linked = {"id": account, "username": "my.shop"}
            return {"id": str(self.settings.get("page_id")), "name": "My shop", "instagram_business_account": linked}
        row = {"id": f"24{account[2:]}", "user_id": account, "username": "my.shop", "account_type": "BUSINESS"}
        return {"data": [row]}


class Bureau:
    """Codes into tokens, short ones into long ones, old ones into new ones."""

    def __init__(
        self, memory: Memory, tokens: dict[str, Token], secrets: Mapping[str, str], settings: Mapping[str, Any]
    ) -> None:
        self.memory = memory
        self.tokens = tokens
        self.secrets = secrets
        self.settings = settings
        self.used: set[str] = set()
        self.issued: dict[str, float] = {}

    def new_code(self) -> str:
        """A fresh code, good once and for an hour."""
        found = f"{CODE}-{self.memory.new_number()}"
        self.issued[found] = self.memory.clock()
        return found

    def _over(self, code: str) -> bool:
        return self.memory.clock() - self.issued.get(code, self.memory.clock()) >= HOUR

    def new(self, prefix: str, seconds: float | None) -> str:
        """A fresh token that lives so long."""
        now = self.memory.clock()
        found = f"{prefix}-simulated-{self.memory.new_number()}"
        self.tokens[found] = Token(now, None if seconds is None else now + seconds)
        return found

    def code(self, form: Mapping[str, str]) -> dict[str, Any]:
        """POST /oauth/access_token; raises OAuthRefusal, which has a shape of its own."""
        if form.get("grant_type") != "authorization_code" or not form.get("client_id") or not form.get("redirect_uri"):
            raise OAuthRefusal("Missing required field client_id, grant_type or redirect_uri")
        if form.get("client_secret") != self.secrets.get("instagram_app_secret"):
            raise OAuthRefusal("Error validating client secret")
        code = form.get("code", "")
        if not code.startswith(CODE) or code in self.used:
            raise OAuthRefusal("This authorization code has been used, or is not valid")
        if self._over(code):
            raise OAuthRefusal("This authorization code has expired")
        self.used.add(code)
        permissions = "instagram_business_basic,instagram_business_manage_messages"
        row = {"access_token": self.new("IGAA-short", 3600), "user_id": "24841400000000001", "permissions": permissions}
        return {"data": [row]}

    def long(self, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /access_token: the short token dies."""
        if query.get("grant_type") != "ig_exchange_token":
            raise invalid("Param grant_type must be ig_exchange_token")
        if query.get("client_secret") != self.secrets.get("instagram_app_secret"):
            raise invalid("Error validating client secret.")
        self._alive(query.get("access_token", ""))
        del self.tokens[query["access_token"]]
        return {"access_token": self.new("IGAA", LIFE), "token_type": "bearer", "expires_in": int(LIFE)}

    def refresh(self, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /refresh_access_token: a day old, not dead; the old one dies."""
        if query.get("grant_type") != "ig_refresh_token":
            raise invalid("Param grant_type must be ig_refresh_token")
        known = self._alive(query.get("access_token", ""))
        if self.memory.clock() - known.issued < DAY:
            raise invalid("The access token is less than 24 hours old.")
        del self.tokens[query["access_token"]]
        return {"access_token": self.new("IGAA", LIFE), "token_type": "bearer", "expires_in": int(LIFE)}

    def facebook(self, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /{v}/oauth/access_token: a code, or a user token to be made long-lived."""
        if query.get("client_secret") != self.secrets.get("app_secret"):
            raise invalid("Error validating client secret.")
        if query.get("grant_type") == "fb_exchange_token":
            self._alive(query.get("fb_exchange_token", ""))
        elif not query.get("code", "").startswith(CODE) or query["code"] in self.used:
            raise invalid("This authorization code has been used.")
        elif self._over(query["code"]):
            raise invalid("This authorization code has expired.")
        self.used.add(query.get("code", ""))
        return {"access_token": self.new("EAA-user", LIFE), "token_type": "bearer", "expires_in": int(LIFE)}

    def pages(self) -> dict[str, Any]:
        """GET /{v}/me/accounts: the Page of this stand-in, and one without an Instagram account."""
        linked = {"id": self.settings.get("account_id"), "username": "my.shop"}
        token = self.secrets.get("access_token")
        mine = {"id": self.settings.get("page_id"), "name": "My shop", "access_token": token}
        return {
            "data": [
                {"id": "100000000000099", "name": "My garden", "access_token": "EAA-simulated-garden"},
                {**mine, "instagram_business_account": linked},
            ]
        }

    def debug(self, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /{v}/debug_token."""
        known = self.tokens.get(query.get("input_token", ""))
        expires = 0 if known is None or known.expires is None else int(known.expires)
        return {"data": {"is_valid": known is not None, "expires_at": expires, "scopes": ["instagram_manage_messages"]}}

    def _alive(self, token: str) -> Token:
        known = self.tokens.get(token)
        if known is None:
            raise Refusal(190, None, "Invalid OAuth access token - Cannot parse access token", 401)
        if known.expires is not None and known.expires <= self.memory.clock():
            raise Refusal(190, 463, "Error validating access token: Session has expired", 401)
        return known


class OAuthRefusal(Exception):
    """The code exchange's own shape of an error."""
