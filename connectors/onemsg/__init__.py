"""1msg: WhatsApp Business numbers over a Chat-API shaped API.  Set-up, limits and surprises: README.md beside this."""

from __future__ import annotations

from connectors.onemsg import account, files, hooks
from connectors.onemsg.actions import ACTIONS
from connectors.onemsg.errors import judge
from connectors.onemsg.proof import prove
from connectors.onemsg.replies import read
from connectors.onemsg.samples import SAMPLES
from connectors.onemsg.simulator import OneMsg
from connectors.onemsg.verbs import CANNOT, VERBS
from connectors.onemsg.webhooks import parse
from connectors.provider import RECIPIENT, Pace, Provider

PROVIDER = Provider(
    name="onemsg",
    title="1msg",
    base_url=account.BASE_URL,
    console="https://app.1msg.io",
    settings=account.ChannelSettings,
    secrets=account.ChannelSecrets,
    locate=account.locate,
    auth=account.auth,
    actions=ACTIONS,
    judge=judge,
    read=read,
    parse=parse,
    guard=account.guard,
    trust="nothing is signed: the secret in the path of the webhook's URL is the proof, "
    "and a body that names a channel must name ours",
    handshake=account.handshake,
    verbs=VERBS,
    cannot=CANNOT,
    samples=SAMPLES,
    paces={
        "default": Pace(rate=10, burst=10),  # §2.9: nothing is published; a safe default
        RECIPIENT: Pace(rate=1 / 6, burst=45),  # §2.9: Meta's pair limit; 45 may be borrowed from what comes later
    },
    check=hooks.check,
    register=hooks.register,
    unregister=hooks.unregister,
    retire=hooks.unregister,
    prove=prove,
    media=files.find,
    simulator=OneMsg,
    simulated=account.simulated,
    also=("1msg.io", "one-msg"),
)
