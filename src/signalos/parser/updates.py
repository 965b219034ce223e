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

_ALL = Decimal(1)
_MOVING = frozenset({"move", "update", "to", "now"})
_PAIR = 2
_WANTED = frozenset({"move", "be_verb", "now", "to", "permission"})
_ASKED = frozenset({"move", "be_verb", "now"})
_BE_VERBS = frozenset({"move", "sl", "now"})
_TOLD = (("past", "past_tense"), ("old", "old"), ("report", "report"))
_TALKED = (("plan", "plan"), ("get_ready", "get_ready"), ("question", "question"), ("analysis", "analysis"))
"""Void a level anywhere in its sentence, unless its own clause moves it."""


def _told_of_others(clause: Clause) -> bool:
    """True for "China cancels the order": whoever stands in front of the verb is not the reader."""
    for term in clause.terms:
        if "cancel" in term.roles:
            return False
        if not term.known or "analysis" in term.roles:
            return "now" not in clause.roles
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
        lapsed = kind == "cancel" and "expired" in clause.roles
        if lapsed and reason in ("negation", "past_tense"):
            reason = ""  # "never filled and now it has lapsed"
        if kind == "be" and not reason and "result" in sentence.roles and not clause.roles & _BE_VERBS:
            reason = "result"  # "Break-even on AUDCAD, no harm done"
        told = sentence.roles & {"past", "closed"} and "tp" not in sentence.roles
        if kind == "be" and not reason and "report" in sentence.roles and not clause.roles & _ASKED:
            reason = "report"  # "where we stand: EURUSD short +25 pips, stop at entry"
        if kind == "be" and not reason and told and not clause.roles & _WANTED:
            reason = "past_tense"  # "half is closed, the rest runs with the stop at entry"
        start = clause.terms[0].start
        scenario = any("analysis" in t.roles and t.start < start for t in sentence.terms)
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
        both = roles >= {"cancel", "close"} and not roles & {"fraction", "part"}  # "take it out"
        if ("expired" in roles or both) and self._addressed_waits():
            return "cancel"
        if is_cancel(clause) and not values:
            return "cancel"
        if is_close(clause):
            lone = written_ratio(clause) is not None and not roles & {"now", "order_noun"}
            unknown = lone and self.memory.resolve(None).reach is Reach.UNRESOLVED
            return "" if unknown and not self._symbols(clause) else "close"  # "Close 1/3" may be a date
        amount = share_in_percent(clause) is not None or written_ratio(clause) is not None
        if "reduce" in roles and (amount or roles & {"part", "fraction", "order_noun"}):
            return "close"
        if ("secure" in roles and roles & {"part", "fraction"}) or (
            share_in_percent(clause) is not None and "secure" in roles
        ):
            return "close"
        if any("part" in t.roles and (t.language != "en" or "parti" in t.text) for t in clause.terms):
            return "close" if "now" in roles or only_known(clause) else ""
        return ""

    def _addressed_waits(self) -> bool:
        """True if the message replies to an order that is still waiting."""
        signal = self.memory.signal(self.memory.addressed())
        return signal is not None and signal.pending

    def _form_reason(self, clause: Clause) -> str:
        """English telling forms ("we close", "closing") are a call only with "now" or "here"."""
        if "advert" in clause.roles and "close" not in clause.roles:
            return "advert"  # "secure 50 % off now"
        if "now" in clause.roles:
            return ""
        for place, term in enumerate(clause.terms):
            if not term.roles & {"close", "move", "cancel", "be_verb", "reduce", "secure"}:
                continue
            if term.language and term.language not in self.languages.call_to_act:
                if term.text.split()[0].endswith("ing") and not term.text.startswith("bring"):
                    return "progressive"
                if place and "first_person" in clause.terms[place - 1].roles:
                    return "progressive"
            return ""
        return ""

    def _close(self, clause: Clause, sentence: Sentence) -> None:
        fraction = self._fraction(clause)
        pointed = "this_one" in clause.roles and self.memory.addressed() is not None
        every = "all" in clause.roles and not pointed
        symbols = self._symbols(clause)
        side = side_of(clause)
        spans = self._span(clause, "action")
        whole = fraction == _ALL
        noun = "order_noun" in clause.roles
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
        if "part" in clause.roles or "reduce" in clause.roles or counts_lots(clause):
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
            if (
                "all" in clause.roles
                and pendings
                and "order_noun" in clause.roles | {"order_noun"}
                and plural(clause)
            ):
                scope = Scope(Reach.PENDINGS, symbol=symbol)
            elif "all" in clause.roles and symbol is not None and plural(clause):
                scope = Scope(Reach.SYMBOL, symbol=symbol)
            elif (
                "all" in clause.roles
                and symbol is None
                and plural(clause)
                and self.memory.addressed() is None
            ):
                scope = Scope(Reach.ALL)
            else:
                scope = self.memory.resolve(symbol, side if symbol else None)
            self.found.actions.append(make(scope, symbol))
