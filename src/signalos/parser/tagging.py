"""Tokens -> terms: phrases found in the vocabulary, symbols, and numerals with their units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from signalos.domain.symbols import is_currency_pair
from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.choice import Chooser
from signalos.parser.lexer import MAX_TOKENS, lex
from signalos.parser.meaning import Choice, Meaning, Sense
from signalos.parser.normalise import Normalised
from signalos.parser.numbers import Numeral, readings, split_list
from signalos.parser.price_style import settle
from signalos.parser.roles import NONE
from signalos.parser.separable import join_separable
from signalos.parser.slips import mend
from signalos.parser.symbols import LONGEST_HALF, SymbolTable
from signalos.parser.term import Term
from signalos.parser.thousands import join_thousands
from signalos.parser.units import mark_units
from signalos.parser.vocabulary import Languages, Node

_TARGETS = frozenset("🎯🏁🥅🏹")
_STOPS = frozenset("🛑⛔❌🚫✖✋🆘❎")
_TP_ROLE = role.EMOJI_TP
_SL_ROLE = role.EMOJI_SL
_BETWEEN_CURRENCIES = role.AGAINST | role.REFERENCE | role.TO
_BEYOND = role.ABOVE | role.BELOW
_MAX_PHRASE = 8


def tag(source: Normalised, languages: Languages, default: str | None = None) -> list[Term]:
    """Lex and tag the whole message. ``default`` is the chat's usual symbol. Linear in its length."""
    terms = lex(source, languages.compounds)
    if len(terms) > MAX_TOKENS:
        return terms
    terms, phrases = _phrases(mend(terms, source, languages), languages)
    chooser = Chooser([sense for _, sense in phrases], languages)
    for term, sense in phrases:
        _mean(term, chooser.choose(sense))
    terms = _find_symbols(terms, source, languages)
    join_separable(terms)
    settle(terms, languages.price_style)
    if not chooser.top:
        _take_lone_sides(terms)
    terms = join_thousands(terms, source, languages.symbols, default)
    mark_units(terms)
    return terms


def _take_lone_sides(terms: list[Term]) -> None:
    """Read "EURUSD sat 1.0850": no word speaks for a language, and a side of one of them stands beside the symbol."""
    for place, term in enumerate(terms):
        if term.maybe not in (role.BUY, role.SELL):
            continue
        before = place - 1
        while before > 0 and (terms[before].text == ":" or terms[before].text[0] == "'"):
            before -= 1  # "GBPUSD'de sat", "Ethereum: alım"
        for near in (before, place + 1):
            if 0 <= near < len(terms) and terms[near].symbol is not None and terms[near].line == term.line:
                term.roles = term.maybe


def _phrases(tokens: list[Term], languages: Languages) -> tuple[list[Term], list[tuple[Term, Sense]]]:
    """The message's terms, and those whose words the vocabulary knows with what they can mean.

    The words of a phrase become one term; a number, an emoji and an index say themselves what they are.
    """
    terms: list[Term] = []
    known: list[tuple[Term, Sense]] = []
    behind = 0
    for place, term in enumerate(tokens):
        if place < behind:
            continue  # inside a phrase
        kind = term.kind
        if kind is kinds.WORD:
            word = term.word
            sense = word.sense
            if word.followers:
                length, longer = _longest(tokens, place, languages)
                if longer is not None:
                    sense = longer
                    behind = place + length
                    _join(term, tokens[place:behind], languages)
            if sense is not None:
                known.append((term, sense))
        elif kind is kinds.NUMBER:
            terms.extend(_number_terms(term))
            continue
        elif kind is kinds.EMOJI:
            if term.text in _TARGETS:
                term.roles = _TP_ROLE
            elif term.text in _STOPS:
                term.roles = _SL_ROLE
        elif kind is kinds.INDEX:
            term.ordinal = int(term.text)
        terms.append(term)
    return terms, known


def _longest(tokens: list[Term], place: int, languages: Languages) -> tuple[int, Sense | None]:
    """(length in tokens, sense) of the longest phrase of several words that begins at ``place``, if any."""
    word = tokens[place].word
    if not _goes_on(tokens, place, word.followers):
        return 0, None
    nodes: Sequence[Node] = word.nodes
    length, meanings = 0, tuple[Meaning, ...]()
    position = place + 1
    for _ in range(_MAX_PHRASE - 1):
        if position >= len(tokens):
            break
        token = tokens[position]
        if token.kind is kinds.PUNCT and token.glued and token.text in "-&_":
            joined = position + 1 < len(tokens) and tokens[position + 1].glued
            if not joined:
                break
            if token.text == "&":
                nodes = [node.next["&"] for node in nodes if "&" in node.next] or nodes
            position += 1
            token = tokens[position]
        if token.kind is kinds.WORD:
            keys = token.word.keys
        elif token.kind is kinds.NUMBER:
            keys = (token.text,)
        else:
            break
        nodes = [node.next[key] for node in nodes for key in keys if key in node.next]
        if not nodes:
            break
        position += 1
        reached = (
            nodes[0].meanings if len(nodes) == 1 else tuple([m for node in nodes for m in node.meanings])
        )
        if reached:
            length, meanings = position - place, reached
    return length, languages.sense(meanings) if meanings else None


