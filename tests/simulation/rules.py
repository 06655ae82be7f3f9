"""
The rules of LANES.md, each switched off: in the text of a script, or in the simulated worker.

A change that no longer applies to a script's text is an error, so no rule is tested in name only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulation.world import Rules, texts


@dataclass(frozen=True)
class Without:
    """
    One rule left out.

    changes: script ("*": all) → [(its words, words instead)]
    shows:   how the first broken promise begins
    """

    what: str
    shows: tuple[str, ...]
    changes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    def scripts(self) -> dict[str, str]:
        """All scripts, changed."""
        found = texts()
        for name, changes in self.changes.items():
            for old, new in changes:
                for one in found if name == "*" else [name]:
                    assert found[one].count(old) == 1, f"{one}.lua no longer says {old!r} once"
                    found[one] = found[one].replace(old, new)
        return found


DEADLINES = [("if deadline + tonumber(ARGV[9]) > now then", "if false then")]
LEASES = [("redis.call('ZADD', P .. 'q:' .. q, deadline + 1000, lane)\n", "")]

WITHOUT = {
    "tick removes": Without(
        "the tick removes a due entry and then publishes",
        ("stuck", "lost"),
        {"tick": [("redis.call('ZADD', P .. 'due', now + 5000, q)", "redis.call('ZREM', P .. 'due', q)")]},
    ),
    "blind pop": Without(
        "the head is popped blindly instead of compared by id",
        ("lost", "stuck"),
        {"*": [("if redis.call('LINDEX', P .. 'l:' .. lane, 0) == item then", "if true then")]},
    ),
    "leaving again": Without(
        "a run that was leaving is queued again",
        ("doubled", "reordered", "untrue"),
        {"orphan": [("elseif r[3] == '1' then", "elseif true then")]},
    ),
    "no deadlines": Without(
        "no sender-side deadline before the socket, and takeover does not wait for it",
        ("reordered", "cancelled", "untrue", "doubled"),
        {"orphan": DEADLINES, "leave": LEASES},
        Rules(deadline=False),
    ),
    "forgets, nothing re-asserted": Without(
        "Redis forgets its last second and nobody says again what left",
        ("doubled",),
        rules=Rules(forgets=True, reassert=False),
    ),
    "retry beats cancel": Without(
        "a retry beats a cancel that was asked for meanwhile",
        ("cancelled",),
        {"finish": [("if r[3] == '1' then", "if false then")]},
    ),
    "cancel of what left": Without(
        "a run that is leaving can be cancelled for sure",
        ("cancelled", "untrue"),
        {"cancel": [("if state == 'scheduled' or", "if state == 'leaving' or state == 'scheduled' or")]},
    ),
    "no deduplication": Without(
        "an event that stands is told again",
        ("doubled",),
        {"*": [("if redis.call('EXISTS', P .. 'e:' .. a[1]) == 1 then return 'duplicate' end", "")]},
    ),
    "leave without state": Without(
        "leave is no compare-and-set on the run",
        ("doubled", "cancelled", "untrue", "reordered"),
        {
            "leave": [
                ("if r[1] ~= 'queued' and r[1] ~= 'waiting' then return { 'gone' } end", ""),
                ("if redis.call('LINDEX', P .. 'l:' .. lane, 0) ~= run then return { 'gone' } end", ""),
                ("if not holds(lane, token) then return { 'lost' } end", ""),
            ]
        },
    ),
}

ONLY_THE_HOLDER = Without(
    "an outcome is accepted only from the lease holder",
    (),
    {"finish": [("if attempt == '' then", "if not ours then return nothing('stale') end\nif attempt == '' then")]},
)
# Without these three, what kills nobody is set aside with what kills: how much of it is a matter of chance.
STRIKES = {
    "a suspect is taken up alone": Without("suspects are taken up side by side", (), rules=Rules(alone=False)),
    "one struck twice rests": Without(
        "one that was struck twice is taken up at once",
        (),
        {"claim": [("if struck and strikes == 2 then", "if false then")]},
    ),
    "the frozen take their strike back": Without(
        "a freeze longer than a lease counts like a death",
        (),
        {"*": [("      if one ~= token then left[#left + 1] = one end", "      left[#left + 1] = one")]},
    ),
}
FORGETS = Without("Redis forgets its last second, and what left is said again", (), rules=Rules(forgets=True))

# Halves of "no deadlines": each catches most of what the other lets through.
HALVES = {
    "no deadline of the sender": Without(
        "no sender-side deadline before the socket",
        ("reordered", "cancelled", "untrue", "doubled"),
        rules=Rules(deadline=False),
    ),
    "no waiting takeover": Without(
        "takeover does not wait for the sender's deadline",
        ("reordered", "cancelled", "untrue", "doubled"),
        {"orphan": DEADLINES, "leave": LEASES},
    ),
}
