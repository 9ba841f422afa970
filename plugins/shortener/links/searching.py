"""Finding links among everything else."""

from __future__ import annotations

from collections.abc import Sequence

from core import CurrentUser, Hit, SearchIndex

from ..tables import Link

index = SearchIndex(
    Link,
    title=Link.title,
    text=Link.target,
    more=[Link.code, Link.tags],
    weights=(8.0, 2.0, 8.0, 4.0),
)


async def hits(user: CurrentUser, query: str, limit: int) -> Sequence[Hit]:
    """Return the best of a user's own links, if they may read them."""
    if "shortener.read" not in user.permissions:
        return []
    shown = [Link.code, Link.updated_at]
    found = await index.find(query, where=Link.owner == user.id, limit=limit, columns=shown)
    return [
        Hit(
            kind="link",
            id=match.id,
            title=match.title or match.values["code"],
            snippet=match.snippet,
            url=f"/api/v1/shortener/links/{match.id}",
            rank=match.rank,
            updated_at=match.values["updated_at"],
        )
        for match in found
    ]
