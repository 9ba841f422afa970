"""Believable notes for trying things out."""

from __future__ import annotations

from collections.abc import Sequence

from .schemas import NewNote
from .schemas_sharing import NewNotebook
from .service import notebooks, notes

NOTEBOOKS = {
    "Recipes": {
        "Rye bread": (
            "# Rye bread\n\n- [ ] feed the sourdough\n- [x] buy rye\n\nSee [[Oven]].\n",
            ["kitchen"],
        ),
        "Oven": ("The upper shelf runs **20 degrees** hot.\n", ["kitchen", "house"]),
    },
    "Work": {
        "Talk about queues": ("1. why\n2. how\n3. `FOR UPDATE SKIP LOCKED`\n", ["talks"]),
        "Questions for Grace": ("- when does the compiler ship?\n- who brings cake?\n", ["grace"]),
    },
}
LOOSE = {"Books to read": "| title | author |\n|---|---|\n| Middlemarch | George Eliot |\n"}


async def fill(users: Sequence[int]) -> None:
    """Give each user some notebooks with notes that lead to each other."""
    for user in users:
        for title, text in LOOSE.items():
            await notes.create(user, NewNote(title=title, text=text, tags=["reading"], pinned=True))
        for name, texts in NOTEBOOKS.items():
            notebook = await notebooks.create(user, NewNotebook(name=name))
            for title, (text, tags) in texts.items():
                new = NewNote(title=title, text=text, tags=tags, notebook=notebook.id)
                await notes.create(user, new)
