"""What stands around the place that the level reader has come to: looks ahead and back, and takes nothing."""

from __future__ import annotations

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.items import CURRENCY, MAX_INDEX, SEPARATORS, SKIPPED, STOPPING, Item
from signalos.parser.layout import small
from signalos.parser.term import Term

_WORDS_BEFORE_VALUE = 4
_HARMLESS = role.of(
    "filler reference at approx above below to price zone order_noun permission enter move be_verb"
)
"""Words that may stand between a label and its price."""
_TELLING = role.of("buy sell sl tp be result past close cancel negation if until open_target")
"""Words that may not, whatever else they are."""


class Lookahead:
    """Questions about the terms at and around ``place``."""

    terms: list[Term]
    place: int
    found: list[Item]
    bare: set[int]

    def _stop_is_kind(self) -> bool:
        """A bare "stop" is an order kind only right behind a side (or side and symbol)."""
        place = self.place - 1
        if place >= 0 and self.terms[place].symbol is not None:
            later = any(
                t.roles & role.SL and t.line == self.terms[self.place].line
                for t in self.terms[self.place + 1 :][:12]
            )
            if not later:
                return False
            place -= 1
        return place >= 0 and bool(self.terms[place].roles & role.SIDE)

    def _is_index(self, term: Term, item: Item) -> bool:
        """True if a number behind a label is the label's own: the 1 of "TP 1: 2400"."""
        numeral = term.numeral
        if (
            numeral is None
            or item.index is not None
            or not numeral.whole
            or not 1 <= numeral.value <= MAX_INDEX
        ):
            return False
        if item.kind == "sl":
            return False
        if numeral.unit == "ordinal":
            return True
        if numeral.unit not in ("", "noise", "ratio", "time"):
            return False
        before = self.terms[self.place - 1]
        if term.glued and before is item.label and before.kind is kinds.WORD:
            return True
        if before.text == "#":
            return True
        ahead = self.place + 1
        while ahead < len(self.terms) and (
            self.terms[ahead].kind in (kinds.PUNCT, kinds.EMOJI) and self.terms[ahead].text not in ",/&"
        ):
            ahead += 1
        if ahead >= len(self.terms):
            return False
        following = self.terms[ahead]
        if following.line == term.line and following.numeral is not None:
            tiny = following.numeral.whole and following.numeral.value <= MAX_INDEX
            return not tiny and following.numeral.unit in ("", "pips", "cut")
        if following.line == term.line and following.roles & (role.AT | role.TO):
            return True
        if following.kind is kinds.BREAK:  # "TP 1" with its price on the next line
            below = self.terms[ahead + 1] if ahead + 1 < len(self.terms) else None
            return below is not None and below.price and below.line in self.bare
        if following.roles & (role.OPEN_TARGET | role.RESULT):
            return True
        if following.roles & (role.UPDATE | role.MOVE | role.MODIFIED | role.FILLER) and self._price_behind(
            ahead
        ):
            return True  # "TP 2 new: 18380"
        numbered = [i for i in self.found if i.kind == "tp" and i.index is not None and i.values]
        return bool(numbered) and numeral.value > max(i.index or 0 for i in numbered)

    def _number_ahead(self) -> bool:
        """True if the next thing on this line, separators aside, is a number."""
        line = self.terms[self.place].line
        for term in self.terms[self.place + 1 : self.place + 7]:
            if term.line != line or term.kind is kinds.BREAK:
                return False
            if term.numeral is not None or term.kind is kinds.INDEX:
                return True
            if not self._skippable(term) and not term.roles & (role.ENTRY | role.ZONE | role.NOW):
                return False
        return False

    def _remark_end(self) -> int:
        """Where a bracket without a price ends: "Stop (daily wick): 89.75"; 0 if it holds one."""
        line = self.terms[self.place].line
        for place in range(self.place + 1, min(self.place + 8, len(self.terms))):
            term = self.terms[place]
            if term.line != line or term.price:
                return 0
            if term.text in ")]":
                return place
        return 0

    def _number_next(self) -> bool:
        """True if a price follows; false in a row of labels behind their values ("1.0850 entry, 1.0820 stop")."""
        following = self.terms[self.place + 1] if self.place + 1 < len(self.terms) else None
        line = self.terms[self.place].line
        earlier = self.terms[self.place - 2] if self.place > 1 else None
        if (
            self.terms[self.place].text in ",;"
            and earlier is not None
            and earlier.price
            and earlier.line == line
        ):
            return False
        return following is not None and following.line == line and following.price and not small(following)

    def _line_ends(self, place: int) -> bool:
        line = self.terms[place - 1].line
        for term in self.terms[place : place + 8]:
            if term.kind is kinds.BREAK or term.line != line:
                return True
            if term.kind in (kinds.WORD, kinds.NUMBER):
                return False
        return True

    @staticmethod
    def _skippable(term: Term) -> bool:
        if term.kind is kinds.EMOJI or term.text in CURRENCY:
            return True
        if term.kind is kinds.PUNCT:
            return term.text in SEPARATORS
        return bool(term.roles & SKIPPED) and not term.roles & STOPPING

    def _lone_label(self) -> bool:
        """True for "looking for 2400" beside a side, or alone on its line: words of talk that name a level."""
        term = self.terms[self.place]
        if not (self._words_before_value(self.place + 1)):
            return False
        before = self.terms[self.place - 1] if self.place else None
        return any(i.kind == "side" for i in self.found) or before is None or before.line != term.line

    def _further_target(self) -> bool:
        """True for the ordinals of "first target 2695, second 2703, third open"."""
        last = self.found[-1] if self.found else None
        line = self.terms[self.place].line
        if last is None or last.kind != "tp" or last.index is None or last.line != line:
            return False
        after = self.terms[self.place + 1] if self.place + 1 < len(self.terms) else None
        return self._words_before_value(self.place + 1) or (
            after is not None and bool(after.roles & role.OPEN_TARGET)
        )

    def _side_of_label(self, term: Term) -> bool:
        """True for the side in "buy price 142.6" and "sell targets 147": it says what the label is of."""
        after = self.terms[self.place + 1] if self.place + 1 < len(self.terms) else None
        if after is None or after.line != term.line or after.kind is not kinds.WORD:
            return False
        named = bool(after.roles & (role.TP | role.ENTRY)) and not after.roles & (
            role.BE | role.NOW | role.AT | role.PRICE
        )
        return named and any(i.kind == "side" for i in self.found)

    def _numbered_entry(self, term: Term) -> bool:
        """True for "E1 0.9385": the first, second ... entry."""
        ahead = self.terms[self.place + 1 : self.place + 5]
        if len(ahead) < 2 or not (ahead[0].glued and small(ahead[0])):
            return False
        price = next((t for t in ahead[1:] if t.numeral is not None), None)
        return price is not None and price.line == term.line and price.price and not small(price)

    def _words_before_value(self, place: int) -> bool:
        """True if only harmless words stand between ``place`` and the next price: "stop for both 38900"."""
        if place >= len(self.terms):
            return False
        line = self.terms[place].line
        for term in self.terms[place : place + _WORDS_BEFORE_VALUE + 1]:
            if term.line != line:
                return False
            if term.numeral is not None:
                return term.price and not small(term)
            if term.kind is kinds.WORD:
                telling = term.roles & (_TELLING & ~role.BE if term.roles & role.FILLER else _TELLING)
                if not term.roles & _HARMLESS or telling or term.symbol is not None:
                    return False
            elif not self._skippable(term):
                return False
        return False

    def _moved_to(self) -> bool:
        """True inside "the stop of this one to 1290": only words that name the trade stand before "to" and a price."""
        for place in range(self.place, min(self.place + 6, len(self.terms) - 1)):
            term, following = self.terms[place], self.terms[place + 1]
            if term.line != self.terms[self.place].line:
                return False
            if term.roles & role.TO and following.price:
                return True
            if not (
                term.roles & (role.FILLER | role.ORDER_NOUN | role.REFERENCE | role.AT)
                or term.symbol is not None
            ):
                return False
        return False

    def _open_word(self) -> bool:
        term = self.terms[self.place] if self.place < len(self.terms) else None
        return (
            term is not None
            and term.kind is not kinds.BREAK
            and (bool(term.roles & role.OPEN_TARGET) or term.text in ("∞", "♾"))
        )

    def _numbering(self, term: Term) -> bool:
        """``2:`` or ``2)`` inside a list of targets numbers the next one."""
        numeral = term.numeral
        if (
            numeral is None
            or not numeral.whole
            or numeral.value > MAX_INDEX
            or self.place + 2 >= len(self.terms)
        ):
            return False
        after, then = self.terms[self.place + 1], self.terms[self.place + 2]
        return after.text in ":)." and then.numeral is not None and then.line == term.line

    def _price_behind(self, place: int) -> bool:
        """True if only words of change and marks stand between ``place`` and a price on its line."""
        line = self.terms[place].line
        for term in self.terms[place : place + 4]:
            if term.line != line:
                return False
            if term.price:
                return not small(term)
            if term.kind is kinds.WORD and not term.roles & (
                role.UPDATE | role.MOVE | role.MODIFIED | role.FILLER | role.TO | role.AT
            ):
                return False
        return False

    def _next_in_brackets(self, item: Item) -> bool:
        """True inside "[5214] [5196]", where each value has brackets of its own."""
        first = self.terms.index(item.values[0])
        return first > 0 and self.terms[first - 1].text in "[("
