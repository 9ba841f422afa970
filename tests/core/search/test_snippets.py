"""Snippets show where something was found, and a text cannot forge their marks."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search.language import parse
from core.search.snippets import WIDTH, pattern, snippet


def shown(text: str, query: str) -> str:
    return snippet(text, pattern(parse(query)))


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("flour and water", "water", "flour and <mark>water</mark>"),
        ("Café CAFÉ cafeteria", "cafe", "<mark>Café</mark> <mark>CAFÉ</mark> cafeteria"),
        ("Café cafeteria", "caf*", "<mark>Caf</mark>é <mark>caf</mark>eteria"),
        ("New\nYork, new york", '"new york"', "<mark>New York</mark>, <mark>new york</mark>"),
        ("<mark>a</mark> b", "b", "&lt;mark&gt;a&lt;/mark&gt; <mark>b</mark>"),
        (
            "<script>x</script>",
            "script",
            "&lt;<mark>script</mark>&gt;x&lt;/<mark>script</mark>&gt;",
        ),
        ("\x02a\x03 b", "b", "\x02a\x03 <mark>b</mark>"),
        ("私は東京に住む", "東京", "私は<mark>東京</mark>に住む"),
        ("party🎉", "🎉", "party<mark>🎉</mark>"),
        ("nothing here", "-here", "nothing here"),
        ("rye\n\n\tand \xa0 salt\x1f", "and", "rye <mark>and</mark> salt"),
        ("", "a", ""),
        ("swords sword_s sword s-word", "s-word", "swords sword_s sword <mark>s-word</mark>"),
        ("ΟΔΟΣ οδος οδοί", "Οδοσ", "<mark>ΟΔΟΣ</mark> <mark>οδος</mark> οδοί"),
        ("Straſſe, STRASSE", "strasse", "<mark>Straſſe</mark>, <mark>STRASSE</mark>"),
        ("İstanbul", "istanbul", "<mark>İstanbul</mark>"),
    ],
)
def test_what_was_found_is_marked(text: str, query: str, expected: str) -> None:
    assert shown(text, query) == expected


def test_the_part_with_the_most_different_words_is_shown() -> None:
    text = "salt " * 100 + "some bread and salt " + "flour " * 100
    found = shown(text, "bread salt")
    assert "<mark>bread</mark>" in found
    assert found.startswith("…")
    assert found.endswith("…")
    assert len(re.sub("</?mark>", "", found)) <= WIDTH + 2


@given(st.text(max_size=400), st.text(max_size=40))
def test_only_marks_of_ours_are_tags(text: str, query: str) -> None:
    found = shown(text, query)
    assert not set("<>\"'") & set(re.sub(r"</?mark>", "", found))
    assert found.count("<mark>") == found.count("</mark>")


def test_words_are_counted_only_as_far_as_they_are_shown() -> None:
    text = f"bread{'-' * 300}and salt, bread {'flour ' * 60}rye bread and salt with water"
    assert "<mark>rye</mark> <mark>bread and</mark>" in shown(text, '"bread and" salt bread rye')


@given(st.text("aB1 _-.\n<", max_size=60), st.text('abB1_-*" ', max_size=12))
def test_texts_of_ascii_show_what_others_would(text: str, query: str) -> None:
    wanted = pattern(parse(query))
    marked = wanted.marked.finditer(text.lower()) if wanted.marked else ()
    assert wanted.find(text) == [(*match.span(), match[0]) for match in marked]


def test_a_long_text_takes_milliseconds() -> None:
    begun = time.process_time()
    shown("a bcd efg ä" * 5000, "a* bcd efg -x " + '"a bcd" ' * 10)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("run", ["\u0301", "a\u0301", "_", "a_", ". ", "a a", "a ", "ä "])
@pytest.mark.parametrize("query", ['"a b" "a a b" "a a" ab*', f'"{"a " * 98}b"'])
def test_no_text_makes_a_search_slow(run: str, query: str) -> None:
    begun = time.process_time()
    shown("a" + run * (49_000 // len(run)) + "x a b", query)
    assert time.process_time() - begun < 0.5
