"""
What became of a message: Infobip's status and error objects in our words.

    group   their word       ours
    0, 1    ACCEPTED/PENDING accepted
    2       UNDELIVERABLE    failed
    3       DELIVERED        delivered; but id 2, DELIVERED_TO_OPERATOR, is only sent: a later report may say failed
    4       EXPIRED          failed, reason expired
    5       REJECTED         failed

Ids are not unique across channels and groups, so the group decides, by number, else by word, else by the prefix of the
status's name.  Ids only tell why.

source: https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import Reason
from connectors.events import Fault, State
from connectors.reading import mapping, number, text, truth

STATES = {
    0: State.ACCEPTED,
    1: State.ACCEPTED,
    2: State.FAILED,
    3: State.DELIVERED,
    4: State.FAILED,
    5: State.FAILED,
}
GROUPS = {"ACCEPTED": 0, "OK": 0, "PENDING": 1, "UNDELIVERABLE": 2, "DELIVERED": 3, "EXPIRED": 4, "REJECTED": 5}

TO_OPERATOR = 2  # filed under DELIVERED, yet only as far as the operator
SYSTEM_ERROR = 21  # the one refusal that may be submitted again
DUPLICATE = 23  # this messageId was accepted before
EXPIRED = 4

# status.id of a failure: why, in our words (2.6 of the page; what another channel uses otherwise is left out)
STATUS_REASONS = {
    6: Reason.UNKNOWN_RECIPIENT,  # REJECTED_NETWORK: no coverage, or not set up
    8: Reason.UNKNOWN_RECIPIENT,  # REJECTED_PREFIX_MISSING: not a valid number
    10: Reason.OPTED_OUT,  # REJECTED_DND: do-not-disturb register
    11: Reason.POLICY,  # REJECTED_SOURCE: sender not registered
    12: Reason.CREDIT,  # REJECTED_NOT_ENOUGH_CREDITS
    13: Reason.POLICY,  # REJECTED_SENDER: sender blocklisted
    14: Reason.BLOCKED,  # REJECTED_DESTINATION_BLOCKLISTED
    15: Reason.EXPIRED,  # EXPIRED_EXPIRED
    17: Reason.CREDIT,  # REJECTED_PREPAID_PACKAGE_EXPIRED
    18: Reason.POLICY,  # REJECTED_DESTINATION_NOT_REGISTERED: a trial reaches verified numbers only
    20: Reason.THROTTLED,  # REJECTED_FLOODING_FILTER: 20 different or 6 identical texts an hour and number
    23: Reason.DUPLICATE,  # REJECTED_DUPLICATE_MESSAGE_ID
    29: Reason.EXPIRED,  # EXPIRED_DLR_UNKNOWN: the operator never reported
    51: Reason.UNKNOWN_RECIPIENT,  # MISSING_TO
    52: Reason.UNKNOWN_RECIPIENT,  # REJECTED_DESTINATION
    53: Reason.MEDIA,  # voice: invalid audio URL
    57: Reason.MEDIA,  # voice: content type
    66: Reason.UNKNOWN_RECIPIENT,  # UNDELIVERABLE_NO_DESTINATION (push)
    75: Reason.CREDIT,  # FREE_TRIAL_EXCEEDED (e-mail)
    87: Reason.POLICY,  # SIGNALS_BLOCKED; in voice the delivery window
}

# error.id: why (2.7 of the page)
ERROR_REASONS = {
    **dict.fromkeys((1, 5, 9, 351, 3041, 6006, 6012, 7002), Reason.UNKNOWN_RECIPIENT),
    **dict.fromkeys((573, 2049, 2052, 2053, 7003), Reason.BLOCKED),
    **dict.fromkeys((603, 2050, 6003, 6034, 6035, 7030, 7033), Reason.OPTED_OUT),
    **dict.fromkeys((560, 561, 562, 563, 564, 565, 566, 607, 608, 6002, 6036, 7016), Reason.POLICY),
    **dict.fromkeys((541, 609, 4099, 4103, 4104, 6050, 6051, 6057, 6058, 7017, 7032), Reason.THROTTLED),
    **dict.fromkeys((2048, 4098, 4101), Reason.EXPIRED),
    **dict.fromkeys((7008, 7009), Reason.TEMPLATE),
    **dict.fromkeys((5004, 7022), Reason.MEDIA),
    581: Reason.CREDIT,  # the recipient's, not ours
    7010: Reason.WINDOW_CLOSED,  # EC_NO_SESSION: outside WhatsApp's 24 hours
    7280: Reason.DUPLICATE,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    One status with its error, read.

    id, name: of the status; code: what to show for a failure, the error's id before the status's
    permanent: Infobip's own word, shown and not acted on (always true in voice, unreliable on WhatsApp)
    """

    state: State
    group: int | None = None
    id: int | None = None
    name: str | None = None
    text: str | None = None
    code: str | None = None
    reason: Reason = Reason.OTHER
    permanent: bool | None = None

    @property
    def failed(self) -> bool:
        """Whether the message will not arrive."""
        return self.state is State.FAILED

    @property
    def fault(self) -> Fault | None:
        """The failure for an event, None where there is none."""
        return Fault(code=self.code, text=self.text, reason=str(self.reason)) if self.failed else None


def verdict(item: Mapping[str, Any]) -> Verdict:
    """The verdict of an answer's, report's or log's item: its `status` and `error` objects; never raises."""
    status, error = mapping(item, "status"), mapping(item, "error")
    found, name = _whole(status, "id"), text(status, "name")
    group = group_of(status)
    state = STATES.get(group, State.UNKNOWN) if group is not None else State.UNKNOWN
    if state is State.DELIVERED and (found == TO_OPERATOR or (found is None and name == "DELIVERED_TO_OPERATOR")):
        state = State.SENT
    if state is not State.FAILED:
        return Verdict(state, group, found, name, text(status, "description"))
    wrong = _whole(error, "id") or None
    if _whole(error, "groupId") == 0:  # an answered call carries error 5000 in group OK
        wrong = None
    reason = ERROR_REASONS.get(wrong) if wrong is not None else None
    if reason is None and found is not None:
        reason = STATUS_REASONS.get(found)
    if reason is None:
        reason = Reason.EXPIRED if group == EXPIRED else Reason.OTHER
    code = wrong if wrong is not None else found
    return Verdict(
        state,
        group,
        found,
        name,
        _words(error if wrong is not None else status),
        str(code) if code is not None else name,
        reason,
        truth(error.get("permanent")) if wrong is not None else None,
    )


def group_of(status: Mapping[str, Any]) -> int | None:
    """The status's group: by number, else by word, else by the prefix of its name."""
    group = _whole(status, "groupId")
    if group in STATES:
        return group
    word = (text(status, "groupName") or "").upper()
    if word in GROUPS:
        return GROUPS[word]
    return GROUPS.get((text(status, "name") or "").upper().partition("_")[0])


def _words(told: Mapping[str, Any]) -> str | None:
    said = [part for part in (text(told, "name"), text(told, "description")) if part]
    action = text(told, "action")
    return ": ".join(said) + (f" ({action})" if action else "") if said else None


def _whole(item: Mapping[str, Any], name: str) -> int | None:
    found = number(item, name)
    return int(found) if found is not None else None
