"""What it means when a function of the module answers None: by the code that ``last_error`` gives.

A code that is not in the table is unknown: the request may have been carried out.
"""

from __future__ import annotations

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.retcodes import OUR_MISTAKE, UNKNOWN_TODO, AnswerClass, Meaning

_A = AnswerClass

_LAST_ERRORS: dict[int, Meaning] = {
    mt5.INVALID_PARAMS: Meaning(
        _A.REJECTED,
        "invalid_arguments",
        "Not sent",
        "the terminal's module did not accept the request's form",
        OUR_MISTAKE,
    ),
    mt5.NOT_FOUND: Meaning(
        _A.REJECTED,
        "not_found",
        "Not sent",
        "the terminal does not know what the request names",
        "Check the symbol in the terminal's Market Watch.",
    ),
    mt5.AUTH_FAILED: Meaning(
        _A.NEVER_SENT,
        "not_authorized",
        "Not sent",
        "the terminal is not signed in to an account",
        "Sign in to the account in the terminal.",
    ),
    mt5.UNSUPPORTED: Meaning(
        _A.REJECTED,
        "unsupported",
        "Not sent",
        "this terminal does not support the operation",
        "Update the terminal.",
    ),
    mt5.AUTO_TRADING_DISABLED: Meaning(
        _A.ACCOUNT,
        "autotrading_disabled",
        "Not sent",
        "the terminal does not allow programs to trade",
        "Switch Algo Trading on in the terminal's options.",
    ),
    mt5.INIT_FAILED: Meaning(
        _A.NEVER_SENT,
        "terminal_down",
        "Not sent",
        "the terminal could not be reached",
        "Start the terminal; the connection is tried again.",
    ),
    mt5.NO_TERMINAL: Meaning(
        _A.NEVER_SENT,
        "terminal_down",
        "Not sent",
        "no terminal is running",
        "Start the terminal; the connection is tried again.",
    ),
}


def meaning_of_none(code: int, text: str) -> Meaning:
    """Explain ``None`` from ``order_send`` by the (code, text) of ``last_error`` read right after it."""
    known = _LAST_ERRORS.get(code)
    if known is not None:
        return known
    return Meaning(
        AnswerClass.UNKNOWN,
        "no_answer",
        "Outcome unknown",
        f"the terminal gave no answer ({code}: {text})",
        UNKNOWN_TODO,
    )
