"""Inviting people, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.accounts import invitations as service
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import device_of, realm_of
from core.auth.schemas.mail import InvitationOut, NewInvitation
from core.endpoint import endpoint

invitations = Blueprint("auth_invitations")


@invitations.post("/invitations")
@endpoint("auth.invite", status=201, replay=False)
async def invite(request: Request, user: CurrentUser, body: NewInvitation) -> InvitationOut:
    """Invite somebody to register."""
    address = device_of(request).address
    return await service.invite(realm_of(request), body.email, user.id, address)


@invitations.delete("/invitations/<id:int>")
@endpoint("auth.invite")
async def take_back(request: Request, user: CurrentUser, id: int) -> None:
    """Take an invitation back that nobody has used."""
    await service.take_back(id, user.id, device_of(request).address)
