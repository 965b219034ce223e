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
from signalos.parser.levels import Item
from signalos.parser.lexer import Kind
from signalos.parser.normalise import Normalised
from signalos.parser.prices import far, resolve
from signalos.parser.symbols import SymbolTable
from signalos.parser.targets import Memory
from signalos.parser.terms import Term
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
        self.named = _message_symbols(sentences)
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
        if reason and not (kind == "be" and reason == "negation" and _risk_off(clause)):
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
        values = _has_price(clause)
        if not values and _is_break_even(clause):
            return "be"
        if "expired" in roles and self._addressed_waits():
            return "cancel"
        if _is_cancel(clause) and not values:
            return "cancel"
        if _is_close(clause):
            return "close"
        amount = _percent(clause) is not None or _written_ratio(clause) is not None
        if "reduce" in roles and (amount or roles & {"part", "fraction", "order_noun"}):
            return "close"
        if ("secure" in roles and roles & {"part", "fraction"}) or (
            _percent(clause) is not None and "secure" in roles
        ):
            return "close"
        if "part" in roles and any("partial" in t.text or "parti" in t.text for t in clause.terms):
            return "close" if "now" in roles or _only_known(clause) else ""
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
        side = _side(clause)
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
        if side is not None and whole and (every or _plural_side(clause)):
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
        percent = _percent(clause)
        if percent is not None:
            return percent
        stated = next((t.fraction for t in clause.terms if t.fraction is not None), None)
        if stated is not None:
            return stated
        ratio = _written_ratio(clause)
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
        side = _side(clause)
        for symbol in symbols:
            if (
                "all" in clause.roles
                and pendings
                and "order_noun" in clause.roles | {"order_noun"}
                and _plural(clause)
            ):
                scope = Scope(Reach.PENDINGS, symbol=symbol)
            elif "all" in clause.roles and symbol is not None and _plural(clause):
                scope = Scope(Reach.SYMBOL, symbol=symbol)
            elif (
                "all" in clause.roles
                and symbol is None
                and _plural(clause)
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
        names = list(dict.fromkeys(t.symbol for t in sentence.terms if t.symbol is not None))
        if len(names) == 1:
            return names
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
            if any(_is_break_even(c) for c in (clause,)) and not item.values:
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
            anchor = _anchor(known)
            price = resolve(numeral, usual, anchor)
            price = _completed(numeral.digits, price, anchor)
            spans = (self._field("stop_loss", item.values[0]),)
        if known is not None and known.stop_loss == price:
            self.found.reasons.append("unchanged")
            return
        self.found.actions.append(ModifyStop(scope=scope, price=price, symbol=symbol, spans=spans))

    def _targets(self, items: list[Item], clause: Clause, sentence: Sentence) -> None:
        scope, symbol, known = self._scope(clause, sentence)
        usual = self.table.range_of(symbol or (known.symbol if known else None))
        anchor = _anchor(known)
        values: list[tuple[int | None, Decimal, Term]] = []
        for item in items:
            for term in item.values:
                if term.numeral is not None:
                    price = resolve(term.numeral, usual, anchor or (values[0][1] if values else None))
                    price = _completed(term.numeral.digits, price, anchor)
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

    # -- spans ----------------------------------------------------------------------------------

    def _field(self, name: str, term: Term) -> Span:
        return Span(name, *self.source.span(term.start, term.end))

    def _span(self, clause: Clause, name: str) -> tuple[Span, ...]:
        return (Span(name, *self.source.span(clause.terms[0].start, clause.terms[-1].end)),)


def _message_symbols(sentences: list[Sentence]) -> list[str]:
    return list(dict.fromkeys(t.symbol for s in sentences for t in s.terms if t.symbol is not None))


def _anchor(known: Open | None) -> Decimal | None:
    if known is None:
        return None
    if known.entry:
        return known.entry[0]
    return known.stop_loss or (known.take_profits[0] if known.take_profits else None)


def _completed(digits: str, price: Decimal, anchor: Decimal | None) -> Decimal:
    """A price written short takes the leading digits of the signal's entry if it lands within 2 %."""
    if anchor is None or not far(price, anchor):
        return price
    whole = str(anchor)
    bare = "".join(c for c in whole if c.isdecimal())
    if len(digits) >= len(bare):
        return price
    exponent = anchor.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    candidate = Decimal(bare[: -len(digits)] + digits).scaleb(-decimals)
    return candidate if abs(candidate - anchor) <= anchor * Decimal("0.02") else price


def _has_price(clause: Clause) -> bool:
    """True if a number stands in the clause that may be a price (small counts aside)."""
    return any(
        t.price and t.numeral is not None and not (t.numeral.whole and t.numeral.value <= 100)
        for t in clause.terms
    )


def _percent(clause: Clause) -> Decimal | None:
    for term in clause.terms:
        if term.numeral is not None and term.numeral.unit == "percent" and 0 < term.numeral.value <= 100:
            return term.numeral.value / 100
    return None


def _written_ratio(clause: Clause) -> Decimal | None:
    """``1/2``, ``1/3`` written with digits."""
    terms = clause.terms
    for place in range(len(terms) - 2):
        first, mark, second = terms[place : place + 3]
        if first.numeral is None or mark.text != "/" or second.numeral is None:
            continue
        top, bottom = first.numeral.value, second.numeral.value
        if 0 < top < bottom <= 10:
            return top / bottom
    return None


def _side(clause: Clause) -> Side | None:
    for term in clause.terms:
        if term.roles & {"buy", "sell"} == {"buy"}:
            return Side.BUY
        if term.roles & {"buy", "sell"} == {"sell"}:
            return Side.SELL
    return None


def _plural_side(clause: Clause) -> bool:
    return any(t.roles & {"buy", "sell"} and t.text.endswith("s") for t in clause.terms)


def _plural(clause: Clause) -> bool:
    return "order_noun" in clause.roles or "pending" in clause.roles or "limit" in clause.roles


def _risk_off(clause: Clause) -> bool:
    return "risk_off" in clause.roles


def _only_known(clause: Clause) -> bool:
    return all(term.known for term in clause.terms)


def _is_break_even(clause: Clause) -> bool:
    """A stop at the entry as the wanted state, or a break-even word as command."""
    roles = clause.roles
    if (
        "tp" in roles
        and not roles & {"result"}
        and not any("tp" in t.roles and t.roles & {"be"} for t in clause.terms)
    ):
        return False
    be_terms = [t for t in clause.terms if "be" in t.roles]
    strong = [t for t in be_terms if "entry" not in t.roles]
    if not be_terms:
        return False
    stops = [t for t in clause.terms if "sl" in t.roles]
    if stops:
        return True
    if any("no more" in t.text for t in strong):
        return True
    others = {r for t in clause.terms if t not in strong for r in t.roles}
    told = roles & {"result", "closed", "out"} and not roles & {"move"}
    if told or ("order_noun" in roles and not others & {"move", "be_verb", "now", "all", "close"}):
        return False
    if not strong:
        return bool(roles & {"move"}) and "to" in roles and "enter" not in roles and _only_known(clause)
    if all("risk_off" in t.roles for t in strong):
        commanding = roles & {"move", "be_verb"} - {"be"} or any("no more" in t.text for t in strong)
        return bool(commanding)
    if strong[0].text == "be" and len(clause.terms) > 1 and not roles & {"move", "now"}:
        return clause.terms[-1] is strong[0] and _only_known(clause) and not roles & {"limit"}
    if roles & {"move", "be_verb", "now", "close", "all"}:
        return True
    return _only_known(clause)


def _is_cancel(clause: Clause) -> bool:
    roles = clause.roles
    if "cancel" in roles and not roles & {"sl", "tp", "risk_off", "ignore_value"}:
        verbs = [t for t in clause.terms if "cancel" in t.roles]
        pure = any(not t.roles & {"close", "move"} for t in verbs)
        noun = bool(roles & {"order_noun", "pending", "limit", "buy", "sell"}) or any(
            t.symbol is not None for t in clause.terms
        )
        waiting = bool(roles & {"pending", "limit", "stop_order"})
        if pure and (noun or _only_known(clause)):
            return True
        return waiting and "close" not in {r for t in verbs for r in t.roles if t.text == "close"}
    return "void" in roles and bool(roles & {"order_noun"}) and _only_known(clause)


def _is_close(clause: Clause) -> bool:
    roles = clause.roles
    if not roles & {"close", "out"} or roles & {"sl"}:
        return False
    if "analysis" in roles or "timeframe" in roles or roles & {"above", "below", "result"}:
        return False
    verbs = [t for t in clause.terms if t.roles & {"close", "out"}]
    first = verbs[0]
    behind = clause.terms[clause.terms.index(first) + 1 :]
    if behind and behind[0].price and "now" not in roles:
        return False  # "Close 2401.30" is a card's line
    if "tp" in roles and not any("profit" in t.text for t in clause.terms if "tp" in t.roles):
        return False
    noun = bool(roles & {"order_noun", "all", "rest", "part", "fraction", "now", "buy", "sell"}) or any(
        t.symbol is not None for t in clause.terms
    )
    if first.roles & {"close"} and not first.roles & {"move", "secure", "enter", "result", "tp"}:
        return noun or _percent(clause) is not None or _only_known(clause)
    if first.roles & {"out"}:
        return noun and _only_known(clause)
    return noun and bool(roles & {"order_noun", "fraction", "part", "rest"}) and _only_known(clause)
