"""One message -> its actions, or none with the reason. The whole way, top to bottom."""

from __future__ import annotations

from dataclasses import replace

from signalos.domain.message import Message
from signalos.domain.signal import (
    Action,
    Close,
    Open,
    OrderKind,
    Reach,
    Reading,
    ReadingContext,
    Reject,
    Scope,
    Side,
)
from signalos.parser.clauses import Sentence, split
from signalos.parser.drafts import Draft, Drafter
from signalos.parser.edits import against_context, difference
from signalos.parser.guards import bare_words_reason, first_reason, order_reason, update_reason
from signalos.parser.items import Item
from signalos.parser.levels import LevelReader
from signalos.parser.lexer import Kind
from signalos.parser.normalise import Normalised, normalise
from signalos.parser.orders import build_order
from signalos.parser.tagging import tag
from signalos.parser.targets import Memory
from signalos.parser.term import Term
from signalos.parser.updates import UpdateReader
from signalos.parser.vocabulary import Languages

MAX_LENGTH = 20_000
"""Characters that are read; Telegram allows 4,096. What lies beyond is footers or an attack."""

MAX_ITEMS = 250
"""Parts of orders in one message; more is a table or an attack, never a signal."""

_SIGNIFICANT = frozenset(
    "buy sell sl tp close out be cancel reduce secure part reverse void expired again emoji_sl emoji_tp".split()
)


def parse(message: Message, context: ReadingContext, languages: Languages) -> Reading:
    """Read ``message`` in the light of what was read before. Never raises; linear in the text's length.

    For an edit (version > 1) the entry of the same message in ``context`` holds the earlier version's
    actions; the answer is then the difference. No action comes with a short stable ``reason``.
    """
    if message.deleted:
        return Reading(reason="deleted")
    if message.sender == "member":
        return Reading(reason="member")
    return _Reader(message, context, languages).read()


class _Reader:
    def __init__(self, message: Message, context: ReadingContext, languages: Languages) -> None:
        self.message = message
        self.context = context
        self.languages = languages
        self.memory = Memory(message, context)
        self.source: Normalised = normalise(message.text[:MAX_LENGTH])
        self.terms: list[Term] = tag(self.source, languages)
        self.reasons: list[str] = []
        self.unread: set[int] = set()
        self.notes: list[str] = []

    def read(self) -> Reading:
        terms = _without_quotes(self.terms)
        if not terms:
            return Reading(reason="quote" if self.terms else "empty")
        if not any(t.roles & _SIGNIFICANT for t in terms):
            sentences = split(terms)
            return Reading(reason=self._talk_reason(sentences), announces=_announces(terms, sentences))
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
            reason=self._reason(sentences), announces=_announces(terms, sentences), notes=tuple(self.notes)
        )

    def _actions(
        self, terms: list[Term], sentences: list[Sentence], items: list[Item]
    ) -> tuple[Action, ...]:
        referring = _referring_clauses(sentences)
        items = [i for i in items if not (i.kind == "side" and i.label.clause in referring)]
        drafts = Drafter().build(items)
        orders = [draft for draft in drafts if draft.side is not None]
        opened: list[Action] = []
        occupied: set[int] = set()
        for draft in orders:
            made = self._order(draft, terms, sentences)
            if isinstance(made, str):
                self.reasons.append(made)
            else:
                opened.append(made)
                occupied |= draft.clauses
        opened = _without_twins(opened)
        if orders and not opened:
            levels = False
        else:
            levels = not orders
        actions: list[Action] = []
        if occupied:  # what stands behind a new order is about that order: management notes, footers
            first = min(occupied)
            occupied |= {
                c.terms[0].clause for s in sentences for c in s.clauses if c.terms[0].clause > first
            }
        reader = UpdateReader(sentences, items, self.memory, self.source, self.languages)
        found = reader.read(levels=levels, skip=occupied - referring, alone=not opened)
        self.reasons.extend(found.reasons)
        actions.extend(_unique(found.actions))
        if not orders and not actions:
            actions.extend(self._repeated(sentences))
        actions.extend(self._reversed(sentences, opened))
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
            if term.kind is Kind.WORD and not term.known:
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
            if term.kind is not Kind.WORD or term.known or term.line != trigger.line:
                continue
            written = self.source.cased[term.start : term.end]
            if written.isupper() and len(written) >= 2:
                return True
        return False

    def _in_context(self, opened: list[Action], sentences: list[Sentence]) -> list[Action]:
        if self.memory.edited is not None:
            return opened
        again = any("again" in sentence.roles for sentence in sentences)
        result: list[Action] = []
        for action in opened:
            if not isinstance(action, Open):
                result.append(action)
                continue
            action = self._same_again(action) if again else action
            kept, reason = against_context(action, self.memory, again=again or len(opened) > 1)
            result.extend(kept)
            if reason:
                self.reasons.append(reason)
        return result

    def _same_again(self, action: Open) -> Open:
        """The same trade again without levels copies stop and targets of the signal it means."""
        if action.stop_loss or action.take_profits or action.stop_loss_pips or action.take_profit_pips:
            return action
        addressed = self.memory.addressed()
        signals = [s for s in self.memory.signals if s.about(action.symbol, action.side) is not None]
        chosen = next((s for s in signals if s.message_id == addressed), signals[-1] if signals else None)
        earlier = chosen.about(action.symbol, action.side) if chosen is not None else None
        if earlier is None:
            return action
        return Open(
            symbol=action.symbol, side=action.side, order=action.order, entry=action.entry,
            stop_loss=earlier.stop_loss, take_profits=earlier.take_profits,
            stop_loss_pips=earlier.stop_loss_pips, take_profit_pips=earlier.take_profit_pips,
            open_target=earlier.open_target, spans=action.spans, confidence=action.confidence - 0.1,
        )  # fmt: skip

    def _repeated(self, sentences: list[Sentence]) -> list[Action]:
        """Open the replied signal once more at market: "same trade again", "re-enter"."""
        clauses = [clause for sentence in sentences for clause in sentence.clauses]
        signal = self.memory.signal(self.memory.addressed())
        if len(clauses) != 1 or signal is None or len(signal.opens) != 1 or self.memory.edited is not None:
            return []
        clause, earlier = clauses[0], signal.opens[0]
        known = all(term.known and term.numeral is None for term in clause.terms)
        if not known or "again" not in clause.roles or update_reason(clause, sentences[0]):
            return []
        return [replace(earlier, order=OrderKind.MARKET, entry=(), spans=(), confidence=0.7)]

    def _reversed(self, sentences: list[Sentence], opened: list[Action]) -> list[Action]:
        """Close what "flip to sell" ends: the opposite signals of the symbol before it opens."""
        if not any("reverse" in sentence.roles for sentence in sentences):
            return []
        closes: list[Action] = []
        for action in opened:
            if not isinstance(action, Open):
                continue
            for signal in self.memory.live:
                if signal.about(action.symbol, action.side.opposite) is not None:
                    scope = Scope(Reach.ONE, target=signal.message_id)
                    closes.append(Close(scope=scope, symbol=action.symbol, spans=action.spans))
        return closes

    # -- reasons --------------------------------------------------------------------------------

    def _reason(self, sentences: list[Sentence]) -> str:
        return self.reasons[0] if self.reasons else self._talk_reason(sentences)

    @staticmethod
    def _talk_reason(sentences: list[Sentence]) -> str:
        table = (
            ("question", "question"), ("if", "condition"), ("example", "example"), ("negation", "negation"),
            ("result", "result"), ("past", "past_tense"), ("advert", "advert"), ("plan", "plan"), ("wait", "wait"),
            ("hold", "hold"), ("analysis", "analysis"), ("education", "education"),
        )  # fmt: skip
        if any(sentence.asks for sentence in sentences):
            return "question"
        roles: set[str] = set().union(*(sentence.roles for sentence in sentences)) if sentences else set()
        return first_reason(roles, table) or "talk"


