"""
Whose webhook it is to be: a connection with the secrets that sign, from wherever this person may have them.

From the `ferry dev` of this folder, from the store that the settings name, or from an instance elsewhere: its API gives
everything but the secrets, which then have to be named by --secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.connection import Connection
from connectors.provider import Provider
from worker.cli import failing, folder
from worker.cli.door import Door, find
from worker.cli.failing import Failure
from worker.cli.profiles import plain


def connection_of(
    provider: Provider,
    ident: str | None,
    *,
    secrets: Mapping[str, str],
    settings: Mapping[str, Any],
    url: str | None = None,
    key: str | None = None,
    transport: Any = None,
    bare: bool = False,
) -> Connection:
    """
    The connection called `ident`, the provider's first without; `secrets` and `settings` win over what is known of it.

    bare:   one that nobody knows will do: all that counts is given
    raises: Failure, SettingsError
    """
    found = (
        _of_dev(provider, ident, url)
        or (None if url else _of_store(provider, ident))
        or _of_door(provider, ident, secrets, url, key, transport)
    )
    if found is None and (secrets or bare) and ident is None:
        found = Connection(provider.title, provider.name)
    if found is None:
        named = f"there is no connection {ident!r} of {provider.title}"
        told = named if ident else f"{provider.title} has no connection"
        following = f"ferry connection ensure {provider.title} --key {ident or provider.title}"
        raise Failure(told, following=following, code=failing.NOT_FOUND)
    return Connection(
        found.id,
        found.provider,
        {**found.settings, **settings},
        {**found.secrets, **secrets},
        found.webhook_url,
    )


def _of_dev(provider: Provider, ident: str | None, url: str | None) -> Connection | None:
    told = folder.told() or {}
    if url and plain(url) != plain(str(told.get("url") or "")):
        return None
    known = told.get("connections", {}).get(provider.title)
    if not known or ident not in (None, known["id"]):
        return None
    return Connection(known["id"], provider.name, known["settings"], known["secrets"], known["webhook_url"])


def _of_store(provider: Provider, ident: str | None) -> Connection | None:
    """Behind the API: whoever has its settings has its secrets."""
    from worker.settings import environment

    if not (environment({}).get("REDIS_URL") or folder.told()):
        return None
    from worker.cli.backstage import core_here

    core = core_here()
    for one in core.connections.all():
        if one.provider == provider.name and not one.archived and ident in (None, one.id):
            return one.speak(core.settings.public_url or f"http://127.0.0.1:{core.settings.port}")
    return None


def _of_door(
    provider: Provider, ident: str | None, given: Mapping[str, str], url: str | None, key: str | None, transport: Any
) -> Connection | None:
    """As an API tells it; none where none is known."""
    try:
        door: Door = find(url, key, transport)
    except Failure:
        if url:
            raise
        return None
    for one in door.pages("/v1/connections", {"provider": provider.title}):
        if ident in (None, one["id"]):
            _complete(provider, one, given)
            return Connection(one["id"], provider.name, one["settings"], {}, one["webhook_url"])
    return None


def _complete(provider: Provider, shown: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """raises: Failure for a secret that signs, which the connection has and nobody has named"""
    for group in provider.signing:
        named = sorted(name for name in group if name in shown["secrets"])
        if named and not set(named) & set(given):
            told = (
                f"{provider.title} signs its webhooks with {' or '.join(named)}, and an API never gives a secret out: "
                "name where it stands"
            )
            following = f"the same command with --secret {named[0]}=@{named[0].upper()}"
            raise Failure(told, following=following, code=failing.USAGE)
