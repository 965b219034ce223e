"""Tokens -> terms: phrases found in the vocabulary, symbols, and numerals with their units."""

from __future__ import annotations

from decimal import Decimal

from signalos.parser.lexer import Kind, Token, lex
from signalos.parser.normalise import Normalised
from signalos.parser.numbers import Numeral, readings, split_list
from signalos.parser.roles import NONE
from signalos.parser.slips import mend
from signalos.parser.term import Term
from signalos.parser.thousands import join_thousands
from signalos.parser.units import mark_units
from signalos.parser.vocabulary import Languages, Meaning, Node

EMOJI_TP = frozenset("🎯🏁🥅🏹")
EMOJI_SL = frozenset("🛑⛔❌🚫✖✋🆘❎")
_TP_ROLE = frozenset({"emoji_tp"})
_SL_ROLE = frozenset({"emoji_sl"})
_SIDES = frozenset({"buy", "sell"})
_HARMLESS = frozenset({"to", "at", "and", "or", "from", "filler", "approx"})
"""Roles that a weak word may play even if nothing else speaks for its language."""
_MAX_PHRASE = 8


def tag(source: Normalised, languages: Languages) -> list[Term]:
    """Lex and tag the whole message. Linear in its length."""
    tokens = lex(source, languages.compounds)
    tokens = mend(tokens, source, languages)
    matches = _match_phrases(tokens, languages)
    ranking = _rank_languages(matches, languages)
    terms: list[Term] = []
    line = 0
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind is Kind.BREAK:
            line += 1
            terms.append(Term(token.kind, "\n", token.start, token.end, False, line))
            place += 1
            continue
        length, meanings = matches[place]
        if length:
            term = _word_term(tokens[place : place + length], meanings, ranking, line)
            terms.append(term)
            place += length
            continue
        place += 1
        if token.kind is Kind.NUMBER:
            terms.extend(_number_terms(token, line))
            continue
        term = Term(token.kind, token.text, token.start, token.end, token.glued, line)
        if token.kind is Kind.EMOJI:
            term.roles = (
                _TP_ROLE if token.text in EMOJI_TP else _SL_ROLE if token.text in EMOJI_SL else NONE
            )
        elif token.kind is Kind.INDEX:
            term.ordinal = int(token.text)
        terms.append(term)
    terms = _find_symbols(terms, source, languages)
    terms = join_thousands(terms, source, languages.symbols)
    mark_units(terms)
    return terms


def _match_phrases(tokens: list[Token], languages: Languages) -> list[tuple[int, tuple[Meaning, ...]]]:
    """For every token the length (in tokens) of the longest phrase that begins there, and what it means."""
    found: list[tuple[int, tuple[Meaning, ...]]] = [(0, ())] * len(tokens)
    place = 0
    while place < len(tokens):
        if tokens[place].kind is not Kind.WORD:
            place += 1
            continue
        length, meanings = _longest(tokens, place, languages)
        found[place] = (length, meanings)
        place += max(length, 1)
    return found


def _longest(tokens: list[Token], place: int, languages: Languages) -> tuple[int, tuple[Meaning, ...]]:
    best = 0
    meanings: tuple[Meaning, ...] = ()
    nodes: list[Node] = [languages.root]
    position = place
    for _ in range(_MAX_PHRASE):
        if position >= len(tokens):
            break
        token = tokens[position]
        if token.kind is Kind.PUNCT and token.glued and token.text in "-&_" and position > place:
            joined = position + 1 < len(tokens) and tokens[position + 1].glued
            if not joined:
                break
            if token.text == "&":
                nodes = [node.next["&"] for node in nodes if "&" in node.next] or nodes
            position += 1
            token = tokens[position]
        if token.kind not in (Kind.WORD, Kind.NUMBER):
            break
        keys = languages.keys(token.text) if token.kind is Kind.WORD else (token.text,)
        nodes = [node.next[key] for node in nodes for key in keys if key in node.next]
        if not nodes:
            break
        position += 1
        reached = tuple(meaning for node in nodes for meaning in node.meanings)
        if reached:
            best, meanings = position - place, reached
    return best, meanings


def _rank_languages(matches: list[tuple[int, tuple[Meaning, ...]]], languages: Languages) -> dict[str, int]:
    """How many words speak for each language: those that only it knows."""
    score = dict.fromkeys(languages.codes, 0)
    for length, meanings in matches:
        if length:
            codes = {meaning.language for meaning in meanings}
            if len(codes) == 1 and not meanings[0].weak:
                score[codes.pop()] += 1
    return score


