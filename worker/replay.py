"""
Replay: an event is told once more, to whoever hears of its kind, under its own id and marked `replayed_by`.

It enters behind the door: nothing is verified or parsed again, and nothing of its message or conversation changes.
What a handler does because of it carries the keys it carried before, so nothing is done twice, unless it is forced.
"""

from __future__ import annotations

import json
import logging
import secrets
from datetime import UTC, datetime
from typing import Any

from connectors.errors import InvalidCall
from worker.accept import NotFound
from worker.core import Core
from worker.store import events, ids
from worker.store.text import iso, text

log = logging.getLogger("ferry.replay")


def replay(
    core: Core, ident: str, *, by: str, key: str | None = None, force: bool = False, subscription: str | None = None
) -> tuple[dict[str, Any], bool]:
    """
    Tells it once more: to all who hear of its kind, or to one subscription.

    by:      who asked, as the event will say
    key:     the same key again tells nothing again
    force:   what handlers do because of it is done again, too
    returns: (the event as it is told, whether it was told now)
    raises:  NotFound when it is no longer kept, InvalidCall for a subscription that does not hear of its kind
    """
    event = events.get(core.store, ident)
    partition = ids.partition_in(ident, core.store.partitions)
    missing = NotFound(f"there is no event {ident!r}, or it is no longer kept")
    if event is None or partition is None:
        raise missing
    hearers = core.hearers(event["type"])
    if subscription is not None:
        if subscription not in hearers:
            named = ", ".join(hearers) or "nobody"
            told = f"{subscription!r} does not hear of {event['type']}: {named} does"
            raise InvalidCall(told, fields={"subscription": [told]})
        hearers = [subscription]
    mark = f"rpl_{ids.digest(ident, key if key is not None else secrets.token_hex(16))}{partition:02x}"
    event["replayed_by"] = {"id": mark, "at": iso(datetime.now(UTC)), "by": by, "force": force}
    place = ids.conversation_of((event.get("conversation") or {}).get("id") or "")
    told = core.store.run(
        "replay",
        partition,
        ident,
        mark,
        json.dumps(event, ensure_ascii=False, separators=(",", ":")),
        core.store.retention.seen,
        event["connection"],
        place[1] if place else "",
        (event.get("message") or {}).get("id") or "",
        ",".join(hearers),
    )
    word = text(told[0])
    if word == "gone":
        raise missing
    core.ring(partition, [text(one) for one in told[1:]])
    log.info(
        "event replayed", extra={"event": ident, "type": event["type"], "subscriptions": len(hearers), "told": word}
    )
    return event, word == "told"
