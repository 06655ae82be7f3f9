"""All that ClickSend can be asked, in one table; the rows stand beside, area by area."""

from __future__ import annotations

from connectors.action import table
from connectors.clicksend import (
    actions_account,
    actions_campaigns,
    actions_contacts,
    actions_media,
    actions_reading,
    actions_sms,
    actions_templates,
)

ACTIONS = table(
    *actions_sms.ROWS,
    *actions_reading.ROWS,
    *actions_templates.ROWS,
    *actions_media.ROWS,
    *actions_campaigns.ROWS,
    *actions_contacts.ROWS,
    *actions_account.ROWS,
)
