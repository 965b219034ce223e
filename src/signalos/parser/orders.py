"""A draft -> an opening action, a reject with its reason, or no action with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from signalos.domain.signal import Open, OrderKind, Reject, Side, Span
from signalos.parser.drafts import Draft
from signalos.parser.geometry import fault, nearest_first, place_unlabelled
from signalos.parser.items import Item
from signalos.parser.normalise import Normalised
from signalos.parser.numbers import Numeral
from signalos.parser.placing import Placer
from signalos.parser.prices import far, resolve, resolve_level, resolve_range, resolve_targets
from signalos.parser.symbols import Range, SymbolTable
from signalos.parser.term import Term


@dataclass(slots=True)
class Levels:
    """The prices of a draft, resolved."""

    entry: list[Decimal]
    stop: Decimal | None = None
    targets: list[Decimal] | None = None
    stop_pips: Decimal | None = None
    target_pips: list[Decimal] | None = None
    open_target: bool = False
    spans: list[tuple[str, Term]] | None = None
    unclear: str = ""


_SHORTEST_COLUMN = 3


def build_order(
    draft: Draft, symbol: str | None, source: Normalised, table: SymbolTable
) -> Open | Reject | str:
    """Return the action of ``draft`` for ``symbol``, or the reason why it is none."""
    side = draft.side
    if side is None:
        return "no_side"
    if draft.cut:
        return "advert"
    levels = _read_levels(draft, side, table.range_of(symbol))
    if levels.unclear:
        return levels.unclear
    stated = bool(levels.stop or levels.targets or levels.stop_pips or levels.target_pips)
    spans = _spans(draft, levels, source)
    if symbol is None:
        if stated and (levels.entry or (levels.stop and levels.targets)):
            return Reject(reason="no_symbol", detail="the order names no symbol", side=side, spans=spans)
        return "no_symbol"
    if draft.conflict:
        if stated:
            detail = "the message says buy and sell for the same levels"
            return Reject(reason="side_conflict", detail=detail, symbol=symbol, spans=spans)
        return "side_conflict"
    wrong = fault(side, levels.entry, levels.stop, levels.targets or [])
    if wrong is not None:
        return Reject(reason=wrong[0], detail=wrong[1], symbol=symbol, side=side, spans=spans)
    return Open(
        symbol=symbol,
        side=side,
        order=_order_kind(draft, side, levels),
        entry=tuple(levels.entry),
        stop_loss=levels.stop,
        take_profits=nearest_first(side, levels.targets or []),
        stop_loss_pips=levels.stop_pips,
        take_profit_pips=tuple(sorted(set(levels.target_pips or []))),
        open_target=levels.open_target,
        spans=spans,
        confidence=_confidence(draft, levels),
    )


def _order_kind(draft: Draft, side: Side, levels: Levels) -> OrderKind:
    if draft.kind == "stop":
        return OrderKind.STOP
    if draft.kind in ("limit", "pending"):
        return OrderKind.LIMIT
    beyond = {item.beyond for item in (*draft.prices, *draft.entries)} - {""}
    wanted = "above" if side is Side.BUY else "below"
    if wanted in beyond and draft.now is None and levels.stop is not None and levels.targets:
        return OrderKind.STOP
    return OrderKind.MARKET


def _confidence(draft: Draft, levels: Levels) -> float:
    """How much of a full, labelled order was there: 1.0 for all of it."""
    score = 1.0
    if levels.stop is None and levels.stop_pips is None:
        score -= 0.15
    if not levels.targets and not levels.target_pips:
        score -= 0.1
    if not draft.stops and not draft.targets and levels.stop is not None:
        score -= 0.1
    if draft.symbol is None:
        score -= 0.1
    return round(score, 2)


def _read_levels(draft: Draft, side: Side, usual: Range | None) -> Levels:
    levels = Levels(entry=[], spans=[])
    stops = [item for item in draft.stops if item.values]
    targets = [item for item in draft.targets if item.values]
    levels.open_target = any(item.open_target for item in draft.targets)
    told = any(item.signed for item in targets) and not stops
    if told:
        levels.unclear = "result"
        return levels
    if any(item.extra for item in stops):
        levels.unclear = "unclear_levels"
        return levels
    labelled = bool(stops or targets)
    groups = _entry_groups(draft)
    if not labelled and not groups and draft.loose:
        groups = _unknown_column(draft, usual)
        if not groups:
            if any(usual is not None and usual.holds(v) for v in _loose_values(draft)):
                levels.unclear = "unclear_levels"
            return levels
    if not labelled and not draft.entries and sum(len(g) for g in groups) > 1:
        return _positional(levels, groups, side, usual)
    prices = [price for group in groups for price in resolve_range(group, usual)]
    if labelled and not draft.entries and len(groups) > 1:
        later = _later_lines(levels, draft, groups, side, usual, targets_stated=bool(targets))
        if later is None:
            levels.unclear = "unclear_levels"
            return levels
        prices, groups = later
    layers = _layers(prices)
    if layers is None or not plausible(layers, usual):
        levels.unclear = "unclear_levels"
        return levels
    levels.entry = prices = layers
    reference = prices[0] if prices else None
    digits = groups[0][0].numeral.digits if groups and groups[0][0].numeral else ""
    _read_stop(levels, stops, usual, reference, digits, side)
    _read_targets(levels, targets, usual, reference, digits, side)
    if any(distance <= 0 for distance in _distances(levels)):
        levels.unclear = "unclear_levels"
    if levels.spans is not None:
        levels.spans.extend(("entry", term) for group in groups for term in group)
    if draft.loose or (draft.prices and draft.entries):
        _place_loose(levels, draft, side, usual)
    return levels


def _distances(levels: Levels) -> list[Decimal]:
    """The stop's and the targets' distances in pips."""
    stop = [] if levels.stop_pips is None else [levels.stop_pips]
    return [*stop, *(levels.target_pips or [])]


def _place_loose(levels: Levels, draft: Draft, side: Side, usual: Range | None) -> None:
    """Give numbers under unknown labels to the one part of the order that is missing, if arithmetic leaves no doubt."""
    known: list[tuple[Numeral, Decimal]] = []
    for _, term in levels.spans or []:
        if term.numeral is not None and term.numeral.unit != "pips":
            reference = known[0][1] if known else None
            known.append((term.numeral, resolve(term.numeral, usual, reference)))
    bare = draft.prices if any(item.values for item in draft.entries) else []
    placer = Placer([*bare, *draft.loose], side, known, lambda numeral, near: resolve(numeral, usual, near))
    targets = levels.targets or []
    spans = levels.spans if levels.spans is not None else []
    if not levels.entry and levels.stop is not None and targets:
        found = placer.between(levels.stop, nearest_first(side, targets)[0]) or placer.found
        if found and _one_group([term for term, _ in found]):
            levels.entry = _layers([price for _, price in found]) or []
            spans.extend(("entry", term) for term, _ in found)
        elif found:
            levels.unclear = "unclear_levels"
        return
    if not levels.entry:
        return
    worst = min(levels.entry) if side is Side.BUY else max(levels.entry)
    best = max(levels.entry) if side is Side.BUY else min(levels.entry)
    if levels.stop is None and levels.stop_pips is None:
        found = placer.losing(worst)
        if len(found) == 1:
            levels.stop = found[0][1]
            spans.append(("stop_loss", found[0][0]))
    if not targets and not levels.target_pips and levels.stop is not None:
        found = placer.winning(best)
        if found and _one_group([term for term, _ in found]):
            levels.targets = [price for _, price in found]
            spans.extend(("take_profit", term) for term, _ in found)


def _one_group(terms: list[Term]) -> bool:
    """True if the numbers stand on one line or on lines that follow each other."""
    lines = sorted({term.line for term in terms})
    return lines[-1] - lines[0] == len(lines) - 1


def _loose_values(draft: Draft) -> list[Decimal]:
    return [term.numeral.value for item in draft.loose for term in item.values if term.numeral is not None]


def _unknown_column(draft: Draft, usual: Range | None) -> list[list[Term]]:
    """Entry, stop and targets under labels that no language knows, a line each, all prices of the symbol."""
    values = _loose_values(draft)
    lines = {item.line for item in draft.loose}
    alike = usual is not None and all(usual.holds(v) and not far(v, values[0]) for v in values)
    if len(values) < _SHORTEST_COLUMN or len(lines) != len(values) or not alike:
        return []
    return [item.values for item in draft.loose]


def _entry_groups(draft: Draft) -> list[list[Term]]:
    """Number groups of the entry: labelled ones, and an unlabelled one that a "second entry" adds to."""
    labelled = [item.values for item in draft.entries if item.values]
    loose = [item.values for item in _stated(draft)]
    if labelled and loose and any((item.index or 0) > 1 for item in draft.entries):
        return [*loose[:1], *labelled]
    return labelled or loose


def _stated(draft: Draft) -> list[Item]:
    """Unlabelled prices, less the 2350 of "gold is below 2350, we sell now at 2348"."""
    prices = [item for item in draft.prices if item.values]
    side = draft.side_term
    told = [i for i in prices if i.beyond and side is not None and i.label.start < side.start]
    told = [i for i in told if side is not None and i.label.clause != side.clause]
    return [i for i in prices if i not in told] if len(told) < len(prices) else prices


def _later_lines(
    levels: Levels,
    draft: Draft,
    groups: list[list[Term]],
    side: Side,
    usual: Range | None,
    *,
    targets_stated: bool,
) -> tuple[list[Decimal], list[list[Term]]] | None:
    """Several unlabelled prices beside labelled levels: a zone, layers, or targets; None if unclear.

    Two on the line of the first are a zone. Those on the loss side of the first are layers; those on the
    profit side are targets if none is labelled.
    """
    first = resolve_range(groups[0], usual)
    same_line = [g for g in groups[1:] if g[0].line == groups[0][0].line]
    below = [g for g in groups[1:] if g[0].line != groups[0][0].line]
    if same_line and (len(same_line) > 1 or not (targets_stated or draft.now is not None)):
        return None
    kept = [groups[0], *same_line]
    prices = [price for group in kept for price in resolve_range(group, usual)]
    gains = [g for g in below if (resolve_range(g, usual)[0] - first[0]) * side.sign > 0]
    if gains and (targets_stated or len(gains) != len(below)):
        return None
    if gains:
        levels.targets = [price for group in gains for price in resolve_range(group, usual)]
        if levels.spans is not None:
            levels.spans.extend(("take_profit", term) for group in gains for term in group)
        return prices, kept
    prices += [price for group in below for price in resolve_range(group, usual)]
    return prices, [*kept, *below]


def plausible(prices: list[Decimal], usual: Range | None) -> bool:
    """False if one of ``prices`` is far outside what the symbol ever cost (a lot size, a price in points)."""
    return usual is None or all(usual.low / 3 <= price <= usual.high * 3 for price in prices)


def _layers(prices: list[Decimal]) -> list[Decimal] | None:
    """Entry prices -> [], [p] or [lowest, highest]; None if they cannot be one entry."""
    if not prices:
        return []
    low, high = min(prices), max(prices)
    if far(high, low):
        return None
    return [low] if low == high else [low, high]


def _positional(levels: Levels, groups: list[list[Term]], side: Side, usual: Range | None) -> Levels:
    """No label anywhere: the first price or zone is the entry, the others fall in place by side."""
    first, later = groups[0], [term for group in groups[1:] for term in group]
    if len(first) > 2:
        first, later = first[:1], [*first[1:], *later]
    entry = _layers(resolve_range(first, usual))
    if not entry:
        levels.unclear = "unclear_levels"
        return levels
    levels.entry = entry
    if levels.spans is not None:
        levels.spans.extend(("entry", term) for term in first)
    if not later:
        return levels
    if any(term.numeral is not None and term.numeral.unit == "pips" for term in later):
        levels.unclear = "unclear_levels"
        return levels
    prices = [resolve(term.numeral, usual, entry[0]) for term in later if term.numeral is not None]
    placed = place_unlabelled(side, entry, prices)
    if placed is None:
        levels.unclear = "unclear_levels"
        return levels
    levels.stop, levels.targets = placed
    if levels.spans is not None:
        for term, price in zip(later, prices, strict=True):
            levels.spans.append(("stop_loss" if price == levels.stop else "take_profit", term))
    return levels


def _read_stop(
    levels: Levels,
    stops: list[Item],
    usual: Range | None,
    reference: Decimal | None,
    digits: str,
    side: Side,
) -> None:
    found: list[Decimal] = []
    for item in stops:
        term = item.values[0]
        numeral = term.numeral
        if numeral is None:
            continue
        if levels.spans is not None:
            levels.spans.append(("stop_loss", term))
        if numeral.unit == "pips":
            levels.stop_pips = numeral.value
            continue
        found.append(resolve_level(numeral, usual, reference, digits, side, target=False))
    if len(set(found)) > 1:
        levels.unclear = "unclear_levels"
    elif found:
        levels.stop = found[0]
        levels.stop_pips = None


def _read_targets(
    levels: Levels,
    targets: list[Item],
    usual: Range | None,
    reference: Decimal | None,
    digits: str,
    side: Side,
) -> None:
    prices: list[Term] = []
    pips: list[Decimal] = []
    for item in targets:
        numerals: list[Numeral] = [term.numeral for term in item.values if term.numeral is not None]
        in_pips = bool(numerals) and numerals[-1].unit == "pips" and all(n.whole for n in numerals)
        for term, numeral in zip(item.values, numerals, strict=True):
            if levels.spans is not None:
                levels.spans.append(("take_profit", term))
            if in_pips or numeral.unit == "pips":
                pips.append(numeral.value)
            else:
                prices.append(term)
    if prices:
        stop = levels.stop
        anchor = reference if reference is not None else stop
        levels.targets = resolve_targets(
            prices, usual, anchor, digits if reference is not None else "", side
        )
    elif pips:
        levels.target_pips = pips


def _spans(draft: Draft, levels: Levels, source: Normalised) -> tuple[Span, ...]:
    """Where each field stands in the original text, in order of appearance."""
    named: list[tuple[str, Term]] = list(levels.spans or [])
    for field, term in (
        ("symbol", draft.symbol_term),
        ("side", draft.side_term),
        ("order", draft.kind_term),
    ):
        if term is not None:
            named.append((field, term))
    places = {(*source.span(term.start, term.end), field) for field, term in named}
    return tuple([Span(field, start, end) for start, end, field in sorted(places)])
