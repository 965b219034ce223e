"""What the REST API takes."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from signalos.protocol.shapes import Key, Name, Number, Short, SideName, StopMode, Text, Wire

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Password = Annotated[str, Meta(min_length=10, max_length=256)]


class Register(Wire, frozen=True, kw_only=True):
    """POST /api/auth/register."""

    email: Email
    password: Password


class Login(Wire, frozen=True, kw_only=True):
    """POST /api/auth/login."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=256)]
    totp: str | None = None


class Refresh(Wire, frozen=True, kw_only=True):
    """POST /api/auth/refresh."""

    refresh_token: Annotated[str, Meta(max_length=512)]


class RegisterTerminal(Wire, frozen=True, kw_only=True):
    """POST /api/terminals/register."""

    terminal_id: Key
    name: Name
    platform: Annotated[str, Meta(max_length=100)] = ""
    version: Annotated[str, Meta(max_length=100)] = ""


class NewTerminal(Wire, frozen=True, kw_only=True):
    """POST /api/terminals: a terminal whose token is pasted into a desktop app."""

    name: Name


class EmergencyStopRequest(Wire, frozen=True, kw_only=True):
    """POST /api/trading/emergency-stop."""

    mode: StopMode = "close-all"
    terminal_id: Key | None = None


class PauseRequest(Wire, frozen=True, kw_only=True):
    """POST /api/trading/pause; ``provider_id`` pauses one channel alone."""

    terminal_id: Key | None = None
    provider_id: int | None = None


class ResumeRequest(Wire, frozen=True, kw_only=True):
    """POST /api/trading/resume; ``end_stop`` names the latch to end."""

    terminal_id: Key | None = None
    provider_id: int | None = None
    end_stop: Key | None = None


class PartialClose(Wire, frozen=True, kw_only=True):
    """POST /api/trades/{id}/partial-close."""

    percentage: Annotated[float, Meta(gt=0, le=100)]


class ModifyTrade(Wire, frozen=True, kw_only=True):
    """PUT /api/trades/{id}/modify: null removes, absent leaves; at least one is given."""

    stop_loss: Number | UnsetType | None = UNSET
    take_profit: Number | UnsetType | None = UNSET


class NewSignal(Wire, frozen=True, kw_only=True):
    """POST /api/signals: a signal that the user enters by hand."""

    symbol: Name
    side: SideName
    text: Text = ""
    entry: list[Number] = []
    stop_loss: Number | None = None
    take_profits: list[Number] = []


class StrategyRequest(Wire, frozen=True, kw_only=True):
    """POST /api/strategies, PUT /api/strategies/{id}."""

    name: Name
    config: dict[str, Any] = {}
    notes: Short = ""
