"""What the search over everything finds among tasks."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("milk", {"Buy milk", "Milk the goat"}),
        ("milk -goat", {"Buy milk"}),
        ('milk -"the goat"', {"Buy milk"}),
        ('"buy milk"', {"Buy milk"}),
        ('"milk buy"', set()),
        ("MÜLLER", {"Milk the goat"}),
        ("mil*", {"Buy milk", "Milk the goat"}),
        ('"milk', {"Buy milk", "Milk the goat"}),
        ("100%", set()),
        ("-", set()),
        ('""', set()),
        ("-goat", set()),
    ],
)
async def test_words_phrases_and_what_must_not_be_there(
    ada: Any, query: str, found: set[str]
) -> None:
    for task in (
        {"title": "Buy milk", "description": "two bottles - or 100 ml"},
        {"title": "Milk the goat", "description": "at Müller's"},
        {"title": "Sleep"},
    ):
        assert (await ada.post("/api/v1/todo/tasks", json=task)).status_code == 201
    asked = {"q": query, "plugins": "todo"}
    hits = (await ada.get("/api/v1/search", params=asked)).json()["items"]
    assert {hit["title"] for hit in hits} == found
