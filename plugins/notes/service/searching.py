"""Searching notes, here and among everything else."""

from __future__ import annotations

from collections.abc import Sequence

from core import CurrentUser, Hit, SearchIndex

from ..queries.notes import is_member
from ..queries.sight import of_notes
from ..tables import Note

index = SearchIndex(Note, title=Note.title, text=Note.text)


async def find(user: int, query: str, limit: int) -> list[Hit]:
    """Return the best of the notes that ``user`` sees and that are not in the trash."""
    whose = "any" if await is_member(user) else "mine"
    where = of_notes(user, whose=whose) & Note.deleted_at.is_null()
    found = await index.find(query, where=where, limit=limit, columns=[Note.updated_at])
    return [
        Hit(
            plugin="notes",
            kind="note",
            id=match.id,
            title=match.title,
            snippet=match.snippet,
            url=f"/api/v1/notes/{match.id}",
            rank=match.rank,
            updated_at=match.values["updated_at"],
        )
        for match in found
    ]


async def hits(user: CurrentUser, query: str, limit: int) -> Sequence[Hit]:
    """Answer the search over everything, for those who may read notes."""
    return await find(user.id, query, limit) if "notes.read" in user.permissions else []
