"""The fence: an order passes only if every part of it is seen in the message."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from signalos.domain.signal import Open, OrderKind, Reading, Side
from signalos.language_model.asking import ModelOrder
from signalos.language_model.fence import CONFIDENCE, MOST_ORDERS, fence
from signalos.parser import Languages, load_languages

SWEDISH = "XAUUSD köp 2650.5 - 2655, förlust 2640, vinst 2670 / 2680"
GOOD = ModelOrder("XAUUSD", "buy", "market", ("2650.5", "2655"), "2640", ("2670", "2680"))


@pytest.fixture(scope="session")
def languages() -> Languages:
    return load_languages()


def fenced(languages: Languages, text: str, *orders: ModelOrder, default: str | None = None) -> Reading:
    return fence(text, orders, model="m", languages=languages, default_symbol=default)


def changed(**parts: Any) -> ModelOrder:
    usual = {name: getattr(GOOD, name) for name in ModelOrder.__slots__}
    return ModelOrder(**{**usual, **parts})


def test_a_whole_order_passes_with_its_characters(languages: Languages) -> None:
    reading = fenced(languages, SWEDISH, GOOD)
    (order,) = reading.actions
    assert isinstance(order, Open)
    assert (order.symbol, order.side, order.order) == ("XAUUSD", Side.BUY, OrderKind.MARKET)
    assert order.entry == (Decimal("2650.5"), Decimal(2655))
    assert order.stop_loss == Decimal(2640)
    assert order.take_profits == (Decimal(2670), Decimal(2680))
    assert order.confidence == CONFIDENCE < 1
    assert reading.notes == ("read by the language model m",)
    written = {(s.field, SWEDISH[s.start : s.end]) for s in order.spans}
    assert written == {
        ("symbol", "XAUUSD"),
        ("entry", "2650.5"),
        ("entry", "2655"),
        ("stop_loss", "2640"),
        ("take_profit", "2670"),
        ("take_profit", "2680"),
    }


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (changed(stop_loss="2641"), "model_invented_number"),
        (changed(take_profits=("2670", "2690")), "model_invented_number"),
        (changed(entry=("2650",)), "model_invented_number"),
        (changed(entry=("2650.50001",)), "model_invented_number"),
        (changed(side="sell"), "model_sl_wrong_side"),
        (changed(stop_loss="2670", take_profits=()), "model_sl_wrong_side"),
        (changed(take_profits=("2640",), stop_loss=None), "model_tp_wrong_side"),
        (changed(symbol="EURUSD"), "model_symbol_not_named"),
        (changed(symbol="SOMETHING"), "model_unknown_symbol"),
        (changed(symbol=""), "model_unknown_symbol"),
        (changed(side="close"), "model_unusable"),
        (changed(order="oco"), "model_unusable"),
        (changed(entry=("-2650.5",)), "model_unusable"),
        (changed(entry=("2.6505e3",)), "model_unusable"),
        (changed(entry=("٢٦٤٠",)), "model_unusable"),
        (changed(entry=("2650.5\n",)), "model_unusable"),
        (changed(stop_loss="NaN"), "model_unusable"),
        (changed(entry=("2640", "2650.5", "2655")), "model_too_many"),
        (changed(take_profits=("2670",) * 13), "model_too_many"),
        (changed(order="limit", entry=()), "model_no_entry"),
        (changed(entry=(), stop_loss=None, take_profits=()), "model_side_not_shown"),
        (changed(entry=(), take_profits=()), "model_side_not_shown"),
    ],
)
def test_what_does_not_hold_is_refused(languages: Languages, order: ModelOrder, reason: str) -> None:
    reading = fenced(languages, SWEDISH, order)
    assert (reading.actions, reading.reason) == ((), reason)
    assert reading.notes


def test_one_wrong_order_refuses_the_whole_answer(languages: Languages) -> None:
    wrong = changed(stop_loss="2641")
    assert fenced(languages, SWEDISH, GOOD, wrong).actions == ()
    assert fenced(languages, SWEDISH, wrong, GOOD).actions == ()


def test_orders_are_held_against_each_other(languages: Languages) -> None:
    assert fenced(languages, SWEDISH).reason == "model_no_order"
    assert fenced(languages, SWEDISH, GOOD, GOOD).reason == "model_twice"
    assert fenced(languages, SWEDISH, *[GOOD] * (MOST_ORDERS + 1)).reason == "model_too_many"
    turned = ModelOrder("XAUUSD", "sell", "market", ("2670",), "2680", ("2640",))
    assert fenced(languages, SWEDISH, GOOD, turned).reason == "model_both_sides"


def test_the_default_symbol_counts_only_where_none_is_named(languages: Languages) -> None:
    nameless = SWEDISH.removeprefix("XAUUSD")
    assert fenced(languages, nameless, GOOD).reason == "model_symbol_not_named"
    assert fenced(languages, nameless, GOOD, default="XAUUSD").actions
    other = "EURUSD " + nameless
    assert fenced(languages, other, GOOD, default="XAUUSD").reason == "model_symbol_not_named"


def test_a_nickname_is_taken_for_its_symbol(languages: Languages) -> None:
    (order,) = fenced(languages, SWEDISH.replace("XAUUSD", "gold"), changed(symbol="gold")).actions
    assert isinstance(order, Open)
    assert order.symbol == "XAUUSD"


def test_a_side_must_be_said_or_shown_by_the_levels(languages: Languages) -> None:
    bare = ModelOrder("XAUUSD", "buy")
    assert fenced(languages, "XAUUSD köp 2650", bare).reason == "model_side_not_shown"
    assert fenced(languages, "BUY XAUUSD 2650", bare).actions
    assert fenced(languages, "SELL XAUUSD 2650", bare).reason == "model_side_not_shown"
    assert fenced(languages, "XAUUSD buy or sell 2650", bare).reason == "model_side_not_shown"


@pytest.mark.parametrize(
    ("written", "entries"),
    [
        ("kl 10:30", ("10.30", "1030", "10", "30")),
        ("50%", ("50",)),
        ("2650 pips", ("2650",)),
        ("0.5 lot", ("0.5",)),
        ("+2650", ("2650",)),
    ],
)
def test_a_number_that_is_no_price_does_not_count(
    languages: Languages, written: str, entries: tuple[str, ...]
) -> None:
    for entry in entries:
        order = ModelOrder("XAUUSD", "buy", "market", (entry,), "2640", ("2670",))
        text = f"XAUUSD köp {written} förlust 2640 vinst 2670"
        assert fenced(languages, text, order).reason == "model_invented_number"


def test_a_price_that_the_symbol_never_had_is_refused(languages: Languages) -> None:
    text = "BTCUSD gå 58,900 förlust 58,000 vinst 60,000"
    small = ModelOrder("BTCUSD", "buy", "market", ("58.9",), "58", ("60",))
    assert fenced(languages, text, small).reason == "model_price_outlier"
    assert fenced(
        languages, text, ModelOrder("BTCUSD", "buy", "market", ("58900",), "58000", ("60000",))
    ).actions


def test_prices_left_short_by_the_message_are_not_completed(languages: Languages) -> None:
    order = ModelOrder("XAUUSD", "buy", "market", ("2650", "2655"), "2640", ("2670",))
    reading = fenced(languages, "XAUUSD köp 2650/55 förlust 2640 vinst 2670", order)
    assert reading.reason == "model_invented_number"


def test_a_text_that_the_rules_do_not_read_holds_nothing(languages: Languages) -> None:
    assert fenced(languages, SWEDISH + " " * 6000, GOOD).reason == "model_symbol_not_named"
    assert fenced(languages, "XAUUSD " + "2640 " * 1100, GOOD).actions == ()
