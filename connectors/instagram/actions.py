"""Everything that can be asked of Instagram: the page's seventeen actions and the helpers beside them."""

from __future__ import annotations

from connectors.action import table
from connectors.instagram import actions_account, actions_media, actions_read, actions_send

ACTIONS = table(*actions_send.ROWS, *actions_media.ROWS, *actions_read.ROWS, *actions_account.ROWS)
