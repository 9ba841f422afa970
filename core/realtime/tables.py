"""What was published lately."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Text, Varchar
from piccolo.table import Table


class Message(Table, tablename="realtime_message"):
    """A message on a channel. Ids become visible in their order: see core/realtime/store.py."""

    id = BigSerial(primary_key=True)
    channel = Varchar(length=200)
    body = Text(help_text="JSON.")
    at = BigInt(index=True, help_text="Milliseconds since 1970.")
