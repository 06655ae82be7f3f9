"""
What the stand-in's channel remembers, and one function for each of its methods: (query or body) → answer.

An answer is a document, or (status, document or text); `tell(document, delay)` pushes a webhook after some seconds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.media_types import NAMES
from connectors.onemsg import simulated_bodies as bodies
from connectors.onemsg.replies import urls
from connectors.onemsg.samples_flat import acked, echoed
from connectors.onemsg.simulated_bodies import Refusal
from connectors.provider import Stamp

DAY = 24 * 3600
FAILURES = {
    "131026": "Message undeliverable",
    "131049": "This message was not delivered to maintain healthy ecosystem engagement.",
    "130472": "User's number is part of an experiment",
}
CLOSED, PAIR, QUEUED = "131047", "131056", "100202"
CHANNEL = {
    "strict_window": False,
    "strict_read": False,
    "history": True,
    "statistics": True,
    "status": "connected",
    "lid": "",
}
OFF = (404, "Not Found")
RECEIVED: dict[str, dict[str, Any]] = {  # what the raw samples carry
    "900000000000001": {"mimeType": "image/jpeg", "fileSize": 14},
    "900000000000002": {"mimeType": "audio/ogg", "fileSize": 23},
}

Body = Mapping[str, Any]


class Channel:
    """See the module."""

    def __init__(self, tell: Callable[[Mapping[str, Any], float], None], chance: random.Random, home: str = "") -> None:
        self.tell = tell
        self.chance = chance
        self.home = home  # where the files of samples are
        self.stored: dict[str, Any] = {"webhookUrl": [], **bodies.SWITCHES}
        self.profile: dict[str, Any] = dict(bodies.PROFILE)
        self.templates = bodies.templates()
        self.made = 0
        self.forget()
        self.methods: dict[str, Callable[[Body], Any]] = {
            "send-message": self.message,
            "send-reaction": self.reaction,
            "send-template-message": self.template,
            "send-file": self.file,
            "send-contact": self.contact,
            "send-location": self.location,
            "mark-message-as-read": self.read,
            "upload-media": self.upload,
            "retrieve-media": self.retrieve,
            "delete-media": self.delete,
            "get-channel-status": self.status,
            "get-webhook": self.get_webhook,
            "set-webhook": self.set_webhook,
            "get-settings": self.get_settings,
            "update-settings": self.set_settings,
            "get-profile-info": self.get_profile,
            "update-profile-info": self.set_profile,
            "get-templates": self.get_templates,
            "get-messages": self.get_messages,
            "get-message-statuses": self.hook_info,
            "get-channel-statistics": self.statistics,
            "get-extended-statistics": self.extended,
            "get-output-ip": self.output_ip,
        }

    def forget(self) -> None:
        """Forgets messages, media and how it was steered; webhooks, settings and profile stay."""
        self.state: dict[str, Any] = dict(CHANNEL)
        self.history: list[dict[str, Any]] = []
        self.heard: dict[str, float] = {}  # chat: Unix seconds of the customer's last message
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.media: dict[str, dict[str, Any]] = {}

    def hear(self, item: Any) -> None:
        """A message that a customer or a colleague wrote."""
        if not isinstance(item, dict) or "chatId" not in item:
            return
        self.keep(item)
        if not item.get("fromMe"):
            self.heard[item["chatId"]] = float(item.get("time") or 0)

    def keep(self, item: Mapping[str, Any]) -> None:
        """Into the history, which numbers the messages of all chats in one row."""
        self.history.append({"messageNumber": len(self.history) + 1, "metadata": {}, **item})

    # Sends ------------------------------------------------------------------------------------------------------

    def send(self, body: Body, kind: str, said: Mapping[str, Any], *, template: bool = False) -> Any:
        """Accepted, queued or refused; then echo and receipts."""
        chat = bodies.recipient(body, self.state["lid"])
        bodies.quotable(body)
        digits = chat.partition("@")[0]
        if digits.endswith(PAIR):
            return 429, {"error": {"code": int(PAIR), "message": "(Business, consumer) pair rate limit hit"}}
        if not template and not self.is_open(chat):
            return {"sent": False, "message": "Dialog window is closed"}
        self.made += 1
        message_id = f"wamid.SIM{self.made:06d}{self.chance.randrange(16**6):06X}=="
        stamp = Stamp(id="", now=int(time.time()), contact=digits)
        item = echoed(stamp, id=message_id, type=kind, chatId=chat, author=chat)
        item.update(quotedMsgId=body.get("quotedMsgId"), **said)
        self.keep(item)
        self.report(item, stamp)
        if digits.endswith(QUEUED):
            return {"sent": False, "jobId": f"job-{self.made:06d}", "message": "queued"}
        told = {"message": f"Sent to {chat}", "description": "Message has been sent to the provider"}
        return {"sent": True, "id": message_id, **told}

    def is_open(self, chat: str) -> bool:
        """Whether the customer wrote within a day; nobody knows of those never heard of."""
        if chat.partition("@")[0].endswith(CLOSED):
            return False
        last = self.heard.get(chat)
        return not self.state["strict_window"] if last is None else time.time() - last < DAY

    def report(self, item: Mapping[str, Any], stamp: Stamp) -> None:
        """The echo, then the receipts, in the order a healthy channel has them."""
        self.tell({"messages": [dict(item)]}, 0.02)
        failure = FAILURES.get(stamp.contact[-6:])
        seen = self.statuses.setdefault(str(item["id"]), [])
        for position, state in enumerate(("sent", "failed") if failure else ("sent", "delivered", "viewed"), start=1):
            delay = 0.02 + 0.03 * position
            status = {
                "id": item["id"],
                "type": "message",
                "status": "read" if state == "viewed" else state,
                "timestamp": str(item["time"] + position),
                "recipient_id": stamp.contact,
                "pricing": None,
                "conversation": None,
            }
            seen.append(status)
            if not self.stored["ackNotificationsOn"]:
                continue
            why = {"error": failure} if state == "failed" else {}
            self.tell({"ack": [acked(stamp, state, id=item["id"], chatId=item["chatId"], **why)]}, delay)
            if self.stored["rawHooks"]:
                self.tell({"statuses": [status]}, delay)

    def message(self, body: Body) -> Any:
        return self.send(body, "chat", {"body": bodies.text(body, 4096)})

    def reaction(self, body: Body) -> Any:
        if not isinstance(body.get("quotedMsgId"), str) or not isinstance(body.get("body"), str):
            raise Refusal({"sent": False, "message": "quotedMsgId and body are required"})
        return self.send(body, "reaction", {"body": body["body"]})

    def template(self, body: Body) -> Any:
        name, said = bodies.filled(body, self.templates, self.media)
        return self.send(body, "template", {"body": said or name}, template=True)

    def file(self, body: Body) -> Any:
        kind, said = bodies.file(body, self.media)
        return self.send(body, kind, said)

    def contact(self, body: Body) -> Any:
        return self.send(body, "contacts", {"body": "", "contacts": bodies.contacts(body)})

    def location(self, body: Body) -> Any:
        place = f"{bodies.degrees(body, 'lat', 90)};{bodies.degrees(body, 'lng', 180)}"
        return self.send(body, "location", {"body": place, "caption": body.get("name")})

    def read(self, body: Body) -> Any:
        message_id = body.get("messageId") or body.get("msgId")
        if not isinstance(message_id, str):
            raise Refusal({"error": "messageId is required"}, 400)
        known = next((one for one in self.history if one["id"] == message_id), None)
        if known["fromMe"] if known else self.state["strict_read"]:
            raise Refusal({"error": {"code": 100, "message": "Invalid parameter"}}, 400)
        return {"result": "success"}

    # Media ------------------------------------------------------------------------------------------------------

    def upload(self, body: Body) -> Any:
        mime, size = bodies.content(body.get("body"))
        media_id = str(900000000000001 + len(self.media))
        self.media[media_id] = {"mimeType": mime, "fileSize": size}
        return {"mediaId": media_id}

    def retrieve(self, query: Body) -> Any:
        found = self.media.get(str(query.get("mediaId"))) or RECEIVED.get(str(query.get("mediaId")))
        if found is None:
            raise Refusal({"error": {"code": 100, "message": "Unknown media"}}, 400)
        media_id = query["mediaId"]
        name = f"{media_id}.{NAMES.get(found['mimeType'], found['mimeType'].rpartition('/')[2])}"
        return {"url": f"{self.home}/_sim/files/{name}", "sha256": "00", "id": media_id, **found}

    def delete(self, query: Body) -> Any:
        if self.media.pop(str(query.get("last_segment")), None) is None:
            raise Refusal({"error": {"code": 100, "message": "Unknown media"}}, 400)
        return {"result": "success"}

    # The channel ------------------------------------------------------------------------------------------------

    def status(self, query: Body) -> Any:
        del query
        told = {"isCloud": True, "accountStatus": "authenticated", "mm_lite_available": False}
        return {**told, "status": self.state["status"]}

    def get_webhook(self, query: Body) -> Any:
        del query
        return {"webhookUrl": self.stored["webhookUrl"], "webhookStatuses": []}

    def set_webhook(self, body: Body) -> Any:
        wanted = urls(body.get("webhookUrl"))
        if not wanted:
            raise Refusal({"error": "webhookUrl is required"}, 400)
        if len(wanted) > 5:
            raise Refusal({"error": "No more than 5 webhook URLs"}, 400)
        if not all(one.startswith(("http://", "https://")) for one in wanted):
            raise Refusal({"error": "webhookUrl is invalid"}, 400)
        changed = wanted != self.stored["webhookUrl"]
        self.stored["webhookUrl"] = wanted
        return {"set": changed, "message": wanted[0] if len(wanted) == 1 else wanted}

    def get_settings(self, query: Body) -> Any:
        del query
        return self.stored

    def set_settings(self, body: Body) -> Any:
        update = {name: body[name] for name in self.stored if name in body}
        for name, value in update.items():
            self.stored[name] = urls(value) if name == "webhookUrl" else bool(value)
        return {**self.stored, "update": update}

    def get_profile(self, query: Body) -> Any:
        del query
        return self.profile

    def set_profile(self, body: Body) -> Any:
        self.profile.update(bodies.profile(body))
        return {"result": "success"}

    def get_templates(self, query: Body) -> Any:
        start, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
        return {"total": len(self.templates), "templates": self.templates[start : start + limit]}

    def get_messages(self, query: Body) -> Any:
        if not self.state["history"]:
            return {"notice": "Message history is disabled on this channel", "messages": []}
        limit = int(query.get("limit", 100)) or len(self.history)
        early, late = float(query.get("min_time", 0)), float(query.get("max_time", "inf"))
        found = [
            one
            for one in self.history
            if query.get("chatId") in (None, one["chatId"])
            and query.get("msgId") in (None, one["id"])
            and early <= float(one["time"]) <= late
        ]
        if query.get("last") == "true":
            return {"messages": found[::-1][:limit]}
        after = int(query.get("lastMessageNumber", 0))
        return {"messages": [one for one in found if one["messageNumber"] > after][:limit]}

    def hook_info(self, query: Body) -> Any:
        return {"hooks": self.statuses.get(str(query.get("messageId")), [])}

    def statistics(self, query: Body) -> Any:
        if not self.state["statistics"]:
            return OFF
        month = query.get("date") or time.strftime("%m.%Y", time.gmtime())
        if not bodies.MONTH.fullmatch(month):
            raise Refusal({"error": "date is invalid"}, 400)
        return {"date": month, "templates_cost": 12.5031}

    def extended(self, query: Body) -> Any:
        del query
        return [bodies.PERIOD] if self.state["statistics"] else OFF

    def output_ip(self, query: Body) -> Any:
        del query
        return {"result": "192.0.2.10"}