def _goes_on(tokens: list[Term], place: int, followers: frozenset[str]) -> bool:
    """False if no phrase can go on with the token behind ``place``, which is so of most words."""
    if place + 1 >= len(tokens):
        return False
    following = tokens[place + 1]
    if following.kind is kinds.WORD:
        return not followers.isdisjoint(following.word.keys)
    if following.kind is kinds.NUMBER:
        return following.text in followers
    return following.glued and following.text in "-&_"


def _join(term: Term, words: list[Term], languages: Languages) -> None:
    """Let ``term`` stand for the whole phrase that it begins."""
    term.text = " ".join([t.text for t in words if t.kind is not kinds.PUNCT])
    term.end = words[-1].end
    term.word = languages.words[term.text]


def _mean(term: Term, choice: Choice) -> None:
    term.language = choice.language
    term.roles = choice.roles
    term.maybe = choice.maybe
    if choice.names:
        term.ordinal = choice.ordinal
        term.fraction = choice.fraction
        term.symbol = choice.symbol
        term.currency = choice.currency


def _number_terms(token: Term) -> list[Term]:
    """One term a price; prices written together are cut apart."""
    text = token.text
    thousands = text[-1] == "k"
    parts = split_list(text.removesuffix("k"))
    if len(parts) == 1:
        token.text = parts[0]
        token.numeral = _numeral(parts[0], thousands=thousands)
        return [token]
    terms = []
    start = token.start
    for part in parts:
        end = start + len(part) + thousands
        term = Term(kinds.NUMBER, part, start, end, token.glued and start == token.start, token.line)
        term.numeral = _numeral(part, thousands=thousands)
        terms.append(term)
        start += len(part) + 1
    return terms


def _numeral(raw: str, *, thousands: bool) -> Numeral:
    """What ``raw`` says, ``thousands`` if a k stands behind it."""
    values = readings(raw)
    if not values:
        return Numeral(raw, (Decimal(0),), "date")
    return (
        Numeral(raw + "k", tuple([value * 1000 for value in values])) if thousands else Numeral(raw, values)
    )


def _find_symbols(terms: list[Term], source: Normalised, languages: Languages) -> list[Term]:
    """Name the symbols: single words, pairs in two words, broker endings behind a mark."""
    naming = [
        place
        for place, term in enumerate(terms)
        if term.word.nameable or term.symbol is not None or term.currency is not None
    ]
    if not naming:
        return terms
    result: list[Term] = []
    behind = 0
    for place in naming:
        if place >= behind:  # else it is part of the name before it
            result += terms[behind : place + 1]
            behind = _name(terms, place, source, languages.symbols)
    return result + terms[behind:]


def _name(terms: list[Term], place: int, source: Normalised, table: SymbolTable) -> int:
    """Name the instrument that the word at ``place`` names, alone or with what follows; where the name ends."""
    term = terms[place]
    if term.currency is not None and (end := _currency_pair(terms, place)):
        other = terms[end]
        term.symbol = f"{term.currency}{other.currency}"
        term.end = other.end
        term.roles = NONE
        return end + 1
    behind = place + 1
    second = _pair_partner(terms, behind)
    if second is not None and 2 <= len(term.text) <= LONGEST_HALF:
        other = terms[second]
        symbol = table.pair(term.text, other.text)
        if symbol is not None and (second > behind or term.text.isalpha()):
            term.symbol = symbol
            term.end = other.end
            term.roles = NONE
            return _skip_suffix(terms, second + 1, table.suffixes)
    if term.symbol is None and (not term.roles or len(term.text) > 3 or not term.roles & role.SIDE):
        symbol = term.word.symbol
        if symbol is not None and (term.text not in table.weak or _strong(terms, place, source, table)):
            term.symbol = symbol
            term.roles = NONE
    if term.symbol is not None and term.roles & _BEYOND:
        if place and terms[place - 1].price:
            term.symbol = None  # "2340 altında": below; without a price before it: "in gold"
        else:
            term.roles &= ~_BEYOND
    if term.symbol is not None:
        behind = _skip_suffix(terms, behind, table.suffixes)
        term.end = terms[behind - 1].end
    return behind


def _currency_pair(terms: list[Term], place: int) -> int:
    """Index of the second currency of "euro against the dollar" or "pound yen", 0 if there is none."""
    first = terms[place]
    for further in range(place + 1, min(place + 4, len(terms))):
        term = terms[further]
        if term.currency is not None and term.line == first.line:
            return further if is_currency_pair(f"{first.currency}{term.currency}") else 0
        if term.text not in "/-|" and not term.roles & _BETWEEN_CURRENCIES:
            return 0
    return 0