def _word_term(
    tokens: list[Token], meanings: tuple[Meaning, ...], score: dict[str, int], line: int
) -> Term:
    first, last = tokens[0], tokens[-1]
    text = first.text if len(tokens) == 1 else " ".join(t.text for t in tokens if t.kind is not Kind.PUNCT)
    term = Term(Kind.WORD, text, first.start, last.end, first.glued, line)
    usable = [m for m in meanings if not m.weak or score[m.language] > 0 or m.roles <= _HARMLESS]
    if not usable:
        return term
    best = max(usable, key=lambda m: (score[m.language], m.language == "en"))
    chosen = [m for m in usable if m.language == best.language]
    term.language = best.language
    term.roles = frozenset().union(*(m.roles for m in chosen))
    for meaning in chosen:
        term.ordinal = meaning.ordinal or term.ordinal
        term.fraction = meaning.fraction or term.fraction
        term.symbol = meaning.symbol or term.symbol
    return term


def _number_terms(token: Token, line: int) -> list[Term]:
    """One term a price; prices written together are cut apart."""
    terms = []
    start = token.start
    for part in split_list(token.text):
        values = readings(part)
        term = Term(Kind.NUMBER, part, start, start + len(part), token.glued and start == token.start, line)
        term.numeral = Numeral(part, values) if values else Numeral(part, (Decimal(0),), "date")
        terms.append(term)
        start += len(part) + 1
    return terms


def _find_symbols(terms: list[Term], source: Normalised, languages: Languages) -> list[Term]:
    """Name the symbols: single words, pairs in two words, broker endings behind a mark."""
    table = languages.symbols
    result: list[Term] = []
    place = 0
    while place < len(terms):
        term = terms[place]
        result.append(term)
        place += 1
        if term.kind is not Kind.WORD:
            continue
        second = _pair_partner(terms, place)
        if second is not None and 2 <= len(term.text) <= 9:
            other = terms[second]
            symbol = table.pair(term.text, other.text)
            if symbol is not None and (second > place or term.text.isalpha()):
                term.symbol = symbol
                term.end = other.end
                term.roles = NONE
                place = second + 1
                place = _skip_suffix(terms, place, table.suffixes)
                continue
        if term.symbol is None and (not term.roles or len(term.text) > 3 or not term.roles & _SIDES):
            symbol = table.find(term.text)
            if symbol is not None and (term.text not in table.weak or _strong(terms, place - 1, source)):
                term.symbol = symbol
                term.roles = NONE
        if term.symbol is not None:
            place = _skip_suffix(terms, place, table.suffixes)
            term.end = terms[place - 1].end
    return result


def _pair_partner(terms: list[Term], place: int) -> int | None:
    """Index of the word that may be the second half of a pair begun right before ``place``."""
    if place >= len(terms):
        return None
    nxt = terms[place]
    if nxt.kind is Kind.WORD:
        return place
    if nxt.text in "/-_.|:\\" and place + 1 < len(terms) and terms[place + 1].kind is Kind.WORD:
        return place + 1
    return None


def _skip_suffix(terms: list[Term], place: int, suffixes: frozenset[str]) -> int:
    """Step over a broker's ending (``.ecn``, ``#``, ``+``) glued to a symbol."""
    if place >= len(terms) or not terms[place].glued:
        return place
    mark = terms[place]
    if mark.text in ".-_" and place + 1 < len(terms):
        ending = terms[place + 1]
        if ending.glued and ending.kind is Kind.WORD and ending.text in suffixes:
            return place + 2
    if mark.text in "#+!^" and (place + 1 >= len(terms) or terms[place + 1].numeral is None):
        return place + 1
    return place


def _strong(terms: list[Term], place: int, source: Normalised) -> bool:
    """A name that is also a word counts with a mark before it or beside an order's words in capitals."""
    if place > 0 and terms[place - 1].text in ("$", "#") and terms[place].glued:
        return True
    term = terms[place]
    if not source.cased[term.start : term.end].isupper() and len(term.text) <= 4:
        beside = _SIDES
        if not (
            place > 0 and terms[place - 1].roles & beside and "first_person" not in terms[place - 1].roles
        ):
            return False
    neighbours = [terms[p] for p in (place - 1, place + 1) if 0 <= p < len(terms)]
    wanted = {"buy", "sell", "sl", "close", "limit"}
    return any(n.roles & wanted and n.line == term.line for n in neighbours) or (
        place > 1 and terms[place - 1].text == ":" and "header" in terms[place - 2].roles
    )
