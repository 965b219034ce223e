"""Prices without a label: which numbers may be prices, and which of them stand together."""

from __future__ import annotations

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.items import CURRENCY, MAX_INDEX, RANGE_MARKS, SKIPPED, Item
from signalos.parser.lookahead import Lookahead
from signalos.parser.term import Term

_JOINING = SKIPPED | role.AND | role.NOW | role.OR | role.AGAIN
_ARTICLE = role.of("filler reference at price zone")
"""Roles of a word that may stand between "below" and its price."""


class PositionalReader(Lookahead):
    """The part of the level reader that takes numbers without a label."""

    awaiting: Item | None
    bare: set[int]
    sides: set[int]
    worded: set[int]

    def _positional(self, term: Term) -> None:
        bare = term.line in self.bare
        if self._numbered_line(term):
            return
        if term.numeral is not None and term.numeral.unit == "pips":
            self._distance(term)
            return
        if not bare and term.line not in self.sides and not self._beside_symbol(term):
            self.found.append(Item("loose", term, values=[term]))
            return
        item = Item("price", term, bare=bare, apart=self._apart(term))
        self._price_group(item)
        if bare and self.awaiting is not None:
            self.awaiting.values.extend(item.values)
            if self.awaiting.kind == "entry" and len(self.awaiting.values) > 1:
                self.awaiting.ranged = True
            if self.awaiting.kind == "sl":
                self.awaiting = None
            return
        last = next((i for i in reversed(self.found) if i.kind != "now"), None)
        if bare and last is not None and last.kind == "tp" and last.values:
            last.values.extend(item.values)
            return
        self.found.append(item)

    def _apart(self, term: Term) -> bool:
        """True if words that say something else stand between this price and the one before it."""
        place = self.place - 1
        while place >= 0 and self.terms[place].line == term.line:
            before = self.terms[place]
            if before.numeral is not None or before.roles & role.SIDE:
                return False
            if before.symbol is not None:
                place -= 1
                continue
            if before.kind is kinds.WORD and not before.roles & _JOINING:
                earlier = any(
                    t.price for t in self.terms[max(0, place - 12) : place] if t.line == term.line
                )
                return earlier and not before.roles & (
                    role.BUY | role.SELL | role.LIMIT | role.STOP | role.ENTRY
                )
            place -= 1
        return False

    def _distance(self, term: Term) -> None:
        """``30 pips stop``: a distance with its label behind it. Any other loose distance is a remark."""
        ahead = self.terms[self.place + 1 : self.place + 5]
        for offset, following in enumerate(ahead, start=1):
            if following.line != term.line or following.numeral is not None:
                return
            part = "sl" if following.roles & role.SL else "tp" if following.roles & role.TP else ""
            if part:
                self.place += offset
                if self._number_ahead():
                    return
                self.found.append(Item(part, following, values=[term]))
                self.place += 1
                return
            if not following.roles & (role.PIPS | role.FILLER | role.AT) and following.text != "-":
                return

    def _beside_symbol(self, term: Term) -> bool:
        return (
            any(i.kind == "symbol" and i.line == term.line for i in self.found[-3:])
            and term.line not in self.worded
        )

    def _numbered_line(self, term: Term) -> bool:
        """``1.`` or ``2)`` at the start of a line, or behind a side or kind, counts."""
        numeral = term.numeral
        if numeral is None or not numeral.whole or numeral.value > MAX_INDEX:
            return False
        before = self.terms[self.place - 1] if self.place else None
        counts = role.SIDE | role.LIMIT | role.STOP | role.ORDER_NOUN
        first = before is None or before.kind in (kinds.BREAK, kinds.EMOJI) or bool(before.roles & counts)
        after = self.terms[self.place + 1] if self.place + 1 < len(self.terms) else None
        return first and after is not None and after.line == term.line and after.text in ".):-@"

    def _beyond(self, place: int) -> str:
        """Say "above" or "below" if the price holds from there on: "below (the) 2340", "2340 altında"."""
        line = self.terms[place].line
        before = [t for t in self.terms[max(0, place - 2) : place] if t.line == line]
        if len(before) > 1 and before[1].kind is kinds.WORD and not before[1].roles - _ARTICLE:
            del before[1]
        behind = [t for t in self.terms[place + 1 : place + 3] if t.line == line]
        following = behind[1] if len(behind) > 1 else None
        if following is not None and (following.numeral is not None or following.roles & _ARTICLE):
            behind = []  # "2340 below the zone", "2340, below 2330": of what comes next
        for term in (*before[-1:], *behind[:1]):
            if term.roles & role.ABOVE:
                return "above"
            if term.roles & role.BELOW:
                return "below"
        return ""

    def _price_group(self, item: Item) -> None:
        """One price, or two or more joined by range marks or words."""
        place = self.place
        item.values.append(self.terms[place])
        item.beyond = self._beyond(place)
        place += 1
        while place + 1 < len(self.terms):
            joint, following = self.terms[place], self.terms[place + 1]
            ok = (joint.kind is kinds.PUNCT and joint.text in RANGE_MARKS) or joint.roles & (
                role.TO | role.AND
            )
            if not ok or joint.line != item.line:
                break
            if following.text in CURRENCY and place + 2 < len(self.terms) and self.terms[place + 2].price:
                place += 1
                following = self.terms[place + 1]
            if not following.price or following.line != item.line:
                if (
                    place + 2 < len(self.terms)
                    and following.roles & (role.TO | role.AT)
                    and self.terms[place + 2].price
                ):
                    place += 1
                    continue
                break
            item.values.append(following)
            item.ranged = True
            place += 2
        self.place = place
