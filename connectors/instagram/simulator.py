"""
Instagram's stand-in, on either host: strict where the page says Meta is, with its words, its windows and its echoes.

`PUT /_sim/webhook` is the app dashboard.  Its words:

    url              where callbacks go
    app_secret, instagram_app_secret, verify_token      in place of the connection's own
    strict           true: nobody may be written to who did not write first (else strangers count as having written)
    reads            true: customers read what they get, and `seen` is told
    limits           true: more than 100 messages, 10 recordings or 2 reads in a second are refused, 613/2534040
    batch            n: echoes and read marks are told n at a time, in one body, out of order
    usage            percent used, for the usage headers; from 100 on calls are refused with code 80002
    regain           minutes until access comes back, for the same
    permissions      the permissions the token has; what lacks one is refused
    require_proof    true: calls without appsecret_proof are refused
    token_issued_at  Unix seconds; the token lives 60 days from then
    consent          "deny": the person at the consent page says no
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from connectors.connection import Connection
from connectors.guards import HookRequest
from connectors.instagram import simulator_send, webhooks
from connectors.instagram.account import FACEBOOK_LOGIN, proof
from connectors.instagram.actions import ACTIONS
from connectors.instagram.samples import SAMPLES
from connectors.instagram.samples_parts import entry
from connectors.instagram.simulator_account import DENIED, LIFE, Bureau, Desk, OAuthRefusal
from connectors.instagram.simulator_memory import DAY, Memory, Meter, Refusal, Said, Token, invalid
from connectors.instagram.simulator_read import Reader, customer_of, fields
from connectors.provider import Stamp
from connectors.samples import encode
from connectors.simulator import Simulator, set_path

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
        self.bureau = Bureau(self.memory, self.tokens, self.secrets, self.settings)
        self._held: list[dict[str, Any]] = []
        self._meter = Meter()

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
        del action
        with self.lock:
            self._age()
            try:
                response = self._unversioned(request) or self._versioned(request)
            except Refusal as refusal:
                response = refusal.response(facebook=self.facebook)
            except OAuthRefusal as refusal:
                told = {"error_type": "OAuthException", "code": 400, "error_message": str(refusal)}
                response = httpx.Response(400, json=told)
            response.headers.update(self._usage())
            return response

    def _unversioned(self, request: httpx.Request) -> httpx.Response | None:
        """Consent and tokens, which need no token to be asked for."""
        query, asked = _query(request), (request.method, request.url.path)
        if asked == ("GET", "/oauth/authorize"):
            where = httpx.URL(query.get("redirect_uri", ""))
            told = DENIED if self.webhook.get("consent") == "deny" else {"code": self.bureau.new_code()}
            found = where.copy_merge_params({**told, "state": query.get("state", "")})
            return httpx.Response(302, headers={"location": f"{found}#_"})
        if asked == ("POST", "/oauth/access_token"):
            return httpx.Response(200, json=self.bureau.code(_form(request)))
        if asked == ("GET", "/access_token"):
            return httpx.Response(200, json=self.bureau.long(query))
        if asked == ("GET", "/refresh_access_token"):
            return httpx.Response(200, json=self.bureau.refresh(query))
        if self.facebook and request.url.path.endswith(("/oauth/access_token", "/debug_token")):
            made = self.bureau.debug if request.url.path.endswith("/debug_token") else self.bureau.facebook
            return httpx.Response(200, json=made(query))
        return None

    def _versioned(self, request: httpx.Request) -> httpx.Response:
        """Everything below /v25.0, for whoever has a token."""
        token = self._authenticate(request)
        action = self.action_of(request)
        if self.webhook.get("limits") and action is not None:
            self._meter.count(ACTIONS[action].pace, self.memory.clock())
        pieces = [unquote(one) for one in request.url.raw_path.decode().partition("?")[0].split("/")[1:]]
        if not re.fullmatch(r"v\d+\.\d+", pieces[0]) or len(pieces) not in {2, 3}:
            raise Refusal(2500, None, f"Unknown path components: {request.url.path}")
        node, edge = pieces[1], (pieces[2] if len(pieces) == 3 else "")
        mine = node in {"me", self.account, str(self.settings.get("page_id") or "me")}
        query = _query(request)
        if (request.method, edge, mine) == ("POST", "messages", True):
            return self._message(_body(request))
        base = f"{request.url.scheme}://{request.url.netloc.decode()}/{pieces[0]}"
        found = self._mine(request, edge, query, Reader(self.memory, self.account, base, token)) if mine else None
        if found is None:
            found = self._other(request, node, edge, query, Reader(self.memory, self.account, base, token))
        return httpx.Response(200, json=found)

    def _mine(self, request: httpx.Request, edge: str, query: dict[str, str], reader: Reader) -> dict[str, Any] | None:
        """What hangs on the account."""
        desk, method = Desk(self.memory, self.settings, facebook=self.facebook), request.method
        if (method, edge) == ("GET", ""):
            return desk.me()
        if (method, edge) == ("GET", "conversations"):
            if self.facebook and query.get("platform") != "instagram":
                return {"data": []}  # the Page's Messenger threads
            return reader.threads(query)
        if edge == "messenger_profile" and method in {"GET", "POST", "DELETE"}:
            return desk.profile(method, None if method == "GET" else _body(request), query)
        if edge == "subscribed_apps" and method in {"GET", "POST", "DELETE"}:
            return desk.subscription(method, query)
        if (method, edge) == ("POST", "message_attachments"):
            return desk.upload(_body(request))
        if (method, edge) == ("GET", "accounts"):
            return self.bureau.pages()
        return None

    def _other(
        self, request: httpx.Request, node: str, edge: str, query: dict[str, str], reader: Reader
    ) -> dict[str, Any]:
        """Threads, messages, people, comments, each by its id."""
        customer = customer_of(node)
        if request.method == "POST" and edge == "replies":
            return Desk(self.memory, self.settings, facebook=self.facebook).comment(node, _body(request))
        if request.method == "GET" and customer is not None:
            if edge == "messages":
                return reader.messages(customer, query)
            words, inner = fields(query.get("fields", "")).get("messages", ({}, ""))
            return {"id": node, "messages": reader.messages(customer, {"fields": inner, **words})}
        if (request.method, edge) == ("GET", "") and node.isdigit():
            return reader.profile(node, query)
        if (request.method, edge) == ("GET", ""):
            return reader.message(node, query)
        raise Refusal(100, 33, f"Unsupported {request.method.lower()} request. Object does not exist.")

    def action_of(self, request: httpx.Request) -> str | None:
        """One path carries every message, and one every id: the body and the id tell which action it is."""
        found = super().action_of(request)
        if request.method == "POST" and found is not None and ACTIONS[found].path == "/me/messages":
            try:
                return _messaging_action(_body(request))
            except Refusal:
                return found
        if request.method == "GET" and found is not None and ACTIONS[found].path.count("/") == 1:
            node = unquote(request.url.path).rpartition("/")[2]
            if customer_of(node) is not None:
                return "get-conversation-messages"
            if node in {"me", self.account, str(self.settings.get("page_id"))}:
                return "get-account"
            return "get-user-profile" if node.isdigit() else "get-message-details"
        return found

    def _age(self) -> None:
        """The connection's own token is as old as the dashboard says."""
        known = self.tokens.get(self.secrets.get("access_token", ""))
        if known is not None and "token_issued_at" in self.webhook:
            known.issued = float(self.webhook["token_issued_at"])
            known.expires = known.issued + LIFE

    def _authenticate(self, request: httpx.Request) -> str:
        scheme, _, token = str(request.headers.get("authorization", "")).partition(" ")
        query = _query(request)
        if scheme.lower() != "bearer":
            token = query.get("access_token", "")
        known = self.tokens.get(token)
        if not token or known is None:
            raise Refusal(190, None, "Invalid OAuth access token - Cannot parse access token", 401)
        if known.expires is not None and known.expires <= self.memory.clock():
            raise Refusal(190, 463, "Error validating access token: Session has expired", 401)
        self._prove(token, query)
        if float(self.webhook.get("usage") or 0) >= 100:
            raise Refusal(80002, None, "There have been too many calls to this Instagram account.", 400)
        permissions = self.webhook.get("permissions")
        if permissions is not None and MESSAGING[self.facebook] not in permissions:
            raise Refusal(10, None, "Application does not have permission for this action", 403)
        return token

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
        if request.method == "POST" and not self.memory.subscribed:
            return  # nobody subscribed the account
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
        self.bureau.memory = self.memory
        self._held = []


def _query(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.query.decode("latin-1"), keep_blank_values=True))


def _form(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.read().decode("utf-8", "replace"), keep_blank_values=True))


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
