"""What we can ask Infobip for: one table, its rows by area."""

from __future__ import annotations

from connectors.action import table
from connectors.infobip.actions import account, email, mms, sms, tfa, voice, whatsapp

ACTIONS = table(*sms.ROWS, *email.ROWS, *tfa.ROWS, *voice.ROWS, *whatsapp.ROWS, *mms.ROWS, *account.ROWS)
