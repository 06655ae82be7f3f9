"""A program for test_plugins.py: what a package's provider gets, told as JSON on stdout.  Argument: Redis' URL."""

from __future__ import annotations

import json
import sys

import redis

from connectors.catalog import describe
from connectors.intent import Index
from connectors.registry import BROKEN, PROVIDERS
from tests.worker.pipeline import build
from worker.accept import accept
from worker.core import Subscription
from worker.store import runs


def main(url: str) -> None:
    """From its connection through a webhook and an event to the reply in its stand-in."""
    told: dict[str, object] = {"providers": list(PROVIDERS), "broken": BROKEN}
    if "pigeon" in PROVIDERS:
        with redis.Redis.from_url(url) as client:
            answer = Subscription("app", frozenset({"message.received"}), lambda event, ferry: ferry.send("coo"))
            ferry = build(client, handlers=[answer])
            stored = ferry.connect("pigeon")
            ferry.ingest(stored, ferry.hook(stored, "message"))
            ferry.settle()
            body = {"connection": stored.id, "action": "request", "input": {"path": "/notes", "method": "GET"}}
            run = accept(ferry.core, body).id
            ferry.settle()
            record = runs.get(ferry.core.store, run) or {}
            told |= {
                "state": stored.state,
                "events": [event["type"] for event in ferry.events()],
                "asked": [one["body"] for one in ferry.simulators["pigeon"].requests("fly-note")],
                "proxied": (record.get("output") or {}).get("status"),
                "described": describe(PROVIDERS["pigeon"], PROVIDERS["pigeon"].actions["fly-note"])["title"],
                "found": Index(PROVIDERS.values()).find("send a note by pigeon", ["pigeon"], 1),
            }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
