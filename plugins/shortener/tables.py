"""What the shortener keeps."""

from __future__ import annotations

from piccolo.columns import (
    BigInt,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.readable import Readable
from piccolo.table import Table

from core import User


class Link(Table, tablename="shortener_link"):
    """A short address and where it leads."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=True, help_text="Empty: anonymous.")
    code = Varchar(length=50, unique=True)
    alike = Varchar(length=50, unique=True, help_text="The code as the eye may read it.")
    target = Text()
    title = Varchar(length=200, default="")
    tags = Text(default="", help_text="|one|two|")
    redirect = SmallInt(default=302)
    forward_query = Boolean(default=True)
    valid_from = Timestamptz(null=True, default=None)
    valid_until = Timestamptz(null=True, default=None)
    max_visits = Integer(null=True, default=None)
    used = Integer(default=0, help_text="Visits that counted against the maximum.")
    password = Varchar(length=200, default="", secret=True)
    rules = Text(default="[]")
    enabled = Boolean(default=True)
    banned = Boolean(default=False)
    blocked = Boolean(default=False, help_text="It leads to a place that is on the blocklist.")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a link is shown."""
        return Readable(template="%s", columns=[cls.code])


class RetiredCode(Table, tablename="shortener_retired_code"):
    """The code of a link that was deleted: nobody gets it for a while."""

    id: Serial
    alike = Varchar(length=50, unique=True)
    until = Timestamptz(index=True)


class Visit(Table, tablename="shortener_visit"):
    """One time that a link was followed. Who it was cannot be told once the day is over."""

    id: Serial
    link = ForeignKey(Link, on_delete=OnDelete.cascade, null=False)
    at = BigInt(help_text="Seconds since 1970.")
    kind = SmallInt(default=0, help_text="0 a person, 1 a program, 2 fetched ahead.")
    visitor = BigInt(help_text="A salted hash that changes each day.")
    referrer = Varchar(length=100, default="")
    country = Varchar(length=2, default="")
    device = Varchar(length=10, default="")
    browser = Varchar(length=10, default="")


class VisitCount(Table, tablename="shortener_visit_count"):
    """How often a link was followed in all: by people, and by programs."""

    id: Serial
    link = ForeignKey(Link, on_delete=OnDelete.cascade, null=False, unique=True)
    people = BigInt(default=0)
    programs = BigInt(default=0)


class VisitWriter(Table, tablename="shortener_visit_writer"):
    """A worker that writes visits, and which of its batches was the last that is counted."""

    id: Serial
    name = Varchar(length=32, unique=True)
    batch = BigInt()
    at = BigInt(help_text="Seconds since 1970.")


class Salt(Table, tablename="shortener_salt"):
    """What visitors are hashed with for one day; deleted after it."""

    id: Serial
    day = Date(unique=True)
    salt = Bytea()


class Report(Table, tablename="shortener_report"):
    """Somebody says that a link leads to something bad."""

    id: Serial
    link = ForeignKey(Link, on_delete=OnDelete.cascade, null=False, index=True)
    reason = Varchar(length=20)
    text = Varchar(length=1000, default="")
    created_at = Timestamptz(index=True)
