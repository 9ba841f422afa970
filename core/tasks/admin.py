"""What staff see of tasks in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from piccolo_admin.endpoints import FormConfig, TableConfig
from piccolo_api.crud.endpoints import OrderBy, PiccoloCRUD
from piccolo_api.crud.hooks import Hook, HookType
from piccolo_api.crud.validators import Validators
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.tasks import service
from core.tasks.tables import QueuedTask, Schedule

SHOWN = [QueuedTask.id, QueuedTask.name, QueuedTask.state, QueuedTask.attempts, QueuedTask.run_at]


class Again(BaseModel):
    """Which task to try again."""

    task: int = Field(title="The id of the task", ge=1, le=2**31 - 1)


def panels() -> Sequence[TableConfig | FormConfig]:
    """Return the table of tasks, when periodic ones are due, and a form to try one again."""
    return [
        TableConfig(
            QueuedTask,
            visible_columns=[*SHOWN, QueuedTask.last_error],
            visible_filters=[*SHOWN[1:], QueuedTask.key],
            order_by=[OrderBy(QueuedTask.id, ascending=False)],
            hooks=[Hook(HookType.pre_delete, refuse_running)],
            validators=Validators([_read_and_delete]),
        ),
        TableConfig(Schedule, validators=Validators([_read_only])),
        FormConfig("Try a task again", Again, try_again),
    ]


async def try_again(request: Request, data: Again) -> str:
    """Have a task tried now. Raises NotFound, TaskRunning, AnotherWaits."""
    task = await service.retry(data.task, request.user.user_id)
    return f"{task.name} is tried again."


async def refuse_running(row_id: int) -> None:
    """Let nobody delete what is being worked at. Raises TaskRunning."""
    if (await service.read(row_id)).state == "running":
        raise service.TaskRunning("It is being worked at. Wait until the attempt has ended.")


def _read_and_delete(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method not in ("GET", "DELETE"):
        raise HTTPException(405, "A task is enqueued by what needs it, and never changed.")


def _read_only(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method != "GET":
        raise HTTPException(405, "The times of periodic tasks follow from the code.")
