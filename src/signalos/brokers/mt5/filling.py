"""Which filling mode an order takes: the symbol offers a bit mask, the order names one of an enum."""

from __future__ import annotations

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.mapping import Conditions


def filling_modes(symbol: Conditions, *, pending: bool) -> tuple[int, ...]:
    """``type_filling`` values worth trying, best first.

    The second is for the one retry after "invalid filling": brokers advertise wrong masks.
    """
    offered = [
        mode
        for bit, mode in ((mt5.MASK_IOC, mt5.FILL_IOC), (mt5.MASK_FOK, mt5.FILL_FOK))
        if symbol.filling_mask & bit
    ]
    if pending:
        return (mt5.FILL_RETURN, *offered) if offered else (mt5.FILL_RETURN, mt5.FILL_FOK)
    if symbol.execution == mt5.EXECUTION_EXCHANGE:
        return (*offered, mt5.FILL_RETURN) if offered else (mt5.FILL_RETURN, mt5.FILL_IOC)
    if symbol.execution == mt5.EXECUTION_MARKET:
        return (*offered, mt5.FILL_RETURN) if offered else (mt5.FILL_FOK, mt5.FILL_IOC)
    return (mt5.FILL_FOK, mt5.FILL_IOC)
