"""Clauses that change what is open: close, break-even, stop, targets, cancel."""

from __future__ import annotations

from decimal import Decimal

from signalos.domain.signal import (
    BreakEven,
    Cancel,
    Close,
    CloseAll,
    Reach,
    Scope,
)
from signalos.parser import roles as role
from signalos.parser.clauses import Clause, Sentence
from signalos.parser.items import Item
from signalos.parser.level_updates import Found, LevelUpdates
from signalos.parser.normalise import Normalised
from signalos.parser.symbols import SymbolTable
from signalos.parser.targets import Memory
from signalos.parser.update_forms import (
    counts_lots,
    has_price,
    is_break_even,
    is_cancel,
    is_close,
    message_symbols,
    only_known,
    plural,
    plural_side,
    risk_off,
    share_in_percent,
    side_of,
    written_ratio,
)
from signalos.parser.update_guards import update_reason
from signalos.parser.vocabulary import Languages

_TAKEN_OUT = role.CANCEL | role.CLOSE
_ALL = Decimal(1)
_MOVING = role.of("move update to now")
_PAIR = 2
_WANTED = role.of("move be_verb now to permission")
_ASKED = role.MOVE | role.BE_VERB | role.NOW
_BE_VERBS = role.MOVE | role.SL | role.NOW
_TOLD = ((role.PAST, "past_tense"), (role.OLD, "old"), (role.REPORT, "report"))
_TALKED = (
    (role.PLAN, "plan"),
    (role.GET_READY, "get_ready"),
    (role.QUESTION, "question"),
    (role.ANALYSIS, "analysis"),
)
"""Void a level anywhere in its sentence, unless its own clause moves it."""


def _told_of_others(clause: Clause) -> bool:
    """True for "China cancels the order": whoever stands in front of the verb is not the reader."""
    for term in clause.terms:
        if term.roles & role.CANCEL:
            return False
        if not term.known or term.roles & role.ANALYSIS:
            return not clause.roles & role.NOW
    return False


