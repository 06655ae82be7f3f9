"""/v1/opt-outs: told by a person, minded by every send."""

from __future__ import annotations

import pytest

from tests.web.door import TO, Door


def test_an_opt_out_is_made_listed_minded_and_taken_back(door: Door) -> None:
    """By the contact's id as people write it; the send that follows fails, and works again afterwards."""
    stored = door.ferry.connect("1msg")
    door.heard(stored)
    made = door.post("/v1/opt-outs", {"connection": "1msg", "to": TO}, 201)
    again = door.post("/v1/opt-outs", {"connection": "1msg", "to": made["id"]}, 201)
    assert again == made
    assert [made] == door.get("/v1/opt-outs?connection=1msg")["items"]

    refused = door.post("/v1/runs", door.say())["id"]
    door.ferry.settle()
    assert "opted_out" == door.get(f"/v1/runs/{refused}")["error"]["reason"]

    assert 204 == door.ask("DELETE", f"/v1/opt-outs/{made['id']}").status_code
    assert 404 == door.ask("DELETE", f"/v1/opt-outs/{made['id']}").status_code
    taken = door.post("/v1/runs", door.say())["id"]
    door.ferry.settle()
    assert "succeeded" == door.get(f"/v1/runs/{taken}")["state"]


def test_many_are_listed_page_by_page(door: Door) -> None:
    """Each once, whatever the pages."""
    door.ferry.connect("clicksend")
    for number in range(30):
        door.post("/v1/opt-outs", {"connection": "clicksend", "to": f"+6141000{number:04d}"}, 201)
    found: list[str] = []
    cursor = ""
    while True:
        page = door.get(f"/v1/opt-outs?connection=clicksend&limit=7&cursor={cursor}")
        found += [one["contact"] for one in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert {f"+6141000{number:04d}" for number in range(30)} == set(found)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"connection": "nobody", "to": TO}, 404),
        ({"connection": "1msg"}, 422),
        ({"connection": "1msg", "to": "no one"}, 422),
        ({"connection": "1msg", "to": "cnv_6f74686572203100"}, 422),
    ],
)
def test_what_names_nobody_is_told(door: Door, body: dict[str, str], status: int) -> None:
    """No such connection, nobody named, nobody known."""
    door.ferry.connect("1msg")
    door.post("/v1/opt-outs", body, status)
