"""Confirming and changing e-mail addresses, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.accounts import addresses as service
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import device_of, realm_of
from core.auth.schemas.mail import AddressOut, EmailChange, Notice, Verification
from core.endpoint import endpoint

addresses = Blueprint("auth_addresses")


@addresses.post("/email/verify")
@endpoint(None, replay=False)
async def verify_email(request: Request, body: Verification) -> AddressOut:
    """Confirm an address with the code from a mail."""
    return await service.verify(realm_of(request), body.token, device_of(request))


@addresses.post("/email/resend")
@endpoint("auth.self", status=202, replay=False)
async def resend_email(request: Request, user: CurrentUser) -> Notice:
    """Mail me the link that confirms my address once more."""
    return await service.resend(realm_of(request), user.id)


@addresses.post("/email/change")
@endpoint("auth.self", status=202, replay=False)
async def change_email(request: Request, user: CurrentUser, body: EmailChange) -> Notice:
    """Use another address, once it is confirmed."""
    return await service.change(realm_of(request), user.id, body, device_of(request))
