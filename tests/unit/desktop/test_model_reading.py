"""What a language model reads: journalled beside the pipeline, decided once, and never traded without a yes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.desktop.channel_book import LocalChannel
from signalos.desktop.journal.questions import Question
from signalos.desktop.model_reading import ASKED_WITHIN_SECONDS, MOST_WAITING
from signalos.domain.signal import ModifyStop, Open, Reach, Scope
from signalos.domain.strategy import Filters, Strategy
from signalos.language_model.asking import Answer, LanguageModel, ModelOrder, NoAnswer
from signalos.parser import Languages, load_languages
from signalos.protocol.strategies import ChannelRules
from tests.support.rig import CHAT, Rig
from tests.unit.desktop.test_by_hand import Asked
from tests.unit.desktop.test_pipeline_way import BUY

TEXT = "EURUSD köp 1.1001, förlust 1.0950, vinst 1.1100"
ORDER = ModelOrder("EURUSD", "buy", "market", ("1.1001",), "1.0950", ("1.1100",))
Says = Answer | Exception | None


class FakeModel:
    """Answers what it was given, one a question, the last for ever; None never answers."""

    name = "fake-1"

    def __init__(self, *says: Says) -> None:
        self.says = list(says)
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.closed = 0

    async def ask(self, text: str, symbols: Sequence[str]) -> Answer:
        self.asked.append((text, tuple(symbols)))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if said is None:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")
        if isinstance(said, Exception):
            raise said
        return said

    async def close(self) -> None:
        self.closed += 1


def says(*orders: ModelOrder) -> Answer:
    return Answer(orders, "the answer as it came")


@pytest.fixture(scope="session")
def languages() -> Languages:
    return load_languages()


Make = Callable[..., Any]


@pytest.fixture
async def make(tmp_path: Path, languages: Languages) -> AsyncIterator[Make]:
    rigs: list[Rig] = []

    async def made(model: FakeModel, **more: Any) -> Asked:
        async def build() -> LanguageModel:
            return model

        rig = Rig(tmp_path, model=(build, languages), **more)
        rigs.append(rig)
        await rig.start()
        return Asked(rig)

    yield made
    for rig in rigs:
        await rig.crash()


def question(rig: Rig, row: int = 1) -> Question:
    found = rig.journal.questions.get(row)
    assert found is not None
    return found


def told(rig: Rig, kind: str) -> list[Any]:
    return [msgspec.json.decode(data) for data in rig.events(kind)]


async def test_what_it_reads_waits_for_a_yes_and_is_then_traded_once(make: Make) -> None:
    asked: Asked = await make(FakeModel(says(ORDER)))
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(1)
    assert asked.decisions() == [(CHAT, 2, "waiting_for_confirmation")]
    assert rig.broker.book == {}
    assert rig.broker.sends == []
    (signal,) = told(rig, "signal")
    assert (signal["symbol"], signal["side"], signal["version"], signal["confidence"]) == (
        "EURUSD",
        "buy",
        2,
        0.5,
    )
    (decision,) = told(rig, "decision")
    assert any("the language model fake-1 read this" in step["text"] for step in decision["steps"])
    stored = question(rig)
    assert (stored.state, stored.model, stored.answer) == ("read", "fake-1", "the answer as it came")

    await asked.ask("yes", chatId=CHAT, messageId=5, part=1, again=True)
    assert asked.decisions()[-1] == (CHAT, 3, "pass")
    (position,) = rig.broker.book.values()
    assert (position.stop_loss, position.take_profit) == (Decimal("1.0950"), Decimal("1.1100"))
    await asked.ask("twice", chatId=CHAT, messageId=5, part=1, again=True)
    assert asked.decisions()[-1] == (CHAT, 4, "already_opened")
    assert len(rig.broker.book) == 1


async def test_no_strategy_can_do_without_the_yes(make: Make) -> None:
    loose = Strategy(filters=Filters(confirm_by_hand=False, max_signal_age=None))
    asked: Asked = await make(FakeModel(says(ORDER)), strategy=loose)
    asked.rig.say(5, TEXT)
    await asked.rig.run(1)
    assert asked.decisions() == [(CHAT, 2, "waiting_for_confirmation")]


async def test_a_stop_holds_for_a_confirmed_one(make: Make) -> None:
    asked: Asked = await make(FakeModel(says(ORDER)))
    asked.rig.say(5, TEXT)
    await asked.rig.run(1)
    asked.rig.journal.latches.set(["t1"], "stop-entries", local=True)
    await asked.ask("yes", chatId=CHAT, messageId=5, part=1, again=True)
    assert asked.decisions()[-1] == (CHAT, 3, "stopped")
    assert asked.rig.broker.book == {}


async def test_later_messages_do_not_wait_for_the_answer(make: Make) -> None:
    model = FakeModel(None)
    asked: Asked = await make(model)
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(0.2)
    assert model.asked == [(TEXT, ("EURUSD",))]
    rig.say(6, "a readable one", replace(BUY, take_profits=BUY.take_profits[:1]))
    await rig.run(1)
    assert asked.decisions() == [(CHAT, 1, "pass")]
    assert len(rig.broker.book) == 1
    assert question(rig).state == "waiting"


async def test_a_kill_between_asking_and_answering_asks_again_and_decides_once(make: Make) -> None:
    model = FakeModel(None, says(ORDER))
    asked: Asked = await make(model)
    asked.rig.say(5, TEXT)
    await asked.rig.run(0.5)
    await asked.rig.restart()
    asked.listen()
    await asked.rig.run(1)
    assert len(model.asked) == 2
    await asked.rig.restart()
    await asked.rig.run(1)
    assert len(model.asked) == 2, "what is answered is not asked again"
    assert asked.decisions() == [(CHAT, 2, "waiting_for_confirmation")]


async def test_after_a_long_night_nobody_is_asked(make: Make) -> None:
    model = FakeModel(None)
    asked: Asked = await make(model)
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(0.5)
    rig.clock.shift(ASKED_WITHIN_SECONDS + 1)
    await rig.restart()
    await rig.run(1)
    assert len(model.asked) == 1
    assert (question(rig).state, question(rig).reason) == ("given_up", "model_too_late")
    rig.say(6, TEXT, posted_at=rig.ago(ASKED_WITHIN_SECONDS + 1))
    await rig.run(1)
    assert rig.journal.questions.get(2) is None


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (says(), "none", "model_no_order"),
        (says(replace(ORDER, stop_loss="1.0951")), "given_up", "model_invented_number"),
        (says(replace(ORDER, side="sell")), "given_up", "model_sl_wrong_side"),
        (NoAnswer("model_unusable", "no shape", passing=False), "given_up", "model_unusable"),
        (RuntimeError("a bug"), "given_up", "model_failed"),
    ],
)
async def test_what_does_not_hold_is_journalled_and_trades_nothing(
    make: Make, answer: Says, state: str, reason: str
) -> None:
    model = FakeModel(answer)
    asked: Asked = await make(model)
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(1)
    assert (question(rig).state, question(rig).reason) == (state, reason)
    assert asked.decisions() == []
    last = told(rig, "message")[-1]
    assert (last["version"], last["reason"]) == (1, "talk")
    assert "the language model fake-1 was asked: " in last["detail"]
    assert told(rig, "alert") == []
    await rig.run(5)
    assert len(model.asked) == 1, "a question is asked once"


async def test_trouble_is_told_once_until_it_is_over(make: Make) -> None:
    down = NoAnswer("model_unreachable", "refused")
    asked: Asked = await make(FakeModel(down, down, says(), down, says()))
    for number in range(5):
        asked.rig.say(10 + number, f"{TEXT} {'!' * number}")
        await asked.rig.run(0.5)
    assert [alert["code"] for alert in told(asked.rig, "alert")] == ["model_unreachable"] * 2


async def test_an_edit_or_a_deletion_meanwhile_is_stronger(make: Make) -> None:
    release = asyncio.Event()

    class Slow(FakeModel):
        async def ask(self, text: str, symbols: Sequence[str]) -> Answer:
            self.asked.append((text, tuple(symbols)))
            await release.wait()
            return says(ORDER)

    asked: Asked = await make(Slow(None))
    rig = asked.rig
    rig.say(5, TEXT)
    rig.say(6, TEXT)
    await rig.run(0.5)
    rig.say(5, TEXT + " nej", edit=True)
    rig.say(6, TEXT, deleted=True)
    await rig.run(0.5)
    release.set()
    await rig.run(1)
    assert [question(rig, row).reason for row in (1, 2)] == ["model_superseded"] * 2
    assert asked.decisions() == []


async def test_an_edit_is_never_asked_about(make: Make) -> None:
    model = FakeModel(says())
    asked: Asked = await make(model)
    asked.rig.say(5, "EURUSD snart")
    await asked.rig.run(0.5)
    asked.rig.say(5, TEXT, edit=True)
    await asked.rig.run(0.5)
    assert model.asked == []


async def test_a_readable_edit_counts_as_without_a_model(make: Make) -> None:
    """What nobody confirmed is nothing to the rules: neither memory nor a refusal of the original."""
    asked: Asked = await make(FakeModel(says(ORDER)))
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(1)
    rig.say(5, "now readable", replace(BUY, take_profits=BUY.take_profits[:1]), edit=True)
    await rig.run(1)
    assert rig.contexts[-1].entries[0].actions == ()
    assert asked.decisions()[-1] == (CHAT, 3, "pass")
    assert len(rig.broker.book) == 1


@pytest.mark.parametrize(
    "change", [{"text": TEXT + " AVBRUTEN", "edit": True}, {"text": TEXT, "deleted": True}]
)
async def test_a_yes_to_what_was_changed_since_trades_nothing(make: Make, change: dict[str, Any]) -> None:
    asked: Asked = await make(FakeModel(says(ORDER)))
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(1)
    rig.say(5, **change)
    await rig.run(0.5)
    result = await asked.ask("yes", chatId=CHAT, messageId=5, part=1, again=True)
    assert (result.success, result.reason) == (False, "message_changed")
    assert asked.decisions() == [(CHAT, 2, "waiting_for_confirmation")]
    assert rig.broker.book == {}


async def test_the_rules_know_it_once_it_is_confirmed(make: Make) -> None:
    asked: Asked = await make(FakeModel(says(ORDER)))
    rig = asked.rig
    rig.say(5, TEXT)
    await rig.run(1)
    rig.say(6, "anything")
    await rig.run(0.5)
    assert [entry.actions for entry in rig.contexts[-1].entries] == [()]
    await asked.ask("yes", chatId=CHAT, messageId=5, part=1, again=True)
    move = ModifyStop(scope=Scope(Reach.ONE, target=5), price=Decimal("1.0960"))
    rig.say(7, "stop to 1.0960", move)
    await rig.run(1)
    opened = {entry.message_id: entry.actions for entry in rig.contexts[-1].entries}[5]
    assert isinstance(opened[0], Open)
    (position,) = rig.broker.book.values()
    assert position.stop_loss == Decimal("1.0960")


async def test_a_flood_is_bounded(make: Make) -> None:
    asked: Asked = await make(FakeModel(None))
    for number in range(MOST_WAITING + 5):
        asked.rig.say(10 + number, f"{TEXT} {'!' * number}")
    await asked.rig.run(1)
    assert len(asked.rig.journal.questions.waiting()) == MOST_WAITING


async def test_a_text_that_cannot_be_looked_at_holds_nothing_up(
    tmp_path: Path, languages: Languages
) -> None:
    async def build() -> LanguageModel:
        return FakeModel(says(ORDER))

    broken = replace(languages, symbols=None)  # type: ignore[arg-type]  # whatever looks at it fails
    rig = Rig(tmp_path, model=(build, broken))
    await rig.start()
    rig.say(5, TEXT)
    rig.say(6, "a readable one", replace(BUY, take_profits=BUY.take_profits[:1]))
    await rig.run(1)
    assert len(rig.broker.book) == 1
    assert rig.journal.questions.get(1) is None
    await rig.crash()


async def test_a_channel_that_is_off_is_never_asked_about(make: Make) -> None:
    model = FakeModel(says(ORDER))
    off = LocalChannel(ChannelRules(chat_id=CHAT, enabled=False), "channels[0]")
    asked: Asked = await make(model, channels=(off,))
    asked.rig.say(5, TEXT)
    await asked.rig.run(1)
    assert model.asked == []


async def test_ignored_words_by_hand_and_others_words_are_never_asked_about(make: Make) -> None:
    model = FakeModel(says(ORDER))
    ignoring = LocalChannel(ChannelRules(chat_id=CHAT, ignore_words=["vinst"]), "channels[0]")
    asked: Asked = await make(model, channels=(ignoring,))
    asked.rig.say(5, TEXT)
    asked.rig.say(6, TEXT.replace("vinst", "mål"), forwarded=True)
    asked.rig.say(7, TEXT.replace("vinst", "mål!"), sender="member")
    await asked.ask("c1", chatId="hand", messageId=1, text=TEXT)
    await asked.rig.run(1)
    assert model.asked == []
