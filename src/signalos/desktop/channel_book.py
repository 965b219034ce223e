"""What the user set for single channels: the server's newest where the app is paired, else the file's."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from signalos.desktop.journal import Journal
from signalos.desktop.strategy_book import StrategyBook
from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.parser import Languages
from signalos.parser.ignored import IgnoredWords
from signalos.parser.profile import Profile, overlay
from signalos.parser.profile_check import ProfileError, checked
from signalos.parser.profile_document import profile_of
from signalos.protocol.strategies import ChannelRules

log = logging.getLogger(__name__)

_KEY = "server_channels"


@dataclass(frozen=True, slots=True)
class Rules:
    """How one channel's messages are read; ``languages`` are its own, None where its profile changes none."""

    enabled: bool = True
    profile: Profile = field(default_factory=Profile)
    languages: Languages | None = None
    ignored: IgnoredWords = field(default_factory=IgnoredWords)


@dataclass(frozen=True, slots=True)
class LocalChannel:
    """A channel of ``config.json``; ``where`` is its place there, ``strategy`` its own one, if it has one."""

    rules: ChannelRules
    where: str
    strategy: Strategy | None = None


_DEFAULT = Rules()


class ChannelBook:
    """Hands out a channel's rules at each message, its strategy through ``strategies``.

    Which channels are switched off stands in the journal beside the pauses, so that everything that
    may open a trade asks it directly before it sends. The server's last answer is kept there as well.
    """

    def __init__(
        self,
        journal: Journal,
        strategies: StrategyBook,
        local: Sequence[LocalChannel] = (),
        *,
        paired: bool,
    ) -> None:
        self._journal = journal
        self._strategies = strategies
        self._languages: Languages | None = None
        self._rules: dict[str, Rules] = {}
        self._stored = journal.meta(_KEY) if paired else None
        self._local = local
        self._take_up()

    def of(self, chat_id: str) -> Rules:
        """The rules for what a channel posts now."""
        return self._rules.get(chat_id, _DEFAULT)

    def know(self, languages: Languages) -> None:
        """Use the parser's vocabulary. Raises ConfigError for a profile in the file that cannot be used."""
        for channel in self._local:
            try:
                checked(profile_of(channel.rules), languages)
            except ProfileError as why:
                raise ConfigError(
                    "; ".join(f"{channel.where}.{fault.place}: {fault.text}" for fault in why.faults)
                ) from None
        self._languages = languages
        self._take_up()

    def take(self, answer: Sequence[ChannelRules]) -> list[str]:
        """Take the server's rules of all channels; what is missing has none. Answers problems in words.

        A channel whose strategy cannot be used opens nothing: another strategy was not what was asked for.
        """
        text = msgspec.json.encode(answer).decode()
        if text == self._stored:
            return []
        with self._journal.transaction():
            problems = self._use_answer(answer)
            self._journal.set_meta(_KEY, text)
        self._stored = text
        return problems

    def _take_up(self) -> None:
        """Use what is known at the start: the server's last answer, else the file's channels."""
        with self._journal.transaction():
            if self._stored is not None:
                try:
                    self._use_answer(msgspec.json.decode(self._stored, type=list[ChannelRules]))
                except msgspec.DecodeError as why:
                    # Written by a newer version: stopping must work all the same. What is off stays off.
                    log.warning(
                        "the stored rules of channels cannot be read until the server tells them: %s", why
                    )
                return
            own = {c.rules.chat_id: c.strategy for c in self._local if c.strategy is not None}
            self._use([c.rules for c in self._local], own, frozenset())

    def _use_answer(self, answer: Sequence[ChannelRules]) -> list[str]:
        own: dict[str, Strategy] = {}
        problems: dict[str, str] = {}
        for channel in answer:
            try:
                self._profile(channel)
            except ProfileError as why:
                problems[channel.chat_id] = (
                    f"the profile of the channel {channel.chat_id} cannot be used, so the channel opens "
                    f"nothing until it has another one: {why}"
                )
            if channel.strategy is None:
                continue
            try:
                own[channel.chat_id] = self._strategies.read(msgspec.to_builtins(channel.strategy))
            except ConfigError as why:
                problems[channel.chat_id] = (
                    f"the strategy of the channel {channel.chat_id} cannot be used, so the channel opens "
                    f"nothing until it has another one: {why}"
                )
        self._use(answer, own, frozenset(problems))
        return list(problems.values())

    def _use(
        self, channels: Sequence[ChannelRules], own: Mapping[str, Strategy], unusable: frozenset[str]
    ) -> None:
        self._rules = {c.chat_id: self._rules_of(c, usable=c.chat_id not in unusable) for c in channels}
        self._strategies.give_channels(own)
        self._journal.latches.switch_off([chat for chat, rules in self._rules.items() if not rules.enabled])

    def _rules_of(self, channel: ChannelRules, *, usable: bool) -> Rules:
        ignored = IgnoredWords(channel.ignore_words)
        try:
            profile = self._profile(channel)
        except ProfileError:
            return Rules(enabled=False, ignored=ignored)
        own = None
        if self._languages is not None and profile.changes_reading:
            own = overlay(self._languages, profile)
        return Rules(channel.enabled and usable, profile, own, ignored)

    def _profile(self, channel: ChannelRules) -> Profile:
        """The channel's profile, by the canonical names of symbols once the vocabulary is known."""
        profile = profile_of(channel)
        return profile if self._languages is None else checked(profile, self._languages)
