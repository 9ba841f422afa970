"""From and until when links and rules hold: within what a calendar holds, kept in UTC."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import LINKS, add

HOME = "https://example.com/"
BEYOND = [
    {"valid_until": "9999-12-31T23:59:59-01:00"},
    {"valid_from": "0001-01-01T00:00:00+01:00"},
    {"valid_from": "0001-01-01T00:00:00Z"},
    {"valid_until": "9999-12-31T23:59:59.999999Z"},
    {"valid_from": "2026-01-02T00:00:00Z", "valid_until": "2026-01-02T00:30:00+01:00"},
]


@pytest.mark.parametrize("moments", BEYOND)
async def test_moments_beyond_any_calendar_are_refused(ada: Any, moments: Any) -> None:
    link = await add(ada)
    here = f"{LINKS}/{link['id']}"
    one = {"target": HOME} | moments
    for answer in (
        await ada.post(LINKS, json=one),
        await ada.patch(here, json=moments),
        await ada.put(f"{here}/rules", json={"rules": [one]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text


async def test_among_many_links_only_the_one_whose_moments_are_in_no_order_is_refused(
    ada: Any,
) -> None:
    links = [{"target": HOME} | BEYOND[-1], {"target": HOME}]
    many = (await ada.post(f"{LINKS}/bulk", json={"links": links})).json()
    assert ([each["place"] for each in many["refused"]], len(many["created"])) == ([1], 1)


async def test_a_trial_at_such_a_moment_is_refused(ada: Any) -> None:
    here = f"{LINKS}/{(await add(ada))['id']}/rules/test"
    trial = await ada.post(here, json={"at": "9999-12-31T23:59:59-01:00"})
    assert trial.status_code == 422


async def test_moments_are_kept_in_utc_and_cleared_by_null(ada: Any) -> None:
    link = await add(
        ada, valid_from="2026-01-02T03:00:00+03:00", valid_until="2098-01-01T00:00:00-05:00"
    )
    assert (link["valid_from"], link["valid_until"]) == (
        "2026-01-02T00:00:00Z",
        "2098-01-01T05:00:00Z",
    )
    here = f"{LINKS}/{link['id']}"
    early = await ada.patch(here, json={"valid_until": "2026-01-01T00:00:00Z"})
    assert early.status_code == 422
    cleared = await ada.patch(
        here, json={"valid_from": None, "valid_until": "2026-01-01T00:00:00Z"}
    )
    assert (cleared.json()["valid_from"], cleared.status_code) == (None, 200)
