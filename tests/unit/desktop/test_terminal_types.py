"""Each type of terminal that config.json may name can be built, and none besides."""

from __future__ import annotations

import random
from typing import get_args, get_type_hints

import pytest

from signalos.desktop.config import TerminalConfig
from signalos.desktop.terminal_types import TERMINAL_TYPES, BrokerParts
from signalos.kit.clock import SystemClock


def test_the_configuration_and_the_table_name_the_same_types() -> None:
    assert set(get_args(get_type_hints(TerminalConfig)["type"])) == set(TERMINAL_TYPES)


@pytest.mark.parametrize("name", sorted(TERMINAL_TYPES))
def test_each_becomes_a_broker_of_its_terminal(name: str) -> None:
    clock = SystemClock()
    config = TerminalConfig(id="t7", type=name, address="127.0.0.1:1")  # type: ignore[arg-type]  # by name
    broker = TERMINAL_TYPES[name].build(config, BrokerParts(clock, clock, random.Random(1)))
    assert broker.terminal_id == "t7"
