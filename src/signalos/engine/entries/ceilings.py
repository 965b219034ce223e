"""The last step of an opening: what was planned stays within the ceilings of this machine."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from signalos.domain.ceilings import Ceilings, Exposure
from signalos.domain.decision import Step
from signalos.domain.market import SymbolSpec
from signalos.domain.money import ZERO
from signalos.engine.entries.sizing import Sizing
from signalos.engine.figures import money, plain
from signalos.engine.question import Question
from signalos.engine.steps import passed, refused

RULE = "ceilings"
_UNKNOWN = "is not known, so nothing may be added"


def sized_spec(spec: SymbolSpec, ceilings: Ceilings | None) -> SymbolSpec:
    """``spec`` whose largest order is the ceiling's, where that is smaller."""
    if ceilings is None or ceilings.max_lots is None:
        return spec
    return replace(spec, volume_max=min(spec.volume_max, ceilings.max_lots))


def within(question: Question, sizing: Sizing | None) -> Step | None:
    """Refuse what would exceed a ceiling; None where there are no ceilings.

    Reasons: ``ceiling_symbol``, ``ceiling_stop``, ``ceiling_lots``, ``ceiling_risk``,
    ``ceiling_open_risk``, ``ceiling_open_lots``, ``ceiling_daily_loss``.
    """
    ceilings, exposure = question.context.ceilings, question.context.exposure
    if ceilings is None:
        return None
    symbol = question.action.symbol
    if ceilings.symbols is not None and symbol not in ceilings.symbols:
        allowed = ", ".join(ceilings.symbols) or "none"
        return refused(
            RULE, "ceiling_symbol", f"this machine trades {allowed} and not {symbol}", symbol, allowed
        )
    if ceilings.require_stop and question.entry is not None and question.entry.stop is None:
        return refused(RULE, "ceiling_stop", "this machine opens nothing without a stop loss")
    account = question.context.account
    if sizing is None or account is None or exposure is None:
        return passed(RULE, "nothing is planned that could exceed a ceiling")
    currency, equity = account.currency, account.equity
    planned = None if question.entry is None or question.entry.stop is None else sizing.risk or ZERO
    lots = [leg.volume for leg in sizing.legs]
    return (
        _lots(ceilings, lots, exposure)
        or _risk(ceilings, planned, exposure, equity, currency)
        or _day(ceilings, planned, exposure, equity, currency)
        or passed(
            RULE,
            f"within this machine's ceilings: {plain(ceilings.max_risk_percentage)} % a signal"
            + _also("of open risk", ceilings.max_open_risk_percentage)
            + _also("of loss a day", ceilings.max_daily_loss_percentage),
            "" if planned is None else money(planned, currency),
            money(ceilings.risk(equity), currency),
        )
    )


def _also(what: str, percentage: Decimal | None) -> str:
    return "" if percentage is None else f", {plain(percentage)} % {what}"


def _lots(ceilings: Ceilings, lots: list[Decimal], exposure: Exposure) -> Step | None:
    largest, total = max(lots, default=ZERO), sum(lots, ZERO)
    if ceilings.max_lots is not None and largest > ceilings.max_lots:
        text = f"an order of {plain(largest)} lots; this machine sends at most {plain(ceilings.max_lots)}"
        return refused(RULE, "ceiling_lots", text, plain(largest), plain(ceilings.max_lots))
    limit = ceilings.max_open_lots
    if limit is not None and exposure.lots + total > limit:
        seen = exposure.lots + total
        text = (
            f"{plain(exposure.lots)} lots are open, with these {plain(seen)}; "
            f"this machine holds at most {plain(limit)}"
        )
        return refused(RULE, "ceiling_open_lots", text, plain(seen), plain(limit))
    return None


def _risk(
    ceilings: Ceilings, planned: Decimal | None, exposure: Exposure, equity: Decimal, currency: str
) -> Step | None:
    if planned is None:
        # Without a stop the loss is not limited; only who switched the ceiling off gets here.
        return None
    one = ceilings.risk(equity)
    if planned > one:
        text = f"{money(planned, currency)} at risk; this machine risks at most {money(one, currency)} a signal"
        return refused(RULE, "ceiling_risk", text, money(planned, currency), money(one, currency))
    if ceilings.max_open_risk_percentage is None:
        return None
    limit = max(ZERO, equity * ceilings.max_open_risk_percentage / 100)
    if exposure.risk is None:
        text = f"the risk of what is open {_UNKNOWN}: one of our positions has no stop loss"
        return refused(RULE, "ceiling_open_risk", text, "", money(limit, currency))
    seen = exposure.risk + planned
    if seen > limit:
        text = (
            f"{money(exposure.risk, currency)} are at risk already, with this signal {money(seen, currency)}; "
            f"this machine risks at most {money(limit, currency)} at once"
        )
        return refused(RULE, "ceiling_open_risk", text, money(seen, currency), money(limit, currency))
    return None


def _day(
    ceilings: Ceilings, planned: Decimal | None, exposure: Exposure, equity: Decimal, currency: str
) -> Step | None:
    if ceilings.max_daily_loss_percentage is None:
        return None
    start = exposure.day_start_equity
    if start is None:
        return refused(RULE, "ceiling_daily_loss", f"the equity at the start of the day {_UNKNOWN}")
    limit = max(ZERO, start * ceilings.max_daily_loss_percentage / 100)
    lost = max(ZERO, start - equity)
    seen = lost + (planned or ZERO)
    if seen <= limit and lost < limit:
        return None
    text = (
        f"today's loss is {money(lost, currency)}, with this signal's stop {money(seen, currency)}; "
        f"this machine loses at most {money(limit, currency)} a day"
    )
    return refused(RULE, "ceiling_daily_loss", text, money(seen, currency), money(limit, currency))
