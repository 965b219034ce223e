"""Errors as RFC 9457 problem details; every ``code`` that the server can answer stands in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from signalos.protocol import encode, views
from signalos.protocol.pairing import PairingProblem

CODES: dict[str, tuple[int, str]] = {
    "malformed_json": (400, "The body is not JSON"),
    "authorization_pending": (400, "The user has not decided yet"),
    "slow_down": (400, "Asked too often"),
    "expired_token": (400, "The pairing has expired"),
    "access_denied": (400, "The user said no"),
    "invalid_grant": (400, "No such device code"),
    "unauthorized": (401, "Sign in first"),
    "wrong_credentials": (401, "Wrong email or password"),
    "totp_required": (401, "The second factor is missing"),
    "totp_wrong": (401, "The second factor is wrong"),
    "session_ended": (401, "This session has ended"),
    "forbidden": (403, "Not allowed"),
    "origin_mismatch": (403, "The request comes from another site"),
    "not_yours": (403, "This belongs to somebody else"),
    "terminal_not_approved": (403, "The terminal is not approved"),
    "not_found": (404, "Not found"),
    "terminal_unknown": (404, "No such terminal"),
    "pairing_unknown": (404, "No desktop app shows this code"),
    "method_not_allowed": (405, "This method is not allowed here"),
    "email_taken": (409, "This email is already registered"),
    "provider_exists": (409, "You have this channel already"),
    "terminal_bound": (409, "This token belongs to another terminal"),
    "terminal_exists": (409, "A terminal of this name exists"),
    "terminal_not_ready": (409, "The terminal has no identity yet"),
    "token_already_issued": (409, "The token was handed out before"),
    "pairing_decided": (409, "This was decided before"),
    "totp_on": (409, "The second factor is on already"),
    "totp_off": (409, "There is no second factor to confirm or stop"),
    "idempotency_conflict": (409, "Another request was sent under this key"),
    "stop_latched": (409, "The emergency stop is latched"),
    "latch_changed": (409, "Another stop is latched"),
    "trade_not_open": (409, "The trade is not open"),
    "version_conflict": (409, "Another version was saved meanwhile"),
    "strategy_in_use": (409, "The strategy is in use"),
    "not_waiting": (409, "The signal does not wait for a yes"),
    "not_refused": (409, "The signal was not refused"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be application/json"),
    "invalid": (422, "The request has the wrong shape"),
    "invalid_cursor": (422, "This cursor was not handed out here"),
    "terminal_required": (422, "Name the terminal"),
    "several_currencies": (422, "Money of several currencies"),
    "stop_required": (422, "The strategy requires a stop loss"),
    "invalid_strategy": (422, "The strategy cannot be used"),
    "sign_in_locked": (429, "Too many wrong passwords"),
    "pairing_locked": (429, "Too many wrong codes"),
    "rate_limited": (429, "Too many requests"),
    "totp_unreadable": (500, "The second factor cannot be read"),
    "internal": (500, "Something went wrong in the server"),
    "storage_failed": (503, "The database cannot be written"),
    "reader_busy": (503, "The text was not read in time"),
    "stopping": (503, "The server is stopping"),
}

RFC_8628 = frozenset(
    {"authorization_pending", "slow_down", "expired_token", "access_denied", "invalid_grant"}
)
"""Refusals that also carry their name as ``error``, where clients of that standard look for it."""


class Problem(Exception):
    """Ends a request with the status and title of ``code``; ``detail`` says what to do."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.status, self.title = CODES[code]
        super().__init__(detail or self.title)
        self.code = code
        self.detail = detail or self.title
        self.headers = dict(headers or {})
        self.errors = list(errors)
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", "Bearer")

    def view(self) -> views.Problem:
        """The problem as it goes over the wire."""
        said: dict[str, Any] = {
            "type": f"urn:signalos:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": self.errors,
        }
        return PairingProblem(**said, error=self.code) if self.code in RFC_8628 else views.Problem(**said)

    def response(self) -> Response:
        """The problem as an HTTP answer."""
        return Response(
            encode(self.view()),
            status_code=self.status,
            headers=self.headers,
            media_type="application/problem+json",
        )


OF_STATUS: dict[int, str] = {
    400: "malformed_json",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid",
}


def of_status(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for a status that the framework answers by itself."""
    return Problem(OF_STATUS.get(status, "internal"), detail, headers=headers)
