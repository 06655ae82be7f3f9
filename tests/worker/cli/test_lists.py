"""Long lists: where one goes on is said in JSON, in words, and taken as an option."""

from __future__ import annotations

import json

import pytest

from tests.worker.cli.conftest import Ferry, Script
from tests.worker.cli.test_client import RUN, URL, page


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("runs list", "/v1/runs"),
        ("action list --intent x", "/v1/actions"),
        ("messages list", "/v1/messages"),
        ("messages unmatched", "/v1/reports/unmatched"),
        ("messages conversations --connection shop", "/v1/conversations"),
        ("failed list --state discarded", "/v1/dead-letters"),
    ],
)
def test_a_long_list_says_where_it_goes_on(ferry: Ferry, script: type[Script], typed: str, path: str) -> None:
    """No more is asked than is wanted, and what comes after has a place: in JSON, in words, and as an option."""
    there = script({("GET", path): [page({"id": "a"}, cursor="c1"), page({"id": "b"}, cursor="c2"), page(cursor="c2")]})
    words = [*typed.split(), "--limit", "2", "--after", "c0"]
    told = json.loads(ferry(*words, "--json", *URL, transport=there.transport).stdout)

    assert (["a", "b"], "c2") == ([one["id"] for one in told["items"]], told["cursor"])
    asked = [(request.url.params["limit"], request.url.params["cursor"]) for request in there.asked]
    assert [("2", "c0"), ("1", "c1")] == asked
    more = script({("GET", path): [page(cursor="c3"), page()]})
    assert 0 == ferry(*words, *URL, transport=more.transport).exit_code
    assert ["c0", "c3"] == [request.url.params["cursor"] for request in more.asked]


def test_a_list_that_was_cut_says_so_in_words(ferry: Ferry, script: type[Script]) -> None:
    """On stderr: stdout is rows."""
    row = {**RUN, "created_at": "t"}
    there = script({("GET", "/v1/runs"): page(row, cursor="c1")})
    done = ferry("runs", "list", "--limit", "1", *URL, transport=there.transport)
    assert (1, True) == (len(done.stdout.splitlines()), "Try: the same with --after c1" in done.stderr)
