"""Requests' bodies in, wire values out: one way to read and one way to answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from signalos.protocol import encode
from signalos.server.problems import Problem

T = TypeVar("T")
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading JSON raises: no JSON or the wrong shape, no UTF-8, nested too deeply."""
BODY_LIMIT = 1_048_576
DRAINED_AT_MOST = 32 * 1_048_576
LARGEST_INT = 2**63 - 1
LARGEST_NUMBER = 15
"""Most digits before the point of any price, volume or amount."""
FINEST_NUMBER = 20
"""Most digits behind it."""
_PATH = re.compile(r" - at `\$?(.*)`$")


async def body_of(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The body's bytes. Raises Problem body_too_large where more than ``limit`` bytes come."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit, drained=await drain(request.receive))
        parts.append(part)
    return b"".join(parts)


async def drain(receive: Receive) -> bool:
    """Read and drop the rest of a body, so that the client is listening when it is told what is wrong.

    Answers False where the client goes on and on: then the connection is closed instead.
    """
    size = 0
    while size <= DRAINED_AT_MOST:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return True
    return False


def too_large(limit: int, *, drained: bool) -> Problem:
    """The problem of a body over ``limit`` bytes."""
    return Problem(
        "body_too_large",
        f"the body is over {limit} bytes: send it in smaller parts",
        headers={} if drained else {"Connection": "close"},
    )


async def read(request: Request, shape: type[T]) -> T:
    """Read the JSON body as ``shape``. Raises Problem (400, 413, 415, 422)."""
    body = await body_of(request)
    check_type(request, body)
    return parse(body, shape)


async def read_or(request: Request, shape: type[T], default: T) -> T:
    """Like :func:`read`, but a request without a body means ``default``."""
    body = await body_of(request)
    if not body.strip():
        return default
    check_type(request, body)
    return parse(body, shape)


def parse(body: bytes, shape: type[T]) -> T:
    """Read JSON bytes as ``shape``. Raises Problem malformed_json or invalid."""
    try:
        value = msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        # The shape is checked while reading: what follows the wrong place may be no JSON at all.
        _require_json(body)
        raise invalid(error) from None
    except NOT_JSON as error:
        raise _malformed(error) from None
    try:
        check_figures(value)
    except RecursionError:
        raise Problem("malformed_json", "the body is nested too deeply") from None
    return value


def _require_json(body: bytes) -> None:
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return
    except NOT_JSON as error:
        raise _malformed(error) from None


def _malformed(error: Exception) -> Problem:
    return Problem("malformed_json", _clip(f"the body is not JSON: {error}"))


def invalid(error: msgspec.ValidationError) -> Problem:
    """The problem that says which field was wrong."""
    text = str(error)
    found = _PATH.search(text)
    where = found.group(1).lstrip(".") if found else ""
    plain = _clip(_PATH.sub("", text))
    return Problem(
        "invalid",
        f"{where}: {plain}" if where else plain,
        errors=[{"field": where, "message": plain}],
    )


def _clip(text: str, size: int = 400) -> str:
    """Error texts quote what was sent: cut them."""
    return text if len(text) <= size else text[:size] + "…"


def check_type(request: Request, body: bytes) -> None:
    """Raise Problem unless the body is declared as JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return
    if not body and not kind:
        raise Problem("malformed_json", "the body is empty: send a JSON object")
    raise Problem(
        "unsupported_media_type",
        f"the body is {kind[:80] or 'of no stated type'}: send it with Content-Type: application/json",
    )


def check_figures(value: Any, where: str = "") -> None:
    """Refuse figures that JSON allows and no database or chart can hold.

    Infinite, not-a-number or absurdly long decimals, integers beyond 64 bits, times outside 1970-2200,
    texts with a NUL. Raises Problem invalid naming the field.
    """
    check = _CHECKS.get(type(value))
    if check is not None:
        check(value, where)
    elif isinstance(value, msgspec.Struct):
        for name, field in zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True):
            check_figures(getattr(value, field), f"{where}.{name}" if where else name)


def _check_text(value: str, where: str) -> None:
    if "\x00" in value:
        raise _bad(where, "text must not hold a NUL character")


def _check_int(value: int, where: str) -> None:
    if not -LARGEST_INT <= value <= LARGEST_INT:
        raise _bad(where, "the number does not fit into 64 bits")


def _check_decimal(value: Decimal, where: str) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise _bad(where, "the number must be finite")
    if exponent < -FINEST_NUMBER or value.adjusted() >= LARGEST_NUMBER or exponent > LARGEST_NUMBER:
        raise _bad(where, "the number has too many digits")


def _check_time(value: datetime, where: str) -> None:
    if not 1970 <= value.year <= 2200:
        raise _bad(where, "the time must lie between 1970 and 2200")


def _check_list(value: list[Any], where: str) -> None:
    for number, part in enumerate(value):
        check_figures(part, f"{where}[{number}]")


def _check_dict(value: dict[Any, Any], where: str) -> None:
    for key, part in value.items():
        check_figures(key, where)
        check_figures(part, f"{where}.{key}" if where else str(key))


_CHECKS: dict[type, Callable[[Any, str], None]] = {
    str: _check_text,
    int: _check_int,
    Decimal: _check_decimal,
    datetime: _check_time,
    list: _check_list,
    dict: _check_dict,
}


def _bad(where: str, message: str) -> Problem:
    where = _clip(where, 200)
    return Problem(
        "invalid",
        f"{where}: {message}" if where else message,
        errors=[{"field": where, "message": message}],
    )


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A wire value as a JSON answer."""
    return Response(encode(value), status_code=status, headers=headers, media_type="application/json")
