"""Letting a desktop app in by a code that the user types or a picture that the desktop app reads (RFC 8628)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from signalos.protocol.shapes import Asked, Instant, Key, Name, Wire
from signalos.protocol.views import Problem

PairingState: TypeAlias = Literal["pending", "approved", "denied", "done"]
"""``done``: the token has been handed out."""


class PairTerminal(Asked, frozen=True, kw_only=True):
    """POST /api/terminals/pair: a desktop app that has no token asks to be let in."""

    terminal_id: Key
    name: Name
    platform: Annotated[str, Meta(max_length=100)] = ""
    version: Annotated[str, Meta(max_length=100)] = ""


class PairingStarted(Wire, frozen=True, kw_only=True):
    """The code to show to the user, and the secret to ask with. ``interval``, ``expires_in``: seconds."""

    user_code: str
    device_code: str
    verification_url: str
    interval: int
    expires_in: int


class PairingCode(Asked, frozen=True, kw_only=True):
    """POST /api/terminals/pair/approve, .../pair/deny and .../pair/look: the code that the desktop app shows."""

    user_code: Annotated[str, Meta(max_length=40)]


class PairingView(Wire, frozen=True, kw_only=True):
    """Who asks to be let in: shown to the user before approving.

    ``replaces``: the name of the user's terminal that has this terminal id already; its token ends.
    """

    user_code: str
    terminal_id: str
    name: str
    platform: str
    version: str
    asked_at: Instant
    expires_at: Instant
    state: PairingState
    replaces: str | None


class PairTokenRequest(Asked, frozen=True, kw_only=True):
    """POST /api/terminals/pair/token."""

    device_code: Annotated[str, Meta(max_length=200)]


class PairingToken(Wire, frozen=True, kw_only=True):
    """The terminal's token, handed out once after approval."""

    access_token: str
    terminal_id: str
    user_id: int


class PairingProblem(Problem, frozen=True, kw_only=True):
    """Why there is no token (yet); ``error`` is the name that RFC 8628 gives it."""

    error: str
