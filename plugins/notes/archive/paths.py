"""The way to a notebook: by names, and by numbers where several next to each other are alike.

Of notebooks that lie in the same place and have the same name, the oldest is the first, and its
name is enough; the second stands in a file as ``["Recipes", 2]``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from ..queries.notebooks import Place

LONGEST_NAME = 200
MOST_ALIKE = 1_000_000

Path = tuple[tuple[str, int], ...]
"""From the outermost notebook in, the name of each, and which of those called so it is."""


def paths_of(places: Sequence[Place]) -> dict[int, Path]:
    """Return the path to each of somebody's notebooks, given in the order of their ids."""
    known = {place.id: place for place in places}
    alike: dict[tuple[int | None, str], int] = defaultdict(int)
    steps: dict[int, tuple[str, int]] = {}
    for place in places:
        alike[place.parent, place.name] += 1
        steps[place.id] = place.name, alike[place.parent, place.name]
    found: dict[int, Path] = {}
    for place in places:
        path, step = [steps[place.id]], place.parent
        while step in known and len(path) <= len(known):
            path.append(steps[step])
            step = known[step].parent
        found[place.id] = tuple(path[::-1])
    return found


def written(path: Path) -> list[Any]:
    """Return a path as it stands in a file."""
    return [name if number == 1 else [name, number] for name, number in path]


def read(steps: Iterable[Any]) -> Path:
    """Return the path that stands in a file, with names as they may be."""
    return tuple((name, number) for name, number in map(_step, steps) if name)


def _step(step: Any) -> tuple[str, int]:
    match step:
        case [name, int(number)] if 1 <= number <= MOST_ALIKE:
            return _name(name), number
    return _name(step), 1


def _name(value: Any) -> str:
    text = "" if value is None else str(value)
    return text.replace("\0", "\ufffd").strip()[:LONGEST_NAME]


class Alike:
    """Numbers the paths of an archive anew, without gaps: so many notebooks as it names."""

    def __init__(self, paths: Iterable[Path]) -> None:
        found: dict[tuple[Path, str], set[int]] = defaultdict(set)
        for path in paths:
            for place, (name, number) in enumerate(path):
                found[path[:place], name].add(number)
        self._numbers = {step: sorted(numbers) for step, numbers in found.items()}

    def numbered(self, path: Path) -> Path:
        """Return a path of the archive with its new numbers."""
        return tuple(
            (name, bisect_left(self._numbers[path[:place], name], number) + 1)
            for place, (name, number) in enumerate(path)
        )