class UpdateReader(LevelUpdates):
    """Reads one message's update clauses. ``items`` are its labelled levels."""

    def __init__(
        self,
        sentences: list[Sentence],
        items: list[Item],
        memory: Memory,
        source: Normalised,
        languages: Languages,
    ) -> None:
        self.sentences = sentences
        self.items = items
        self.memory = memory
        self.source = source
        self.languages = languages
        self.table: SymbolTable = languages.symbols
        self.found = Found([], [])
        self.named = message_symbols(sentences)
        self.clause_reasons = {}
        self.asked = {s.line for s in sentences if s.asks}
        self.places = {c.terms[0].clause: (c, s) for s in sentences for c in s.clauses}

    def read(self, *, levels: bool, skip: set[int], alone: bool) -> Found:
        """Read every clause that is not in ``skip``.

        ``levels`` also reads labelled prices; ``alone``: the message opens nothing, so that a symbol
        named anywhere in it is meant.
        """
        if not alone:
            self.named = []
        for sentence in self.sentences:
            for clause in sentence.clauses:
                if clause.terms[0].clause not in skip:
                    self._clause(clause, sentence)
        if levels:
            self._levels(skip)
        return self.found

    # -- close, cancel, break-even --------------------------------------------------------------

    def _clause(self, clause: Clause, sentence: Sentence) -> None:
        kind = self._kind(clause)
        if not kind:
            return
        reason = update_reason(clause, sentence) or self._form_reason(clause)
        lapsed = kind == "cancel" and clause.roles & role.EXPIRED
        if lapsed and reason in ("negation", "past_tense"):
            reason = ""  # "never filled and now it has lapsed"
        if kind == "be" and not reason and sentence.roles & role.RESULT and not clause.roles & _BE_VERBS:
            reason = "result"  # "Break-even on AUDCAD, no harm done"
        told = sentence.roles & (role.PAST | role.CLOSED) and not sentence.roles & role.TP
        if kind == "be" and not reason and sentence.roles & role.REPORT and not clause.roles & _ASKED:
            reason = "report"  # "where we stand: EURUSD short +25 pips, stop at entry"
        if kind == "be" and not reason and told and not clause.roles & _WANTED:
            reason = "past_tense"  # "half is closed, the rest runs with the stop at entry"
        start = clause.terms[0].start
        scenario = any(t.roles & role.ANALYSIS and t.start < start for t in sentence.terms)
        if kind == "cancel" and not reason and (scenario or _told_of_others(clause)):
            reason = "analysis"
        if reason and not (kind == "be" and reason == "negation" and risk_off(clause)):
            self.found.reasons.append(reason)
            return
        if kind == "be":
            self._each(
                clause,
                sentence,
                lambda scope, symbol: BreakEven(
                    scope=scope, symbol=symbol, spans=self._span(clause, "action")
                ),
            )
        elif kind == "cancel":
            self._each(
                clause,
                sentence,
                lambda scope, symbol: Cancel(
                    scope=scope, symbol=symbol, spans=self._span(clause, "action")
                ),
                pendings=True,
            )
        elif kind == "close":
            self._close(clause, sentence)

    def _kind(self, clause: Clause) -> str:
        roles = clause.roles
        values = has_price(clause)
        if not values and is_break_even(clause):
            return "be"
        both = roles & _TAKEN_OUT == _TAKEN_OUT and not roles & (role.FRACTION | role.PART)  # "take it out"
        if (roles & role.EXPIRED or both) and self._addressed_waits():
            return "cancel"
        if is_cancel(clause) and not values:
            return "cancel"
        if is_close(clause):
            lone = written_ratio(clause) is not None and not roles & (role.NOW | role.ORDER_NOUN)
            unknown = lone and self.memory.resolve(None).reach is Reach.UNRESOLVED
            return "" if unknown and not self._symbols(clause) else "close"  # "Close 1/3" may be a date
        amount = share_in_percent(clause) is not None or written_ratio(clause) is not None
        if roles & role.REDUCE and (amount or roles & (role.PART | role.FRACTION | role.ORDER_NOUN)):
            return "close"
        if (roles & role.SECURE and roles & (role.PART | role.FRACTION)) or (
            share_in_percent(clause) is not None and roles & role.SECURE
        ):
            return "close"
        if any(t.roles & role.PART and (t.language != "en" or "parti" in t.text) for t in clause.terms):
            return "close" if roles & role.NOW or only_known(clause) else ""
        return ""

    def _addressed_waits(self) -> bool:
        """True if the message replies to an order that is still waiting."""
        signal = self.memory.signal(self.memory.addressed())
        return signal is not None and signal.pending

    def _form_reason(self, clause: Clause) -> str:
        """English telling forms ("we close", "closing") are a call only with "now" or "here"."""
        if clause.roles & role.ADVERT and not clause.roles & role.CLOSE:
            return "advert"  # "secure 50 % off now"
        if clause.roles & role.NOW:
            return ""
        for place, term in enumerate(clause.terms):
            if not term.roles & (
                role.CLOSE | role.MOVE | role.CANCEL | role.BE_VERB | role.REDUCE | role.SECURE
            ):
                continue
            if term.language and term.language not in self.languages.call_to_act:
                if term.text.split()[0].endswith("ing") and not term.text.startswith("bring"):
                    return "progressive"
                if place and clause.terms[place - 1].roles & role.FIRST_PERSON:
                    return "progressive"
            return ""
        return ""

    def _close(self, clause: Clause, sentence: Sentence) -> None:
        fraction = self._fraction(clause)
        pointed = clause.roles & role.THIS_ONE and self.memory.addressed() is not None
        every = clause.roles & role.ALL and not pointed
        symbols = self._symbols(clause)
        side = side_of(clause)
        spans = self._span(clause, "action")
        whole = fraction == _ALL
        noun = clause.roles & role.ORDER_NOUN
        addressed = self.memory.addressed() is not None
        if every and whole and not symbols and side is None and (noun or not addressed):
            self.found.actions.append(CloseAll(spans=spans))
            return
        if every and whole and symbols:
            for symbol in symbols:
                reach = Reach.SYMBOL if side is None else Reach.SIDE
                scope = Scope(reach, symbol=symbol, side=side)
                self.found.actions.append(Close(scope=scope, symbol=symbol, spans=spans))
            return
        if side is not None and whole and (every or plural_side(clause)):
            names: list[str | None] = [*symbols] or [None]
            for name in names:
                scope = Scope(Reach.SIDE, symbol=name, side=side)
                self.found.actions.append(Close(scope=scope, symbol=name, spans=spans))
            return
        self._each(
            clause,
            sentence,
            lambda scope, symbol: Close(scope=scope, symbol=symbol, fraction=fraction, spans=spans),
        )

    def _fraction(self, clause: Clause) -> Decimal | None:
        percent = share_in_percent(clause)
        if percent is not None:
            return percent
        stated = next((t.fraction for t in clause.terms if t.fraction is not None), None)
        if stated is not None:
            return stated
        ratio = written_ratio(clause)
        if ratio is not None:
            return ratio
        if clause.roles & role.PART or clause.roles & role.REDUCE or counts_lots(clause):
            return None
        return _ALL

    def _each(self, clause: Clause, sentence: Sentence, make: object, *, pendings: bool = False) -> None:
        """One action for each symbol that the clause names, or one without."""
        assert callable(make)  # noqa: S101 -- narrowing for the type checker
        symbols: list[str | None] = (
            list(self._symbols(clause)) or list(self._sentence_symbols(sentence)) or [None]
        )
        side = side_of(clause)
        for symbol in symbols:
            if clause.roles & role.ALL and pendings and plural(clause):
                scope = Scope(Reach.PENDINGS, symbol=symbol)
            elif clause.roles & role.ALL and symbol is not None and plural(clause):
                scope = Scope(Reach.SYMBOL, symbol=symbol)
            elif (
                clause.roles & role.ALL
                and symbol is None
                and plural(clause)
                and self.memory.addressed() is None
            ):
                scope = Scope(Reach.ALL)
            else:
                scope = self.memory.resolve(symbol, side if symbol else None)
            self.found.actions.append(make(scope, symbol))
