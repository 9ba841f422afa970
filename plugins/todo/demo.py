"""Believable projects and tasks for trying things out."""

from __future__ import annotations

from collections.abc import Sequence

from core import IfMatch

from .schemas import NewProject, NewTask
from .service import completing, projects, tasks

PROJECTS = {
    "House": ("#2f9e44", ["Fix the dripping tap", "Buy light bulbs", "Call the chimney sweep"]),
    "Garden": ("#e8590c", ["Order tulip bulbs", "Sharpen the shears", "Turn the compost"]),
    "Trip to Lisbon": ("#1971c2", ["Book the train", "Renew the passport", "Find a guide book"]),
}
INBOX = ["Answer Grace about Saturday", "Return the library books", "Try the new bakery"]


async def fill(users: Sequence[int]) -> None:
    """Give each user some projects and tasks, a few of them done."""
    for user in users:
        for title in INBOX:
            await tasks.create(user, NewTask(title=title))
        for name, (colour, titles) in PROJECTS.items():
            project = await projects.create(user, NewProject(name=name, colour=colour))
            for priority, title in enumerate(titles):
                new = NewTask(title=title, project=project.id, priority=priority)
                task = await tasks.create(user, new)
            await completing.complete(user, task.id, IfMatch())
