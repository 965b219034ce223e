"""Reads where an order's parts stand: symbols, sides, kinds, entries, stops, targets.

A small recursive-descent reader over terms. A label (word, or emoji where the line has no word for
it) may be followed by an index, separators and one or more values; a label that ends its line takes
the bare numbers of the next lines; a number without a label is a positional price.
"""

from __future__ import annotations

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.items import (
    CURRENCY,
    LABEL_ROLES,
    LIST_MARKS,
    MAX_INDEX,
    MAX_ITEMS,
    STOPPING,
    Item,
)
from signalos.parser.layout import LETTERS, bare_lines, glued_index, lettered, read_table, small
from signalos.parser.positional import PositionalReader
from signalos.parser.roles import ROLES
from signalos.parser.term import Term

_KINDS = (("limit", role.LIMIT), ("stop", role.STOP), ("pending", role.PENDING))
_NAMING = LABEL_ROLES | role.of("buy sell stop stop_order aim bail limit pending now emoji_sl emoji_tp")
"""Roles of the words that name a part of an order."""


def _may_be_part(term: Term) -> bool:
    """False for most words and marks: whatever stands around them, they begin no part of an order."""
    return (
        term.numeral is not None
        or term.symbol is not None
        or bool(term.roles & _NAMING)
        or term.ordinal is not None
        or term.text == "e"
    )


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
            if t.kind is kinds.WORD and t.roles & LABEL_ROLES and not t.roles & role.SIDE
        }
        self.sides = {t.line for t in terms if t.roles & role.SIDE}
        self.bare = bare_lines(terms)
        self.lettered = lettered(terms)
        self.skipped: set[int] = set()

    def items(self) -> list[Item]:
        """All parts; reading ends where there are more than MAX_ITEMS, which the caller refuses."""
        while self.place < len(self.terms) and len(self.found) <= MAX_ITEMS:
            before = self.place
            term = self.terms[before]
            if _may_be_part(term):
                self._step(term)
            if self.place == before:
                self.place += 1
        read_table(self.terms, self.found)
        return self.found

    def unread_lines(self) -> set[int]:
        """Lines with a label or side on which a number that may be a price became no part of any item.

        A label without value beside a number that was taken for a lot or a count is unread too.
        """
        labelled = {item.line for item in self.found if item.kind in ("sl", "tp", "entry", "side")}
        if not labelled:
            return labelled
        empty = {
            i.line for i in self.found if i.kind in ("sl", "tp") and not i.values and not i.open_target
        }
        taken = {id(value) for item in self.found for value in item.values} | self.skipped
        taken -= {id(item.label) for item in self.found if item.kind == "loose"}
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
        if term.symbol is not None:
            self._add(Item("symbol", term))
        elif not (self._side(term) or self._level(term) or self._kind_or_entry(term)):
            self._emoji_or_number(term)

    def _side(self, term: Term) -> bool:
        if not term.roles & role.SIDE or self._side_of_label(term):
            return False
        self._add(Item("side", term))
        for kind, bit in _KINDS:  # one word may say both: "Kauflimit"
            if term.roles & bit or (kind == "stop" and term.roles & role.STOP_ORDER):
                self._add(Item(kind, term))
        return True

    def _level(self, term: Term) -> bool:
        """A stop or target by its label."""
        roles = term.roles
        if roles & role.STOP_ORDER or (roles & role.STOP and self._stop_is_kind()):
            self._add(Item("stop", term))
        elif roles & role.SL:
            self._label("sl")
        elif roles & role.TP:
            self._label("tp")
        elif roles & role.AIM and self._lone_label():
            term.roles = role.TP
            self._label("tp")
        elif roles & role.BAIL and self._lone_label():
            term.roles = role.SL
            self._label("sl")
        elif term.ordinal is not None and self._further_target():
            self._label("tp")
        else:
            return False
        return True

    def _kind_or_entry(self, term: Term) -> bool:
        roles = term.roles
        if roles & role.LIMIT:
            self._add(Item("limit", term))
        elif roles & role.PENDING:
            self._add(Item("pending", term))
        elif roles & role.NOW and not (
            roles & role.ENTRY and term.kind is kinds.WORD and self._number_ahead()
        ):
            self._add(Item("now", term))
        elif roles & role.ENTRY or (term.text == "e" and self._numbered_entry(term)):
            self._label("entry")
        else:
            return False
        return True

    def _emoji_or_number(self, term: Term) -> None:
        if term.roles & (role.EMOJI_SL | role.EMOJI_TP) and term.line not in self.worded:
            after = self.terms[self.place + 1 : self.place + 2]
            runs = term.roles & role.EMOJI_TP and bool(after) and after[0].roles & role.OPEN_TARGET
            if self._number_ahead() or self._line_ends(self.place + 1) or runs:
                self._label("sl" if term.roles & role.EMOJI_SL else "tp")
        elif term.price:
            self._positional(term)
        elif term.numeral is not None and term.numeral.unit == "noise" and not term.numeral.sign:
            self.found.append(Item("loose", term, values=[term]))

    def _add(self, item: Item) -> None:
        self.found.append(item)
        if item.kind in ("side", "sl", "tp", "entry"):
            self.awaiting = None

    def _label(self, part: str) -> None:
        label = self.terms[self.place]
        item = Item(part, label, index=label.ordinal if part == "tp" else None)
        before = self.terms[self.place - 1] if self.place else None
        if before is not None and before.line == label.line and before.ordinal is not None and part != "sl":
            item.index = before.ordinal
        self.place += 1
        self._head(item, part)
        self._values(item, part)
        if not item.values and not item.cut:
            if part == "tp" and self._open_word():
                item.open_target = True
            elif self._suffix(item):
                pass
            elif self._line_ends(self.place):
                self._add(item)
                self.awaiting = item
                return
        self._add(item)

    def _head(self, item: Item, part: str) -> None:
        """Index, separators and further words of the same label."""
        line = item.line
        while self.place < len(self.terms):
            term = self.terms[self.place]
            if term.kind is kinds.BREAK or term.line != line:
                return
            if term.kind is kinds.INDEX:
                item.index = term.ordinal
            elif term.text in "∞♾":
                return
            elif term.numeral is not None:
                if not self._is_index(term, item):
                    return
                item.index = int(term.numeral.value)
            elif term.ordinal is not None and part == "tp":
                item.index = term.ordinal
            elif term.roles & ROLES[part] and term.kind is kinds.WORD and not term.roles & role.OPEN_TARGET:
                if item.index is not None:
                    return
            elif term.text in "([" and (end := self._remark_end()):
                self.place = end
            elif term.text in ",;" and not item.values and self._number_next():
                pass
            elif term.text in "()" or self._skippable(term) or term.roles & (role.EMOJI_SL | role.EMOJI_TP):
                if term.roles & role.ABOVE or term.roles & role.BELOW:
                    item.beyond = "above" if term.roles & role.ABOVE else "below"
            elif term.symbol is not None and self._symbol_in_between():
                self.found.append(Item("symbol", term))
            elif not self._belongs_to_label(term, item, part):
                return
            self.place += 1

    def _symbol_in_between(self) -> bool:
        """``TP on cable at 1.2650``: whose target it is stands between the label and its price."""
        before, after = self.terms[self.place - 1], self.terms[self.place + 1 : self.place + 3]
        if not before.roles & role.AT or not after or after[0].line != before.line:
            return False
        if after[0].roles & (role.AT | role.TO) or after[0].text in ":=":
            after = after[1:]
        return bool(after) and after[0].price and after[0].line == before.line

    def _belongs_to_label(self, term: Term, item: Item, part: str) -> bool:
        """True for a word that goes on with a label or leads to its price."""
        leading = term.roles & (role.NOW | role.MOVE | role.UPDATE) or (
            part == "entry" and term.roles & (role.ZONE | role.LIMIT)
        )
        if leading and self._number_ahead():
            return True
        if self._letter_index(term, item) or self._words_before_value(self.place):
            return True
        return part != "entry" and self._moved_to()

    def _letter_index(self, term: Term, item: Item) -> bool:
        """``Goal B``, ``TP II``: a target's number written as a letter or in Roman numerals."""
        number = LETTERS.get(term.text)
        if number == 1 and not self.lettered:
            return False  # "take profit a 2372": to
        if number is None or item.index is not None or item.kind == "sl" or not self._number_ahead():
            return False
        item.index = number
        return True

    def _values(self, item: Item, part: str) -> None:
        line = item.line
        mark: Term | None = None
        while self.place < len(self.terms):
            term = self.terms[self.place]
            if term.kind is kinds.BREAK or term.line != line:
                return
            if term.text in ("∞", "♾"):
                return
            if term.numeral is not None:
                if not self._take(item, part, term, mark):
                    return
                mark = None
            elif term.text in "([" and item.values:
                if not self._next_in_brackets(item):
                    self._skip_note()
                    continue
            elif term.kind is kinds.INDEX or term.kind is kinds.EMOJI or term.text in CURRENCY:
                if term.roles and line not in self.worded:
                    return
            elif term.text in (",", "、", ";") and not item.values:
                return
            elif self._joins(term):
                mark = term
            elif item.values and self._between_values(term, mark):
                pass
            elif term.roles & (role.RESULT | role.ACTIVATED) and part == "tp":
                item.result = True
                return
            elif item.values and mark is not None and self._open_word() and not term.roles & role.HOLD:
                item.open_target = True
            elif (
                item.values
                and term.roles & (role.INSTEAD_OF | role.REPLACED)
                and self._gives_way(item, term)
            ):
                pass
            else:
                return
            self.place += 1

    def _gives_way(self, item: Item, term: Term) -> bool:
        """Drop the number that no longer counts; True if the one that does comes next ("2340 yerine 2349")."""
        if term.roles & role.REPLACED and self._number_next():
            self.skipped.update(id(value) for value in item.values)
            item.values = []
            return True
        self._skip_line_numbers()
        return False

    def _between_values(self, term: Term, mark: Term | None) -> bool:
        """True for a unit behind a value, or a harmless word in a list that goes on."""
        harmless = bool(term.roles & role.FILLER) and not term.roles & (STOPPING | LABEL_ROLES)
        return bool(term.roles & role.PIPS) or (mark is not None and harmless and self._number_next())

    def _joins(self, term: Term) -> bool:
        """A mark or word that joins two values of one list."""
        if term.kind is kinds.PUNCT:
            return term.text in LIST_MARKS or term.text in ")]=:"
        return (
            bool(term.roles & (role.AND | role.TO | role.OR))
            and not term.roles & STOPPING
            and self._number_ahead()
        )

    def _take(self, item: Item, part: str, term: Term, mark: Term | None) -> bool:
        """Take a number as value; False ends the list."""
        numeral = term.numeral
        if numeral is None:
            return False
        if numeral.unit == "cut":
            item.cut = True
            return True
        if numeral.unit or numeral.sign:
            listed = item.signed and mark is not None and part == "tp"  # "Target: +50 pips, +100 pips"
            if numeral.unit != "pips" or (
                numeral.sign
                and ((item.values and not listed) or numeral.sign != ("-" if part == "sl" else "+"))
            ):
                return True
            item.signed = bool(numeral.sign)
            if item.values and any(v.numeral is not None and not v.numeral.unit for v in item.values):
                spread = all(
                    v.numeral is not None and v.numeral.whole and v.numeral.value < 1000
                    for v in item.values
                )
                if not (spread and mark is not None and part == "tp"):
                    return True  # "2656 = 60 pips": a note
        if item.values and part == "tp" and self._numbering(term):
            return True
        if item.values and part == "sl":
            if mark is not None and (mark.roles & role.TO or mark.text in "→➔➜➝➞➡⇒⟶>"):
                self.skipped.update(id(value) for value in item.values)
                item.values = [term]  # "from 2396 to 2400": the new one counts
                return True
            item.extra = item.extra or (mark is not None and mark.text in "-/~" and mark.glued)
            return False
        if item.values and part == "entry":
            item.ranged = True
        if part == "sl" and not item.values and small(term) and self._number_next():
            return True  # "sl 2 69.90": to
        if part == "tp" and not item.values:
            glued_index(term, item)
        item.values.append(term)
        return True

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

    def _suffix(self, item: Item) -> bool:
        """``2660 target``: the number stands before its label."""
        if not self.found:
            return False
        last = self.found[-1]
        if last.kind not in ("price", "loose") or last.line != item.line or len(last.values) != 1:
            return False
        near = range(max(0, self.place - 8), min(self.place, len(self.terms)))
        number = next((i for i in near if self.terms[i] is last.values[0]), -1)
        if number < 0:  # too far before its label
            return False
        if number == 0:
            self.found.pop()
            item.values = last.values
            return True
        before = self.terms[number - 1]
        entry = before.roles & (role.BUY | role.SELL | role.AT | role.NOW | role.LIMIT | role.STOP)
        if entry or before.symbol is not None or before.text == "@":
            return False
        self.found.pop()
        item.values = last.values
        return True
