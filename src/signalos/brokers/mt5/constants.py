"""MetaTrader 5's numbers by name (module ``MetaTrader5`` 5.0; the same since 5.0.45).

They are written out because the module itself exists on Windows only, and only the worker may
import it.
"""

from __future__ import annotations

from typing import Final

ACTION_DEAL: Final = 1
ACTION_PENDING: Final = 5
ACTION_SLTP: Final = 6
ACTION_MODIFY: Final = 7
ACTION_REMOVE: Final = 8

ORDER_BUY: Final = 0
ORDER_SELL: Final = 1
ORDER_BUY_LIMIT: Final = 2
ORDER_SELL_LIMIT: Final = 3
ORDER_BUY_STOP: Final = 4
ORDER_SELL_STOP: Final = 5
ORDER_BUY_STOP_LIMIT: Final = 6
ORDER_SELL_STOP_LIMIT: Final = 7

STATE_CANCELED: Final = 2
STATE_PARTIAL: Final = 3
STATE_FILLED: Final = 4
STATE_REJECTED: Final = 5
STATE_EXPIRED: Final = 6

FILL_FOK: Final = 0
FILL_IOC: Final = 1
FILL_RETURN: Final = 2

MASK_FOK: Final = 1
"""``symbol.filling_mode`` is a bit mask; an order's ``type_filling`` is not."""
MASK_IOC: Final = 2

TIME_GTC: Final = 0
TIME_SPECIFIED: Final = 2

EXPIRATION_SPECIFIED: Final = 4

ALLOW_MARKET: Final = 1
ALLOW_LIMIT: Final = 2
ALLOW_STOP: Final = 4
ALLOW_SL: Final = 16
ALLOW_TP: Final = 32

EXECUTION_MARKET: Final = 2
EXECUTION_EXCHANGE: Final = 3

TRADE_DISABLED: Final = 0
TRADE_LONG_ONLY: Final = 1
TRADE_SHORT_ONLY: Final = 2
TRADE_CLOSE_ONLY: Final = 3
TRADE_FULL: Final = 4

ACCOUNT_DEMO: Final = 0
ACCOUNT_CONTEST: Final = 1

DEAL_BUY: Final = 0
DEAL_SELL: Final = 1

OK: Final = 1
FAIL: Final = -1
INVALID_PARAMS: Final = -2
NOT_FOUND: Final = -4
AUTH_FAILED: Final = -6
UNSUPPORTED: Final = -7
AUTO_TRADING_DISABLED: Final = -8
INIT_FAILED: Final = -10003
NO_TERMINAL: Final = -10004

RETCODE_PRICE_CHANGED: Final = 10020
RETCODE_INVALID_FILL: Final = 10030
RETCODE_NO_MONEY: Final = 10019
RETCODE_POSITION_CLOSED: Final = 10036

TAG_LIMIT: Final = 24
"""Longest order comment of ours: the module refuses more than 29 characters, brokers cut earlier."""
