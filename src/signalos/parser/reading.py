"""One message -> its actions, or none with the reason. The whole way, top to bottom."""

from __future__ import annotations

from itertools import pairwise

from signalos.domain.message import Message
from signalos.domain.signal import (
    Action,
    Cancel,
    Close,
    Open,
    Reading,
    ReadingContext,
    Reject,
    Side,
)
from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.again import Earlier
from signalos.parser.clauses import Sentence, roles_of, split
from signalos.parser.drafts import Draft, Drafter
from signalos.parser.edits import against_context, difference
from signalos.parser.guards import (
    bare_words_reason,
    message_reason,
    order_reason,
)
from signalos.parser.items import MAX_ITEMS, Item
from signalos.parser.levels import LevelReader
from signalos.parser.lexer import MAX_TOKENS
from signalos.parser.normalise import Normalised, normalise
from signalos.parser.orders import build_order
from signalos.parser.profile import own_words
from signalos.parser.quotes import polls, without_quotes
from signalos.parser.referring import referring_clauses
from signalos.parser.tagging import tag
from signalos.parser.talk import announced, only_talk, talk_reason
from signalos.parser.targets import Memory
from signalos.parser.term import Term
from signalos.parser.twins import unique, without_twins
from signalos.parser.updates import UpdateReader
from signalos.parser.vocabulary import Languages

MAX_LENGTH = 6_000
"""Characters of a message that is read at all; Telegram allows 4,096. A longer text is no channel's message."""

MAX_ORDERS = 25
"""Sides in one message; more is a table or an attack."""


def parse(message: Message, context: ReadingContext, languages: Languages) -> Reading:
    """Read ``message`` in the light of what was read before. Never raises; linear in the text's length.

    For an edit (version > 1) the entry of the same message in ``context`` holds the earlier version's
    actions; the answer is then the difference. No action comes with a short stable ``reason``.
    """
    if message.deleted:
        return Reading(reason="deleted")
    if message.sender == "member":
        return Reading(reason="member")
    if len(message.text) > MAX_LENGTH:
        return Reading(reason="too_long")
    source = normalise(message.text)
    terms = tag(source, languages, context.default_symbol)
    if len(terms) > MAX_TOKENS:
        return Reading(reason="too_long")
    kept = without_quotes(terms, source.text)
    if not kept:
        return Reading(reason="quote" if terms else "empty")
    if polls(source.text):
        return Reading(reason="question")
    talk = only_talk(kept)
    if talk is not None:
        return talk
    reader = _Reader(message, context, languages, source)
    if languages.own is not None:
        reader.notes.extend(own_words(terms))
    return reader.read(kept)


