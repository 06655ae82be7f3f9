"""SMS: sending and pricing, as rows of the table."""

from __future__ import annotations

from connectors.action import Action, Nature
from connectors.clicksend import batches, phones, schemas, schemas_sent
from connectors.clicksend.rows import DOCS, PER_CALL

SMS = f"{DOCS}/messaging/sms"

ROWS = (
    Action(
        key="send-sms",
        title="Send SMS",
        description="Sends one text, or many under `messages`; each has an outcome of its own.",
        method="POST",
        path="/v3/sms/send",
        request=schemas.SendSms,
        reply=schemas_sent.MessagesSent,
        repeatable=False,  # a second POST is a second message, and a second charge
        nature=Nature.SEND,
        example={"to": "+61491570156", "text": "Hi Ada, table for 4 at 19:00.", "from": "Bistro"},
        docs=f"{SMS} (page 3.1)",
        party=phones.party,
        first=batches.within_budget("get-sms-price"),
        complete=batches.complete_sms,
        parts=batches.parts,
        cut=batches.cut,
        reaches=batches.reaches,
        without=batches.without,
        cost="one SMS part a recipient and part of the text",
        limits=(
            PER_CALL,
            "8 parts: 1,224 GSM-7 or 536 Unicode characters; the account may be set lower",
            "custom_string: 50 characters",
            "a sender's name: 11 characters",
            "scheduled at most 120 days ahead",
        ),
    ),
    Action(
        key="get-sms-price",
        title="Price SMS",
        description="What a send would cost, message by message; nothing is sent.",
        method="POST",
        path="/v3/sms/price",
        request=schemas.PriceSms,
        reply=schemas_sent.Prices,
        repeatable=True,
        nature=Nature.QUERY,
        example={"to": "+61491570156", "text": "Prix : 5 €, à bientôt", "from": "Bistro", "show_summary": True},
        docs=f"{SMS} (page 3.2)",
        complete=batches.complete_price,
        limits=("1,000 messages a call",),
    ),
)
