"""The numbers of MetaTrader 5 that the simulated terminal speaks; a test keeps them true."""

from __future__ import annotations

from enum import IntEnum


class Action(IntEnum):
    """``TRADE_ACTION_*``."""

    DEAL = 1
    PENDING = 5
    SLTP = 6
    MODIFY = 7
    REMOVE = 8
    CLOSE_BY = 10


class OrderType(IntEnum):
    """``ORDER_TYPE_*``. Even numbers buy, odd ones sell (up to the stop-limits)."""

    BUY = 0
    SELL = 1
    BUY_LIMIT = 2
    SELL_LIMIT = 3
    BUY_STOP = 4
    SELL_STOP = 5
    BUY_STOP_LIMIT = 6
    SELL_STOP_LIMIT = 7
    CLOSE_BY = 8


class OrderState(IntEnum):
    """``ORDER_STATE_*``."""

    PLACED = 1
    CANCELED = 2
    PARTIAL = 3
    FILLED = 4
    REJECTED = 5
    EXPIRED = 6


class Filling(IntEnum):
    """``ORDER_FILLING_*``; not the bit mask of a symbol's ``filling_mode``."""

    FOK = 0
    IOC = 1
    RETURN = 2
    BOC = 3


class TimeType(IntEnum):
    """``ORDER_TIME_*``. Bit ``1 << value`` of a symbol's ``expiration_mode`` allows it."""

    GTC = 0
    DAY = 1
    SPECIFIED = 2
    SPECIFIED_DAY = 3


class Reason(IntEnum):
    """``DEAL_REASON_*`` and ``ORDER_REASON_*``."""

    CLIENT = 0
    EXPERT = 3
    SL = 4
    TP = 5
    SO = 6


class DealType(IntEnum):
    """``DEAL_TYPE_*``."""

    BUY = 0
    SELL = 1
    BALANCE = 2
    COMMISSION = 7


class Entry(IntEnum):
    """``DEAL_ENTRY_*``."""

    IN = 0
    OUT = 1
    INOUT = 2
    OUT_BY = 3


class MarginMode(IntEnum):
    """``ACCOUNT_MARGIN_MODE_*``: one position a symbol (netting, exchange), or one a deal."""

    RETAIL_NETTING = 0
    EXCHANGE = 1
    RETAIL_HEDGING = 2


class SwapMode(IntEnum):
    """``SYMBOL_SWAP_MODE_*``: in what the swap of a night is told."""

    DISABLED = 0
    POINTS = 1
    CURRENCY_DEPOSIT = 4
    INTEREST_CURRENT = 5
    INTEREST_OPEN = 6


class TradeMode(IntEnum):
    """``SYMBOL_TRADE_MODE_*``."""

    DISABLED = 0
    LONGONLY = 1
    SHORTONLY = 2
    CLOSEONLY = 3
    FULL = 4


class Execution(IntEnum):
    """``SYMBOL_TRADE_EXECUTION_*``."""

    REQUEST = 0
    INSTANT = 1
    MARKET = 2
    EXCHANGE = 3


class CalcMode(IntEnum):
    """``SYMBOL_CALC_MODE_*``: how the margin is computed."""

    FOREX = 0
    CFDLEVERAGE = 4


class CopyTicks(IntEnum):
    """``COPY_TICKS_*``."""

    ALL = -1
    INFO = 1
    TRADE = 2


class BookType(IntEnum):
    """``BOOK_TYPE_*``."""

    SELL = 1
    BUY = 2


class Retcode(IntEnum):
    """``TRADE_RETCODE_*``."""

    REQUOTE = 10004
    REJECT = 10006
    PLACED = 10008
    DONE = 10009
    DONE_PARTIAL = 10010
    INVALID = 10013
    INVALID_VOLUME = 10014
    INVALID_PRICE = 10015
    INVALID_STOPS = 10016
    TRADE_DISABLED = 10017
    MARKET_CLOSED = 10018
    NO_MONEY = 10019
    PRICE_OFF = 10021
    INVALID_EXPIRATION = 10022
    ORDER_CHANGED = 10023
    NO_CHANGES = 10025
    SERVER_DISABLES_AT = 10026
    CLIENT_DISABLES_AT = 10027
    FROZEN = 10029
    INVALID_FILL = 10030
    LIMIT_ORDERS = 10033
    LIMIT_VOLUME = 10034
    INVALID_ORDER = 10035
    POSITION_CLOSED = 10036
    INVALID_CLOSE_VOLUME = 10038
    CLOSE_ORDER_EXIST = 10039
    LIMIT_POSITIONS = 10040
    LONG_ONLY = 10042
    SHORT_ONLY = 10043
    CLOSE_ONLY = 10044
    FIFO_CLOSE = 10045
    HEDGE_PROHIBITED = 10046


class Res(IntEnum):
    """``RES_*``: what ``last_error`` tells."""

    OK = 1
    FAIL = -1
    INVALID_PARAMS = -2
    NOT_FOUND = -4
    AUTH_FAILED = -6
    AUTO_TRADING_DISABLED = -8
    FAIL_SEND = -10001
    FAIL_RECEIVE = -10002
    FAIL_CONNECT = -10004
