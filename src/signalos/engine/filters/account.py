"""The account is known and may trade."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.domain.money import ZERO
from signalos.engine.figures import money
from signalos.engine.question import Question
from signalos.engine.steps import passed, refused


def check(question: Question) -> Step:
    """Refuse entries when equity is unknown or gone, or the broker forbids trading.

    Reasons: ``equity_unknown``, ``no_equity``, ``trading_not_allowed``.
    """
    account = question.context.account
    if account is None:
        return refused(
            "account", "equity_unknown", "the terminal does not tell the equity: no size can be computed"
        )
    equity = money(account.equity, account.currency)
    if not account.trade_allowed:
        text = "the broker or the terminal does not allow trading on this account; check the terminal's settings"
        return refused("account", "trading_not_allowed", text, equity)
    if account.equity <= ZERO:
        return refused("account", "no_equity", f"the account's equity is {equity}", equity, "0")
    return passed("account", f"the account's equity is {equity}", equity, "0")