def _without_quotes(terms: list[Term]) -> list[Term]:
    """Drop quoted lines (``>``); a forward header makes the whole message a quote."""
    quoted: set[int] = set()
    first = True
    for term in terms:
        if term.kind is Kind.BREAK:
            first = True
            continue
        if first and term.text == ">":
            quoted.add(term.line)
        first = False
    if not quoted:
        return terms
    return [term for term in terms if term.line not in quoted]


def _referring_clauses(sentences: list[Sentence]) -> set[int]:
    """Clauses in which a side names what is closed or cancelled instead of what is opened."""
    found: set[int] = set()
    for sentence in sentences:
        for clause in sentence.clauses:
            if (
                not clause.terms
                or not clause.has("close", "cancel", "out", "void", "be")
                or "reverse" in clause.roles
            ):
                continue
            side = next((i for i, t in enumerate(clause.terms) if t.roles & {"buy", "sell"}), None)
            if side is None:
                continue
            before = {r for t in clause.terms[:side] for r in t.roles}
            after = {r for t in clause.terms[side + 1 :] for r in t.roles if not t.roles & {"entry", "now"}}
            pure_before = any(
                t.roles & {"close", "cancel"} and not t.roles & {"enter", "reverse"}
                for t in clause.terms[:side]
            )
            if (
                pure_before
                or (before & {"all"} and after & {"out", "close"})
                or after & {"out", "cancel", "void"}
            ):
                found.add(clause.terms[0].clause)
    return found


def _without_twins(actions: list[Action]) -> list[Action]:
    """One of each: a bilingual message says everything twice."""
    result: list[Action] = []
    keys = set()
    for action in actions:
        if isinstance(action, Open):
            key: object = (
                action.symbol, action.side, action.order, action.entry, action.stop_loss, action.take_profits
            )  # fmt: skip
        elif isinstance(action, Reject):
            key = (action.reason, action.symbol)
        else:
            key = action
        if key not in keys:
            keys.add(key)
            result.append(action)
    return result


def _unique(actions: list[Action]) -> list[Action]:
    """Drop updates that say the same about the same signal; a stated share beats an unstated one."""
    stated = {a.scope for a in actions if isinstance(a, Close) and a.fraction is not None}
    result: list[Action] = []
    keys: set[object] = set()
    for action in actions:
        if isinstance(action, Close) and action.fraction is None and action.scope in stated:
            continue
        key = replace(action, spans=(), confidence=1.0)
        if key not in keys:
            keys.add(key)
            result.append(action)
    return result


def _announces(terms: list[Term], sentences: list[Sentence]) -> str | None:
    """The symbol of a message that says the next signal will be on it."""
    roles = set().union(*(sentence.roles for sentence in sentences)) if sentences else set()
    if not roles & {"get_ready", "next"}:
        return None
    names = {term.symbol for term in terms if term.symbol is not None}
    return names.pop() if len(names) == 1 else None


__all__ = ["Side", "parse"]
