"""What holds for every text: never raises, spans lie inside, ornaments do not change the meaning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from signalos.domain.message import Message
from signalos.domain.signal import Action, Open, ReadEntry, ReadingContext
from signalos.parser import Languages, load_languages, parse

LANGUAGES = load_languages()
WORDS = (
    "buy sell gold EURUSD limit stop sl tp tp1 entry now @ - / : . , ( ) 2405 1.0850 2396 2412 24xx 50 pips close half "
    "half move to be cancel all if don't ? ! \n \n\n 🎯 🛑 ✅ compra venta покупка стоп شراء beli jual > k 1/2 50% + again"
).split(" ")
SIGNALS = (
    "GOLD BUY 2405\nSL 2396\nTP1 2412\nTP2 2420",
    "EURUSD SELL 1.0850 SL 1.0880 TP 1.0790",
    "Sell limit GBPJPY 195.50\nStop loss: 196.10\nTake profit: 194.20",
    "BTCUSD LONG\nEntry 64250-63900\nSL 63100\nTargets: 65000, 66000",
    "COMPRA ORO 2405\nSL 2396\nTP 2420",
    "Покупка EURUSD\nВход: 1.0830\nСтоп: 1.0800\nТейк: 1.0890",
)


def _read(text: str, languages: Languages = LANGUAGES, *entries: ReadEntry) -> tuple[Action, ...]:
    message = Message("test", "1", len(entries) + 1, 1, text, datetime(2024, 1, 2, tzinfo=UTC))
    reading = parse(message, ReadingContext(tuple(entries)), languages)
    assert bool(reading.actions) != bool(reading.reason)
    for action in reading.actions:
        assert 0 <= action.confidence <= 1
        for span in action.spans:
            assert 0 <= span.start < span.end <= len(text)
    return reading.actions


def _meaning(actions: tuple[Action, ...]) -> list[Action]:
    return [replace(action, spans=(), confidence=1.0) for action in actions]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_never_raises_on_any_text(text):
    _read(text)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=3)), max_size=40))
@example(words=["0;", "@", "@", "@", "@", "50%", "🎯"])
def test_never_raises_on_trading_words_in_any_order(words):
    earlier = ReadEntry(1, _read(SIGNALS[0]))
    _read(" ".join(words), LANGUAGES, earlier)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SIGNALS),
    st.text(alphabet=" \n\t\u00a0\u200b", max_size=6),
    st.text(alphabet="🔥🚀💪✨⚡👆 ", max_size=6),
)
def test_trailing_space_and_ornaments_change_nothing(signal, space, ornaments):
    assert _meaning(_read(signal + space + ornaments)) == _meaning(_read(signal))


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("change", [str.upper, str.lower, str.title, str.swapcase])
def test_case_changes_nothing(signal, change):
    assert _meaning(_read(change(signal))) == _meaning(_read(signal))


BOLD = {ord(c): chr(0x1D400 + i) for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
BOLD |= {ord(c): chr(0x1D41A + i) for i, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
BOLD |= {ord(c): chr(0x1D7CE + i) for i, c in enumerate("0123456789")}
WIDE = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F) if chr(code) not in ",.-"}
CIRCLED = {ord(c): chr(0x24B6 + i) for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


@pytest.mark.parametrize("signal", SIGNALS[:4])
@pytest.mark.parametrize("font", [BOLD, WIDE, CIRCLED])
def test_fonts_change_nothing(signal, font):
    assert _meaning(_read(signal.translate(font))) == _meaning(_read(signal))


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_footer_changes_nothing(signal):
    for footer in (
        "\n\nTrade with care.",
        "\n\n#forex #signals",
        "\n\nNot financial advice",
        "\n\n@somechannel",
    ):
        assert _meaning(_read(signal + footer)) == _meaning(_read(signal))


@pytest.mark.parametrize("signal", SIGNALS)
def test_spans_point_at_the_characters_of_the_original(signal):
    decorated = "🔥\u200b " + signal.translate(BOLD)
    message = Message("test", "1", 1, 1, decorated, datetime(2024, 1, 2, tzinfo=UTC))
    (action,) = parse(message, ReadingContext(), LANGUAGES).actions
    assert isinstance(action, Open)
    stops = [span for span in action.spans if span.field == "stop_loss"]
    assert len(stops) == 1
    written = decorated[stops[0].start : stops[0].end]
    assert "".join(str(int(c)) if c.isdecimal() else c for c in written) == format(action.stop_loss, "f")
