"""Resolved symbols of one terminal, in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signalos.brokers.mt5.link import Link
from signalos.brokers.mt5.symbols import Listed, UnknownSymbol, canonical_names, choose
from signalos.domain.errors import Refused


class SymbolBook:
    """Resolves canonical names once each; ``configured`` maps canonical names to the broker's."""

    def __init__(self, link: Link, configured: Mapping[str, str]) -> None:
        self._link = link
        self._configured = configured
        self._listed: list[Listed] = []
        self._names: dict[str, str] = {}
        self._canonical = {name: canonical for canonical, name in configured.items()}

    def known(self, canonical: str) -> str | None:
        """The broker's spelling if it was resolved before."""
        return self._names.get(canonical)

    async def resolve(self, canonical: str) -> str:
        """The broker's spelling. Raises Refused (unknown, ambiguous) or TerminalDown."""
        known = self._names.get(canonical)
        if known is not None:
            return known
        try:
            name = self._choose(canonical, await self._symbols())
        except UnknownSymbol:
            # The list may be of an account or a moment that did not have it yet.
            self._listed = []
            name = self._choose(canonical, await self._symbols())
        self._names[canonical] = name
        self._canonical[name] = canonical
        return name

    async def canonical(self, name: str) -> str:
        """Our name for the broker's ``name``; ``name`` itself where we have none."""
        known = self._canonical.get(name)
        if known is not None:
            return known
        listed = next((s for s in await self._symbols() if s.name == name), None)
        ours = name
        for candidate in canonical_names(listed) if listed is not None else []:
            if await self._means(candidate, name):
                ours = candidate
                break
        self._canonical[name] = ours
        return ours

    async def canonicals(self, names: Iterable[str]) -> dict[str, str]:
        """Our name for each of ``names``."""
        return {name: await self.canonical(name) for name in set(names)}

    async def _means(self, candidate: str, name: str) -> bool:
        try:
            return await self.resolve(candidate) == name
        except Refused:
            return False

    def _choose(self, canonical: str, symbols: list[Listed]) -> str:
        wanted = self._configured.get(canonical)
        if wanted is None:
            return choose(canonical, symbols)
        if any(s.name == wanted for s in symbols):
            return wanted
        raise UnknownSymbol(
            f"The symbol table says that {canonical} is {wanted} at this broker, but the broker has no "
            f"{wanted}. Correct the table."
        )

    async def _symbols(self) -> list[Listed]:
        if not self._listed:
            self._listed = [Listed(*row) for row in await self._link.read("symbol_names")]
        return self._listed