def _pair_partner(terms: list[Term], place: int) -> int | None:
    """Index of the word that may be the second half of a pair begun right before ``place``."""
    if place >= len(terms):
        return None
    nxt = terms[place]
    if nxt.kind is kinds.WORD:
        return place
    if nxt.text in "/-_.|:\\" and place + 1 < len(terms) and terms[place + 1].kind is kinds.WORD:
        return place + 1
    return None


def _skip_suffix(terms: list[Term], place: int, suffixes: frozenset[str]) -> int:
    """Step over a broker's ending (``.ecn``, ``#``, ``+``) glued to a symbol."""
    if place >= len(terms) or not terms[place].glued:
        return place
    mark = terms[place]
    if mark.text in ".-_" and place + 1 < len(terms):
        ending = terms[place + 1]
        if ending.glued and ending.kind is kinds.WORD and ending.text in suffixes:
            return place + 2
    if mark.text in "#+!^" and (place + 1 >= len(terms) or terms[place + 1].numeral is None):
        return place + 1
    return place


def _before_side_and_price(terms: list[Term], place: int) -> bool:
    following = terms[place + 1 : place + 3]
    return len(following) == 2 and bool(following[0].roles & role.SIDE) and following[1].price


def _all_capitals(term: Term, source: Normalised) -> bool:
    """True if the whole line is written in capitals, so that they do not tell a ticker from a word."""
    start = source.cased.rfind("\n", 0, term.start) + 1
    end = source.cased.find("\n", term.end)
    line = source.cased[start : end if end >= 0 else None]
    return line.isupper() and line.strip() != source.cased[term.start : term.end]


def _traded(terms: list[Term], place: int) -> bool:
    """True for "SELL TON 5.20" and "TON BUY 5.20"; "CLOSE ONE POSITION" and "BUY NOT SELL" name no coin."""
    term = terms[place]
    before = terms[place - 1] if place and terms[place - 1].line == term.line else None
    behind = terms[place + 1] if place + 1 < len(terms) and terms[place + 1].line == term.line else None
    if before is not None and before.roles & role.SIDE and before.kind is kinds.WORD:
        return (
            behind is None
            or behind.kind in (kinds.BREAK, kinds.PUNCT, kinds.EMOJI)
            or behind.price
            or bool(
                behind.roles
                & (role.NOW | role.AT | role.LIMIT | role.SL | role.TP | role.ENTRY | role.STOP)
            )
        )
    if before is not None and before.roles & role.CLOSE and not term.roles:
        return behind is None or bool(behind.roles & role.NOW) or behind.kind is not kinds.WORD
    heads = before is None or before.kind in (kinds.BREAK, kinds.EMOJI)
    return heads and not term.roles & role.NEGATION and _before_side_and_price(terms, place)


def _strong(terms: list[Term], place: int, source: Normalised, table: SymbolTable) -> bool:
    """A name that is also a word counts with a mark before it or beside an order's words in capitals."""
    if place > 0 and terms[place - 1].text in ("$", "#") and terms[place].glued:
        return True
    term = terms[place]
    if term.text in table.coins and _all_capitals(term, source):
        named = term.roles and any(
            t.symbol or (t.kind is kinds.WORD and t.text not in table.weak and table.find(t.text))
            for t in terms
            if t is not term
        )
        return not named and _traded(terms, place)  # "SELL NEAR 2350 GOLD" names gold
    first = place == 0 or terms[place - 1].line != term.line or terms[place - 1].kind is kinds.BREAK
    if first and len(term.text) == 2 and _before_side_and_price(terms, place):
        return True
    named = term.text not in table.coins  # "the dow", but "this one" is no coin
    if (
        named
        and place > 1
        and not term.roles  # "el mes" is a month
        and terms[place - 1].roles & role.REFERENCE
        and not terms[place - 1].roles & role.SIDE
    ):
        behind = terms[place - 2]  # "shorting the dow"
        return bool(behind.roles & (role.SIDE | role.CLOSE)) and behind.line == term.line
    if named and any(
        terms[p].roles & role.ORDER_NOUN and terms[p].line == term.line
        for p in (place + 1,)
        if p < len(terms)
    ):
        return True  # "dow order"
    if not source.cased[term.start : term.end].isupper() and len(term.text) <= 4:
        beside = role.SIDE
        if not (
            place > 0 and terms[place - 1].roles & beside and not terms[place - 1].roles & role.FIRST_PERSON
        ):
            return False
    neighbours = [terms[p] for p in (place - 1, place + 1) if 0 <= p < len(terms)]
    wanted = role.of("buy sell sl close limit order_noun")
    return any(n.roles & wanted and n.line == term.line for n in neighbours) or (
        place > 1 and terms[place - 1].text == ":" and bool(terms[place - 2].roles & role.HEADER)
    )
