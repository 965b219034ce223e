"""Errors as RFC 9457 problem details; every ``code`` that the server can answer stands in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from signalos.protocol import encode, views

CODES: dict[str, tuple[int, str]] = {
    "malformed_json": (400, "The body is not JSON"),
    "unauthorized": (401, "Sign in first"),
    "wrong_credentials": (401, "Wrong email or password"),
    "session_ended": (401, "This session has ended"),
    "forbidden": (403, "Not allowed"),
    "origin_mismatch": (403, "The request comes from another site"),
    "not_yours": (403, "This belongs to somebody else"),
    "terminal_not_approved": (403, "The terminal is not approved"),
    "not_found": (404, "Not found"),
    "terminal_unknown": (404, "No such terminal"),
    "method_not_allowed": (405, "This method is not allowed here"),
    "email_taken": (409, "This email is already registered"),
    "terminal_bound": (409, "This token belongs to another terminal"),
    "terminal_exists": (409, "A terminal of this name exists"),
    "terminal_not_ready": (409, "The terminal has no identity yet"),
    "token_already_issued": (409, "The token was handed out before"),
    "idempotency_conflict": (409, "Another request was sent under this key"),
    "stop_latched": (409, "The emergency stop is latched"),
    "latch_changed": (409, "Another stop is latched"),
    "trade_not_open": (409, "The trade is not open"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be application/json"),
    "invalid": (422, "The request has the wrong shape"),
    "invalid_cursor": (422, "This cursor was not handed out here"),
    "terminal_required": (422, "Name the terminal"),
    "stop_required": (422, "The strategy requires a stop loss"),
    "invalid_strategy": (422, "The strategy cannot be used"),
    "sign_in_locked": (429, "Too many wrong passwords"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "Something went wrong in the server"),
    "storage_failed": (503, "The database cannot be written"),
    "stopping": (503, "The server is stopping"),
}


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
        return views.Problem(
            type=f"urn:signalos:problem:{self.code}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            code=self.code,
            errors=self.errors,
        )

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
