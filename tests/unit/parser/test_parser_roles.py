"""Roles as bits: each name has one of its own, and the constants are what their names say."""

from __future__ import annotations

import pytest

from signalos.parser import roles as role


def test_each_role_has_a_bit_of_its_own() -> None:
    assert all(bit.bit_count() == 1 for bit in role.ROLES.values())
    assert len(set(role.ROLES.values())) == len(role.ROLES)


def test_a_constant_is_the_role_of_its_name() -> None:
    for name, bit in role.ROLES.items():
        assert getattr(role, name.upper()) == bit


def test_several_roles_are_named_at_once() -> None:
    assert role.of("buy sell") == role.BUY | role.SELL == role.SIDE
    assert role.names(role.of("tp sl close")) == ["sl", "tp", "close"]
    with pytest.raises(KeyError):
        role.of("buy bye")


def test_the_first_reason_of_a_table_counts() -> None:
    table = ((role.IF, "condition"), (role.PAST, "past_tense"))
    assert role.first_reason(role.PAST | role.IF, table) == "condition"
    assert role.first_reason(role.PAST, table) == "past_tense"
    assert role.first_reason(role.BUY, table) == ""
