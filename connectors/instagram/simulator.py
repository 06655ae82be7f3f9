"""
Instagram's stand-in, on either host: strict where the page says Meta is, with its words, its windows and its echoes.

`PUT /_sim/webhook` is the app dashboard.  Its words:

    url              where callbacks go
    app_secret, instagram_app_secret, verify_token      in place of the connection's own
    strict           true: nobody may be written to who did not write first (else strangers count as having written)
    reads            true: customers read what they get, and `seen` is told
    batch            n: echoes and read marks are told n at a time, in one body, out of order
    usage            percent used, for the usage headers; from 100 on calls are refused with code 80002
    regain           minutes until access comes back, for the same
    permissions      the permissions the token has; what lacks one is refused
    require_proof    true: calls without appsecret_proof are refused
    token_issued_at  Unix seconds; the token lives 60 days from then
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx

from connectors.connection import Connection
from connectors.guards import HookRequest
from connectors.instagram import simulator_send, webhooks
from connectors.instagram.account import FACEBOOK_LOGIN, proof
from connectors.instagram.actions import ACTIONS
from connectors.instagram.samples import SAMPLES, entry
from connectors.instagram.simulator_memory import DAY, Memory, Refusal, Said, Token, invalid
from connectors.provider import Stamp
from connectors.samples import encode
from connectors.simulator import Simulator, set_path

LIFE = 60 * DAY
MESSAGING = {False: "instagram_business_manage_messages", True: "instagram_manage_messages"}


class InstagramSimulator(Simulator):
    """See the module."""

    provider = "instagram"
    prefix = "/{version}"

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        post: Callable[[httpx.Request], httpx.Response] | None = None,
        *,
        seed: int = 0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`clock` gives Unix seconds, for tests of windows and tokens."""
        super().__init__(ACTIONS, settings=settings, secrets=secrets, post=post, seed=seed)
        self.memory = Memory(clock) if clock else Memory()
        self.tokens = {secrets.get("access_token", ""): Token(self.memory.clock() - 2 * DAY, None)}
        self._held: list[dict[str, Any]] = []

    @property
    def facebook(self) -> bool:
        """Which of the two hosts this is."""
        return self.settings.get("login_type") == FACEBOOK_LOGIN

    @property
    def account(self) -> str:
        """The professional account's id."""
        return str(self.settings.get("account_id", ""))

    # Calls ------------------------------------------------------------------------------------------------------

    def answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        """The answer, with the usage headers every answer has."""
        with self.lock:
            try:
                response = self._answer(request, action)
            except Refusal as refusal:
                response = refusal.response(facebook=self.facebook)
            response.headers.update(self._usage())
            return response

    def _answer(self, request: httpx.Request, action: str | None) -> httpx.Response:
        self._authenticate(request)
        if request.method == "POST" and action is not None and ACTIONS[action].path == "/me/messages":
            return self._message(_body(request))
        raise Refusal(2500, None, f"Unknown path components: {request.url.path}")

    def action_of(self, request: httpx.Request) -> str | None:
        """One path carries every message: the body tells which action it is."""
        found = super().action_of(request)
        if found is None or ACTIONS[found].path != "/me/messages":
            return found
        try:
            return _messaging_action(_body(request))
        except Refusal:
            return found

    def _authenticate(self, request: httpx.Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        query = dict(parse_qsl(request.url.query.decode("latin-1")))
        if scheme.lower() != "bearer":
            token = query.get("access_token", "")
        known = self.tokens.get(token)
        if not token or known is None:
            raise Refusal(190, None, "Invalid OAuth access token - Cannot parse access token", 401)
        issued = float(self.webhook.get("token_issued_at") or known.issued)
        expires = issued + LIFE if known.expires is None and "token_issued_at" in self.webhook else known.expires
        if expires is not None and expires <= self.memory.clock():
            raise Refusal(190, 463, "Error validating access token: Session has expired", 401)
        self._prove(token, query)
        if float(self.webhook.get("usage") or 0) >= 100:
            raise Refusal(80002, None, "There have been too many calls to this Instagram account.", 400)
        permissions = self.webhook.get("permissions")
        if permissions is not None and MESSAGING[self.facebook] not in permissions:
            raise Refusal(10, None, "Application does not have permission for this action", 403)

    def _prove(self, token: str, query: Mapping[str, str]) -> None:
        shown, at = query.get("appsecret_proof"), query.get("appsecret_time")
        if shown is None:
            if self.webhook.get("require_proof"):
                raise invalid("API calls from the server require an appsecret_proof argument")
            return
        own = [self.secrets.get(name, "") for name in ("app_secret", "instagram_app_secret")]
        if shown not in {proof(token, one, int(at) if at else None) for one in own if one}:
            raise invalid("Invalid appsecret_proof provided in the API argument")

    def _usage(self) -> dict[str, str]:
        percent = int(self.webhook.get("usage") or min(self._count // 500, 60))
        app = {"call_count": percent, "total_time": percent // 2, "total_cputime": percent // 2}
        business = {
            "type": "instagram",
            **app,
            "estimated_time_to_regain_access": int(self.webhook.get("regain") or 0) if percent >= 100 else 0,
        }
        return {
            "x-app-usage": json.dumps(app),
            "x-business-use-case-usage": json.dumps({self.account: [business]}),
        }

    def _message(self, body: Any) -> httpx.Response:
        post = simulator_send.Post(self.memory, body, self.settings, self.webhook)
        if "sender_action" in post.body:
            post.gesture()
            # with Instagram Login only the status is known (page §5, 24)
            return httpx.Response(200, json={"recipient_id": post.customer} if self.facebook else {})
        said = post.message()
        self._echo(said)
        if simulator_send.told(said.customer):
            raise Refusal(1, 1357046, "An unknown error has occurred.", 500)
        return httpx.Response(200, json={"recipient_id": said.customer, "message_id": said.mid})

    # Callbacks --------------------------------------------------------------------------------------------------

    def _connection(self) -> Connection:
        named = {name: str(self.webhook[name]) for name in self.secrets if self.webhook.get(name)}
        return Connection("simulator", "instagram", self.settings, {**self.secrets, **named})

    def _tell(self, request: HookRequest) -> None:
        self.callback(str(self.webhook.get("url") or ""), webhooks.sign(self._connection(), request))

    def _echo(self, said: Said) -> None:
        content: dict[str, Any] = {"mid": said.mid, "is_echo": True}
        if said.text:
            content["text"] = said.text
        if said.attachments:
            content["attachments"] = said.attachments
        if said.reply_to:
            content["reply_to"] = said.reply_to
        at = int(said.at * 1000)
        ids = {"sender": {"id": self.account}, "recipient": {"id": said.customer}}
        items: list[dict[str, Any]] = [{**ids, "timestamp": at, "message": content}]
        if self.webhook.get("reads"):
            ids = {"sender": ids["recipient"], "recipient": ids["sender"]}
            items.append({**ids, "timestamp": at + 400, "read": {"mid": said.mid}})
        self._held += items
        size = int(self.webhook.get("batch") or 1)
        if len(self._held) < size:
            return
        told, self._held = self._held, []
        if size > 1:
            self.random.shuffle(told)
        bodies = [told] if size > 1 else [[one] for one in told]
        for listed in bodies:
            stamp = Stamp(id="echo", now=int(self.memory.clock()))
            document = {"object": "instagram", "entry": [entry(self.account, stamp, messaging=listed)]}
            self._tell(encode(document, SAMPLES["echo"]))

    def fire(self, kind: str, changes: Mapping[str, Any]) -> None:
        """Fires a sample; what it says is remembered, so that it can be read and answered afterwards."""
        sample = SAMPLES[kind]
        words = dict(changes)
        now = int(self.memory.clock())
        stamp = Stamp(
            id=str(words.pop("_id", f"{self.memory.new_number()}")),
            now=now,
            contact=str(words.pop("_contact", Stamp("", 0).contact)),
            text=str(words.pop("_text", Stamp("", 0).text)),
        )
        document = sample.body(self._connection(), stamp)
        for path, value in words.items():
            set_path(document, path, value)
        with self.lock:
            for one in document.get("entry", []):
                for item in one.get("messaging", []) if isinstance(one, Mapping) else []:
                    self.memory.hear(item, self.account)
        self._tell(encode(document, sample))

    def forget(self) -> None:
        """People and messages; the token stays."""
        self.memory = Memory(self.memory.clock)
        self._held = []


def _body(request: httpx.Request) -> Any:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise invalid("Param body must be JSON")
    try:
        return json.loads(request.read() or b"null")
    except (ValueError, RecursionError) as problem:
        raise invalid("Param body must be JSON") from problem


def _messaging_action(body: Any) -> str:
    """Which action a body of POST /messages is; the plainest for one that is none."""
    if not isinstance(body, Mapping):
        return "send-text-message"
    signs = {
        "react": "react-to-message",
        "unreact": "remove-reaction",
        "typing_on": "send-typing-indicator",
        "typing_off": "send-typing-indicator",
        "mark_seen": "mark-message-as-seen",
    }
    if "sender_action" in body:
        return signs.get(str(body["sender_action"]), "send-typing-indicator")
    recipient, content = body.get("recipient"), body.get("message")
    if isinstance(recipient, Mapping) and "comment_id" in recipient:
        return "send-private-reply"
    one = content.get("attachment") if isinstance(content, Mapping) else None
    if isinstance(content, Mapping) and "attachments" in content:
        return "send-image-message"
    kind = str(one.get("type")) if isinstance(one, Mapping) else ""
    if kind == "template" and isinstance(one, Mapping):
        inner = one.get("payload")
        named = inner.get("template_type") if isinstance(inner, Mapping) else ""
        return "send-button-template" if named == "button" else "send-generic-template"
    return {
        "image": "send-image-message",
        "video": "send-video-message",
        "audio": "send-audio-message",
        "file": "send-file-message",
        "like_heart": "send-like-heart",
        "MEDIA_SHARE": "send-media-share",
    }.get(kind, "send-text-message")
