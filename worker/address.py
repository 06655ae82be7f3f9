"""
Where a provider calls a connection: whether it is told by us or by a person, and whether it is known to call there.

A URL from before a rotation is accepted without an end until that is known, and for its grace from then on.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

from connectors.provider import Provider
from worker.core import Core
from worker.store.connections import Gone, Stored

log = logging.getLogger("ferry.address")

PASTE = "paste-webhook"  # a clientAction's type


def by_hand(core: Core, provider: Provider) -> bool:
    """Whether a person has to tell the provider where to call."""
    return bool(provider.paste) or provider.register is None or not core.settings.public_url


def settled(now: Stored) -> Stored:
    """The provider is known to call the new address: what was before has an end from here on."""
    at = int(time.time() * 1000)
    formers = (replace(one, until=at + one.grace) if one.until is None else one for one in now.formers)
    return replace(now, formers=tuple(one for one in formers if one.stands(at)))


def pasted(core: Core, stored: Stored) -> dict[str, Any] | None:
    """What a person has to do so that the provider calls the new address; None where nothing is, or nobody has to."""
    provider = core.provider(stored)
    if stored.heard or not by_hand(core, provider):
        return None
    where = provider.paste or f"{provider.title}, where it asks for the URL of a webhook"
    url = "its `webhook_url`" if core.settings.public_url else "its `webhook_url`, below the address you are reached at"
    still = "; until it calls there, the one before is accepted" if stored.moving else ""
    return {
        "type": PASTE,
        "description": f"paste {url} into {where}{still}",
        "uiUrl": provider.console,
        "agentInstructions": f"Run `ferry connection get {stored.id} --json`, and have the owner paste webhook_url "
        f"into {where}. The first call there ends this.",
    }


def hear(core: Core, stored: Stored) -> None:
    """Somebody who was let in has called by the secret of now: nothing is to be pasted any more."""
    if not by_hand(core, core.provider(stored)):
        return  # what is registered by us is known when it is registered, whoever calls

    def heard(now: Stored) -> Stored:
        if now.token != stored.token or now.heard:
            return now
        action = None if (now.action or {}).get("type") == PASTE else now.action
        return settled(replace(now, heard=True, action=action))

    try:
        core.connections.update(stored.id, heard)
    except Gone:
        return
    log.info("the webhook's URL is in use", extra={"connection": stored.id})
