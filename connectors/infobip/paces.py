"""
Infobip's published limits.  What is not here (SMS sends and reports, preview, PIN calls) is throttled per account
without a published number, so nothing is held back for it: a 429 says when to come back.

source: https://www.infobip.com/docs/developer-resources/api-fundamentals/rate-limits-and-throttling
"""

from __future__ import annotations

from connectors.provider import Pace

MINUTES_10 = 600.0  # seconds

PACES = {
    "sms-logs": Pace(120 / 60, burst=20),
    "mms-logs": Pace(120 / 60, burst=20),
    "voice-logs": Pace(120 / 60, burst=20),
    "email": Pace(4000, burst=4000),
    "email-logs": Pace(120 / 60, burst=20),
    "email-reports": Pace(120 / 60, burst=20),
    "email-bulks": Pace(100 / 60, burst=20),
    "email-validation": Pace(150, burst=150),
    "email-validations": Pace(1),
    "tfa-list": Pace(50 / MINUTES_10, burst=50),
    "tfa-create": Pace(20 / MINUTES_10, burst=20),
    "tfa": Pace(40 / MINUTES_10, burst=40),
    "voice": Pace(2000, burst=2000),
    "whatsapp": Pace(4000, burst=4000),
    "whatsapp-events": Pace(2500, burst=2500),
    "whatsapp-media": Pace(15, burst=15),
    "whatsapp-read": Pace(10, burst=10),
}
