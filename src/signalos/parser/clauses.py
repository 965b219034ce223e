"""Terms -> sentences and clauses: how far a condition, a question or a negation reaches."""

from __future__ import annotations

from dataclasses import dataclass, field

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.roles import NONE, Roles
from signalos.parser.term import Term

_ENDERS = frozenset(".!?;。…")
_CUTTERS = frozenset(',、|()[]"•·')
_VERBS = role.of("close move cancel hold let_run reduce negation secure permission reverse")
_BEGINNING = _VERBS | role.LEVEL | role.BE
_ORDERED = role.LEVEL | role.SIDE
_ARABIC_AND = "و"
"""Written on to the front of the verb."""
_MARKS = frozenset("✅❌✔✖☑")
_ABBREVIATED = frozenset({"no", "nr", "vs", "approx", "e", "g", "sl", "tp", "p", "s", "t", "l"})


class Clause:
    """A stretch of terms that says one thing. ``roles`` is the union of its terms' roles."""

    __slots__ = ("line", "roles", "sentence", "terms")

    def __init__(self, sentence: int = 0) -> None:
        self.terms: list[Term] = []
        self.sentence = sentence
        self.line = 0
        self.roles: Roles = NONE


@dataclass(slots=True)
class Sentence:
    """A sentence: at most one line. ``asks`` is true if it ends with a question mark."""

    clauses: list[Clause] = field(default_factory=list)
    roles: Roles = NONE
    line: int = 0
    asks: bool = False
    terms: list[Term] = field(default_factory=list)
    """The terms of all clauses in order."""
    symbols: list[str] = field(default_factory=list)
    """The symbols it names, each once."""
    marked: bool = False
    """True if a sign of success or failure stands on its line."""


def roles_of(sentences: list[Sentence]) -> Roles:
    """All roles that the words of ``sentences`` play."""
    roles = NONE
    for sentence in sentences:
        roles |= sentence.roles
    return roles


def split(terms: list[Term]) -> list[Sentence]:
    """Cut into sentences and clauses, marking each term with both numbers."""
    return _Cutter(terms).sentences()


class _Cutter:
    """Walks the terms once."""

    def __init__(self, terms: list[Term]) -> None:
        self.terms = terms
        self.done: list[Sentence] = []
        self.sentence = Sentence()
        self.clause = Clause()
        self.count = 0
        """Clauses so far."""

    def sentences(self) -> list[Sentence]:
        """The sentences that hold something."""
        terms, clause = self.terms, self.clause
        marks = set[int]()
        for place, term in enumerate(terms):
            kind = term.kind
            if kind is kinds.PUNCT:
                if term.text in _ENDERS and not _inside(terms, place):
                    self._end_sentence(asks=term.text == "?")
                    clause = self.clause
                    continue
                if term.text in _CUTTERS or _spaced_dash(terms, place):
                    clause = self._end_clause()
                    continue
            elif kind is kinds.BREAK:
                self._end_sentence()
                clause = self.clause
                continue
            elif kind is kinds.EMOJI:
                if term.text in _MARKS:
                    marks.add(term.line)
                if not term.roles or _decorates(terms, place):
                    clause = self._end_clause()
                    continue
            if clause.terms and _begins(terms, place, clause):
                clause = self._end_clause()
            term.sentence = clause.sentence
            term.clause = self.count
            clause.terms.append(term)
            if term.roles:
                clause.roles |= term.roles
            if term.symbol is not None and term.symbol not in self.sentence.symbols:
                self.sentence.symbols.append(term.symbol)
        self._end_sentence()
        for sentence in self.done:
            sentence.marked = sentence.line in marks
        return self.done

    def _end_clause(self) -> Clause:
        """End the clause, if it has begun; the one that goes on."""
        clause = self.clause
        if clause.terms:
            sentence = self.sentence
            clause.line = sentence.line = clause.terms[-1].line
            sentence.clauses.append(clause)
            sentence.roles |= clause.roles
            sentence.terms += clause.terms
            self.count += 1
            self.clause = Clause(clause.sentence)
        return self.clause

    def _end_sentence(self, *, asks: bool = False) -> None:
        if asks:
            self.sentence.asks = True
            if self.done and not self.clause.terms and not self.sentence.clauses:
                self.done[-1].asks = True
        self._end_clause()
        if self.sentence.clauses:
            self.done.append(self.sentence)
            self.sentence = Sentence()
            self.clause = Clause(len(self.done))


def parts_clauses(term: Term) -> bool:
    """True for the marks that end a sentence or a clause wherever they stand."""
    return term.kind is kinds.PUNCT and (term.text in _ENDERS or term.text in _CUTTERS)


def _inside(terms: list[Term], place: int) -> bool:
    """A full stop that ends no sentence: behind a label or abbreviation, or before a number list."""
    term = terms[place]
    if term.text != "." or place == 0 or place + 1 >= len(terms):
        return False
    before, after = terms[place - 1], terms[place + 1]
    if after.kind is kinds.BREAK:
        return False
    if before.text in _ABBREVIATED or before.kind is kinds.INDEX:
        return True
    starts_line = place < 2 or terms[place - 2].kind is kinds.BREAK
    return before.numeral is not None and starts_line and before.numeral.value <= 20


def _decorates(terms: list[Term], place: int) -> bool:
    """A label emoji without a number behind it on its line is an ornament."""
    following = terms[place + 1] if place + 1 < len(terms) else None
    return following is None or following.kind is kinds.WORD or following.line != terms[place].line


def _spaced_dash(terms: list[Term], place: int) -> bool:
    """A dash with spaces between two words cuts like a comma."""
    if terms[place].text != "-" or terms[place].glued or place + 1 >= len(terms) or place == 0:
        return False
    after, before = terms[place + 1], terms[place - 1]
    return (
        not after.glued and after.numeral is None and before.numeral is None and before.kind is kinds.WORD
    )


def _links(term: Term) -> bool:
    """True for a verb that says "and" by its form: Turkish "kapatıp", having closed; what follows is said anew."""
    return bool(term.roles & role.AND and term.roles & _VERBS)


def _begins(terms: list[Term], place: int, clause: Clause) -> bool:
    """A verb behind "and" or behind a result begins something new."""
    term, before = terms[place], clause.terms[-1]
    if not term.roles and not before.roles & role.AND and term.text not in "+&":
        return False  # most words: every question below asks for a role
    if _links(before):
        return term.kind is kinds.WORD
    if _links(term):
        return False
    if term.text in "+&" and not term.glued and place + 1 < len(terms):  # "Close 60% + SL at BE"
        behind = terms[place + 1]
        return bool(behind.roles & _BEGINNING and clause.roles & role.CLOSE)
    if term.roles & role.AND and place + 1 < len(terms):
        following = terms[place + 1 : place + 3]
        if following[0].numeral is not None or following[0].symbol is not None:
            return False
        if any(t.roles & _VERBS for t in following) or following[0].roles & _ORDERED:
            return True
        if following[0].roles & role.REST and clause.roles & (role.CLOSE | role.SECURE):
            return True
        enters = len(following) > 1 and following[0].roles & role.ENTER and following[1].roles & role.SIDE
        return bool(enters)
    if term.text[0] == _ARABIC_AND and term.language == "ar" and term.roles & _VERBS:
        return bool(clause.roles & _VERBS)
    if (
        clause.roles & role.RESULT and term.roles & role.SL
    ):  # "80 pips up SL to 2346", where no comma is written
        return any(t.roles & role.MOVE and t.roles & role.TO for t in terms[place + 1 : place + 3])
    return bool(before.roles & role.RESULT and term.roles & _VERBS and not term.roles & role.RESULT)
