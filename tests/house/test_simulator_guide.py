"""The guide to the simulated terminal names every symbol property, every fault and every option."""

import argparse
import re

from signalos.brokers.simulated.faults import Effect, Fault
from signalos.brokers.simulated.symbols import SymbolProperties
from signalos.commands import sim
from tests.house.repository import ROOT

GUIDE = (ROOT / "docs" / "guides" / "simulated-terminal.md").read_text("utf-8")


def named(section: str) -> set[str]:
    """Names in the first column of the section's table."""
    rows = re.findall(r"^\| (.*?) \|", GUIDE.partition(f"## {section}")[2].partition("\n## ")[0], re.M)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_symbol_property_is_described_and_no_other() -> None:
    assert named("Symbols") == set(SymbolProperties.__struct_fields__)


def test_every_fault_and_each_of_its_settings_is_described() -> None:
    assert named("Faults") == set(Effect)
    assert set(Fault.__struct_fields__) - set(re.findall(r"\w+", GUIDE.partition("## Faults")[2])) == set()


def test_every_option_is_described() -> None:
    subparsers = argparse.ArgumentParser().add_subparsers()
    sim.add(subparsers)
    options = {
        o for a in subparsers.choices["sim"]._actions for o in a.option_strings if o.startswith("--")
    }
    of_the_wire = {"--help", "--listen", "--state", "--speed", "--clock"}
    assert {o for o in options - of_the_wire if f"`{o}" not in GUIDE} == set()
    assert named("Accounts") <= options | {"netting"}
