"""Identities: fresh ones, repeatable ones, derived ones."""

import time
import uuid

from hypothesis import assume, given
from hypothesis import strategies as st

from signalos.kit.ids import SeededIds, SystemIds, derived_id


def test_system_ids_are_fresh_and_of_the_asked_size() -> None:
    ids = SystemIds()
    assert ids.uuid() != ids.uuid()
    assert ids.secret() != ids.secret()
    assert len(ids.secret(32)) == 43


def test_system_uuids_say_when_they_were_made_so_that_later_ones_sort_later() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid.UUID(SystemIds().uuid()) for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    moments = [one.int >> 80 for one in made]
    assert before <= moments[0]
    assert moments[-1] <= after
    assert moments == sorted(moments)
    assert len(set(made)) == 1000


def test_seeded_ids_repeat_with_their_seed_only() -> None:
    one, same, other = SeededIds(7), SeededIds(7), SeededIds(8)
    first = [one.uuid(), one.secret(), one.uuid()]
    assert [same.uuid(), same.secret(), same.uuid()] == first
    assert other.uuid() != first[0]
    assert uuid.UUID(first[0]).version == 4


@given(st.lists(st.one_of(st.integers(), st.text()), min_size=1))
def test_derived_id_is_the_same_for_the_same_parts(parts: list[int | str]) -> None:
    derived = derived_id(*parts)
    assert derived == derived_id(*parts)
    assert len(derived) == 20
    assert derived.isupper() or derived.isdigit() or derived.isalnum()


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_derived_ids_of_other_parts_differ(a: list[str], b: list[str]) -> None:
    assume(a != b)
    assert derived_id(*a) != derived_id(*b)


def test_derived_id_tells_parts_apart_that_join_to_the_same_text() -> None:
    assert derived_id("12", "3") != derived_id("1", "23")
    assert derived_id("a;1:b") != derived_id("a", "b")
