"""The strategy document: both spellings, ranges, switches, and the way back."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

import pytest

from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Filters, Management, Strategy
from signalos.domain.strategy_document import strategy_document, strategy_from_document
from signalos.domain.strategy_fields import FIELDS, camel_case, snake_case

CAMEL = {"riskPercentage": 0.5, "maxDailyTrades": 3, "maxSpreadShare": 0.2, "pendingExpiry": 3600}
SNAKE = {"risk_percentage": 0.5, "max_daily_trades": 3, "max_spread_share": 0.2, "pending_expiry": 3600}


def test_both_spellings_say_the_same() -> None:
    expected = Strategy(
        risk_percentage=D("0.5"),
        pending_expiry=3600.0,
        filters=Filters(max_daily_trades=3, max_spread_share=D("0.2")),
    )
    assert strategy_from_document(CAMEL) == strategy_from_document(SNAKE) == expected


def test_nothing_stated_is_the_default() -> None:
    assert strategy_from_document({}) == Strategy()
    assert strategy_from_document({"filters": None, "management": None}) == Strategy()


def test_filters_are_switched_by_name() -> None:
    read = strategy_from_document(
        {"maxDailyTrades": 3, "filters": {"maxDailyTrades": False, "signal_age": 30, "duplicate": False}}
    )
    assert read.filters.max_daily_trades is None
    assert read.filters.max_signal_age == 30
    assert not read.filters.skip_duplicates
    assert read.filters.skip_conflicts


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"maxDailyTrades": 3, "filters": {"max_daily_trades": True}}, 3),
        ({"maxDailyTrades": None, "filters": {"max_daily_trades": True}}, 20),
        ({"maxDailyTrades": 3, "filters": {"max_daily_trades": 7}}, 7),
        ({"maxDailyTrades": False}, None),
        ({"filters": {"max_daily_trades": None}}, None),
        ({"maxDailyTrades": 0}, 0),
    ],
)
def test_on_off_and_limits(document: dict[str, Any], expected: int | None) -> None:
    assert strategy_from_document(document).filters.max_daily_trades == expected


def test_management_may_be_grouped_or_not() -> None:
    expected = Management(break_even_after_target=None, break_even_buffer_points=5)
    grouped = {"management": {"breakEvenAfterTarget": False, "break_even_buffer_points": 5}}
    flat = {"breakEvenAfterTarget": None, "breakEvenBufferPoints": 5}
    assert strategy_from_document(grouped).management == expected
    assert strategy_from_document(flat).management == expected


def test_64_bit_mark_as_text_or_number() -> None:
    assert strategy_from_document({"magic": "9007199254740993"}).magic == 9_007_199_254_740_993
    assert strategy_from_document({"magic": 42}).magic == 42


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"riskPercentage": 0}, ["riskPercentage", "0", "above 0 to 100 % of equity"]),
        ({"risk_percentage": 101}, ["risk_percentage", "101", "100"]),
        ({"riskPercentage": "1"}, ["riskPercentage", "'1'", "a number"]),
        ({"riskPercentage": True}, ["riskPercentage", "True"]),
        ({"riskPercentage": float("nan")}, ["riskPercentage", "nan"]),
        ({"riskPercentage": float("inf")}, ["riskPercentage", "inf"]),
        ({"riskPercentage": None}, ["riskPercentage", "None"]),
        ({"maxDailyTrades": 2.5}, ["maxDailyTrades", "2.5", "a whole number"]),
        ({"maxDailyTrades": -1}, ["maxDailyTrades", "-1", "from 0"]),
        ({"legs": "both"}, ["legs", "both", "per_target", "per_signal"]),
        ({"legs": ["per_target"]}, ["legs"]),
        ({"magic": "12x"}, ["magic", "12x"]),
        ({"magic": "99999999999999999999999"}, ["magic"]),
        ({"name": 3.5}, ["name", "text"]),
        ({"name": "x" * 201}, ["name", "200"]),
        ({"closeUnstatedFraction": 1}, ["closeUnstatedFraction", "to below 1"]),
        ({"maxDailyTrade": 3}, ["maxDailyTrade", "no such field", "max_daily_trades"]),
        ({"zzz": 3}, ["zzz", "known are"]),
        ({"filters": {"spreads": False}}, ["filters.spreads", "did you mean spread"]),
        ({"filters": {"duplicate": "no"}}, ["filters.duplicate", "true or false"]),
        ({"filters": {"halted": False}}, ["filters.halted", "cannot be switched"]),
        ({"filters": [1]}, ["filters", "not an object"]),
        ({"management": {"riskPercentage": 1}}, ["management.riskPercentage", "no such field"]),
        ({"management": 5}, ["management"]),
        ({"riskPercentage": 1, "risk_percentage": 2}, ["stated twice"]),
        ([], ["not an object"]),
    ],
)
def test_what_cannot_be_used_says_where_and_what_is_allowed(document: Any, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        strategy_from_document(document)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy(),
        Strategy(
            name="Careful",
            version="7",
            risk_percentage=D("0.25"),
            legs="per_signal",
            magic=2**62 + 1,
            allow_missing_stop_fixed_lots=D("0.01"),
            filters=Filters(None, None, None, None, None, None, False, False, False),
            management=Management(None, 12, D("0.25")),
        ),
    ],
)
def test_written_and_read_back(strategy: Strategy) -> None:
    document = strategy_document(strategy)
    assert strategy_from_document(json.loads(json.dumps(document))) == strategy


def test_document_is_camel_case_and_complete() -> None:
    document = strategy_document(Strategy())
    assert document["riskPercentage"] == 1
    assert document["maxDailyTrades"] == 20
    assert document["magic"] == "517001"
    assert document["filters"]["maxDailyTrades"] is True
    assert set(document["filters"]) == {camel_case(f.filter) for f in FIELDS if f.filter}
    assert all("_" not in key for key in document)


def test_names_go_both_ways() -> None:
    for field in FIELDS:
        assert snake_case(field.camel) == field.name
