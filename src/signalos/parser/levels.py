"""Reads where an order's parts stand: symbols, sides, kinds, entries, stops, targets.

A small recursive-descent reader over terms. A label (word, or emoji where the line has no word for
it) may be followed by an index, separators and one or more values; a label that ends its line takes
the bare numbers of the next lines; a number without a label is a positional price.
"""

from __future__ import annotations

from signalos.parser.items import (
    CURRENCY,
    LABEL_ROLES,
    LIST_MARKS,
    MAX_INDEX,
    SEPARATORS,
    SKIPPED,
    STOPPING,
    Item,
)
from signalos.parser.layout import bare_lines, glued_index, read_table, small
from signalos.parser.lexer import Kind
from signalos.parser.positional import PositionalReader
from signalos.parser.term import Term


class LevelReader(PositionalReader):
    """Walks the terms once. ``items()`` gives the parts in reading order."""

    def __init__(self, terms: list[Term]) -> None:
        self.terms = terms
        self.place = 0
        self.found: list[Item] = []
        self.awaiting: Item | None = None
        self.worded = {
            t.line
            for t in terms
            if t.kind is Kind.WORD and t.roles & LABEL_ROLES and not t.roles & {"buy", "sell"}
        }
        self.sides = {t.line for t in terms if t.roles & {"buy", "sell"}}
        self.bare = bare_lines(terms)
        self.skipped: set[int] = set()

    def items(self) -> list[Item]:
        while self.place < len(self.terms):
            before = self.place
            self._step(self.terms[self.place])
            if self.place == before:
                self.place += 1
        read_table(self.terms, self.found)
        return self.found

    def unread_lines(self) -> set[int]:
        """Lines with a label or side on which a number that may be a price became no part of any item.

        A label without value beside a number that was taken for a lot or a count is unread too.
        """
        empty = {
            i.line for i in self.found if i.kind in ("sl", "tp") and not i.values and not i.open_target
        }
        taken = {id(value) for item in self.found for value in item.values} | self.skipped
        labelled = {item.line for item in self.found if item.kind in ("sl", "tp", "entry", "side")}
        return {
            term.line
            for term in self.terms
            if term.line in labelled
            and term.price
            and id(term) not in taken
            and not (term.numeral is not None and (term.numeral.unit or small(term)))
        } | {
            term.line
            for term in self.terms
            if term.line in empty
            and term.numeral is not None
            and term.numeral.unit in ("lots", "noise")
            and term.numeral.value > MAX_INDEX
        }

    # -- one term -------------------------------------------------------------------------------

    def _step(self, term: Term) -> None:
        roles = term.roles
        if term.kind is Kind.BREAK:
            return
        if term.symbol is not None:
            self._add(Item("symbol", term))
        elif roles & {"buy", "sell"}:
            self._add(Item("side", term))
        elif "stop_order" in roles or ("stop" in roles and self._stop_is_kind()):
            self._add(Item("stop", term))
        elif "sl" in roles:
            self._label("sl")
        elif "tp" in roles:
            self._label("tp")
        elif "limit" in roles:
            self._add(Item("limit", term))
        elif "pending" in roles:
            self._add(Item("pending", term))
        elif "entry" in roles and term.kind is Kind.WORD and self._number_ahead():
            self._label("entry")
        elif "now" in roles:
            self._add(Item("now", term))
        elif "entry" in roles:
            self._label("entry")
        elif roles & {"emoji_sl", "emoji_tp"} and term.line not in self.worded:
            if self._number_ahead() or self._line_ends(self.place + 1):
                self._label("sl" if "emoji_sl" in roles else "tp")
        elif term.price:
            self._positional(term)

    def _add(self, item: Item) -> None:
        self.found.append(item)
        if item.kind in ("side", "sl", "tp", "entry"):
            self.awaiting = None

    def _stop_is_kind(self) -> bool:
        """A bare "stop" is an order kind only right behind a side (or side and symbol)."""
        place = self.place - 1
        if place >= 0 and self.terms[place].symbol is not None:
            later = any(
                t.roles & {"sl"} and t.line == self.terms[self.place].line
                for t in self.terms[self.place + 1 :][:12]
            )
            if not later:
                return False
            place -= 1
        return place >= 0 and bool(self.terms[place].roles & {"buy", "sell"})

    def _number_ahead(self) -> bool:
        """True if the next thing on this line, separators aside, is a number."""
        line = self.terms[self.place].line
        for term in self.terms[self.place + 1 : self.place + 7]:
            if term.line != line or term.kind is Kind.BREAK:
                return False
            if term.numeral is not None or term.kind is Kind.INDEX:
                return True
            if not self._skippable(term) and not term.roles & {"entry", "zone", "now"}:
                return False
        return False

    def _line_ends(self, place: int) -> bool:
        line = self.terms[place - 1].line
        for term in self.terms[place : place + 8]:
            if term.kind is Kind.BREAK or term.line != line:
                return True
            if term.kind in (Kind.WORD, Kind.NUMBER):
                return False
        return True

    @staticmethod
    def _skippable(term: Term) -> bool:
        if term.kind is Kind.EMOJI or term.text in CURRENCY:
            return True
        if term.kind is Kind.PUNCT:
            return term.text in SEPARATORS
        return bool(term.roles & SKIPPED) and not term.roles & STOPPING

    # -- labels ---------------------------------------------------------------------------------

    def _label(self, role: str) -> None:
        label = self.terms[self.place]
        item = Item(role, label)
        before = self.terms[self.place - 1] if self.place else None
        if before is not None and before.line == label.line and before.ordinal is not None and role != "sl":
            item.index = before.ordinal
        self.place += 1
        self._head(item, role)
        self._values(item, role)
        if not item.values and not item.cut:
            if role == "tp" and self._open_word():
                item.open_target = True
            elif self._suffix(item):
                pass
            elif self._line_ends(self.place):
                self._add(item)
                self.awaiting = item
                return
        self._add(item)

    def _head(self, item: Item, role: str) -> None:
        """Index, separators and further words of the same label."""
        line = item.line
        while self.place < len(self.terms):
            term = self.terms[self.place]
            if term.kind is Kind.BREAK or term.line != line:
                return
            if term.kind is Kind.INDEX:
                item.index = term.ordinal
            elif term.text in "∞♾":
                return
            elif term.numeral is not None:
                if not self._is_index(term, item):
                    return
                item.index = int(term.numeral.value)
            elif term.ordinal is not None and role == "tp":
                item.index = term.ordinal
            elif role in term.roles and term.kind is Kind.WORD and "open_target" not in term.roles:
                if item.index is not None:
                    return
            elif term.text in "()" or self._skippable(term) or term.roles & {"emoji_sl", "emoji_tp"}:
                if "above" in term.roles or "below" in term.roles:
                    item.beyond = "above" if "above" in term.roles else "below"
            elif (
                term.roles & {"now", "move", "update"}
                or (role == "entry" and term.roles & {"zone", "limit"})
            ) and (self._number_ahead()):
                pass
            elif role != "entry" and self._moved_to():
                pass
            else:
                return
            self.place += 1

    def _moved_to(self) -> bool:
        """True inside "the stop of this one to 1290": only words that name the trade stand before "to" and a price."""
        for place in range(self.place, min(self.place + 6, len(self.terms) - 1)):
            term, following = self.terms[place], self.terms[place + 1]
            if term.line != self.terms[self.place].line:
                return False
            if "to" in term.roles and following.price:
                return True
            if not (term.roles & {"filler", "order_noun", "reference", "at"} or term.symbol is not None):
                return False
        return False

    def _is_index(self, term: Term, item: Item) -> bool:
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
        if term.glued and before is item.label and before.kind is Kind.WORD:
            return True
        if before.text == "#":
            return True
        ahead = self.place + 1
        while ahead < len(self.terms) and (
            self.terms[ahead].kind in (Kind.PUNCT, Kind.EMOJI) and self.terms[ahead].text not in ",/&"
        ):
            ahead += 1
        if ahead >= len(self.terms):
            return False
        following = self.terms[ahead]
        if following.line == term.line and following.numeral is not None:
            small = following.numeral.whole and following.numeral.value <= MAX_INDEX
            return not small and following.numeral.unit in ("", "pips", "cut")
        if following.line == term.line and following.roles & {"at", "to"}:
            return True
        if following.kind is Kind.BREAK:  # "TP 1" with its price on the next line
            below = self.terms[ahead + 1] if ahead + 1 < len(self.terms) else None
            return below is not None and below.price and below.line in self.bare
        return bool(following.roles & {"open_target", "result"})

    def _values(self, item: Item, role: str) -> None:
        line = item.line
        mark: Term | None = None
        while self.place < len(self.terms):
            term = self.terms[self.place]
            if term.kind is Kind.BREAK or term.line != line:
                return
            if term.text in ("∞", "♾"):
                return
            if term.numeral is not None:
                if not self._take(item, role, term, mark):
                    return
                mark = None
            elif term.text in "([" and item.values:
                self._skip_note()
                continue
            elif term.kind is Kind.INDEX or term.kind is Kind.EMOJI or term.text in CURRENCY:
                if term.roles and line not in self.worded:
                    return
            elif term.text in (",", "、", ";") and not item.values:
                return
            elif self._joins(term):
                mark = term
            elif "pips" in term.roles and item.values:
                pass
            elif term.roles & {"result", "activated"} and role == "tp":
                item.result = True
                return
            elif item.values and mark is not None and self._open_word() and "hold" not in term.roles:
                item.open_target = True
            elif item.values and term.roles & {"instead_of"}:
                self._skip_line_numbers()
                return
            else:
                return
            self.place += 1

    def _joins(self, term: Term) -> bool:
        """A mark or word that joins two values of one list."""
        if term.kind is Kind.PUNCT:
            return term.text in LIST_MARKS or term.text in ")]=:"
        return bool(term.roles & {"and", "to", "or"}) and not term.roles & STOPPING and self._number_ahead()

    def _take(self, item: Item, role: str, term: Term, mark: Term | None) -> bool:
        """Take a number as value; False ends the list."""
        numeral = term.numeral
        if numeral is None:
            return False
        if numeral.unit == "cut":
            item.cut = True
            return True
        if numeral.unit or numeral.sign:
            if numeral.unit != "pips" or (
                numeral.sign and (item.values or numeral.sign != ("-" if role == "sl" else "+"))
            ):
                return True
            item.signed = bool(numeral.sign)
            if item.values and any(v.numeral is not None and not v.numeral.unit for v in item.values):
                spread = all(
                    v.numeral is not None and v.numeral.whole and v.numeral.value < 1000
                    for v in item.values
                )
                if not (spread and mark is not None and role == "tp"):
                    return True  # "2656 = 60 pips": a note
        if item.values and role == "tp" and self._numbering(term):
            return True
        if item.values and role == "sl":
            if mark is not None and ("to" in mark.roles or mark.text in "→➔➜➝➞➡⇒⟶>"):
                self.skipped.update(id(value) for value in item.values)
                item.values = [term]  # "from 2396 to 2400": the new one counts
                return True
            item.extra = item.extra or (mark is not None and mark.text in "-/~" and mark.glued)
            return False
        if item.values and role == "entry":
            item.ranged = True
        if role == "tp" and not item.values:
            glued_index(term, item)
        item.values.append(term)
        return True

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

    def _skip_note(self) -> None:
        """Step over a bracket behind a value: pips, a second price, a remark."""
        line = self.terms[self.place].line
        while self.place < len(self.terms) and self.terms[self.place].line == line:
            done = self.terms[self.place].text in ")]"
            self.skipped.add(id(self.terms[self.place]))
            self.place += 1
            if done:
                return

    def _skip_line_numbers(self) -> None:
        line = self.terms[self.place].line
        while self.place < len(self.terms) and self.terms[self.place].line == line:
            if self.terms[self.place].roles & LABEL_ROLES:
                return
            self.skipped.add(id(self.terms[self.place]))
            self.place += 1

    def _open_word(self) -> bool:
        term = self.terms[self.place] if self.place < len(self.terms) else None
        return (
            term is not None
            and term.kind is not Kind.BREAK
            and ("open_target" in term.roles or term.text in ("∞", "♾"))
        )

    def _suffix(self, item: Item) -> bool:
        """``2660 target``: the number stands before its label."""
        if not self.found:
            return False
        last = self.found[-1]
        if last.kind != "price" or last.line != item.line or len(last.values) != 1:
            return False
        number = self.terms.index(last.values[0], max(0, self.place - 8))
        if number < 1:
            return False
        before = self.terms[number - 1]
        entry = before.roles & {"buy", "sell", "at", "now", "limit", "stop"}
        if entry or before.symbol is not None or before.text == "@":
            return False
        self.found.pop()
        item.values = last.values
        return True
