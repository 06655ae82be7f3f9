"""A run that is being worked off: the head of a lane with all it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.action import Action, Part
from connectors.provider import Answer, Provider
from worker.core import Core
from worker.store.connections import Stored


@dataclass(slots=True)
class Job:
    """One head of a lane, with all it names."""

    core: Core
    partition: int
    lane: str
    token: str
    run: str
    record: Mapping[str, bytes]
    stored: Stored
    provider: Provider
    action: Action
    go_on: bool
    answers: list[Answer] = field(default_factory=list)  # to what must be asked first, for the rest they ask for
    asked: bool = False  # what must be asked first was asked: a failure of that is an attempt, too
    renewed: bool = False  # the credentials were renewed because this call was refused
    spared: list[Part] = field(default_factory=list)  # messages that were not sent because their people opted out
    ready: Mapping[str, Any] | None = None  # the whole input after what had to be asked first, for further calls

    @property
    def tries(self) -> int:
        """Attempts so far."""
        return int(self.record.get("tries") or 0)

    @property
    def lease(self) -> int:
        """ms a lane stays ours while nothing has left."""
        return int(self.core.settings.lease_seconds * 1000)
