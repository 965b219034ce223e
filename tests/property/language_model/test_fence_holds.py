"""Whatever a model answers to whatever message: the fence never raises, and lets no foreign number through."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.domain.signal import Open
from signalos.language_model.asking import ModelOrder
from signalos.language_model.fence import MOST_ORDERS, fence
from signalos.parser import load_languages
from signalos.parser.geometry import fault

LANGUAGES = load_languages()
NUMBERS = st.sampled_from(
    ["2640", "2650", "2650.5", "2655", "2670", "1.0850", "1.0900", "58,900", "0", "10"]
)
WORDS = st.sampled_from(
    [
        "XAUUSD",
        "gold",
        "EURUSD",
        "BTCUSD",
        "köp",
        "buy",
        "sell",
        "not",
        "sl",
        "tp",
        "-",
        "/",
        "\n",
        "%",
        "pips",
        ":",
    ]
)
TEXTS = st.one_of(
    st.lists(st.one_of(NUMBERS, WORDS), max_size=14).map(" ".join),
    st.lists(st.one_of(NUMBERS, WORDS), max_size=14).map("".join),
    st.text(max_size=60),
)
WRITTEN = st.one_of(NUMBERS, NUMBERS.map(lambda n: n.replace(",", "")), st.text(max_size=8))
ORDERS = st.builds(
    ModelOrder,
    symbol=st.one_of(st.sampled_from(["XAUUSD", "gold", "EURUSD", "BTCUSD"]), st.text(max_size=8)),
    side=st.one_of(st.sampled_from(["buy", "sell"]), st.text(max_size=4)),
    order=st.one_of(st.sampled_from(["market", "limit", "stop"]), st.text(max_size=4)),
    entry=st.lists(WRITTEN, max_size=4).map(tuple),
    stop_loss=st.none() | WRITTEN,
    take_profits=st.lists(WRITTEN, max_size=4).map(tuple),
)


def likely(numbers: list[str], side: str) -> tuple[str, ModelOrder]:
    """A message and the order that it states, if its numbers lie right for the side."""
    entry, stop, *targets = numbers
    text = f"XAUUSD köp {entry} förlust {stop} vinst {' / '.join(targets)}"
    return text, ModelOrder("XAUUSD", side, "market", (entry,), stop, tuple(targets))


LIKELY = st.builds(
    likely,
    st.lists(st.integers(2500, 2800).map(str), min_size=3, max_size=5),
    st.sampled_from(["buy", "sell"]),
)


def check(text: str, orders: list[ModelOrder], default: str | None) -> int:
    """Assert what holds of every answer; how many orders passed."""
    reading = fence(text, orders, model="m", languages=LANGUAGES, default_symbol=default)
    assert bool(reading.actions) != bool(reading.reason)
    assert len(reading.actions) in (0, len(orders))
    assert len(reading.actions) <= MOST_ORDERS
    for action in reading.actions:
        assert isinstance(action, Open)
        assert action.confidence < 1
        assert (action.stop_loss_pips, action.take_profit_pips, action.open_target) == (None, (), False)
        stop = () if action.stop_loss is None else (action.stop_loss,)
        digits = {re.sub(r"\D", "", text[s.start : s.end]) for s in action.spans}
        for price in (*action.entry, *stop, *action.take_profits):
            assert any(_same(price, written) for written in digits), (price, digits)
        assert fault(action.side, action.entry, action.stop_loss, action.take_profits) is None
        assert action.symbol == default or any(s.field == "symbol" for s in action.spans)
    return len(reading.actions)


def _same(price: Decimal, digits: str) -> bool:
    """True if the digits of ``price`` are those written, but for noughts at an end."""
    return f"{price:f}".replace(".", "").strip("0") == digits.strip("0")


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(ORDERS, max_size=5), st.sampled_from([None, "XAUUSD", "EURUSD"]))
def test_any_answer_to_any_message(text: str, orders: list[ModelOrder], default: str | None) -> None:
    check(text, orders, default)


@settings(max_examples=200, deadline=None)
@given(LIKELY, st.lists(ORDERS, max_size=1))
def test_a_likely_answer_with_and_without_a_foreign_one(
    pair: tuple[str, ModelOrder], foreign: list[ModelOrder]
) -> None:
    text, order = pair
    check(text, [order, *foreign], None)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_likely_ones_do_pass(side: str) -> None:
    numbers = ["2650", "2640", "2670", "2680"] if side == "buy" else ["2650", "2660", "2640", "2630"]
    text, order = likely(numbers, side)
    assert check(text, [order], None) == 1
