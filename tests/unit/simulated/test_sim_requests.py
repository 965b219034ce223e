from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from signalos.brokers.simulated.requests import InvalidArgument, read_request
from tests.unit.simulated.bench import BUY, DEAL, Bench

GOOD: dict[str, Any] = {"action": 1, "symbol": "EURUSD", "type": 0, "volume": 0.1}


def test_missing_keys_are_zero() -> None:
    request = read_request(GOOD)
    assert (request.type_filling, request.sl, request.tp, request.comment) == (0, 0.0, 0.0, "")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("volume", 1),
        ("sl", 1),
        ("price", "1.1"),
        ("tp", None),
        ("sl", float("nan")),
        ("tp", float("inf")),
        ("action", 1.0),
        ("type", True),
        ("magic", -1),
        ("magic", 1 << 64),
        ("position", 5.0),
        ("deviation", "20"),
        ("comment", "x" * 30),
        ("symbol", "x" * 30),
        ("symbol", 7),
    ],
)
def test_wrong_types_are_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=f'"{key}"'):
        read_request({**GOOD, key: value})


def test_the_largest_values_pass() -> None:
    request = read_request({**GOOD, "magic": (1 << 64) - 1, "comment": "x" * 29})
    assert (request.magic, len(request.comment)) == ((1 << 64) - 1, 29)


@pytest.mark.parametrize("args", [(), (GOOD, GOOD), ([1],), (None,)])
def test_order_send_takes_exactly_one_dict(bench: Callable[..., Bench], args: tuple[Any, ...]) -> None:
    b = bench()
    answer = b.answer("order_send", *args)
    assert (answer.ok, answer.last_error[0]) == (None, -2)
    assert b.state.positions == {}


def test_an_unknown_key_is_ignored_so_a_misspelt_stop_opens_without_one(
    bench: Callable[..., Bench],
) -> None:
    b = bench()
    b.send(action=DEAL, symbol="EURUSD", type=BUY, volume=0.1, stoploss=1.09)
    assert b.call("positions_get")[0]["sl"] == 0.0
