"""The providers, one import and one name each, in plain sight; packages of others join by an entry point."""

from __future__ import annotations

from connectors.clicksend import PROVIDER as CLICKSEND
from connectors.errors import InvalidCall
from connectors.infobip import PROVIDER as INFOBIP
from connectors.instagram import PROVIDER as INSTAGRAM
from connectors.onemsg import PROVIDER as ONEMSG
from connectors.provider import Provider

PROVIDERS: dict[str, Provider] = {one.name: one for one in (ONEMSG, INSTAGRAM, CLICKSEND, INFOBIP)}


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
