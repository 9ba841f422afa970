"""What notes keeps."""

from __future__ import annotations

from piccolo.columns import (
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.readable import Readable
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from core import User


class Notebook(Table, tablename="notes_notebook"):
    """Notes that belong together; notebooks may lie in notebooks."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    parent: ForeignKey = ForeignKey(  # type: ignore[type-arg]
        LazyTableReference("Notebook", module_path=__name__),
        on_delete=OnDelete.cascade,
        index=True,
    )
    name = Varchar(length=200)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a notebook is shown."""
        return Readable(template="%s (%s)", columns=[cls.name, cls.owner.username])


class Member(Table, tablename="notes_member"):
    """Somebody with whom a notebook, and all that lies in it, is shared."""

    id: Serial
    notebook = ForeignKey(Notebook, on_delete=OnDelete.cascade, null=False)
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    role = Varchar(length=10, help_text="viewer or editor")
    created_at = Timestamptz()


class Note(Table, tablename="notes_note"):
    """A Markdown text. It belongs to whoever owns its notebook. The text is the last column."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    notebook = ForeignKey(Notebook, on_delete=OnDelete.set_null, index=True)
    title = Varchar(length=500, default="")
    title_key = Varchar(length=500, default="", help_text="The title without case or form.")
    pinned = Boolean(default=False)
    archived = Boolean(default=False)
    deleted_at = Timestamptz(null=True, default=None, help_text="When it went to the trash.")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    text = Text(default="")

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a note is shown."""
        return Readable(template="%s", columns=[cls.title])


class Tag(Table, tablename="notes_tag"):
    """A word that somebody puts on notes."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    name = Varchar(length=100)
    key = Varchar(length=300, help_text="The name without case or form.")
    created_at = Timestamptz()

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a tag is shown."""
        return Readable(template="%s", columns=[cls.name])


class NoteTag(Table, tablename="notes_note_tag"):
    """A tag on a note."""

    id: Serial
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False)
    tag = ForeignKey(Tag, on_delete=OnDelete.cascade, null=False, index=True)


class Revision(Table, tablename="notes_revision"):
    """What a note said from one version on, until the next revision."""

    id: Serial
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False)
    version = Integer()
    title = Varchar(length=500, default="")
    tags = Text(default="[]", help_text="[[id, name]] as JSON.")
    author = ForeignKey(User, on_delete=OnDelete.set_null, index=True)
    created_at = Timestamptz(index=True)
    text = Text(default="")


class Link(Table, tablename="notes_link"):
    """``[[title]]`` in a note. ``target``: the note it led to when it was written."""

    id: Serial
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False)
    key = Varchar(length=500, help_text="The title without case or form.")
    target = ForeignKey(Note, on_delete=OnDelete.set_null, index=True)


class Share(Table, tablename="notes_share"):
    """A link by which anybody may read a note."""

    id: Serial
    note = ForeignKey(Note, on_delete=OnDelete.cascade, null=False)
    name = Varchar(length=100, default="")
    token = Varchar(length=64, unique=True, help_text="SHA-256 of the token in the link.")
    password = Varchar(length=100, default="", help_text="bcrypt; empty: none is asked.")
    expires_at = Timestamptz(null=True, default=None)
    views = Integer(default=0)
    guesses = Integer(default=0, help_text="Wrong passwords since guessed_at.")
    guessed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()


class Counter(Table, tablename="notes_counter"):
    """How many changes somebody's notes have seen, and up to which tombstones are gone."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, unique=True)
    last = BigInt(default=0)
    purged = BigInt(default=0)


class Change(Table, tablename="notes_change"):
    """The newest change of a note, for one of those who see it. ``gone``: a tombstone."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    note = Integer()
    number = BigInt()
    gone = Boolean(default=False)
    at = Timestamptz(index=True)


class Applied(Table, tablename="notes_applied"):
    """A change that a client sent, by the name the client gave it: it is applied once."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    uuid = Varchar(length=36)
    outcome = Varchar(length=10, default="")
    note = Integer(default=0)
    at = Timestamptz(index=True)
