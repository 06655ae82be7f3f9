"""Meta's answers in our words, where a schema alone cannot say it: shapes that vary, and what needs the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from connectors.action import Action, Call
from connectors.connection import Connection
from connectors.instagram.account import on_facebook, own_ids
from connectors.instagram.errors import about_amount, judged, problem_of
from connectors.instagram.schemas import Done, about, party
from connectors.provider import Answer
from connectors.reading import items, mapping, moment, number, text, truth
from connectors.schema import made

REFUSED = "_refused"  # in an output that Action.last takes further: which smaller question to ask
FIELDS, AMOUNT = "fields", "amount"
LEAST = 5  # rows of a page below which it is not halved any more


def read(action: Action, call: Call, answer: Answer) -> Mapping[str, Any]:
    """
    The output of an action.

    A sign's body means nothing (it may be empty): what was asked is what was done.  All else goes through the schema;
    what does not fit raises, and a send whose answer does not fit is of unknown outcome.

    raises: ConnectorError for a refusal `judge` left to us, when no smaller question is left to ask
    """
    if action.reply is Done:
        named = about(call.input)
        return {"to": party(call.input), **({"message_id": named} if named else {})}
    if problem_of(answer.data) is not None:
        return smaller(action, call, answer)
    make = MAKERS.get(action.key)
    if make is None and not isinstance(answer.data, Mapping):
        told = "no JSON object"
        raise TypeError(told)
    ours = answer.data if make is None else make(answer.data, call.connection)
    return dict(made(action.reply).load(ours))


def smaller(action: Action, call: Call, answer: Answer) -> Mapping[str, Any]:
    """A smaller question for one Meta refused for its size or its fields; else the refusal."""
    problem = problem_of(answer.data)
    limit = int(number(call.input, "limit") or (20 if action.key == "get-conversation-messages" else 25))
    if problem is not None and about_amount(problem):
        if "limit" in made(action.request).fields and limit > LEAST:
            return {REFUSED: AMOUNT, "limit": limit // 2}
    elif not call.input.get("select") and not call.input.get("fields") and "select" in made(action.request).fields:
        return {REFUSED: FIELDS}
    raise judged(action, answer)


# Shapes -------------------------------------------------------------------------------------------------------------


def when(value: Any) -> str | None:
    """A time as RFC 3339 in UTC with milliseconds; Meta says ISO with +0000, or Unix seconds."""
    at = moment(value)
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(one: Any) -> dict[str, Any] | None:
    """{id, username, name}, or None for nobody."""
    found = text(one, "id")
    return None if found is None else {"id": found, "username": text(one, "username"), "name": text(one, "name")}


def people(holder: Any, name: str) -> list[dict[str, Any]]:
    """Those listed under name.data (or name)."""
    return [found for one in listed(holder, name) if (found := person(one)) is not None]


def listed(holder: Any, name: str) -> list[Any]:
    """The rows under `name`, wrapped in {"data": […]} or not."""
    inner = mapping(holder, name)
    return items(inner, "data") if "data" in inner else items(holder, name)


def file(one: Any) -> dict[str, Any]:
    """An attachment; `image_data` and `video_data` are objects, and have been seen as a plain URL."""
    kind, held = "unsupported", None
    for name, said in (
        ("image_data", "image"),
        ("video_data", "video"),
        ("file_url", "file"),
        ("generic_template", "template"),
    ):
        if isinstance(one, Mapping) and one.get(name):
            kind, held = said, one[name]
            break
    if kind == "file" and (text(one, "mime_type") or "").startswith("audio/"):
        kind = "audio"
    facts = held if isinstance(held, Mapping) else {"url": held}
    return {
        "kind": kind,
        "url": text(facts, "url", "animated_gif_url", "media_url"),
        "preview_url": text(facts, "preview_url"),
        "mime_type": text(one, "mime_type"),
        "name": text(one, "name") or text(facts, "title"),
        "size": number(one, "size"),
        "width": number(facts, "width", "max_width"),
        "height": number(facts, "height", "max_height"),
        "id": text(one, "id"),
    }


def shared(one: Any) -> dict[str, Any]:
    """A shared post or link."""
    facts = {name: text(one, name) for name in ("id", "type", "name", "description")}
    return {**facts, "url": text(one, "url", "link")}


def story(item: Any) -> dict[str, Any] | None:
    """A story's mention of the account, or the story answered to."""
    for kind in ("mention", "reply_to"):
        told = mapping(mapping(item, "story"), kind)
        if told:
            return {"kind": kind, "id": text(told, "id"), "url": text(told, "link", "url")}
    return None


def reacted(one: Any) -> dict[str, Any]:
    """A reaction with those who gave it."""
    users = [found for user in items(one, "users") if (found := person(user)) is not None]
    return {"emoji": text(one, "emoji"), "category": text(one, "reaction"), "users": users}


