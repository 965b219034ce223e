"""The second factor at sign-in: codes of an authenticator app (RFC 6238)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from signalos.protocol.shapes import Asked, Instant, Wire

Code = Annotated[str, Meta(max_length=40)]


class SecondFactorView(Wire, frozen=True, kw_only=True):
    """GET /api/auth/totp: ``since`` is when it was confirmed, None while there is none."""

    since: Instant | None


class SecondFactorStarted(Wire, frozen=True, kw_only=True):
    """The secret for the authenticator app, as text (base32) and as the ``uri`` of its QR code."""

    secret: str
    uri: str


class ConfirmSecondFactor(Asked, frozen=True, kw_only=True):
    """POST /api/auth/totp/confirm: the first code proves that the authenticator app has the secret."""

    code: Code


class StopSecondFactor(Asked, frozen=True, kw_only=True):
    """POST /api/auth/totp/stop."""

    password: Annotated[str, Meta(max_length=256)]
    code: Code
