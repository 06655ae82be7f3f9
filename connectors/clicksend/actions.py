"""All that ClickSend can be asked, in one table; the rows stand beside, area by area."""

from __future__ import annotations

from connectors.action import table
from connectors.clicksend import actions_account, actions_sms

ACTIONS = table(*actions_sms.ROWS, *actions_account.ROWS)
