"""One real body of each webhook kind of the page, made fresh by a stamp."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from connectors.infobip.samples import email, forms, messages, news
from connectors.provider import Sample


def _whatsapp(tail: str) -> Sample:
    made = messages.whatsapp_of(lambda stamp: messages.WHATSAPP[tail])  # noqa: ARG005  (the same at any time)
    return Sample(f"inbound WhatsApp {tail.replace('-', ' ')}", made)


def _form(event: str, title: str, **more: object) -> Sample:
    return Sample(f"Messages API form: {title}", forms.form(event, **more))


def _failed(title: str, group: int, group_name: str, ident: int, word: str, **error: object) -> Sample:
    return Sample(
        f"SMS delivery report: {title}", messages.sms_reported(group, group_name, ident, word, **error), "sms"
    )


def _fresh(sample: Sample) -> Sample:
    """Its documents share nothing with the tables they are made of: whoever gets one may change it."""
    return replace(sample, body=lambda connection, stamp: deepcopy(sample.body(connection, stamp)))


_TABLE = {
    "sms": Sample("inbound SMS", messages.sms),
    "sms-report": Sample("SMS delivery report", messages.sms_report, hook="sms"),
    "sms-report-v2": Sample("SMS delivery report in the older form", messages.sms_report_v2, hook="sms"),
    "sms-keyword": Sample("inbound SMS with a keyword, from a word", messages.sms_keyword),
    "sms-report-pending": _failed("waiting at Infobip", 1, "PENDING", 26, "PENDING_ACCEPTED"),
    "sms-report-accepted": _failed("accepted", 0, "ACCEPTED", 1, "MESSAGE_ACCEPTED"),
    "sms-report-operator": _failed("as far as the operator", 3, "DELIVERED", 2, "DELIVERED_TO_OPERATOR"),
    "sms-report-expired": _failed("expired", 4, "EXPIRED", 15, "EXPIRED_EXPIRED", id=2048, name="EC_VALIDITY_EXPIRED"),
    "sms-report-rejected": _failed("rejected: blocklisted", 5, "REJECTED", 14, "REJECTED_DESTINATION_BLOCKLISTED"),
    "sms-report-unheard-of": _failed("a status nobody told us of", 9, "LEVITATED", 999, "LEVITATED_HIGH"),
    "sms-click": Sample("click on a link of an SMS", email.tracked("CLICKED", None, url="https://acme.example/offer")),
    "mms": Sample("inbound MMS", messages.mms),
    "mms-report": Sample("MMS delivery report", messages.sms_report, hook="mms"),
    "whatsapp-message": Sample(
        "inbound WhatsApp text", messages.whatsapp_of(lambda stamp: {"type": "TEXT", "text": stamp.text})
    ),
    **{f"whatsapp-{tail}": _whatsapp(tail) for tail in messages.WHATSAPP},
    "whatsapp-report": Sample("WhatsApp delivery report", messages.whatsapp_report, hook="whatsapp"),
    "whatsapp-seen": Sample("WhatsApp seen report", messages.whatsapp_seen, hook="whatsapp"),
    "whatsapp-deleted": Sample("WhatsApp message deleted by its sender", messages.whatsapp_deleted, hook="whatsapp"),
    "whatsapp-click": Sample(
        "click on a link of a WhatsApp message",
        email.tracked("CLICKED", None, url="https://acme.example/offer"),
        hook="whatsapp",
    ),
    "whatsapp-template": Sample(
        "WhatsApp template rejected", news.template(type="TEMPLATE_STATUS_UPDATE", newStatus="REJECTED", reason="SCAM")
    ),
    "whatsapp-template-category": Sample(
        "WhatsApp template's category changed",
        news.template(type="TEMPLATE_CATEGORY_UPDATE", previousCategory="UTILITY", newCategory="MARKETING"),
    ),
    "whatsapp-template-quality": Sample(
        "WhatsApp template's quality changed",
        news.template(type="TEMPLATE_QUALITY_UPDATE", previousQualityScore="GREEN", newQualityScore="YELLOW"),
    ),
    "whatsapp-identity": Sample("WhatsApp user's security code changed", news.noticed(news.IDENTITY)),
    "whatsapp-marketing-stop": Sample("WhatsApp user stops marketing", news.noticed(news.MARKETING)),
    "whatsapp-marketing-resume": Sample(
        "WhatsApp user resumes marketing", news.noticed({**news.MARKETING, "notificationMessagesStatus": "resume"})
    ),
    "whatsapp-payment-status": Sample("WhatsApp payment captured", news.noticed(news.PAYMENT)),
    "email-report": Sample("e-mail delivery report: hard bounce", email.reported(email.BOUNCED), hook="email"),
    "email-opened": Sample("e-mail opened", email.tracked("OPENED")),
    "email-clicked": Sample("link of an e-mail clicked", email.tracked("CLICKED", url="https://acme.example/offer")),
    "email-unsubscribed": Sample("e-mail unsubscribed", email.tracked("UNSUBSCRIBED")),
    "email-complained": Sample("e-mail reported as spam", email.tracked("COMPLAINED", sender="news@mail.acme.example")),
    "email-late-bounce": Sample("e-mail bounced late", email.tracked("LATE_BOUNCE", sender="news@mail.acme.example")),
    "email-blocked": Sample(
        "e-mail domain blocked for bounces", email.bouncing("HIGH_BOUNCE_RATE_BLOCKED", "DAILY", blockThreshold=5.0)
    ),
    "email-warning": Sample(
        "e-mail domain near its limit of bounces",
        email.bouncing("HIGH_BOUNCE_RATE_WARNING", "HOURLY", warnThreshold=3.0),
    ),
    "email-delivered": Sample("e-mail delivery report: delivered", email.reported(email.TAKEN), hook="email"),
    "email-message": Sample("inbound e-mail with a file", email.received, encoding="multipart"),
    "email-unheard-of": Sample(
        "a tracking event nobody told us of", email.tracked("FRAMED", url="https://acme.example"), unknown=True
    ),
    "voice-report": Sample("voice report", news.voice_report, hook="voice"),
    "voice-report-v1": Sample("voice report in the deprecated form", news.voice_report_v1, hook="voice"),
    "number-lookup": Sample("number lookup's result", news.number_lookup),
    "number-masking": Sample("masked call's status", news.number_masking),
    "number-masking-request": Sample("masked call asks where to go", news.number_masking_asked),
    **{
        f"form-{tail}": _form("MO", tail.replace("-", " "), content=content) for tail, content in forms.CONTENTS.items()
    },
    "form-report": _form("DELIVERY", "delivery"),
    "form-seen": _form("SEEN", "seen"),
    "form-typing": _form("TYPING_STARTED", "typing"),
    "form-typing-stopped": _form("TYPING_STOPPED", "no longer typing"),
    "form-unheard-of": replace(_form("TELEPORTED", "an event nobody told us of"), unknown=True),
    "unheard-of": Sample("an item that tells nothing we know", news.unheard_of, unknown=True),
}

SAMPLES = {name: _fresh(sample) for name, sample in _TABLE.items()}
