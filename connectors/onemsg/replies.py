"""
What they answered, in our words: one fold for each answer whose shape varies, then the action's reply schema.

source: our page §3, the response and "variations" of each method
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors import reading
from connectors.action import Action, Call
from connectors.onemsg import listings
from connectors.onemsg.errors import queued
from connectors.provider import Answer
from connectors.schema import made

SECRET_NAME = re.compile(r"token|secret|password|api_?key", re.IGNORECASE)
BETWEEN_URLS = re.compile(r"\s*,\s*(?=https?://)|\s+")

# §3.7: their word: ours
STATES = {
    "connected": "up",
    "connecting": "up",  # documented as fine
    "disconnected": "down",
    "uninitialized": "starting",
    "unregistered": "down",
}

# §3.3: theirs: ours
SWITCHES = {
    "ackNotificationsOn": "ack_notifications",
    "guaranteedHooks": "guaranteed_hooks",
    "rawHooks": "raw_hooks",
    "template_analytics_enabled": "template_analytics",
    "cta_url_link_tracking_opted_out": "link_tracking_opted_out",
}


def read(action: Action, call: Call, answer: Answer) -> Mapping[str, Any]:
    """The output of `action`; a shape nobody knows raises what `client.conclude` takes for just that."""
    fold = FOLDS.get(action.key)
    data = fold(call, answer.data) if fold else answer.data
    return dict(made(action.reply).load(data if isinstance(data, Mapping) else {}))


def sent(call: Call, data: Any) -> Mapping[str, Any]:
    """An accepted or queued send; a job's number is no message id."""
    del call
    if queued(data):
        return {"state": "queued", "jobId": reading.text(data, "jobId")}
    return {"id": reading.text(data, "id"), "jobId": reading.text(data, "jobId")}


def done(call: Call, data: Any) -> Mapping[str, Any]:
    """No error is all they say."""
    del call, data
    return {}


def uploaded(call: Call, data: Any) -> Mapping[str, Any]:
    """A media id is a text even where it comes as a number."""
    del call
    return {"mediaId": reading.text(data, "mediaId")}


def link(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /retrieveMedia."""
    del call
    texts = {name: reading.text(data, name) for name in ("url", "mimeType", "sha256", "id")}
    return {**texts, "fileSize": reading.number(data, "fileSize")}


def urls(value: Any) -> list[str]:
    """`webhookUrl` as a list, whether it is a text, a list, several in one text, "" or null."""
    if isinstance(value, str):
        return [one for one in BETWEEN_URLS.split(value.strip()) if one]
    if isinstance(value, list):
        return [one for item in value if isinstance(item, str) for one in urls(item)]
    return []


def webhooks(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /webhook."""
    del call
    return {"webhook_urls": urls(data["webhookUrl"]), "statuses": scrub(data.get("webhookStatuses"))}


def webhook_set(call: Call, data: Any) -> Mapping[str, Any]:
    """POST /webhook: `set` says whether it changed anything, `message` is not worth reading (§5.22)."""
    changed = reading.truth(data.get("set")) if isinstance(data, Mapping) else None
    return {"webhook_urls": list(call.input.get("urls", [])), "changed": changed is not False}


def settings(call: Call, data: Any) -> Mapping[str, Any]:
    """GET and POST /settings, both generations."""
    del call
    if not isinstance(data, Mapping):
        return {}
    known: dict[str, Any] = {ours: reading.truth(data.get(theirs)) for theirs, ours in SWITCHES.items()}
    other = {name: value for name, value in data.items() if name not in SWITCHES and name != "webhookUrl"}
    return {**known, "webhook_urls": urls(data.get("webhookUrl")), "other": scrub(other)}


def status(call: Call, data: Any) -> Mapping[str, Any]:
    """GET /status: a word we do not know is not up."""
    del call
    word = (reading.text(data, "status") or "").strip().lower()
    return {
        "status": word or None,
        "state": STATES.get(word, "unknown"),
        "degraded": word == "connecting",
        "account_status": reading.text(data, "accountStatus"),
        "is_cloud": reading.truth(data.get("isCloud")),
        "mm_lite_available": reading.truth(data.get("mm_lite_available")),
    }


def scrub(value: Any) -> Any:
    """`value` without what sits under a name that sounds like a credential."""
    if isinstance(value, Mapping):
        return {name: "…" if SECRET_NAME.search(str(name)) else scrub(one) for name, one in value.items()}
    if isinstance(value, list):
        return [scrub(one) for one in value]
    return value


FOLDS: dict[str, Callable[[Call, Any], Any]] = {
    "send-message": sent,
    "send-reaction": sent,
    "send-template-message": sent,
    "send-file": sent,
    "send-contact": sent,
    "send-location": sent,
    "mark-message-as-read": done,
    "update-profile-info": done,
    "delete-media": done,
    "get-webhook": webhooks,
    "set-webhook": webhook_set,
    "get-settings": settings,
    "update-settings": settings,
    "upload-media": uploaded,
    "retrieve-media": link,
    "get-channel-status": status,
    "get-templates": listings.templates,
    "get-messages": listings.history,
    "get-profile-info": listings.profile,
    "get-channel-statistics": listings.statistics,
    "get-extended-statistics": listings.periods,
    "get-message-statuses": listings.hooks,
    "get-output-ip": listings.output_ip,
}
