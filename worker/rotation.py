"""
A new webhook secret, in steps that may stop anywhere: the URL that the provider knows is accepted all the time.

1. The new secret is stored, and the one before is kept beside it without an end.  Secrets of ours that the provider
   shows with each webhook (the key it signs with) change with it.
2. The provider is told the new URL (`provision.check`), and where it would call both, the old one is taken out again.
3. Once it is known to call the new one, the end of the one before is set: a grace for what is on its way.

Where a person has to tell the provider (`Provider.paste`, or nobody knows our public URL), 2 is theirs: the connection
says so in its clientAction until the first call by the new secret, and 3 follows that call.

One that is lost or seen before it is pasted can be replaced by another (`anew`); until that one is called, all that
were before are accepted, as somebody may have pasted any of them.

Whoever stops after 1 leaves one without an end that is BUILDING: asked again, or by the elected worker some minutes
later, 2 follows.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from worker import provision, states
from worker.accept import Conflict
from worker.address import by_hand
from worker.core import Core
from worker.store.connections import Former, Stored, new_token
from worker.store.stored import MOST_FORMERS
from worker.store.text import stamp

log = logging.getLogger("ferry.rotation")


def rotate(core: Core, ident: str, grace: float | None = None, *, anew: bool = False) -> Stored:
    """
    The connection with a new webhook secret; those from before are accepted for `grace` seconds.

    Safe to repeat: one that was not finished is finished instead of begun again, unless `anew` says so.
    raises: NotFound, Conflict for one whose webhooks come in by another's URL, and where too many are accepted still
    """
    stored = provision.living(core, ident)
    if stored.source not in ("", ident):
        told = (
            f"the webhooks of {ident!r} come in by another's URL: `ferry connection rotate {stored.source}` changes it"
        )
        raise Conflict(told)
    seconds = core.settings.rotation_grace_hours * 3600 if grace is None else grace
    provider = core.provider(stored)
    names = () if by_hand(core, provider) else provider.ours  # nobody could read a new one to paste it
    token, ours = new_token(), {name: new_token() for name in names if stored.secrets.get(name)}

    def begin(now: Stored) -> Stored:
        if now.moving and not anew:
            return _graced(now, seconds) if grace is not None else now
        living = now.living_formers()
        if len(living) >= MOST_FORMERS:
            ends = [one.until for one in living if one.until is not None]
            until = stamp(min(ends)) if ends else "the provider calls the new one"
            told = f"{len(living)} URLs of {ident!r} from before are accepted still: the first of them until {until}"
            raise Conflict(told)
        before = {name: now.secrets[name] for name in ours}
        formers = (Former(now.token, None, before, int(seconds * 1000)), *living)
        changed = replace(now, token=token, secrets={**now.secrets, **ours}, formers=formers, heard=False)
        return states.begun(replace(changed, words=now.words + 1))

    after = provision.check(core, core.connections.update(ident, begin))
    log.info("webhook secret rotated", extra={"connection": ident, "provider": provider.title})
    return after


def _graced(now: Stored, seconds: float) -> Stored:
    formers = tuple(replace(one, grace=int(seconds * 1000)) if one.until is None else one for one in now.formers)
    return replace(now, formers=formers)


def turn(core: Core) -> None:
    """Finishes what somebody had to leave unfinished; credentials that are refused wait for a person first."""
    for stored in core.connections.all():
        waits = stored.moving and not by_hand(core, core.provider(stored))
        if stored.open and waits and stored.state not in {states.BUILDING, states.CLIENT_ACTION_REQUIRED}:
            provision.check(core, stored)
