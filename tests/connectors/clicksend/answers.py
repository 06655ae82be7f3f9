"""ClickSend's envelopes and pages, and the requests that ask for them: what the conversations are written in."""

from __future__ import annotations

from typing import Any

ID = "1F1A0C52-77B1-6E0A-9C41-5D1E20B7A001"
AUD = {"currency_name_short": "AUD"}


def told(data: Any, text: str = "Here are your data.", **changes: Any) -> tuple[int, dict[str, Any]]:
    """A 200 in ClickSend's envelope."""
    return 200, {"http_code": 200, "response_code": "SUCCESS", "response_msg": text, "data": data, **changes}


def failed(status: int, word: str, text: str = "no", data: Any = None) -> tuple[int, dict[str, Any]]:
    """A refusal in ClickSend's envelope."""
    return status, {"http_code": status, "response_code": word, "response_msg": text, "data": data}


def page(*rows: Any, **changes: Any) -> tuple[int, dict[str, Any]]:
    """One page of rows, the only one unless said otherwise."""
    shape = {"total": len(rows), "per_page": 100, "current_page": 1, "last_page": 1, "next_page_url": None}
    return told({**shape, "prev_page_url": None, "from": 1, "to": len(rows), "data": list(rows), **changes})


EMPTY = told({"total": 0, "per_page": 100, "current_page": 1, "last_page": 0, "from": None, "to": None, "data": []})


def get(path: str, **query: str) -> dict[str, Any]:
    """A GET with this query."""
    return {"method": "GET", "path": path, "query": query}


def put(path: str, body: Any = None) -> dict[str, Any]:
    """A PUT with this body, or none."""
    return {"method": "PUT", "path": path, **({} if body is None else {"json": body})}


def post(path: str, body: Any, **query: str) -> dict[str, Any]:
    """A POST with this body."""
    return {"method": "POST", "path": path, "json": body, **({"query": query} if query else {})}


def delete(path: str) -> dict[str, Any]:
    """A DELETE."""
    return {"method": "DELETE", "path": path}


LISTED = {"limit": "100"}
GONE = {"deleted": True, "existed": True}
NOT_THERE = {"deleted": True, "existed": False}
