"""Rules lead some visitors elsewhere, and can be tried without being counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .conftest import LINKS, PERSON, add, counted, visit

HOME, FRENCH, APP, SALE = [f"https://example.com/{each}" for each in ("", "fr", "app", "sale")]


async def ruled(ada: Any, *rules: Any) -> Any:
    link = await add(ada, HOME)
    answer = await ada.put(f"{LINKS}/{link['id']}/rules", json={"rules": rules})
    assert answer.status_code == 200, answer.text
    return link


async def test_an_iphone_in_french_is_led_by_the_first_rule_that_fits(
    ada: Any, client: Any
) -> None:
    link = await ruled(
        ada,
        {"target": APP, "devices": ["iphone", "ipad"], "languages": ["fr"]},
        {"target": FRENCH, "languages": ["fr"]},
    )
    french = {"accept-language": "fr-CA,fr;q=0.9,en;q=0.5"}
    phone = await visit(client, link["code"], **french)
    assert phone.headers["location"] == APP
    desk = await client.get(f"/s/{link['code']}", headers=french | {"user-agent": "Windows"})
    assert desk.headers["location"] == FRENCH
    assert (await visit(client, link["code"])).headers["location"] == HOME
    trial = {"user_agent": PERSON["user-agent"], "accept_language": "fr"}
    told = (await ada.post(f"{LINKS}/{link['id']}/rules/test", json=trial)).json()
    assert (told["device"], told["language"]) == ("iphone", "fr")
    assert told["outcomes"] == [{"target": APP, "rule": 1, "percent": 100.0}]
    assert await counted(ada, link) == (3, 0), "a trial is not counted"


async def test_weights_share_visitors_out(ada: Any, client: Any) -> None:
    link = await ruled(ada, {"target": APP, "weight": 50}, {"target": SALE, "weight": 50})
    told = (await ada.post(f"{LINKS}/{link['id']}/rules/test", json={})).json()
    assert [each["percent"] for each in told["outcomes"]] == [50.0, 25.0, 25.0]
    went = Counter([(await visit(client, link["code"])).headers["location"] for _ in range(60)])
    assert set(went) <= {APP, SALE, HOME}
    assert 10 <= went[APP] <= 50


async def test_a_rule_holds_in_its_time(ada: Any) -> None:
    window = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z"}
    link = await ruled(ada, {"target": SALE, **window})
    for at, target in (("2025-12-31T23:59:59Z", HOME), ("2026-01-15T00:00:00Z", SALE)):
        trial = await ada.post(f"{LINKS}/{link['id']}/rules/test", json={"at": at})
        assert trial.json()["outcomes"][0]["target"] == target


async def test_rules_are_read_replaced_and_seen_at_once(ada: Any, client: Any) -> None:
    link = await ruled(ada, {"target": SALE})
    here = f"{LINKS}/{link['id']}/rules"
    assert (await visit(client, link["code"])).headers["location"] == SALE
    read = await ada.get(here)
    assert [each["target"] for each in read.json()["rules"]] == [SALE]
    late = await ada.put(here, json={"rules": []}, headers={"if-match": '"1"'})
    assert late.status_code == 412
    done = await ada.put(here, json={"rules": []}, headers={"if-match": read.headers["etag"]})
    assert done.status_code == 200
    assert (await visit(client, link["code"])).headers["location"] == HOME


async def test_odd_rules_are_refused(ada: Any) -> None:
    link = await add(ada)
    for rule in (
        {"target": SALE, "weight": 0},
        {"target": SALE, "weight": 101},
        {"target": SALE, "devices": ["toaster"]},
        {"target": SALE, "languages": ["FR"]},
        {
            "target": SALE,
            "valid_from": "2026-01-02T00:00:00Z",
            "valid_until": "2026-01-01T00:00:00Z",
        },
        {"target": "javascript:alert(1)"},
        {},
    ):
        answer = await ada.put(f"{LINKS}/{link['id']}/rules", json={"rules": [rule]})
        assert answer.status_code == 422, rule
    many = [{"target": SALE}] * 21
    answer = await ada.put(f"{LINKS}/{link['id']}/rules", json={"rules": many})
    assert answer.status_code == 422
