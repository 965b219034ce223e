"""A channel's history -> a proposed profile, with what is to be asked and what it would change."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import median

from signalos.domain.message import Message
from signalos.domain.signal import EntryState, Open, ReadEntry, Reading, ReadingContext, Reject
from signalos.parser.learning.look import Look, look_at
from signalos.parser.learning.tallies import Seen, Table, roles_of, side_of, style_votes
from signalos.parser.profile import LONGEST_PHRASE, Profile, overlay
from signalos.parser.profile_check import ProfileError, checked
from signalos.parser.reading import parse
from signalos.parser.vocabulary import Languages

LEAST = 3
"""Fewer than so many messages are no habit."""
CLEAR = 0.8
NEAR_MESSAGES = 10
_MEMORY = 8
_EXAMPLES = 5

History = Callable[[], Iterable[Message]]


@dataclass(slots=True)
class Finding:
    """One thing that was found: what was written, as what it is proposed ("" = to be asked), and where."""

    written: str
    meant: str
    seen: Seen
    remark: str = ""


@dataclass(slots=True)
class Effect:
    """What the proposal changes: orders read before, in addition, no longer; what is read differently."""

    messages: int = 0
    before: int = 0
    more: int = 0
    other: int = 0
    fewer: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)
    """(what changed, the message's text)."""


@dataclass(slots=True)
class Proposal:
    """A profile to try, what led to it, what only the user can answer, and its effect."""

    profile: Profile
    findings: list[Finding]
    questions: list[Finding]
    effect: Effect


def propose(history: History, languages: Languages) -> Proposal:
    """Read ``history`` (called anew for each of three passes, oldest message first) and propose a profile."""
    made = _Learner(languages)
    made.words(history)
    made.names(history)
    return Proposal(made.profile, made.findings, made.questions, _effect(history, languages, made.profile))


def readings(
    history: Iterable[Message], languages: Languages, default_symbol: str | None = None
) -> Iterable[tuple[Message, Reading]]:
    """Every message with its reading, in the light of the few before it."""
    entries: deque[ReadEntry] = deque(maxlen=_MEMORY)
    for message in history:
        reading = parse(message, ReadingContext(tuple(entries), default_symbol), languages)
        yield message, reading
        entries.append(
            ReadEntry(
                message.message_id,
                reading.actions,
                EntryState.OPEN,
                message.reply_to,
                announces=reading.announces,
                text=message.text,
            )
        )


class _Learner:
    def __init__(self, languages: Languages) -> None:
        self.languages = languages
        self.profile = Profile()
        self.findings: list[Finding] = []
        self.questions: list[Finding] = []

    # -- first pass: labels, sides, footers, price style ----------------------------------------

    def words(self, history: History) -> None:
        labels, sides, inside, outside = Table(), Table(), Table(), Table()
        styles: Counter[str] = Counter()
        twofold = messages = 0
        for message, reading in readings(history(), self.languages):
            messages += 1
            seen = look_at(message.text, self.languages)
            if seen.signal:
                votes, two = style_votes(seen, self.languages.symbols)
                styles.update(votes)
                twofold += two
                # What is read by arithmetic already votes too: a word on both sides is no label.
                unread = not seen.fully_read(reading)
                for phrase, role in roles_of(seen):
                    labels.row(phrase).add(message.text, role)
                    labels.row(phrase).unread += unread
                side = side_of(seen)
                for phrase in seen.side_words if side is not None else ():
                    sides.row(phrase).add(message.text, str(side))
                    sides.row(phrase).unread += unread
            lines = inside if seen.signal or reading.actions else outside
            for line in dict.fromkeys(seen.footers):
                lines.row(line).add(message.text)
        self._take_words(labels)
        self._take_words(sides)
        self._take_footers(inside, outside, messages)
        self._take_style(styles, twofold)

    def _take_words(self, table: Table) -> None:
        for phrase, seen in table.often(LEAST):
            if seen.unread < LEAST:
                continue
            role = seen.winner(CLEAR)
            if role is None:
                self.questions.append(Finding(phrase, "", seen, "stands before prices on both sides"))
                continue
            self._try_word(role, phrase, seen)

    def _try_word(self, role: str, phrase: str, seen: Seen, written: str = "") -> None:
        words = dict(self.profile.words)
        words[role] = (*words.get(role, ()), phrase)
        try:
            self.profile = checked(replace(self.profile, words=words), self.languages)
        except ProfileError as why:
            self.questions.append(Finding(written or phrase, "", seen, why.faults[0].text))
        else:
            self.findings.append(Finding(phrase, role, seen))

    def _take_footers(self, inside: Table, outside: Table, messages: int) -> None:
        least = max(LEAST + 1, messages // 50)
        for line, seen in inside.often(LEAST):
            words = line.split()
            size = -(-len(words) // -(-len(words) // LONGEST_PHRASE))
            for start in range(0, len(words), size):
                self._try_word("filler", " ".join(words[start : start + size]), seen, line)
        for line, seen in outside.often(least):
            if line not in inside.rows and len(line) <= 80:
                self.profile = replace(self.profile, ignore_words=(*self.profile.ignore_words, line))
                self.findings.append(Finding(line, "ignored", seen))

    def _take_style(self, styles: Counter[str], twofold: int) -> None:
        seen = Seen(twofold, votes=styles)
        style = seen.winner(0.95)
        if twofold and style is not None and styles[style] >= LEAST:
            self.profile = replace(self.profile, price_style=style)
            self.findings.append(Finding("prices", style, seen))
        elif twofold and styles:
            self.questions.append(Finding("prices", "", seen, "are written in more than one style"))

    # -- second pass: names and the default symbol ----------------------------------------------

    def names(self, history: History) -> None:
        own = overlay(self.languages, self.profile)
        names, named_beside = Table(), set[str]()
        prices: dict[str, list[Decimal]] = {}
        nameless = Seen()
        waiting: list[int] = []
        number = last_at = 0
        last: str | None = None
        for number, (message, reading) in enumerate(readings(history(), own), start=1):
            seen = look_at(message.text, own)
            opened = [a for a in reading.actions if isinstance(a, Open)]
            if opened:
                last, last_at = opened[0].symbol, number
                for at in waiting:
                    if number - at <= NEAR_MESSAGES:
                        nameless.votes[last] += 1
                waiting = []
                for action in opened:
                    prices.setdefault(action.symbol, []).extend(action.entry[:1])
                named_beside.update(seen.names)
            elif seen.signal and seen.side is not None and not seen.symbols:
                figure = _entry(seen)
                if seen.names:
                    for name in seen.names:
                        names.row(name).add(message.text, prices=[figure])
                elif _nameless(reading):
                    vote = last if last is not None and number - last_at <= NEAR_MESSAGES else ""
                    nameless.add(message.text, vote or "", [figure])
                    waiting.append(number)
        self._take_names(names, named_beside, prices)
        self._take_default(nameless)

    def _take_names(self, names: Table, beside: set[str], prices: dict[str, list[Decimal]]) -> None:
        for name, seen in names.often(LEAST):
            if name in beside:
                continue
            fitting = self._fitting(seen.prices)
            symbol = fitting[0] if len(fitting) == 1 else _alike(seen.prices, prices)
            if symbol is None:
                self.questions.append(Finding(name, "", seen, _ask("which symbol is it?", fitting)))
                continue
            try:
                symbols = {**self.profile.symbols, name: symbol}
                self.profile = checked(replace(self.profile, symbols=symbols), self.languages)
            except ProfileError as why:
                self.questions.append(Finding(name, "", seen, why.faults[0].text))
            else:
                self.findings.append(Finding(name, symbol, seen))

    def _take_default(self, nameless: Seen) -> None:
        if nameless.count < LEAST:
            return
        fitting = self._fitting(nameless.prices)
        symbol = nameless.winner(CLEAR) or (fitting[0] if len(fitting) == 1 else None)
        usual = self.languages.symbols.range_of(symbol)
        if symbol is not None and usual is not None and all(usual.holds(p) for p in nameless.prices):
            self.profile = replace(self.profile, default_symbol=symbol)
            self.findings.append(Finding("orders without a symbol", symbol, nameless))
        else:
            remark = _ask("which symbol do they mean?", fitting)
            self.questions.append(Finding("orders without a symbol", "", nameless, remark))

    def _fitting(self, prices: list[Decimal]) -> list[str]:
        ranges = self.languages.symbols.ranges.items()
        return [symbol for symbol, usual in ranges if prices and all(usual.holds(p) for p in prices)]


def _entry(seen: Look) -> Decimal:
    return next((p.price for p in seen.prices if p.known == "entry"), seen.prices[0].price)


def _nameless(reading: Reading) -> bool:
    return reading.reason == "no_symbol" or any(
        isinstance(a, Reject) and a.reason == "no_symbol" for a in reading.actions
    )


def _alike(seen: list[Decimal], known: dict[str, list[Decimal]]) -> str | None:
    """The one symbol of this channel whose prices are of the same height, None if none or several are."""
    if not seen:
        return None
    middle = median(seen)
    near = [s for s, prices in known.items() if prices and abs(median(prices) - middle) <= middle / 10]
    return near[0] if len(near) == 1 else None


def _ask(question: str, fitting: list[str]) -> str:
    return f"{question} By its prices it may be {', '.join(fitting[:12])}." if fitting else question


def _effect(history: History, languages: Languages, profile: Profile) -> Effect:
    effect = Effect()
    own = overlay(languages, profile)
    before = readings(history(), languages)
    after = readings(history(), own, profile.default_symbol)
    for (message, old), (_, new) in zip(before, after, strict=True):
        effect.messages += 1
        had, has = _opens(old), _opens(new)
        effect.before += had
        what = ""
        if has and not had:
            effect.more += 1
            what = "read in addition"
        elif had and not has:
            effect.fewer += 1
            what = "no longer read"
        elif [replace(a, spans=(), confidence=1.0) for a in old.actions] != [
            replace(a, spans=(), confidence=1.0) for a in new.actions
        ]:
            effect.other += 1
            what = "read differently"
        if what and sum(kind == what for kind, _ in effect.examples) < _EXAMPLES:
            effect.examples.append((what, message.text))
    return effect


def _opens(reading: Reading) -> bool:
    """True if an order was read; one that repeats an earlier one counts as read."""
    return reading.reason == "repost" or any(isinstance(action, Open) for action in reading.actions)
