"""What a column can hold."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from piccolo.columns import Array, BigInt, Column, ForeignKey, Integer, SmallInt, Varchar
from piccolo.columns.choices import Choice
from piccolo.table import Table

from core.admin.answers import harmless
from core.admin.sentences import readable, sentence
from core.admin.values import require
from core.errors import Invalid


class Colour(Enum):
    red = "r"
    green = Choice("g", "Green as grass")


class Maker(Table):
    name = Varchar()


class Car(Table):
    maker = ForeignKey(Maker)
    colour = Varchar(choices=Colour)
    colours = Array(Varchar(), choices=Colour)
    doors = SmallInt()
    parts = Integer()
    serial = BigInt()


def complaints(**values: Any) -> list[str]:
    named: dict[Column, Any] = {
        Car._meta.get_column_by_name(name): value for name, value in values.items()
    }
    try:
        require(named)
    except Invalid as error:
        return [f"{each.path} {each.message}" for each in error.errors]
    return []


def test_what_fits_is_let_through() -> None:
    assert complaints(maker=1, colour="r", colours=["g", "r"], doors=5, serial=2**62) == []
    assert complaints(colour=Colour.red, doors=Car.doors + 1) == []


def test_choices_are_kept() -> None:
    assert complaints(colour="b") == ["colour must be one of r, g"]
    assert complaints(colours=["r", "b"]) == ["colours must be one of r, g"]


@pytest.mark.parametrize(
    ("name", "largest"),
    [("maker", 2**31 - 1), ("doors", 2**15 - 1), ("parts", 2**31 - 1), ("serial", 2**63 - 1)],
)
def test_numbers_fit_their_column_in_every_database(name: str, largest: int) -> None:
    assert complaints(**{name: largest}) == []
    assert complaints(**{name: -largest}) == []
    said = [f"{name} must be between -{largest} and {largest}"]
    assert complaints(**{name: largest + 1}) == said
    assert complaints(**{name: -largest - 2}) == said


@pytest.mark.parametrize(
    ("cell", "exported"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("-12.50", "-12.50"),
        ("+49", "+49"),
        ("plain", "plain"),
        (-5, -5),
        (None, None),
        (["=1"], ["'=1"]),
        ({"a": "=1"}, {"a": "'=1"}),
    ],
    ids=str,
)
def test_a_formula_becomes_text(cell: Any, exported: Any) -> None:
    assert harmless(cell) == exported


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("UNIQUE constraint failed: shop_item.name", "Another row has the same name."),
        ("UNIQUE constraint failed: t.a, t.b", "Another row has the same a, b."),
        (
            'duplicate key value violates unique constraint "t_name_key"',
            "Another row has the same value (t_name_key).",
        ),
        ('null value in column "a" of relation "t" violates', "a must be given."),
        (
            "CHECK constraint failed: stock >= 0",
            "The database does not allow this value (stock >= 0).",
        ),
        (
            'update or delete on table "a" violates foreign key constraint "b_a_fkey" on table "b"',
            "Other rows still refer to it (b_a_fkey).",
        ),
        (
            'insert or update on table "b" violates foreign key constraint "b_a_fkey"',
            "It refers to a row that is not there (b_a_fkey).",
        ),
        ("something new", "something new"),
    ],
)
def test_what_a_database_says_becomes_a_sentence(told: str, said: str) -> None:
    assert sentence(told) == said


def test_what_the_pages_show_well_is_left_alone() -> None:
    assert readable(422, b'{"detail": [{"loc": ["a"], "msg": "b"}]}') is None
    assert readable(422, b'{"custom_form_error": "no"}') is None
    assert readable(401, b'{"error": "Auth failed"}') is None
    assert readable(500, b"Unable to save the resource.") == (422, "Unable to save the resource.")
