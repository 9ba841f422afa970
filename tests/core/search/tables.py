"""A table that only these tests know."""

from __future__ import annotations

from piccolo.columns import Integer, Serial, Text, Varchar
from piccolo.table import Table

from core import SearchIndex


class Page(Table, tablename="search_page"):
    """A page of a book that somebody owns."""

    id: Serial
    owner = Integer(default=0)
    title = Varchar(length=500)
    text = Text()


pages = SearchIndex(Page, title=Page.title, text=Page.text)
