"""What the tests of accounts share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.auth.mailbox import Mailbox


@pytest.fixture
def mails(server: Any, client: Any) -> Mailbox:
    """Return the mails that the server writes from now on."""
    return Mailbox(server)
