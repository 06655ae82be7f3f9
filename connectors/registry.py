"""
The providers, one import and one name each, in plain sight; packages of others join by an entry point.

    [project.entry-points."ferry.providers"]
    pigeon = "acme_pigeon:PROVIDER"          the provider's name in code, and where its value is

One that cannot be loaded, or calls itself as another does, falls alone: BROKEN says why, and `ferry doctor` shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from connectors.clicksend import PROVIDER as CLICKSEND
from connectors.errors import InvalidCall
from connectors.infobip import PROVIDER as INFOBIP
from connectors.instagram import PROVIDER as INSTAGRAM
from connectors.onemsg import PROVIDER as ONEMSG
from connectors.provider import Provider, absent

log = logging.getLogger("ferry.registry")

GROUP = "ferry.providers"
PROVIDERS: dict[str, Provider] = {one.name: one for one in (ONEMSG, INSTAGRAM, CLICKSEND, INFOBIP)}
BROKEN: dict[str, str] = {}  # a package's entry point: why its provider is not there, a sentence


def joined() -> Iterator[EntryPoint]:
    """What other packages bring, by name."""
    yield from sorted(entry_points(group=GROUP), key=lambda one: one.name)


def join(entry: EntryPoint) -> None:
    """Takes one in, or notes why not."""
    try:
        made = entry.load()
    except Exception as problem:  # noqa: BLE001  (whatever another's package does at import: it falls alone)
        BROKEN[entry.name] = f"{entry.value} cannot be loaded: {type(problem).__name__}: {problem}"
        return
    if not isinstance(made, Provider):
        BROKEN[entry.name] = f"{entry.value} is no connectors.provider.Provider"
        return
    if made.name != entry.name:
        BROKEN[entry.name] = f"{entry.value} calls itself {made.name}: its entry point must have the same name"
        return
    spoken = {word for one in PROVIDERS.values() for word in (one.name, one.title.lower(), *one.also)}
    if spoken & {made.name, made.title.lower(), *made.also}:
        BROKEN[entry.name] = f"{entry.value} has a name that another provider has"
        return
    PROVIDERS[made.name] = made


for _entry in joined():
    join(_entry)
    if _entry.name in BROKEN:
        log.error("a provider's package was left out", extra={"provider": _entry.name})


def named(name: str) -> Provider:
    """The provider with this name in code; a stand-in that refuses everything where its package is gone."""
    return PROVIDERS.get(name) or absent(name)


def find(name: str) -> Provider:
    """
    The provider by its name or title ("onemsg" or "1msg").

    raises: InvalidCall that lists those there are
    """
    wanted = name.strip().lower()
    for provider in PROVIDERS.values():
        if wanted in {provider.name, provider.title.lower(), *provider.also}:
            return provider
    told = f"there is no provider {name!r}; there are {', '.join(one.title for one in PROVIDERS.values())}"
    raise InvalidCall(told)