def message(item: Any, connection: Connection) -> dict[str, Any]:
    """
    A message, its direction told by who is the account.

    An empty text with nothing else is no empty message: the list dropped its content, or Meta shows it to nobody.  A
    row without even the word `message` is bare: too old to be told.
    """
    sender = person(mapping(item, "from"))
    words = item.get("message") if isinstance(item, Mapping) else None
    files = [file(one) for one in listed(item, "attachments")]
    shares = [shared(one) for one in listed(item, "shares")]
    told = story(item)
    unsupported = truth(item.get("is_unsupported")) if isinstance(item, Mapping) else None
    own = None if sender is None else ("outbound" if sender["id"] in own_ids(connection) else "inbound")
    return {
        "message_id": text(item, "id"),
        "created_at": when(item.get("created_time")) if isinstance(item, Mapping) else None,
        "direction": own,
        "sender": sender,
        "recipients": people(item, "to"),
        "text": words if isinstance(words, str) else None,
        "attachments": files,
        "shares": shares,
        "story": told,
        "reactions": [reacted(one) for one in listed(item, "reactions")],
        "reply_to": text(mapping(item, "reply_to"), "mid"),
        "is_unsupported": unsupported,
        "content_unavailable": not (words or files or shares or told or unsupported),
    }


def after(paging: Any) -> str | None:
    """
    The next page's cursor; None on the last, which has no `next` although it may have a cursor.

    `next` itself is a URL with the token in it, and stays here.
    """
    if not isinstance(paging, Mapping) or not paging.get("next"):
        return None
    return text(mapping(paging, "cursors"), "after")


def page(data: Any, name: str) -> tuple[list[Any], str | None]:
    """Rows and cursor, of a page at the top or under `name`.  raises: TypeError for what is no page"""
    holder = data if isinstance(data, Mapping) and isinstance(data.get("data"), list) else mapping(data, name)
    rows = holder.get("data")
    if not isinstance(rows, list):
        told = "no page"
        raise TypeError(told)
    return rows, after(holder.get("paging"))


def messages(data: Any, connection: Connection) -> dict[str, Any]:
    """A page of messages, each once: the list is alive while one pages through it."""
    rows, cursor = page(data, "messages")
    found = {row["message_id"]: row for row in (message(one, connection) for one in rows) if row["message_id"]}
    return {"items": list(found.values()), "cursor": cursor}


def thread(one: Any, connection: Connection) -> dict[str, Any]:
    """A thread; its customer is the participant that is not the account."""
    both = people(one, "participants")
    others = [each for each in both if each["id"] not in own_ids(connection)]
    made = {
        "conversation_id": text(one, "id"),
        "updated_at": when(one.get("updated_time")) if isinstance(one, Mapping) else None,
        "contact": others[0] if len(others) == 1 else None,
        "participants": both,
    }
    if isinstance(one, Mapping) and "messages" in one:
        made["messages"] = [message(row, connection) for row in listed(one, "messages") if text(row, "id")]
    return made


def threads(data: Any, connection: Connection) -> dict[str, Any]:
    """A page of threads, each once."""
    rows, cursor = page(data, "conversations")
    found = {row["conversation_id"]: row for row in (thread(one, connection) for one in rows) if row["conversation_id"]}
    return {"items": list(found.values()), "cursor": cursor}


def ice_breakers(data: Any, connection: Connection) -> dict[str, Any]:
    """By locale, out of three shapes: rows, {"ice_breakers": rows}, and flat {question, payload} (page §3.16)."""
    del connection
    rows, _ = page(data, "ice_breakers")
    sets: list[dict[str, Any]] = []
    flat: list[Any] = []
    for row in rows:
        for one in items(row, "ice_breakers") if "ice_breakers" in row else [row]:
            if text(one, "question"):
                flat.append(one)
            else:
                sets.append(_set(text(one, "locale") or "default", items(one, "call_to_actions")))
    return {"ice_breakers": [*sets, *([_set("default", flat)] if flat else [])]}


def _set(locale: str, rows: list[Any]) -> dict[str, Any]:
    asked = [{"question": text(one, "question") or "", "payload": text(one, "payload") or ""} for one in rows]
    return {"locale": locale, "call_to_actions": asked}


def taken(data: Any, connection: Connection) -> dict[str, Any]:
    """Any 2xx without an error: {"success": true} on one host, {"result": "success"} on the other."""
    del data, connection
    return {"success": True}


def account(data: Any, connection: Connection) -> dict[str, Any]:
    """Whose token it is; wrapped in {"data": [{…}]} as documented, or flat as seen."""
    if isinstance(data, Mapping) and isinstance(data.get("data"), list) and data["data"]:
        data = data["data"][0]
    if on_facebook(connection):
        linked = mapping(data, "instagram_business_account")
        return {
            "account_id": text(linked, "id"),
            "username": text(linked, "username"),
            "page_id": text(data, "id"),
            "page_name": text(data, "name"),
        }
    return {
        "account_id": text(data, "user_id") or text(data, "id"),
        "app_scoped_id": text(data, "id"),
        "username": text(data, "username"),
        "account_type": text(data, "account_type"),
    }


def subscriptions(data: Any, connection: Connection) -> dict[str, Any]:
    """The apps, in our words."""
    del connection
    rows, _ = page(data, "subscribed_apps")
    return {
        "items": [
            {
                "app_id": text(one, "id"),
                "name": text(one, "name"),
                "subscribed_fields": one.get("subscribed_fields") or [],
            }
            for one in rows
            if isinstance(one, Mapping)
        ]
    }


MAKERS: dict[str, Callable[[Any, Connection], Any]] = {
    "list-conversations": threads,
    "get-conversation-messages": messages,
    "get-message-details": message,
    "get-ice-breakers": ice_breakers,
    "set-ice-breakers": taken,
    "delete-ice-breakers": taken,
    "subscribe-webhooks": taken,
    "unsubscribe-webhooks": taken,
    "get-account": account,
    "get-webhook-subscriptions": subscriptions,
}