class _Reader:
    """Reads the terms of one message in which some word could act."""

    def __init__(
        self, message: Message, context: ReadingContext, languages: Languages, source: Normalised
    ) -> None:
        self.message = message
        self.context = context
        self.languages = languages
        self.memory = Memory(message, context)
        self.earlier = Earlier(self.memory)
        self.source = source
        self.reasons: list[str] = []
        self.unread: set[int] = set()
        self.notes: list[str] = []

    def read(self, terms: list[Term]) -> Reading:
        """The message's actions, or none with the reason."""
        sentences = split(terms)
        levels = LevelReader(terms)
        items = levels.items()
        if len(items) > MAX_ITEMS:
            return Reading(reason="too_long")
        self.unread = levels.unread_lines()
        actions = self._actions(terms, sentences, items)
        edited = self.memory.edited
        if edited is not None:
            actions, reason = difference(edited, actions)
            return Reading(
                actions, "" if actions else reason or self._reason(sentences), notes=tuple(self.notes)
            )
        if actions:
            return Reading(actions, notes=tuple(self.notes))
        return Reading(
            reason=self._reason(sentences),
            announces=announced(terms, roles_of(sentences)),
            notes=tuple(self.notes),
        )

    def _actions(
        self, terms: list[Term], sentences: list[Sentence], items: list[Item]
    ) -> tuple[Action, ...]:
        referring = referring_clauses(sentences)
        items = [i for i in items if not (i.kind == "side" and i.label.clause in referring)]
        drafts = Drafter().build(items)
        orders = [draft for draft in drafts if draft.side is not None]
        if len(orders) > MAX_ORDERS:
            self.reasons.append("too_long")
            return ()
        if _both_ways(orders):
            self.reasons.append("condition")
            orders = []
        refused = _lists_or_leans(orders, terms)
        if refused:
            self.reasons.append(refused)
            orders = [draft for draft in orders if draft.has_levels]
        opened: list[Action] = []
        occupied: set[int] = set()
        for draft in orders:
            made = self._order(draft, terms, sentences)
            if isinstance(made, str):
                self.reasons.append(made)
            else:
                opened.append(made)
                occupied |= draft.clauses
        opened = without_twins(opened)
        levels = (
            not orders and not refused
        )  # what stands beside an order is that order's, also if it is none
        actions: list[Action] = []
        if occupied:  # what stands behind a new order is about that order: management notes, footers
            first = min(occupied)
            occupied |= {
                c.terms[0].clause for s in sentences for c in s.clauses if c.terms[0].clause > first
            }
        if message_reason(sentences) in ("example", "quote") and not opened:
            self.reasons.append(message_reason(sentences))
            return ()
        reader = UpdateReader(sentences, items, self.memory, self.source, self.languages)
        found = reader.read(levels=levels, skip=occupied - referring, alone=not opened)
        self.reasons.extend(found.reasons)
        if (
            "cancelled" in self.reasons
        ):  # a card taken back as a whole says nothing of trades that are not known
            found.actions = [
                a for a in found.actions if not isinstance(a, Cancel) or a.scope.target is not None
            ]
        actions.extend(unique(found.actions))
        if not orders and not actions:
            actions.extend(self.earlier.repeated(sentences) or self.earlier.turned(sentences))
        turned = self.earlier.reversed(sentences, opened)
        ended = {action.symbol for action in turned if isinstance(action, Close)}
        actions = [a for a in actions if not (isinstance(a, Close) and a.symbol in ended)]
        actions.extend(turned)
        actions.extend(self._in_context(opened, sentences))
        return tuple(actions)

    # -- orders ---------------------------------------------------------------------------------

    def _order(self, draft: Draft, terms: list[Term], sentences: list[Sentence]) -> Open | Reject | str:
        complete = draft.has_levels
        reason = order_reason(draft, sentences, complete=complete)
        if reason:
            return reason
        if not complete:
            reason = bare_words_reason(draft, terms)
            if reason:
                return reason
        if self.unread or any(item.apart for item in draft.prices):
            return "unclear_levels"
        symbol = self._symbol(draft, terms)
        if symbol == "":
            return "unknown_symbol"
        return build_order(draft, symbol, self.source, self.languages.symbols)

    def _symbol(self, draft: Draft, terms: list[Term]) -> str | None:
        """Message, replied message, channel default, announcing message; "" if an unknown name is in the way."""
        if draft.symbol is not None:
            return "" if self._several(draft, terms) else draft.symbol
        named = {term.symbol for term in terms if term.symbol is not None}
        if len(named) == 1:
            return named.pop()
        if len(named) > 1:
            return ""
        guessed = self._guess(terms)
        if guessed is not None:
            return guessed
        if self._names_something_unknown(draft, terms):
            return ""
        if self.message.reply_to is not None:
            signal = self.memory.signal(self.memory.root(self.message.reply_to))
            if signal is not None and len(signal.symbols) == 1:
                return signal.opens[0].symbol
            replied = self.memory.entries.get(self.message.reply_to)
            if replied is not None and (symbol := self._named_in(replied.text)) is not None:
                return symbol
        if self.memory.edited is not None:
            signal = self.memory.signal(self.message.message_id)
            if signal is not None and len(signal.symbols) == 1:
                return signal.opens[0].symbol
        if self.context.default_symbol:
            return self.context.default_symbol
        earlier = [e for e in self.context.entries if e.message_id != self.message.message_id]
        if earlier and earlier[-1].announces:
            return earlier[-1].announces
        return None

    def _named_in(self, text: str) -> str | None:
        """The one symbol that an earlier text names."""
        terms = tag(normalise(text[:MAX_LENGTH]), self.languages)
        names = {term.symbol for term in terms if term.symbol is not None}
        return names.pop() if len(names) == 1 else None

    @staticmethod
    def _several(draft: Draft, terms: list[Term]) -> bool:
        """True if the clause of a bare order names two symbols: which one is meant is not said."""
        clause = draft.side_term.clause if draft.side_term is not None else -1
        names = {t.symbol for t in terms if t.symbol is not None and t.clause == clause}
        return len(names) > 1 and not draft.has_levels

    def _guess(self, terms: list[Term]) -> str | None:
        """A symbol written with a slip, if exactly one unknown word is one."""
        found = set()
        for term in terms:
            if term.kind is kinds.WORD and not term.known:
                symbol = self.languages.symbols.guess(term.text)
                if symbol is not None:
                    found.add(symbol)
                    self.notes.append(f"{term.text} read as {symbol}")
        return found.pop() if len(found) == 1 else None

    def _names_something_unknown(self, draft: Draft, terms: list[Term]) -> bool:
        """An unknown word in capitals beside the side is an instrument that is not known here."""
        trigger = draft.side_term
        if trigger is None:
            return False
        place = next(i for i, t in enumerate(terms) if t is trigger)
        for term in terms[max(0, place - 2) : place + 3]:
            if term.kind is not kinds.WORD or term.known or term.line != trigger.line:
                continue
            written = self.source.cased[term.start : term.end]
            if written.isupper() and len(written) >= 2:
                return True
        return False

    def _in_context(self, opened: list[Action], sentences: list[Sentence]) -> list[Action]:
        if self.memory.edited is not None:
            return opened
        again = any(sentence.roles & role.AGAIN for sentence in sentences)
        result: list[Action] = []
        for action in opened:
            if not isinstance(action, Open):
                result.append(action)
                continue
            action = self.earlier.same_again(action) if again else action
            if self.earlier.modified(sentences, action):
                changes, reason = self.earlier.as_change(action)
                result.extend(changes)
                if reason:
                    self.reasons.append(reason)
                continue
            kept, reason = against_context(action, self.memory, again=again or len(opened) > 1)
            result.extend(kept)
            if reason:
                self.reasons.append(reason)
        return result

    def _reason(self, sentences: list[Sentence]) -> str:
        if self.reasons:
            return self.reasons[0]
        return talk_reason(roles_of(sentences), asks=any(sentence.asks for sentence in sentences))


