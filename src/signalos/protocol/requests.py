"""What the REST API takes."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from signalos.protocol.shapes import Asked, Key, Name, Number, StopMode

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Password = Annotated[str, Meta(min_length=10, max_length=256)]


class Register(Asked, frozen=True, kw_only=True):
    """POST /api/auth/register."""

    email: Email
    password: Password


class Login(Asked, frozen=True, kw_only=True):
    """POST /api/auth/login."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=256)]
    totp: Annotated[str, Meta(max_length=40)] | None = None


class Refresh(Asked, frozen=True, kw_only=True):
    """POST /api/auth/refresh."""

    refresh_token: Annotated[str, Meta(max_length=512)]


class RegisterTerminal(Asked, frozen=True, kw_only=True):
    """POST /api/terminals/register."""

    terminal_id: Key
    name: Name
    platform: Annotated[str, Meta(max_length=100)] = ""
    version: Annotated[str, Meta(max_length=100)] = ""


class NewTerminal(Asked, frozen=True, kw_only=True):
    """POST /api/terminals: a terminal whose token is pasted into a desktop app."""

    name: Name


class EmergencyStopRequest(Asked, frozen=True, kw_only=True):
    """POST /api/trading/emergency-stop."""

    mode: StopMode = "close-all"
    terminal_id: Key | None = None


class PauseRequest(Asked, frozen=True, kw_only=True):
    """POST /api/trading/pause; ``provider_id`` pauses one channel alone."""

    terminal_id: Key | None = None
    provider_id: int | None = None


class ResumeRequest(Asked, frozen=True, kw_only=True):
    """POST /api/trading/resume; ``end_stop`` names the latch to end."""

    terminal_id: Key | None = None
    provider_id: int | None = None
    end_stop: Key | None = None


class PartialClose(Asked, frozen=True, kw_only=True):
    """POST /api/trades/{id}/partial-close."""

    percentage: Annotated[float, Meta(gt=0, le=100)]


class ModifyTrade(Asked, frozen=True, kw_only=True):
    """PUT /api/trades/{id}/modify: null removes, absent leaves; at least one is given."""

    stop_loss: Number | UnsetType | None = UNSET
    take_profit: Number | UnsetType | None = UNSET
