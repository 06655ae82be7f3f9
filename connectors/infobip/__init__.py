"""Infobip: SMS, WhatsApp, e-mail, voice, MMS and 2FA over its HTTP API.  Set-up, limits and surprises: README.md."""

from __future__ import annotations

from connectors.infobip import access, files, settings, subscribing
from connectors.infobip.actions import ACTIONS
from connectors.infobip.answers import read
from connectors.infobip.errors import judge
from connectors.infobip.guard import guard, sign
from connectors.infobip.paces import PACES
from connectors.infobip.recovery import prove
from connectors.infobip.samples import SAMPLES
from connectors.infobip.simulator import stand_in
from connectors.infobip.verbs import CANNOT, VERBS
from connectors.infobip.webhooks import parse
from connectors.provider import Provider, Refresh

PROVIDER = Provider(
    name="infobip",
    title="infobip",
    base_url=access.SHARED,
    console="https://portal.infobip.com",
    settings=settings.InfobipSettings,
    secrets=settings.InfobipSecrets,
    locate=access.locate,
    auth=access.auth,
    actions=ACTIONS,
    judge=judge,
    read=read,
    parse=parse,
    guard=guard,
    trust="every guard that is set on the connection must hold (Basic, a header of your own, an HMAC of the raw body), "
    "beside the secret in the path of the webhook's URL",
    signing=tuple(frozenset({name}) for name in ("webhook_password", "webhook_header_value", "webhook_hmac_key")),
    sign=sign,
    verbs=VERBS,
    cannot=CANNOT,
    samples=SAMPLES,
    paces=PACES,
    check=access.check,
    register=subscribing.register,
    unregister=subscribing.unregister,
    ours=("webhook_hmac_key", "webhook_password", "webhook_header_value"),
    prove=prove,
    media=files.find,
    refresh=Refresh(due=access.due, call=access.renew, on_refusal=access.renewable),
    simulator=stand_in,
    simulated=access.simulated,
)
