"""The first crossing: a message out, its report back, an inbound one and a read mark, over real HTTP on loopback."""

from __future__ import annotations

import httpx

from connectors.action import Call
from connectors.client import new_client, perform
from connectors.connection import Connection
from connectors.events import EventType, State
from connectors.infobip import PROVIDER
from tests.connectors.infobip.stage import Ear, Postman, served


def test_a_message_crosses_in_both_directions() -> None:
    """An SMS leaves, its report comes to the URL it named, an inbound one comes in and is answered on WhatsApp."""
    ear = Ear()
    with served(ear) as hook, Postman() as postman, httpx.Client(trust_env=False) as post:
        settings, secrets = PROVIDER.simulated("http://127.0.0.1:1")
        sim = PROVIDER.simulator(settings, secrets, postman)
        with served(sim) as base, new_client() as client:
            settings, secrets = PROVIDER.simulated(base)
            mine = Connection("ib", "infobip", settings, secrets, f"{hook}/webhooks/ib/k3y")

            key, given = PROVIDER.verb("send", {"to": "447700900123", "text": "hi", "channel": "sms"})
            sent = perform(PROVIDER, PROVIDER.actions[key], Call(mine, given, "ref-1"), client)
            assert ("0", "accepted", "ref-1") == (sent.parts[0].ref, sent.parts[0].state, sent.parts[0].message)

            (report,) = PROVIDER.parse(ear.wait()[0])
            assert (EventType.STATUS, "sms:447700900123") == (report.type, report.conversation)
            assert report.status is not None
            assert ("ref-1", "ref-1", State.DELIVERED) == (
                report.status.message,
                report.status.ref,
                report.status.state,
            )

            post.put(f"{base}/_sim/webhook", json={"url": mine.webhook_url})
            assert 200 == post.post(f"{base}/_sim/fire", json={"kind": "whatsapp-message"}).status_code
            (received,) = PROVIDER.parse(ear.wait(2)[1])
            assert received.contact is not None
            assert received.message is not None
            words = {"to": received.contact.id, "channel": received.channel, "via": received.via}
            key, given = PROVIDER.verb("send", {**words, "text": "hello", "reply_to": received.message.provider_id})
            assert received.conversation == PROVIDER.actions[key].party(given)
            answered = perform(PROVIDER, PROVIDER.actions[key], Call(mine, given, "ref-2"), client)
            assert "ref-2" == answered.output["message_id"]
            (told,) = PROVIDER.parse(ear.wait(3)[2])
            assert received.conversation == told.conversation

            key, given = PROVIDER.verb("mark_read", {**words, "message": received.message.provider_id})
            perform(PROVIDER, PROVIDER.actions[key], Call(mine, given, "ref-3"), client)
            assert [("447860099299", received.message.provider_id)] == sim.read
