"""Groups the parts of a message into drafts of orders: one side with what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from signalos.domain.signal import Side
from signalos.parser import roles as role
from signalos.parser.items import Item
from signalos.parser.term import Term


@dataclass(slots=True)
class Draft:
    """What was written about one order, not yet checked."""

    symbol: str | None = None
    symbol_term: Term | None = None
    side: Side | None = None
    side_term: Term | None = None
    kind: str = ""
    kind_term: Term | None = None
    now: Term | None = None
    entries: list[Item] = field(default_factory=list)
    prices: list[Item] = field(default_factory=list)
    stops: list[Item] = field(default_factory=list)
    targets: list[Item] = field(default_factory=list)
    loose: list[Item] = field(default_factory=list)
    """Numbers under labels that no language knows."""
    conflict: bool = False
    other_symbols: set[str] = field(default_factory=set)
    inherited: bool = False

    @property
    def has_levels(self) -> bool:
        """True if a stop or target is stated with a value."""
        # A loop, as this is asked for at every part of an order.
        for items in (self.stops, self.targets):
            for item in items:
                if item.values or item.cut:
                    return True
        return False

    @property
    def has_prices(self) -> bool:
        return bool(self.prices) or any(item.values for item in self.entries)

    @property
    def empty(self) -> bool:
        return not (self.has_levels or self.has_prices or self.kind)

    @property
    def cut(self) -> bool:
        return any(item.cut for item in (*self.stops, *self.targets, *self.entries, *self.prices))

    @property
    def clauses(self) -> set[int]:
        """Clauses in which a part of this draft stands."""
        terms = [self.side_term, self.symbol_term, self.now, self.kind_term]
        found = {t.clause for t in terms if t is not None}
        for item in (*self.entries, *self.prices, *self.stops, *self.targets):
            found |= {item.label.clause, *(value.clause for value in item.values)}
        return found

    @property
    def lines(self) -> set[int]:
        """Lines on which a part of this draft stands."""
        terms = [self.side_term, self.symbol_term, self.now, self.kind_term]
        lines = {t.line for t in terms if t is not None}
        return lines | {
            i.line for i in (*self.entries, *self.prices, *self.stops, *self.targets) if i.values
        }


_KINDS = {"limit": 2, "stop": 3, "pending": 1}


class Drafter:
    """Takes items in reading order and gives drafts."""

    def __init__(self) -> None:
        self.done: list[Draft] = []
        self.now = Draft()
        self.coming: Item | None = None
        self.held: list[Item] = []
        """Prices in front of the symbol and side of the order they belong to."""
        self.selling_line = -1
        """The line that tells where a buy is sold again."""

    def build(self, items: list[Item]) -> list[Draft]:
        """Group ``items``; the last element may be a draft without side (levels alone)."""
        for place, item in enumerate(items):
            if self._leads(item, items[place + 1 : place + 4]):
                self.held.append(item)
                continue
            self._take(item, items[place + 1 :] if item.kind == "symbol" else items[place + 1 : place + 2])
        if self.coming is not None and self.now.symbol is None:
            self._name(self.now, self.coming)
        self.done.append(self.now)
        return _merge(
            [draft for draft in self.done if draft.side is not None or draft.has_levels or draft.entries]
        )

    def _leads(self, item: Item, later: list[Item]) -> bool:
        """True for the price in "0.8995 USDCHF buy" below an order that has its levels."""
        if item.kind not in ("price", "loose") or not self.now.has_levels:
            return False
        beside = [i.kind for i in later if i.line == item.line]
        return beside[:2] in (["symbol", "side"], ["side", "symbol"])

    def _take(self, item: Item, later: list[Item]) -> None:
        draft = self.now
        if item.kind == "symbol":
            self._symbol(item, later)
        elif item.kind == "side":
            self._side(item, later)
        elif item.kind in _KINDS:
            if _KINDS[item.kind] > _KINDS.get(draft.kind, 0):
                draft.kind, draft.kind_term = item.kind, item.label
        elif item.kind == "price" and item.line == self.selling_line:
            draft.targets.append(item)
        elif item.kind == "now":
            draft.now = draft.now or item.label
        else:
            {
                "entry": draft.entries,
                "price": draft.prices,
                "sl": draft.stops,
                "tp": draft.targets,
                "loose": draft.loose,
            }[item.kind].append(item)

    def _symbol(self, item: Item, later: list[Item]) -> None:
        draft = self.now
        symbol = item.label.symbol
        if draft.side is None:
            if draft.symbol is not None and draft.symbol != symbol:
                draft.other_symbols.add(draft.symbol)
            self._name(draft, item)
        elif (draft.symbol is None or draft.inherited) and not draft.has_levels:
            self._name(draft, item)
            draft.inherited = False
        elif (
            not draft.has_levels
            and draft.symbol_term is not None
            and draft.side_term is not None
            and (draft.symbol_term.line != draft.side_term.line == item.line and not draft.has_prices)
        ):
            draft.other_symbols.add(draft.symbol or "")
            self._name(draft, item)
        elif self._in_clause_of_side(item) and not draft.has_levels:
            draft.other_symbols.add(draft.symbol or "")
            draft.prices = [
                i for i in draft.prices if i.line != item.line or i.label.clause == item.label.clause
            ]
            self._name(draft, item)
        elif any(i.kind == "side" for i in later):
            self.coming = item
        elif symbol != draft.symbol:
            if draft.symbol is None:
                self.coming = item
            elif draft.side_term is not None and item.line == draft.side_term.line and not draft.has_levels:
                draft.other_symbols.add(symbol or "")

    def _in_clause_of_side(self, item: Item) -> bool:
        """True if the side's own clause names ``item``, and the symbol so far was named in another clause."""
        draft = self.now
        if draft.side_term is None or draft.symbol_term is None or draft.symbol == item.label.symbol:
            return False
        own = draft.side_term.clause
        return item.label.clause == own and draft.symbol_term.clause != own

    @staticmethod
    def _name(draft: Draft, item: Item) -> None:
        draft.symbol, draft.symbol_term = item.label.symbol, item.label

    def _side(self, item: Item, later: list[Item]) -> None:
        side = Side.BUY if item.label.roles & role.BUY else Side.SELL
        both = item.label.roles & role.SIDE == role.SIDE
        draft = self.now
        if draft.side is None:
            draft.side, draft.side_term, draft.conflict = side, item.label, both
            return
        if self._tells_exit(item, side, later):
            self.selling_line = item.line
            return
        following = later[0] if later and later[0].kind == "symbol" and later[0].line == item.line else None
        named = self.coming is not None or (
            following is not None and draft.symbol is not None and following.label.symbol != draft.symbol
        )
        if draft.empty and not named and draft.side_term is not None:
            if draft.side is not side:
                draft.conflict = draft.conflict or draft.side_term.line == item.line
                if draft.conflict:
                    return
                self._next(item, side)
                return
            if draft.now is None or draft.symbol is None or draft.side_term.line != item.line:
                draft.side_term = item.label
            return
        said = draft.side_term if draft.side is side and not draft.has_levels and not named else None
        if said is not None and said.line == item.line and not draft.kind and not draft.prices:
            return
        self._next(item, side)

    def _tells_exit(self, item: Item, side: Side, later: list[Item]) -> bool:
        """True for "Sell at: 60200 / 61500" below a buy with its stop: the prices are its targets."""
        draft = self.now
        prices = later[0] if later and later[0].kind == "price" and later[0].line == item.line else None
        entries = [i for i in (*draft.entries, *draft.prices) if i.values]
        if prices is None or draft.side is side or not entries or not draft.stops or draft.targets:
            return False
        first, goal = entries[0].values[0].numeral, prices.values[0].numeral
        if draft.side is None or first is None or goal is None:
            return False
        return (goal.value - first.value) * draft.side.sign > 0

    def _next(self, item: Item, side: Side) -> None:
        old = self.now
        self.done.append(old)
        self.now = Draft(side=side, side_term=item.label, prices=self.held)
        self.held = []
        if self.coming is not None:
            self._name(self.now, self.coming)
            self.coming = None
        else:
            self.now.symbol, self.now.symbol_term, self.now.inherited = old.symbol, old.symbol_term, True


