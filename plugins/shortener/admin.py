"""What staff see of the shortener in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from piccolo_admin.endpoints import FormConfig, TableConfig
from piccolo_api.crud.endpoints import OrderBy, PiccoloCRUD
from piccolo_api.crud.validators import Validators
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from .links import queries
from .public.answers import NoSuchLink
from .reports import service
from .tables import Link, Report, Visit, VisitCount

LINKS = [
    Link.id,
    Link.owner,
    Link.code,
    Link.target,
    Link.enabled,
    Link.banned,
    Link.blocked,
    Link.created_at,
]
VISITS = [Visit.id, Visit.link, Visit.kind, Visit.referrer, Visit.country, Visit.device]


class ByCode(BaseModel):
    """Which link."""

    code: str = Field(title="The code of the link", min_length=1, max_length=50)


def panels() -> Sequence[TableConfig | FormConfig]:
    """Return links, visits and reports to look at, and forms to ban a link and to lift that."""
    looking = Validators([_read_only])
    return [
        TableConfig(
            Link,
            visible_columns=LINKS,
            visible_filters=[Link.owner, Link.code, Link.target, Link.banned, Link.blocked],
            order_by=[OrderBy(Link.id, ascending=False)],
            validators=looking,
        ),
        TableConfig(
            Visit,
            visible_columns=VISITS,
            visible_filters=[Visit.link, Visit.kind, Visit.country],
            order_by=[OrderBy(Visit.id, ascending=False)],
            validators=looking,
        ),
        TableConfig(VisitCount, validators=looking),
        TableConfig(
            Report,
            visible_columns=[Report.id, Report.link, Report.reason, Report.text, Report.created_at],
            visible_filters=[Report.reason, Report.link],
            order_by=[OrderBy(Report.id, ascending=False)],
            validators=Validators([_read_and_delete]),
        ),
        FormConfig("Ban a short link", ByCode, ban),
        FormConfig("Lift the ban of a short link", ByCode, lift),
    ]


async def ban(request: Request, data: ByCode) -> str:
    """Switch a link off on every worker. Raises NoSuchLink."""
    link = await queries.by_code(data.code)
    if link is None:
        raise NoSuchLink("There is no link with this code.")
    await service.ban_link(link.id)
    return f"{data.code} leads nowhere any more."


async def lift(request: Request, data: ByCode) -> str:
    """Let a link lead on again. Raises NoSuchLink."""
    await service.lift(data.code)
    return f"{data.code} leads on again."


def _read_only(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method != "GET":
        raise HTTPException(405, "Links belong to their owners. Ban one with the form.")


def _read_and_delete(piccolo_crud: PiccoloCRUD, request: Request) -> None:
    if request.method not in ("GET", "DELETE"):
        raise HTTPException(405, "A report is what somebody wrote. Delete it when it is done.")
