"""Instagram: direct messages of professional accounts, over Meta's Graph API.  Set-up and limits: README.md here."""

from __future__ import annotations

from connectors.instagram import account, actions_account, consent, evidence, login, usage, webhooks
from connectors.instagram.actions import ACTIONS
from connectors.instagram.errors import judge
from connectors.instagram.replies import read
from connectors.instagram.samples import SAMPLES
from connectors.instagram.simulator import InstagramSimulator
from connectors.instagram.verbs import VERBS
from connectors.provider import Pace, Provider

PROVIDER = Provider(
    name="instagram",
    title="instagram",
    base_url=account.HOSTS[account.INSTAGRAM_LOGIN],
    console="https://developers.facebook.com/apps",
    settings=account.InstagramSettings,
    secrets=account.InstagramSecrets,
    locate=account.locate,
    auth=account.auth,
    actions=ACTIONS,
    judge=judge,
    read=read,
    parse=webhooks.parse,
    guard=webhooks.guard,
    trust="X-Hub-Signature-256 is the HMAC-SHA256 of the raw body under the app's secret, in hex",
    signing=(frozenset({"app_secret", "instagram_app_secret"}),),
    handshake=webhooks.handshake,
    keep=webhooks.KEEP,
    sign=webhooks.sign,
    verbs=VERBS,
    samples=SAMPLES,
    paces={
        # page §2.7: per account; 100 is the lower of two figures (§5, 10)
        "messages": Pace(rate=100, burst=20),
        "heavy": Pace(rate=10, burst=5),
        "reads": Pace(rate=2, burst=2),
        "private-replies": Pace(rate=750 / 3600, burst=10),
        "default": Pace(rate=10, burst=5),
    },
    check=actions_account.check,
    register=actions_account.register,
    unregister=actions_account.unregister,
    refresh=login.REFRESH,
    login=consent.LOGIN,
    paste=consent.PASTE,
    prove=evidence.prove,
    account=account.named,
    rest=usage.rest,
    simulator=InstagramSimulator,
    simulated=account.simulated,
    also=("ig",),
)