def _merge(drafts: list[Draft]) -> list[Draft]:
    """Join what is one order: a heading and its card, layers with one stop and target."""
    result: list[Draft] = []
    for draft in drafts:
        before = result[-1] if result else None
        if before is None or before.side is None or before.side is not draft.side:
            _share_back(result, draft)
            result.append(draft)
            continue
        same = draft.symbol is None or before.symbol is None or draft.symbol == before.symbol
        if not same or before.has_levels:
            result.append(draft)
            continue
        if before.empty:  # a heading that only said side and symbol
            if draft.symbol is None:
                draft.symbol, draft.symbol_term = before.symbol, before.symbol_term
            draft.now = draft.now or before.now
            draft.loose = [*before.loose, *draft.loose]
            result[-1] = draft
        elif before.kind == draft.kind and (before.has_prices and draft.has_prices):  # layers
            before.prices.extend(draft.prices)
            before.entries.extend(draft.entries)
            before.stops, before.targets = draft.stops, draft.targets
            if before.symbol is None:
                before.symbol, before.symbol_term = draft.symbol, draft.symbol_term
        else:
            _share_back(result, draft)
            result.append(draft)
    return result


def _share_back(earlier: list[Draft], draft: Draft) -> None:
    """Market and limit of one idea share the stop and targets that stand below them."""
    if not earlier or not draft.has_levels:
        return
    before = earlier[-1]
    same = before.side is draft.side and (draft.inherited or before.symbol == draft.symbol)
    if same and not before.has_levels and (before.has_prices or before.now is not None):
        before.stops, before.targets = draft.stops, draft.targets
