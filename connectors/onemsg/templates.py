"""
What a template needs to be found: its namespace, from the call, the connection, or 1msg's own list.

source: our page §3.12, §5.5
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.action import Ask, Call, Outcome
from connectors.errors import InvalidCall, Reason
from connectors.listing import every
from connectors.onemsg.schemas_sends import SendTemplate
from connectors.onemsg.wording import addressed
from connectors.schema import load


def found(call: Call, ask: Ask) -> Mapping[str, Any] | Outcome:
    """
    The input with its namespace, looked up where neither it nor the connection names one.

    raises: InvalidCall for a template 1msg does not list, or has not approved
    """
    setting = call.connection.setting
    if call.input.get("namespace") or setting("namespace") or setting("omit_namespace"):
        return call.input
    wanted = load(SendTemplate, call.input, provider="onemsg", action="send-template-message")
    name, code = wanted["template"], wanted["language"]["code"]
    for one in every(ask, "get-templates"):
        if (one["name"], one["language"]) == (name, code):
            return {**call.input, "namespace": _usable(one)}
    raise _amiss(f"1msg lists no template {name!r} in the language {code!r}", "template")


def _usable(one: Mapping[str, Any]) -> str:
    if one["status"] not in {"APPROVED", None}:
        raise _amiss(f"the template is not approved: {one['status'].lower()}", "template")
    if not one["namespace"]:
        raise _amiss("1msg tells no namespace for it: set one, or the setting omit_namespace", "namespace")
    return str(one["namespace"])


def named(body: dict[str, Any], call: Call) -> dict[str, Any]:
    """
    The body with its destination and namespace.

    raises: InvalidCall without a namespace, which 1msg would answer with "template is not defined"
    """
    setting = call.connection.setting
    known = body.get("namespace") or setting("namespace")
    if known:
        body = {**body, "namespace": known}
    elif not setting("omit_namespace"):
        raise _amiss("needed: get-templates tells it, and the connection can keep it", "namespace")
    return addressed(body, call)


def _amiss(told: str, field: str) -> InvalidCall:
    return InvalidCall(told, reason=Reason.TEMPLATE, fields={field: [told]})
