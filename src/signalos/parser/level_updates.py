"""New stops and targets for what is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from signalos.domain.signal import (
    Action,
    ModifyStop,
    ModifyTargets,
    Open,
    Scope,
    Side,
    Span,
)
from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.clauses import Clause, Sentence
from signalos.parser.items import Item
from signalos.parser.layout import small
from signalos.parser.normalise import Normalised
from signalos.parser.prices import far, resolve
from signalos.parser.roles import first_reason
from signalos.parser.symbols import Range, SymbolTable
from signalos.parser.targets import Memory
from signalos.parser.term import Term
from signalos.parser.update_forms import (
    anchor_of,
    completed,
    is_break_even,
    side_of_terms,
)
from signalos.parser.update_guards import update_reason

_ALL = Decimal(1)
_MOVING = role.of("move update to now")
_MOVED_TO = role.MOVE | role.TO
_CHANGED = role.MOVE | role.UPDATE | role.TO
_EITHER = role.AT | role.TO
_PAIR = 2
_BE_VERBS = role.MOVE | role.SL | role.NOW
_TOLD = ((role.PAST, "past_tense"), (role.OLD, "old"), (role.REPORT, "report"))
_TALKED = (
    (role.PLAN, "plan"),
    (role.GET_READY, "get_ready"),
    (role.QUESTION, "question"),
    (role.ANALYSIS, "analysis"),
)
"""Void a level anywhere in its sentence, unless its own clause moves it."""


@dataclass(slots=True)
class Found:
    """What the update reader made of a message: actions, and why the rest was none."""

    actions: list[Action]
    reasons: list[str]


def _raised_to(price: Term, clause: Clause) -> bool:
    """True for "raise to 2345 the stop": a price in front of its label belongs to it only so."""
    place = next((i for i, t in enumerate(clause.terms) if t is price), 0)
    before = clause.terms[:place]
    return bool(before and before[-1].roles & role.TO) and any(t.roles & role.MOVE for t in before)


def _replaced(values: list[tuple[int | None, Decimal, Term]], known: Open | None) -> int:
    """The number of the target that "TP 0.8940 -> 0.8925" replaces; 0 if it is no such pair."""
    if known is None or len(values) != _PAIR or values[0][2].line != values[1][2].line:
        return 0
    old, new = values[0][1], values[1][1]
    return (
        known.take_profits.index(old) + 1
        if old in known.take_profits and new not in known.take_profits
        else 0
    )


class LevelUpdates:
    """The part of the update reader that takes labelled prices."""

    items: list[Item]
    memory: Memory
    source: Normalised
    table: SymbolTable
    named: list[str]
    found: Found
    places: dict[int, tuple[Clause, Sentence]]
    clause_reasons: dict[int, str]
    asked: set[int]
    """Lines that hold a question: "Do we buy? SL 2350" asks about the stop too."""

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
                item = self._with_later_value(item, clause, sentence)
                if not item.values:
                    continue
            if any(is_break_even(c) for c in (clause,)) and not item.values:
                continue
            reason = self._told(clause, sentence) or self._level_reason(clause, item)
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

    def _told(self, clause: Clause, sentence: Sentence) -> str:
        """Why levels in ``clause`` are only spoken of, or ""; looked up once a clause, however many it holds."""
        known = self.clause_reasons.get(id(clause))
        if known is not None:
            return known
        roles = clause.roles
        reason = (
            ("question" if sentence.line in self.asked else "")
            or update_reason(clause, sentence)
            or first_reason(roles if roles & _MOVED_TO == _MOVED_TO else sentence.roles, _TOLD)
            or ("" if roles & _MOVING else first_reason(sentence.roles, _TALKED))
            or ("hold" if sentence.roles & role.HOLD and not _changes(clause) else "")
        )
        self.clause_reasons[id(clause)] = reason
        return reason

    def _of_half_an_order(self, scope: Scope) -> bool:
        """True, with the reason noted, for "GBPAUD 1.9245, 1.9180 (stop 1.9290)": an order that names no side."""
        loose = [i for i in self.items if i.kind in ("price", "loose")]
        bare = [i for i in loose if all(v.price and not small(v) for v in i.values)]
        full = {i.kind for i in self.items if i.values} >= {"sl", "tp"}
        if scope.target is None and (len(bare) >= _PAIR or (bare and full)):
            self.found.reasons.append("no_side")
            return True
        return False

    def _with_later_value(self, item: Item, clause: Clause, sentence: Sentence) -> Item:
        """``tighten SL, new one 108.05``: the one price of the sentence belongs to its one label."""
        if not clause.roles & role.MOVE:
            return item
        prices = [t for t in sentence.terms if t.price and not (t.numeral and t.numeral.unit)]
        if len(prices) != 1 or sum(bool(t.roles & role.LEVEL) for t in sentence.terms) != 1:
            return item
        if small(prices[0]) or (prices[0].start < item.label.start and not _raised_to(prices[0], clause)):
            return item
        return replace(item, values=[prices[0]])

    def _where(self, term: Term) -> tuple[Clause, Sentence] | None:
        return self.places.get(term.clause)

    def _level_reason(self, clause: Clause, item: Item) -> str:
        roles = clause.roles
        if item.cut:
            return "advert"
        if item.result or roles & role.RESULT or roles & role.ACTIVATED:
            return "result"
        if (roles & role.ANALYSIS and not roles & (role.MOVE | role.NOW)) or roles & role.NEXT:
            return "analysis"
        if any(t.numeral is not None and t.numeral.unit == "pips" for t in item.values):
            return "unsupported_distance"
        words = [t for t in clause.terms if t.kind is kinds.WORD]
        moving = bool(roles & (role.MOVE | role.UPDATE))
        if any(not t.known for t in words) and not moving:
            return "talk"
        if roles & (role.CLOSE | role.HOLD) and not moving and not roles & role.TO:
            return "talk"
        return ""

    def _scope(self, clause: Clause, sentence: Sentence) -> tuple[Scope, str | None, Open | None]:
        symbols = self._symbols(clause) or self._sentence_symbols(sentence)
        symbol = symbols[0] if len(symbols) == 1 else None
        scope = self.memory.resolve(
            symbol, side_of_terms(sentence.terms) if symbol else None, two_part=True
        )
        signal = self.memory.signal(scope.target)
        return scope, symbol, signal.about(symbol) if signal is not None else None

    def _to_target(self, clause: Clause) -> int | None:
        """``SL to TP1``: the number of the target that the stop goes to."""
        terms = clause.terms
        seen = False
        for place, term in enumerate(terms):
            if term.roles & role.TO or term.roles & role.AT:
                seen = True
            if seen and term.roles & role.TP and not term.roles & role.SL:
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
        if self._of_half_an_order(scope):
            return
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
            if not numeral.value or (known is None and small(item.values[0])):
                self.found.reasons.append("price_outlier")
                return
            anchor = anchor_of(known)
            price = resolve(numeral, usual, anchor)
            price = completed(numeral.digits, price, anchor)
            spans = (self._field("stop_loss", item.values[0]),)
        if known is not None and known.stop_loss == price:
            self.found.reasons.append("unchanged")
            return
        if self._odd([price], known, usual):
            return
        self.found.actions.append(ModifyStop(scope=scope, price=price, symbol=symbol, spans=spans))

    def _targets(self, items: list[Item], clause: Clause, sentence: Sentence) -> None:
        scope, symbol, known = self._scope(clause, sentence)
        if self._of_half_an_order(scope):
            return
        usual = self.table.range_of(symbol or (known.symbol if known else None))
        anchor = anchor_of(known)
        values: list[tuple[int | None, Decimal, Term]] = []
        if any(term.numeral is not None and not term.numeral.value for i in items for term in i.values):
            self.found.reasons.append(
                "price_outlier"
            )  # a zero is no target, nor the end of one written short
            return
        for item in items:
            for term in item.values:
                if term.numeral is not None and not (known is None and small(term)):
                    price = resolve(term.numeral, usual, anchor or (values[0][1] if values else None))
                    price = completed(term.numeral.digits, price, anchor)
                    values.append((item.index if len(item.values) == 1 else None, price, term))
        number = _replaced(values, known)
        if number:
            values = [(number, *values[-1][1:])]
        if known is not None and {price for _, price, _ in values} <= set(known.take_profits):
            self.found.reasons.append("unchanged")  # "TP1 2412" of a signal that has it marks a result
            return
        if self._odd([price for _, price, _ in values], known, usual):
            return
        spans = tuple(self._field("take_profit", term) for _, _, term in values)
        moving = clause.roles & role.MOVE or clause.roles & role.TO
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

    def _odd(self, prices: list[Decimal], known: Open | None, usual: Range | None) -> bool:
        """True, with the reason noted, for levels that cannot be the signal's, or no price of the symbol."""
        anchor = anchor_of(known)
        odd = any(
            (anchor is not None and far(price, anchor)) or (usual is not None and not usual.holds(price))
            for price in prices
        )
        if odd:
            self.found.reasons.append("price_outlier")
        return odd

    def _field(self, name: str, term: Term) -> Span:
        return Span(name, *self.source.span(term.start, term.end))

    def _span(self, clause: Clause, name: str) -> tuple[Span, ...]:
        return (Span(name, *self.source.span(clause.terms[0].start, clause.terms[-1].end)),)

    def _symbols(self, clause: Clause) -> list[str]:
        return list(dict.fromkeys(t.symbol for t in clause.terms if t.symbol is not None))

    def _sentence_symbols(self, sentence: Sentence) -> list[str]:
        """The one symbol of the clause's sentence or, failing that, of the message.

        Not in a reply to a trade of another: "get out of this one, oil turns" names oil as the reason.
        """
        addressed = self.memory.signal(self.memory.addressed())
        if addressed is not None and not set(sentence.symbols or self.named) & set(addressed.symbols):
            return []
        if len(sentence.symbols) == 1:
            return sentence.symbols
        if len(self.named) == 1 or (len(self.named) == _PAIR and sentence.roles & role.BOTH):
            return self.named
        return []


def _changes(clause: Clause) -> bool:
    """True if a word says that levels move; "a" in "teniamo, target a 2370" is to and at in one, and says nothing."""
    return any(t.roles & _CHANGED and t.roles & _EITHER != _EITHER for t in clause.terms)
