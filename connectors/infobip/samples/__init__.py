"""One real body of each webhook kind of the page, made fresh by a stamp."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from connectors.infobip.samples import messages, news
from connectors.provider import Sample


def _whatsapp(tail: str) -> Sample:
    made = messages.whatsapp_of(lambda stamp: messages.WHATSAPP[tail])  # noqa: ARG005  (the same at any time)
    return Sample(f"inbound WhatsApp {tail.replace('-', ' ')}", made)


def _form(event: str, title: str, **more: object) -> Sample:
    return Sample(f"Messages API form: {title}", news.form(event, **more))


def _fresh(sample: Sample) -> Sample:
    """Its documents share nothing with the tables they are made of: whoever gets one may change it."""
    return replace(sample, body=lambda connection, stamp: deepcopy(sample.body(connection, stamp)))


_TABLE = {
    "sms": Sample("inbound SMS", messages.sms),
    "sms-report": Sample("SMS delivery report", messages.sms_report, hook="sms"),
    "sms-report-v2": Sample("SMS delivery report in the older form", messages.sms_report_v2, hook="sms"),
    "sms-click": Sample("click on a link of an SMS", news.tracked("CLICKED", None, url="https://acme.example/offer")),
    "mms": Sample("inbound MMS", messages.mms),
    "mms-report": Sample("MMS delivery report", messages.sms_report, hook="mms"),
    "whatsapp-message": Sample(
        "inbound WhatsApp text", messages.whatsapp_of(lambda stamp: {"type": "TEXT", "text": stamp.text})
    ),
    **{f"whatsapp-{tail}": _whatsapp(tail) for tail in messages.WHATSAPP},
    "whatsapp-report": Sample("WhatsApp delivery report", messages.whatsapp_report, hook="whatsapp"),
    "whatsapp-seen": Sample("WhatsApp seen report", messages.whatsapp_seen, hook="whatsapp"),
    "whatsapp-deleted": Sample("WhatsApp message deleted by its sender", messages.whatsapp_deleted, hook="whatsapp"),
    "whatsapp-template": Sample("WhatsApp template rejected", news.template),
    "whatsapp-identity": Sample("WhatsApp user's security code changed", news.noticed(news.IDENTITY)),
    "whatsapp-marketing-stop": Sample("WhatsApp user stops marketing", news.noticed(news.MARKETING)),
    "whatsapp-marketing-resume": Sample(
        "WhatsApp user resumes marketing", news.noticed({**news.MARKETING, "notificationMessagesStatus": "resume"})
    ),
    "whatsapp-payment-status": Sample("WhatsApp payment captured", news.noticed(news.PAYMENT)),
    "email-report": Sample("e-mail delivery report: hard bounce", news.email_report, hook="email"),
    "email-opened": Sample("e-mail opened", news.tracked("OPENED")),
    "email-clicked": Sample("link of an e-mail clicked", news.tracked("CLICKED", url="https://acme.example/offer")),
    "email-unsubscribed": Sample("e-mail unsubscribed", news.tracked("UNSUBSCRIBED")),
    "email-complained": Sample("e-mail reported as spam", news.tracked("COMPLAINED", sender="news@mail.acme.example")),
    "email-late-bounce": Sample("e-mail bounced late", news.tracked("LATE_BOUNCE", sender="news@mail.acme.example")),
    "email-blocked": Sample("e-mail domain blocked for bounces", news.email_blocked),
    "voice-report": Sample("voice report", news.voice_report, hook="voice"),
    "voice-report-v1": Sample("voice report in the deprecated form", news.voice_report_v1, hook="voice"),
    "number-lookup": Sample("number lookup's result", news.number_lookup),
    "number-masking": Sample("masked call's status", news.number_masking),
    "form-message": _form(
        "MO", "message", content=[{"type": "IMAGE", "url": "https://files.example/i.jpg", "text": "Hi"}]
    ),
    "form-report": _form("DELIVERY", "delivery"),
    "form-seen": _form("SEEN", "seen"),
    "form-typing": _form("TYPING_STARTED", "typing"),
}

SAMPLES = {name: _fresh(sample) for name, sample in _TABLE.items()}
