"""The numbers written out by name are the published ones."""

from __future__ import annotations

import pytest

from signalos.brokers.mt5 import constants
from signalos.brokers.mt5data import load_constants

PUBLISHED = load_constants()
PREFIXES = {
    "ACTION_": "TRADE_ACTION_",
    "ORDER_": "ORDER_TYPE_",
    "STATE_": "ORDER_STATE_",
    "FILL_": "ORDER_FILLING_",
    "TIME_": "ORDER_TIME_",
    "EXECUTION_": "SYMBOL_TRADE_EXECUTION_",
    "ACCOUNT_": "ACCOUNT_TRADE_MODE_",
    "DEAL_": "DEAL_TYPE_",
    "RETCODE_": "TRADE_RETCODE_",
    "TRADE_": "SYMBOL_TRADE_MODE_",
}
OTHERS = {
    "TRADE_LONG_ONLY": "SYMBOL_TRADE_MODE_LONGONLY",
    "TRADE_SHORT_ONLY": "SYMBOL_TRADE_MODE_SHORTONLY",
    "TRADE_CLOSE_ONLY": "SYMBOL_TRADE_MODE_CLOSEONLY",
    "OK": "RES_S_OK",
    "FAIL": "RES_E_FAIL",
    "INVALID_PARAMS": "RES_E_INVALID_PARAMS",
    "NOT_FOUND": "RES_E_NOT_FOUND",
    "AUTH_FAILED": "RES_E_AUTH_FAILED",
    "UNSUPPORTED": "RES_E_UNSUPPORTED",
    "AUTO_TRADING_DISABLED": "RES_E_AUTO_TRADING_DISABLED",
    "INIT_FAILED": "RES_E_INTERNAL_FAIL_INIT",
    "NO_TERMINAL": "RES_E_INTERNAL_FAIL_CONNECT",
}
UNNAMED = {"MASK_FOK", "MASK_IOC", "TAG_LIMIT"}
"""The terminal's symbol masks have no names in the module; the tag's length is ours."""
OURS = [
    name
    for name in vars(constants)
    if name.isupper() and name not in UNNAMED and not name.startswith(("ALLOW_", "EXPIRATION_"))
]


@pytest.mark.parametrize("name", OURS)
def test_a_number_is_the_published_one(name: str) -> None:
    prefix = next((p for p in PREFIXES if name.startswith(p)), "")
    published = OTHERS.get(name) or PREFIXES[prefix] + name.removeprefix(prefix)
    assert getattr(constants, name) == PUBLISHED[published]


def test_none_is_left_out() -> None:
    assert len(OURS) > 30
