"""Export and import: notebooks come back as they were, also those of the same name."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.notes.archive.paths import Alike, read, written
from tests.plugins.notes.making import NOTEBOOKS, NOTES, note, notebook
from tests.plugins.notes.test_archive import bring, export, zipped


async def tree(person: Any) -> list[tuple[str, ...]]:
    """Return the way to each notebook, with the titles of the notes in it at its end."""
    found = (await person.get(f"{NOTEBOOKS}?limit=100")).json()["items"]
    known = {each["id"]: each for each in found}
    ways = []
    for each in found:
        notes = (await person.get(f"{NOTES}?notebook={each['id']}&limit=100")).json()["items"]
        way, step = [" ".join(sorted(note["title"] for note in notes))], each
        while step is not None:
            way.append(step["name"])
            step = known.get(step["parent"])
        ways.append(tuple(way[::-1]))
    return sorted(ways)


async def test_notebooks_of_the_same_name_come_back_as_several(ada: Any, grace: Any) -> None:
    first, second, _, fourth = [await notebook(ada) for _ in range(4)]
    inner, other = await notebook(ada, "Bread", second), await notebook(ada, "Bread", second)
    await note(ada, "in the last one", notebook=fourth)
    for place, book in enumerate((other, inner, second, first, fourth)):
        await note(ada, f"note {place}", notebook=book)
    exported = await export(ada)
    assert (await bring(grace, zipped(*exported.items()))).json() == {"notes": 6, "notebooks": 6}
    assert await tree(grace) == await tree(ada)
    again = await export(grace)
    assert sorted(again.values()) == sorted(exported.values())
    back = await bring(ada, zipped(*again.items()))
    assert back.json() == {"notes": 6, "notebooks": 0}


async def test_numbers_of_an_archive_make_no_more_notebooks_than_it_names(ada: Any) -> None:
    paths = ('[["x", 999999]]', '[["x", 7], ["y", 0]]', '["x", ["z", "2"]]', '[["x", 1e400]]')
    files = [
        (f"{number}.md", f"---\ntitle: n\nnotebook: {path}\n---\n".encode())
        for number, path in enumerate(paths)
    ]
    assert (await bring(ada, zipped(*files))).json()["notes"] == 4
    assert len(await tree(ada)) == 5
    for empty, made in {b'[[["w", 500000], "v"]]': 2, b'[[["w", true]], ["u"]]': 0}.items():
        answer = await bring(ada, zipped((".notebooks.json", empty)))
        assert answer.json() == {"notes": 0, "notebooks": made}


@pytest.mark.parametrize("path", [(), (("a", 1),), (("a", 2), ("b", 1), ("b", 3))])
def test_a_path_is_read_as_it_was_written(path: Any) -> None:
    assert read(written(path)) == path


def test_numbers_are_made_anew_without_gaps() -> None:
    paths = [(("a", 9),), (("a", 4), ("b", 2)), (("a", 9), ("b", 2)), (("a", 9), ("b", 5))]
    alike = Alike(paths)
    assert [alike.numbered(path) for path in paths] == [
        (("a", 2),),
        (("a", 1), ("b", 1)),
        (("a", 2), ("b", 1)),
        (("a", 2), ("b", 2)),
    ]
