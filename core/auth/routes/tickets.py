"""Tickets for WebSockets and event streams, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint

from core.auth.authorization.identity import CurrentUser
from core.auth.sessions import tickets as service
from core.auth.sessions.tickets import TicketOut
from core.endpoint import endpoint

tickets = Blueprint("auth_tickets")


@tickets.post("/ws-ticket")
@endpoint("auth.self", replay=False)
async def make_ticket(user: CurrentUser) -> TicketOut:
    """Get a ticket that opens one WebSocket or event stream.

    For where no header can be sent: `GET /api/v1/realtime/ws?ticket=...`. It is good for 30 seconds
    and for one use.
    """
    return await service.make(user)
