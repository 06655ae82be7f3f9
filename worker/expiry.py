"""
Tokens that end: said 30, 7 and 1 days before, once each, and a connection whose token has ended waits for a person.

Only of those that nothing but a person can replace then; when, says the setting `token_expires_at` (RFC 3339).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import Reason, Rejected
from connectors.provider import Provider
from connectors.reading import moment
from worker import states
from worker.core import Core
from worker.store.connections import Stored
from worker.store.text import iso

log = logging.getLogger("ferry.expiry")

THRESHOLDS = (1, 7, 30)  # days left
DAY = timedelta(days=1)
REMEMBERED_SECONDS = 60 * 86_400  # longer than from the first threshold to the end
TOKEN_EXPIRES = "token_expires"  # noqa: S105  (a warning's code)


def end(provider: Provider, stored: Stored) -> datetime | None:
    """When its token ends for good; None where it does not, or nobody knows."""
    if provider.refresh is not None and not provider.refresh.mortal:
        return None
    told = stored.settings.get("token_expires_at")
    return moment(told) if isinstance(told, str) else None


def warnings(provider: Provider, stored: Stored, now: datetime | None = None) -> list[dict[str, Any]]:
    """
    What the owner of a connection should know while it still works.

    {code: "token_expires", text, expires_at, days_left, renews: whether Ferry will renew it by itself}
    """
    ends, now = end(provider, stored), now or datetime.now(UTC)
    if ends is None or _threshold(ends, now) is None:
        return []
    if stored.archived or stored.state == states.CLIENT_ACTION_REQUIRED:
        return []
    left, renews = max(0, (ends - now) // DAY), _renews(provider, stored, ends, now)
    when = f"the token {'ends' if now < ends else 'ended'} on {ends.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
    what = "Ferry renews it before that" if renews else f"run `{states.remedy(provider, stored.id)}`"
    text = f"{when}, {left} day{'' if left == 1 else 's'} left: {what}"
    return [{"code": TOKEN_EXPIRES, "text": text, "expires_at": iso(ends), "days_left": left, "renews": renews}]


def turn(core: Core, now: datetime | None = None) -> None:
    """Looks at every connection: warns where a threshold is passed, and calls for a person where it is too late."""
    now = now or datetime.now(UTC)
    for stored in core.connections.all():
        ends = end(core.provider(stored), stored)
        if ends is None or stored.archived or stored.state == states.CLIENT_ACTION_REQUIRED:
            continue
        if ends <= now:
            _over(core, stored, ends)
        else:
            _warn(core, stored, ends, now)


def _threshold(ends: datetime, now: datetime) -> int | None:
    """The narrowest that is passed."""
    return next((days for days in THRESHOLDS if ends - now <= days * DAY), None)


def _renews(provider: Provider, stored: Stored, ends: datetime, now: datetime) -> bool:
    """Whether its renewal is still to come; one that is due and did not happen is no comfort."""
    if provider.refresh is None:
        return False
    spoken, last = stored.speak(""), ends - timedelta(seconds=1)
    return provider.refresh.due(spoken, last) and not provider.refresh.due(spoken, now)


def _warn(core: Core, stored: Stored, ends: datetime, now: datetime) -> None:
    days = _threshold(ends, now)
    if days is None:
        return
    mark = f"f:warned:{stored.id}:{int(ends.timestamp())}:{days}"
    if core.store.client.exists(mark):
        return
    told = warnings(core.provider(stored), stored, now)
    states.tell(core, stored, stored.state, warnings=told, key=f"{TOKEN_EXPIRES}:{iso(ends)}:{days}")
    core.store.client.set(mark, iso(now), ex=REMEMBERED_SECONDS)
    facts = {"connection": stored.id, "expires_at": iso(ends), "days_left": told[0]["days_left"]}
    log.warning("token ends soon", extra={**facts, "renews": told[0]["renews"]})


def _over(core: Core, stored: Stored, ends: datetime) -> None:
    provider = core.provider(stored)
    told = f"the token ended on {ends.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
    error = Rejected(told, reason=Reason.AUTH).as_dict()
    action = states.required(provider, stored.id, "needs a new login" if provider.login else "has let the token end")

    def over(now: Stored) -> Stored:
        if (now.settings, now.secrets, now.state) != (stored.settings, stored.secrets, stored.state):
            return now  # somebody is at it; the next hour looks again
        return replace(now, state=states.CLIENT_ACTION_REQUIRED, action=action, error=error)

    if states.put(core, stored.id, over).error == error:
        log.warning("token ended", extra={"connection": stored.id, "expires_at": iso(ends)})
