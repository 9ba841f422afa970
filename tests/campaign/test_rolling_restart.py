"""SIGHUP replaces every process while clients are served, and no request fails."""

from __future__ import annotations

import os
import signal
import time

from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import Deployment
from tests.campaign.test_worker_kills import FAILED, asking, until

RESTARTS = {"sqlite": 20, "postgres": 20} if FULL else {"sqlite": 2, "postgres": 1}
CLIENTS = 8 if FULL else 4


async def restarted(deployment: Deployment) -> None:
    """Restart, and wait until no process but the main one is left of those there were."""
    before = {*deployment.processes()} - {deployment.main}
    os.kill(deployment.main, signal.SIGHUP)
    await until(lambda: not before & {*deployment.processes()} or _refused(deployment), 120)
    assert not _refused(deployment), deployment.log()


def _refused(deployment: Deployment) -> bool:
    return "Not restarted" in deployment.log()


async def test_no_request_fails_while_it_restarts(deployment: Deployment, figures: Figures) -> None:
    began, times = time.monotonic(), RESTARTS[deployment.database.partition(":")[0]]
    async with asking(deployment, CLIENTS) as statuses:
        for _ in range(times):
            await restarted(deployment)
    seconds = (time.monotonic() - began) / times
    figures(
        f"{times} rolling restarts of {seconds:.1f} s under load: {dict(statuses)}, "
        f"{statuses[FAILED]} failed of {statuses.total()}"
    )
    assert statuses.keys() == {200, 201}, deployment.log()
    assert await deployment.stop() < 10
