"""Clauses that change what is open: close, break-even, stop, targets, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from signalos.domain.signal import (
    Action,
    BreakEven,
    Cancel,
    Close,
    CloseAll,
    ModifyStop,
    ModifyTargets,
    Open,
    Reach,
    Scope,
    Side,
    Span,
)
from signalos.parser.clauses import Clause, Sentence
from signalos.parser.guards import first_reason, update_reason
from signalos.parser.items import Item
from signalos.parser.lexer import Kind
from signalos.parser.normalise import Normalised
from signalos.parser.prices import resolve
from signalos.parser.symbols import SymbolTable
from signalos.parser.targets import Memory
from signalos.parser.term import Term
from signalos.parser.update_forms import (
    anchor_of,
    completed,
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
from signalos.parser.vocabulary import Languages

_ALL = Decimal(1)
_TOLD = (("past", "past_tense"), ("old", "old"), ("report", "report"), ("analysis", "analysis"))


@dataclass(slots=True)
class Found:
    """What the update reader made of a message: actions, and why the rest was none."""

    actions: list[Action]
    reasons: list[str]


class UpdateReader:
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
        if "expired" in roles and self._addressed_waits():
            return "cancel"
        if is_cancel(clause) and not values:
            return "cancel"
        if is_close(clause):
            return "close"
        amount = share_in_percent(clause) is not None or written_ratio(clause) is not None
        if "reduce" in roles and (amount or roles & {"part", "fraction", "order_noun"}):
            return "close"
        if ("secure" in roles and roles & {"part", "fraction"}) or (
            share_in_percent(clause) is not None and "secure" in roles
        ):
            return "close"
        if "part" in roles and any("partial" in t.text or "parti" in t.text for t in clause.terms):
            return "close" if "now" in roles or only_known(clause) else ""
        return ""

    def _addressed_waits(self) -> bool:
        """True if the message replies to an order that is still waiting."""
        signal = self.memory.signal(self.memory.addressed())
        return signal is not None and signal.pending

    def _form_reason(self, clause: Clause) -> str:
        """English telling forms ("we close", "closing") are a call only with "now" or "here"."""
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
        every = "all" in clause.roles
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
        if "part" in clause.roles or "reduce" in clause.roles:
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

    def _symbols(self, clause: Clause) -> list[str]:
        return list(dict.fromkeys(t.symbol for t in clause.terms if t.symbol is not None))

    def _sentence_symbols(self, sentence: Sentence) -> list[str]:
        """The one symbol of the clause's sentence or, failing that, of the message."""
        if len(sentence.symbols) == 1:
            return sentence.symbols
        return self.named if len(self.named) == 1 else []

    # -- stop and targets -----------------------------------------------------------------------

    def _levels(self, skip: set[int]) -> None:
        targets: list[Item] = []
        where: tuple[Clause, Sentence] | None = None
        for item in self.items:
            if item.kind not in ("sl", "tp") or item.label.clause in skip:
                continue
            place = self._where(item.label)
            if place is None:
                continue
            clause, sentence = place
            if not item.values and not (item.kind == "sl" and self._to_target(clause)):
                continue
            if any(is_break_even(c) for c in (clause,)) and not item.values:
                continue
            reason = (
                update_reason(clause, sentence)
                or first_reason(sentence.roles, _TOLD)
                or self._level_reason(clause, item)
            )
            if reason:
                self.found.reasons.append(reason)
                continue
            if item.kind == "tp":
                if item.values:
                    targets.append(item)
                    where = where or place
                continue
            self._stop(item, clause, sentence)
        if targets and where is not None:
            self._targets(targets, *where)

    def _where(self, term: Term) -> tuple[Clause, Sentence] | None:
        return self.places.get(term.clause)

    def _level_reason(self, clause: Clause, item: Item) -> str:
        roles = clause.roles
        if item.cut:
            return "advert"
        if item.result or "result" in roles or "activated" in roles:
            return "result"
        if "analysis" in roles or "next" in roles:
            return "analysis"
        if any(t.numeral is not None and t.numeral.unit == "pips" for t in item.values):
            return "unsupported_distance"
        words = [t for t in clause.terms if t.kind is Kind.WORD]
        moving = bool(roles & {"move", "update"})
        if any(not t.known for t in words) and not moving:
            return "talk"
        if roles & {"close", "hold"} and not moving:
            return "talk"
        return ""

    def _scope(self, clause: Clause, sentence: Sentence) -> tuple[Scope, str | None, Open | None]:
        symbols = self._symbols(clause) or self._sentence_symbols(sentence)
        symbol = symbols[0] if len(symbols) == 1 else None
        scope = self.memory.resolve(symbol, two_part=True)
        signal = self.memory.signal(scope.target)
        return scope, symbol, signal.about(symbol) if signal is not None else None

    def _to_target(self, clause: Clause) -> int | None:
        """``SL to TP1``: the number of the target that the stop goes to."""
        terms = clause.terms
        seen = False
        for place, term in enumerate(terms):
            if "to" in term.roles or "at" in term.roles:
                seen = True
            if seen and "tp" in term.roles and "sl" not in term.roles:
                following = terms[place + 1] if place + 1 < len(terms) else None
                if following is None:
                    return 1
                if (
                    following.numeral is not None
                    and following.numeral.whole
                    and following.numeral.value <= 20
                ):
                    return int(following.numeral.value)
                return following.ordinal or 1
        return None

    def _stop(self, item: Item, clause: Clause, sentence: Sentence) -> None:
        scope, symbol, known = self._scope(clause, sentence)
        usual = self.table.range_of(symbol or (known.symbol if known else None))
        if not item.values:
            number = self._to_target(clause)
            if known is None or number is None or not 0 < number <= len(known.take_profits):
                self.found.reasons.append("unresolved_target")
                return
            price = known.take_profits[number - 1]
            spans = self._span(clause, "stop_loss")
        else:
            numeral = item.values[0].numeral
            if numeral is None:
                return
            anchor = anchor_of(known)
            price = resolve(numeral, usual, anchor)
            price = completed(numeral.digits, price, anchor)
            spans = (self._field("stop_loss", item.values[0]),)
        if known is not None and known.stop_loss == price:
            self.found.reasons.append("unchanged")
            return
        self.found.actions.append(ModifyStop(scope=scope, price=price, symbol=symbol, spans=spans))

    def _targets(self, items: list[Item], clause: Clause, sentence: Sentence) -> None:
        scope, symbol, known = self._scope(clause, sentence)
        usual = self.table.range_of(symbol or (known.symbol if known else None))
        anchor = anchor_of(known)
        values: list[tuple[int | None, Decimal, Term]] = []
        for item in items:
            for term in item.values:
                if term.numeral is not None:
                    price = resolve(term.numeral, usual, anchor or (values[0][1] if values else None))
                    price = completed(term.numeral.digits, price, anchor)
                    values.append((item.index if len(item.values) == 1 else None, price, term))
        if known is not None and {price for _, price, _ in values} <= set(known.take_profits):
            self.found.reasons.append("unchanged")  # "TP1 2412" of a signal that has it marks a result
            return
        spans = tuple(self._field("take_profit", term) for _, _, term in values)
        moving = "move" in clause.roles or "to" in clause.roles
        several = known is not None and len(known.take_profits) > 1
        if (
            len(values) == 1
            and values[0][0] is not None
            and (several or (moving and known is None) or (values[0][0] > 1))
        ):
            self.found.actions.append(
                ModifyTargets(
                    scope=scope,
                    take_profits=(values[0][1],),
                    index=values[0][0],
                    symbol=symbol,
                    spans=spans,
                )
            )
            return
        prices = tuple(dict.fromkeys(price for _, price, _ in values))
        side = known.side if known is not None else None
        if side is not None:
            prices = tuple(sorted(prices, reverse=side is Side.SELL))
        self.found.actions.append(
            ModifyTargets(scope=scope, take_profits=prices, symbol=symbol, spans=spans)
        )

    def _field(self, name: str, term: Term) -> Span:
        return Span(name, *self.source.span(term.start, term.end))

    def _span(self, clause: Clause, name: str) -> tuple[Span, ...]:
        return (Span(name, *self.source.span(clause.terms[0].start, clause.terms[-1].end)),)