def _both_ways(orders: list[Draft]) -> bool:
    """True if one line gives both sides of a symbol and not each a stop and a target: zones to watch, no orders."""
    for first, second in pairwise(orders):
        one, two = first.side_term, second.side_term
        if one is None or two is None or one.line != two.line or first.side is second.side:
            continue
        same = first.symbol == second.symbol or first.symbol is None or second.symbol is None
        full = all(draft.stops and draft.targets for draft in (first, second))
        if same and not full and first.now is None and second.now is None:
            return True
    return False


def _lists_or_leans(orders: list[Draft], terms: list[Term]) -> str:
    """Why bare orders side by side are none: both ways of one symbol, or a list of what is open; "" if they are."""
    bare = [draft for draft in orders if not draft.has_levels]
    for first, second in pairwise(bare):
        same = first.symbol == second.symbol or first.symbol is None or second.symbol is None
        if same and first.side is not second.side:
            return "condition"
        lines = {d.side_term.line for d in (first, second) if d.side_term is not None}
        listed = first.has_prices and second.has_prices and first.now is None and second.now is None
        if len(lines) == 1 and listed and _headed_by_trades(first, terms):
            return "report"
    return ""


def _headed_by_trades(draft: Draft, terms: list[Term]) -> bool:
    """True behind "Open positions:" on the line of the side."""
    side = draft.side_term
    if side is None:
        return False
    before = [t for t in terms if t.line == side.line and t.start < side.start]
    colon = next((i for i, t in enumerate(before) if t.text == ":"), 0)
    return any(t.roles & role.ORDER_NOUN for t in before[:colon])


__all__ = ["Side", "parse"]
