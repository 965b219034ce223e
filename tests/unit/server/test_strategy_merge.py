"""A strategy's change: what is named changes, what is not named stays."""

from __future__ import annotations

from typing import Any

import pytest

from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_document, strategy_from_document
from signalos.server.strategies.service import merged

DEFAULT = strategy_document(Strategy())


def changed(**config: Any) -> Strategy:
    return strategy_from_document(merged(DEFAULT, config))


def test_nothing_named_changes_nothing() -> None:
    assert changed() == Strategy()


def test_a_limit_may_be_lifted_and_set_again() -> None:
    lifted = changed(maxDailyTrades=None)
    assert lifted.filters.max_daily_trades is None
    again = strategy_from_document(merged(strategy_document(lifted), {"maxDailyTrades": 3}))
    assert again.filters.max_daily_trades == 3


def test_a_filter_is_switched_by_name_and_its_limit_stays_elsewhere() -> None:
    strategy = changed(filters={"spread": False})
    assert strategy.filters.max_spread_share is None
    assert strategy.filters.max_daily_trades == 20


def test_management_fields_may_stand_at_the_top_or_in_their_group() -> None:
    assert changed(breakEvenAfterTarget=2).management.break_even_after_target == 2
    assert changed(management={"breakEvenAfterTarget": 3}).management.break_even_after_target == 3


@pytest.mark.parametrize(
    "config", [{"filters": 1}, {"management": []}, {"nonsense": 1}, {"riskPercentage": -1}]
)
def test_what_cannot_be_used_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        changed(**config)
