"""Sends one request, understands the answer, and proves what came of it.

Read top to bottom: prepare, ask the gate, send once, classify; then either look at what it left, try
again where the terminal certainly did nothing, or stop with an explanation.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from signalos.brokers.base import Gate
from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.changing import Cancelling, ChangingOrder, ChangingPosition
from signalos.brokers.mt5.closing import Closing
from signalos.brokers.mt5.last_errors import meaning_of_none
from signalos.brokers.mt5.opening import Opening
from signalos.brokers.mt5.plan import Answer, Plan, Prepared, Tools
from signalos.brokers.mt5.readying import Readied, must_be_checked
from signalos.brokers.mt5.request import TradeRequest
from signalos.brokers.mt5.retcodes import AnswerClass, meaning_of
from signalos.domain.errors import OutcomeUnknown, Refused, TerminalError, WrongAccount
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)

_log = logging.getLogger(__name__)

_CARRIED_OUT = frozenset({AnswerClass.DONE, AnswerClass.PLACED, AnswerClass.PARTIAL, AnswerClass.NO_CHANGE})
_HALTED = {
    "stopped": "Not sent: the emergency stop is latched. Nothing is opened until it is resumed.",
    "paused": "Not sent: trading is paused. Nothing is opened until it is resumed.",
    "channel_off": "Not sent: this channel is switched off. Nothing is opened until it is switched on.",
}


@dataclass(slots=True)
class _Tries:
    """What the loop has used up."""

    prices: int = 1
    waits: int = 0
    filling: int = 0


async def execute(
    tools: Tools, request: OrderRequest, *, tag: str, magic: int, gate: Gate, readied: Readied | None = None
) -> Outcome:
    """Carry out ``request`` and answer what came of it. Never raises for what the terminal says.

    It is sent more than once only after answers that prove that nothing was done. ``readied`` is its first
    preparation where that was made ahead.
    """
    plan = _plan(tools, request, tag, magic) if readied is None else readied.plan
    tries = _Tries()
    made = None if readied is None else readied.made
    while True:
        outcome = await _attempt(tools, plan, request, gate, tries, made)
        if outcome is not None:
            return outcome
        made = None


def _plan(tools: Tools, request: OrderRequest, tag: str, magic: int) -> Plan:
    match request:
        case OpenLeg():
            return Opening(tools, request, tag, magic)
        case ClosePosition():
            return Closing(tools, request, tag, magic)
        case ModifyPosition():
            return ChangingPosition(tools, request, magic)
        case ModifyOrder():
            return ChangingOrder(tools, request, magic)
        case CancelOrder():
            return Cancelling(tools, request, magic)


async def _attempt(
    tools: Tools, plan: Plan, request: OrderRequest, gate: Gate, tries: _Tries, made: Prepared | None
) -> Outcome | None:
    """Go once through it; None = the terminal certainly did nothing and it may be tried again."""
    try:
        made = made or await plan.prepare(tries.filling)
    except Refused as why:
        reason = getattr(why, "reason", "refused")
        return Outcome(
            kind=OutcomeKind.REFUSED, retcode=why.retcode, reason=reason, explanation=why.explanation
        )
    except WrongAccount as why:
        return _on_another_account(plan, str(why))
    except TerminalError as why:
        return _never_sent("terminal_down", str(why))
    if isinstance(made, Outcome):
        return made
    try:
        sent = await tools.link.send(
            made.as_dict(),
            worst=made.worst,
            check=must_be_checked(plan, made),
            gate=(lambda: gate(request)) if plan.adds_exposure else _open_gate,
        )
    except OutcomeUnknown as why:
        return Outcome(kind=OutcomeKind.UNKNOWN, reason="answer_lost", explanation=str(why))
    except TerminalError as why:
        return _never_sent("terminal_down", str(why))
    if not sent["sent"] and sent["stage"] == "account":
        where = f"{sent['login']}@{sent['server']} ({sent['path']})"
        return _on_another_account(
            plan,
            f"Not sent: the terminal is signed in to {where}, not to the account it should trade on. Sign in "
            "to the right account in the terminal.",
        )
    answer = _not_called(tools, sent) if not sent["sent"] else _answered(sent)
    if isinstance(answer, Outcome):
        return answer
    _log.info("order_send %s: %s", _short(made), answer.explanation)
    return await _react(tools, plan, answer, tries, called=sent["sent"])


async def _react(
    tools: Tools, plan: Plan, answer: Answer, tries: _Tries, *, called: bool
) -> Outcome | None:
    """Do what the class of ``answer`` asks for; ``called`` = order_send itself was reached."""
    kind = answer.meaning.answer
    if kind in _CARRIED_OUT:
        try:
            return await plan.carried_out(answer)
        except TerminalError as why:
            return _unknown(answer, f"The terminal accepted it and then could not be read: {why}")
    if kind is AnswerClass.UNKNOWN:
        return (
            _unknown(answer, answer.explanation)
            if called
            else _never_sent(answer.meaning.reason, answer.explanation)
        )
    if await _may_try_again(tools, answer, tries):
        return None
    if kind is AnswerClass.NEVER_SENT:
        tools.link.lose_connection()
        return _never_sent(answer.meaning.reason, answer.explanation)
    try:
        ended = await plan.gone() if kind in (AnswerClass.REJECTED, AnswerClass.GONE) else None
    except TerminalError as why:
        _log.warning("the end of a refused request could not be read: %s", why)
        ended = None
    if ended is not None:
        return ended
    if kind is AnswerClass.GONE:
        return _with(answer, OutcomeKind.GONE)
    waits = kind in (AnswerClass.CLOSED, AnswerClass.WAIT)
    return _with(answer, OutcomeKind.WAITING if waits else OutcomeKind.REFUSED)


async def _may_try_again(tools: Tools, answer: Answer, tries: _Tries) -> bool:
    """Use up one more try where ``answer`` proves that nothing was done and a try makes sense."""
    settings = tools.settings
    kind = answer.meaning.answer
    if kind is AnswerClass.NEW_PRICE and tries.prices < settings.price_tries:
        tries.prices += 1
        return True
    if kind is AnswerClass.WAIT and tries.waits < settings.wait_tries:
        await tools.clock.sleep(settings.first_pause * 2.0**tries.waits)
        tries.waits += 1
        return True
    if answer.retcode == mt5.RETCODE_INVALID_FILL and tries.filling == 0:
        tries.filling = 1
        return True
    return False


def _answered(sent: dict[str, Any]) -> Answer:
    """The answer of an order_send that was called."""
    result = sent["result"]
    if result is None:
        code, text = sent["last_error"]
        if "raised" in sent:
            # A module that raises after the call may have raised after the execution.
            return Answer(meaning_of_none(mt5.FAIL, sent["raised"]), 0, detail=sent["raised"])
        return Answer(meaning_of_none(code, text), 0, detail=text)
    meaning = meaning_of(result["retcode"])
    return Answer(
        meaning,
        result["retcode"],
        deal=result["deal"],
        order=result["order"],
        volume=result["volume"],
        price=result["price"],
        detail="" if meaning.answer in _CARRIED_OUT else result["comment"],
    )


def _on_another_account(plan: Plan, words: str) -> Outcome:
    """An entry is refused; what closes or protects is sent once the terminal is back on its account."""
    if not plan.adds_exposure:
        return _never_sent("wrong_account", words)
    return Outcome(kind=OutcomeKind.REFUSED, reason="wrong_account", explanation=words)


def _not_called(tools: Tools, sent: dict[str, Any]) -> Answer | Outcome:
    """What stood in the way before order_send: an answer of its own check, or an outcome."""
    match sent["stage"]:
        case "gate":
            reason = sent["reason"]
            words = _HALTED.get(reason, f"Not sent: new exposure is not allowed now ({reason}).")
            return Outcome(kind=OutcomeKind.REFUSED, reason=reason, explanation=words)
        case "connection":
            return _never_sent(
                "not_connected",
                "Not sent: the terminal has no connection to the broker's server. It is tried again when "
                "the connection is back.",
            )
        case "check":
            checked = sent["check"]
            detail = checked["comment"]
            if checked["retcode"] == mt5.RETCODE_NO_MONEY and sent["margin_needed"] is not None:
                detail = f"it needs {sent['margin_needed']:.2f}, free are {sent['margin_free']:.2f}"
            return Answer(meaning_of(checked["retcode"]), checked["retcode"], detail=detail)
        case "price":
            moved = meaning_of(mt5.RETCODE_PRICE_CHANGED)
            return Answer(moved, mt5.RETCODE_PRICE_CHANGED, detail=f"the market is at {sent['price']}")
        case "read":
            tools.link.lose_connection()
            code, text = sent["last_error"]
            return _never_sent(
                "terminal_down", f"Not sent: the terminal does not answer ({text}, code {code})."
            )
    return _never_sent("worker_failed", f"Not sent: the terminal's worker failed ({sent.get('error')}).")


def _never_sent(reason: str, explanation: str) -> Outcome:
    return Outcome(kind=OutcomeKind.NEVER_SENT, reason=reason, explanation=explanation)


def _unknown(answer: Answer, explanation: str) -> Outcome:
    return Outcome(
        kind=OutcomeKind.UNKNOWN,
        retcode=answer.retcode,
        reason=answer.meaning.reason or "unproven",
        explanation=explanation,
        ticket=str(answer.order) if answer.order else None,
    )


def _with(answer: Answer, kind: OutcomeKind) -> Outcome:
    return Outcome(
        kind=kind, retcode=answer.retcode, reason=answer.meaning.reason, explanation=answer.explanation
    )


def _open_gate() -> str:
    return ""


def _short(made: TradeRequest) -> str:
    return f"action {made.action} {made.symbol} {made.volume or ''} {made.comment}"
