"""Bodies: what JSON allows and we do not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from signalos.protocol.shapes import Instant, Number, Wire
from signalos.server.bodies import parse
from signalos.server.problems import CODES, Problem


class Sample(Wire, frozen=True, kw_only=True):
    the_price: Number | None = None
    the_id: int = 0
    at: Instant | None = None
    text: str = ""
    inner: list[Any] = []


@pytest.mark.parametrize(
    "body",
    [
        '{"thePrice": 1.25, "theId": 5, "at": "2026-01-05T00:00:00+02:00", "text": "x", "inner": [1.5, {"a": null}]}',
        '{"thePrice": "1.25"}',
        '{"thePrice": 999999999999.12345678}',
        '{"thePrice": 0}',
        "{}",
    ],
)
def test_ordinary_figures_pass(body: str) -> None:
    assert isinstance(parse(body.encode(), Sample), Sample)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"thePrice": "NaN"}', "thePrice"),
        ('{"thePrice": "sNaN"}', "thePrice"),
        ('{"thePrice": "-Infinity"}', "thePrice"),
        ('{"thePrice": 1e400}', "thePrice"),
        ('{"thePrice": 1e16}', "thePrice"),
        ('{"thePrice": 1e-400}', "thePrice"),
        ('{"thePrice": 0e400}', "thePrice"),
        ('{"theId": 9223372036854775808}', "theId"),
        ('{"theId": 1' + "0" * 50 + "}", "theId"),
        ('{"at": "0001-01-01T00:00:00+14:00"}', "at"),
        ('{"at": "9999-12-31T23:59:59-14:00"}', "at"),
        ('{"text": "a\\u0000b"}', "text"),
        ('{"inner": [{"deep": ["\\u0000"]}]}', "inner[0].deep[0]"),
        ('{"inner": [{"\\u0000": 1}]}', "inner[0]"),
        ('{"theId": "5"}', "theId"),
    ],
)
def test_impossible_figures_are_422_and_named(body: str, field: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(body.encode(), Sample)
    assert (caught.value.code, caught.value.errors[0]["field"]) == ("invalid", field)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"a": }', b"[" * 100_000, b'{"inner":' + b"[" * 5000]
)
def test_what_is_no_json_is_400(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse(body, Sample)
    assert caught.value.code == "malformed_json"


@pytest.mark.parametrize("code", CODES)
def test_every_code_makes_a_problem(code: str) -> None:
    problem = Problem(code)
    assert problem.view().status == problem.status
    answer = problem.response()
    assert answer.headers["content-type"] == "application/problem+json"
    assert msgspec.json.decode(bytes(answer.body))["code"] == code
