"""What holds for every profile: it is used or refused, adds its words alone, and learning never raises."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.domain.message import Message
from signalos.domain.signal import Open, Reading, ReadingContext
from signalos.parser import Languages, load_languages, parse
from signalos.parser.learning import propose, report
from signalos.parser.profile import ROLE_TEXTS, Profile, overlay
from signalos.parser.profile_check import Fault, ProfileError, checked
from signalos.parser.profile_document import from_document, to_document

LANGUAGES = load_languages()
INVENTED = st.text("zqxvwy", min_size=4, max_size=9).filter(
    lambda word: not LANGUAGES.knows(word) and LANGUAGES.symbols.find(word) is None
)
PIECES = st.lists(
    st.sampled_from(
        "buy sell gold EURUSD limit sl tp entry now @ : 2405 1.0850 2396 58,900 50 pips close half if \n 🎯 zork".split(
            " "
        )
    ),
    max_size=25,
).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def read(text: str, languages: Languages) -> Reading:
    return parse(Message("", "", 1, 1, text, datetime(2024, 1, 1, tzinfo=UTC)), ReadingContext(), languages)


def used(document: object) -> Profile | list[Fault]:
    """The checked profile of a document, or what is wrong with it."""
    try:
        return checked(from_document(document), LANGUAGES)
    except ProfileError as why:
        return why.faults


@given(st.dictionaries(st.sampled_from([*ROLE_TEXTS, "nope"]), st.lists(st.text(max_size=12), max_size=4)))
def test_words_are_used_or_refused_and_a_checked_profile_stays_as_it_is(
    words: dict[str, list[str]],
) -> None:
    found = used({"words": words})
    if isinstance(found, Profile):
        assert used(to_document(found)) == found
        overlay(LANGUAGES, found)
    else:
        assert all(fault.place.startswith("words.") and fault.text for fault in found)


@given(st.dictionaries(st.sampled_from(["words", "symbols", "pip_sizes", "price_style", "x"]), JSON) | JSON)
def test_any_document_is_read_or_refused_in_words(document: object) -> None:
    assert used(document)


@given(INVENTED, INVENTED, st.booleans())
def test_an_invented_word_reads_as_the_label_that_it_stands_for(stop: str, aim: str, upper: bool) -> None:
    if stop == aim:
        return
    profile = checked(Profile(words={"sl": (stop,), "tp": (f"{aim} mark",)}), LANGUAGES)
    text = f"buy gold 2405\n{stop}: 2396\n{aim} mark 2412"
    (action,) = read(text.upper() if upper else text, overlay(LANGUAGES, profile)).actions
    (plain,) = read("buy gold 2405\nsl: 2396\ntp 2412", LANGUAGES).actions
    assert isinstance(action, Open)
    assert isinstance(plain, Open)
    assert (action.stop_loss, action.take_profits) == (plain.stop_loss, plain.take_profits)


@given(PIECES, INVENTED, st.sampled_from(list(ROLE_TEXTS)))
def test_a_text_without_the_profiles_words_is_read_as_ever(text: str, word: str, role: str) -> None:
    own = overlay(LANGUAGES, checked(Profile(words={role: (word,)}), LANGUAGES))
    assert read(text, own) == read(text, LANGUAGES)


@settings(max_examples=25)
@given(st.lists(PIECES | st.text(max_size=60), max_size=8))
def test_learning_never_raises_and_proposes_only_what_can_be_used(texts: list[str]) -> None:
    def history() -> list[Message]:
        return [
            Message("", "", n, 1, t, datetime(2024, 1, 1, tzinfo=UTC)) for n, t in enumerate(texts * 3, 1)
        ]

    proposal = propose(history, LANGUAGES)
    assert report(proposal)
    assert checked(proposal.profile, LANGUAGES) == proposal.profile
