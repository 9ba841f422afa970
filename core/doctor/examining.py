"""Everything that the doctor looks at, in order."""

from __future__ import annotations

from core.doctor import configured, kept, machine, services
from core.doctor.findings import Finding, bad
from core.plugins import Plugins
from core.settings import CoreSettings

LOOKS = (
    configured.public,
    configured.outgoing,
    configured.mail,
    kept.secret,
    kept.folders,
    machine.library,
    machine.files,
    machine.disk,
)


async def examined(plugins: Plugins, core: CoreSettings) -> list[Finding]:
    """Return what there is to say about an installation. Nothing is made or changed."""
    found: list[Finding] = []
    try:
        for look in LOOKS:
            found += look(core)
        found += [each async for each in services.database(plugins, core)]
    except PermissionError as error:
        said = f"{error.filename} is closed to you: run this as the user that runs the server."
        found.append(bad("user", said))
    return found + [each async for each in services.redis(core)]
