"""Orders that lean on an earlier one: the same again, its opposite, or a card that tells its new levels."""

from __future__ import annotations

from dataclasses import replace

from signalos.domain.signal import Action, Close, Open, OrderKind, Reach, Scope
from signalos.parser import roles as role
from signalos.parser.clauses import Sentence
from signalos.parser.edits import level_changes
from signalos.parser.targets import Memory
from signalos.parser.update_guards import update_reason


class Earlier:
    """What a message makes of the signals before it."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    @staticmethod
    def modified(sentences: list[Sentence], action: Open) -> bool:
        """True for a card below "POSITION MODIFIED": it tells new levels of a trade that is open."""
        if action.order is not OrderKind.MARKET:
            return False
        for sentence in sentences:
            if sentence.roles & role.SIDE and not sentence.roles & role.MODIFIED:
                return False
            if sentence.roles & role.MODIFIED:
                return True
        return False

    def as_change(self, action: Open) -> tuple[tuple[Action, ...], str]:
        scope = self.memory.resolve(action.symbol, action.side)
        signal = self.memory.signal(scope.target)
        earlier = signal.about(action.symbol, action.side) if signal is not None else None
        if earlier is None:
            return (), "unresolved_target"
        changes = tuple(level_changes(scope, earlier, action))
        return changes, "" if changes else "unchanged"

    def same_again(self, action: Open) -> Open:
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

    def repeated(self, sentences: list[Sentence]) -> list[Action]:
        """Open the replied signal once more at market: "same trade again", "re-enter"."""
        signal = self.memory.signal(self.memory.addressed())
        if (
            len(sentences) != 1
            or signal is None
            or len(signal.opens) != 1
            or self.memory.edited is not None
        ):
            return []
        sentence, earlier = sentences[0], signal.opens[0]
        known = all(term.known and term.numeral is None for term in sentence.terms)
        refused = any(update_reason(clause, sentence) for clause in sentence.clauses)
        if not known or not sentence.roles & role.AGAIN or refused or not _enters_again(sentence):
            return []
        return [replace(earlier, order=OrderKind.MARKET, entry=(), spans=(), confidence=0.7)]

    def turned(self, sentences: list[Sentence]) -> list[Action]:
        """Close a trade and open its opposite: "reverse the DAX now"."""
        for sentence in sentences:
            for clause in sentence.clauses:
                symbols = sentence.symbols
                if not clause.roles & role.REVERSE or len(symbols) > 1 or update_reason(clause, sentence):
                    continue
                if not all(term.known and term.numeral is None for term in clause.terms):
                    continue
                scope = self.memory.resolve(symbols[0] if symbols else None)
                signal = self.memory.signal(scope.target)
                if signal is None or not signal.live or len(signal.opens) != 1:
                    continue
                earlier = signal.opens[0]
                return [
                    Close(scope=scope, symbol=earlier.symbol),
                    Open(symbol=earlier.symbol, side=earlier.side.opposite, confidence=0.7),
                ]
        return []

    def reversed(self, sentences: list[Sentence], opened: list[Action]) -> list[Action]:
        """Close what "flip to sell" ends: the opposite signals of the symbol before it opens."""
        if not any(sentence.roles & role.REVERSE for sentence in sentences):
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


_OTHER_NEWS = role.of("hold result past closed activated analysis report old close out sl tp be")


def _enters_again(sentence: Sentence) -> bool:
    """True if the word for "again" comes with a word of trading: "thanks again" and "holding again" ask for nothing."""
    if sentence.roles & _OTHER_NEWS:
        return False
    if sentence.roles & (role.ENTER | role.NOW | role.BUY | role.SELL):
        return True
    again = [t for t in sentence.terms if t.roles & role.AGAIN]
    return any(t.text.startswith("re") or t.roles & role.ORDER_NOUN for t in again) or any(
        t.roles & role.ORDER_NOUN for t in sentence.terms
    )
