"""Between which moments something holds."""

from __future__ import annotations

from datetime import datetime

from core import Invalid, in_utc


def window(valid_from: datetime | None, valid_until: datetime | None) -> dict[str, datetime | None]:
    """Return from and until when something holds, as it is kept. Raises Invalid."""
    begin, end = valid_from and in_utc(valid_from), valid_until and in_utc(valid_until)
    if begin is not None and end is not None and begin >= end:
        raise Invalid("valid_until must be later than valid_from.")
    return {"valid_from": begin, "valid_until": end}
