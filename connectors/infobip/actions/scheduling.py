"""Rows for requests that wait for their time: looking, moving, pausing, cancelling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.action import Action, Call, Nature, Wire
from connectors.infobip.schemas import schedules
from connectors.schema import Request


def by_bulk(wire: Wire, call: Call) -> Wire:
    """The bulk's id stands in the query, all else in the body."""
    del call
    body = dict(wire.json or wire.query)
    bulk = body.pop("bulkId")
    return replace(wire, query={"bulkId": bulk}, json=body or None)


def _cancel(body: dict[str, Any], call: Call) -> dict[str, Any]:
    del call
    return {**body, "status": "CANCELED"}


def rows(path: str, of: str, pace: str, docs: str) -> tuple[Action, ...]:
    """The five rows of a channel; `of` is what they are called after: "sms-messages", "emails"."""

    def row(key: str, title: str, method: str, tail: str, request: type[Request], **more: Any) -> Action:
        example = {"bulk_id": "bulk-2026-03-01-a"}
        if request is schedules.Move:
            example["send_at"] = "2026-12-24T09:00:00+00:00"
        if request is schedules.Change:
            example["status"] = "PAUSED"
        return Action(
            key=key,
            title=title,
            description="For a request sent with a bulk_id and a send_at; 404 for one that Infobip does not know.",
            method=method,
            path=f"{path}{tail}",
            request=request,
            reply=schedules.BulkState,
            repeatable=True,  # a repeat says the same again
            nature=Nature.QUERY if method == "GET" else Nature.ACCOUNT,
            example=example,
            docs=docs,
            shape=by_bulk,
            pace=pace,
            **more,
        )

    return (
        row(f"get-scheduled-{of}", "Get a scheduled request", "GET", "", schedules.Bulk),
        row(f"reschedule-{of}", "Reschedule a request", "PUT", "", schedules.Move),
        row(f"get-scheduled-{of}-status", "Get a scheduled request's status", "GET", "/status", schedules.Bulk),
        row(f"update-scheduled-{of}-status", "Pause, resume or cancel", "PUT", "/status", schedules.Change),
        row(f"cancel-scheduled-{of}", "Cancel a scheduled request", "PUT", "/status", schedules.Bulk, complete=_cancel),
    )
