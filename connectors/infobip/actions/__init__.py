"""What we can ask Infobip for: one table, its rows by area."""

from __future__ import annotations

from connectors.action import table
from connectors.infobip.actions import account, sms, whatsapp

ACTIONS = table(*sms.ROWS, *whatsapp.ROWS, *account.ROWS)
