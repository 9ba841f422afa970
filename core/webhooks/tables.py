"""Who is told of what, and what became of it."""

from __future__ import annotations

from piccolo.columns import (
    Boolean,
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

from core.auth.tables import User

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


class Webhook(Table, tablename="webhooks_webhook"):
    """A URL that is told of events."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    url = Varchar(length=2000)
    description = Varchar(length=200, default="")
    events = Text(help_text="A JSON list of names; `todo.*` stands for all of todo.")
    active = Boolean(default=True)
    failures = Integer(default=0, help_text="Attempts that failed since the last that did not.")
    failing_since = Timestamptz(null=True, default=None)
    quiet_until = Timestamptz(null=True, default=None, help_text="Not asked before, for it fails.")
    switched_off = Varchar(length=200, default="", help_text="Why the server switched it off.")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a webhook is shown."""
        return Readable(template="%s", columns=[cls.url])


class Secret(Table, tablename="webhooks_secret"):
    """What a webhook's messages are signed with. After a change two are used for a while."""

    id: Serial
    webhook = ForeignKey(Webhook, on_delete=OnDelete.cascade, null=False, index=True)
    sealed = Text(secret=True, help_text="Encrypted with the server's secret.")
    created_at = Timestamptz()
    expires_at = Timestamptz(null=True, default=None)


class Delivery(Table, tablename="webhooks_delivery"):
    """A message for a webhook."""

    id: Serial
    webhook = ForeignKey(Webhook, on_delete=OnDelete.cascade, null=False)
    message = Varchar(length=40, help_text="The same in every attempt, and in a replay.")
    event = Varchar(length=150)
    body = Text()
    state = Varchar(length=10, default=WAITING)
    attempts = SmallInt(default=0)
    created_at = Timestamptz(index=True)
    ended_at = Timestamptz(null=True, default=None)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a delivery is shown."""
        return Readable(template="%s %s", columns=[cls.event, cls.message])


class Attempt(Table, tablename="webhooks_attempt"):
    """One attempt at a delivery."""

    id: Serial
    delivery = ForeignKey(Delivery, on_delete=OnDelete.cascade, null=False, index=True)
    number = SmallInt()
    at = Timestamptz()
    status = SmallInt(default=0, help_text="0: there was no answer.")
    milliseconds = Integer(default=0)
    answer = Text(default="", help_text="How the answer begins.")
    error = Text(default="")
