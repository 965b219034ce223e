"""Looks at the corpus itself: form, variety, near-duplicates. ``python -m tests.corpus.check [LANGUAGE...]``."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.corpus.form import SLOTS, cases, languages, talk

REASONS = {"sl_wrong_side", "tp_wrong_side", "price_outlier", "no_symbol", "side_conflict", "edit_conflict"}
MOST_OF_A_FAMILY = 3
NEAR = 0.6


def faults_of_case(case: dict[str, Any]) -> list[str]:
    """What is wrong with a case's form."""
    known = {earlier["id"] for earlier in case["context"]}
    found = [
        f"{name} names no message of the context"
        for name in ("reply_to", "edit_of")
        if case["message"][name] is not None and case["message"][name] not in known
    ]
    for action in case["expect"]:
        if action.get("target") is not None and action["target"] not in known:
            found.append(f"target {action['target']} is not in the context")
        if action["type"] == "reject" and set(action["reason"].split("|")) - REASONS:
            found.append(f"unknown reason {action['reason']!r}")
        if len(action.get("entry", [])) > 2:
            found.append("entry is nothing, a price, or low-high")
    return found


def near_duplicates(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places whose word 5-grams overlap (Jaccard) above 0.6."""
    grams = [_shingles(text) for text in texts]
    by_gram: dict[tuple[str, ...], list[int]] = {}
    both: Counter[tuple[int, int]] = Counter()
    for place, own in enumerate(grams):
        for gram in own:
            for other in by_gram.setdefault(gram, []):
                both[other, place] += 1
            by_gram[gram].append(place)
    return [(a, b) for (a, b), n in both.items() if n / (len(grams[a]) + len(grams[b]) - n) > NEAR]


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+|[^\w\s]", text.lower())
    return frozenset(tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4)))


def faults(language: str) -> list[str]:
    """Everything that is wrong with a language's files."""
    listed = cases(language, further=True)
    found = [f"{case['id']}: {fault}" for case in listed for fault in faults_of_case(case)]
    families = Counter(case["family"] for case in listed)
    found += [
        f"family {name!r} has {count} cases" for name, count in families.items() if count > MOST_OF_A_FAMILY
    ]
    # What was said before counts as well: one short update of different trades is another case.
    whole = [" ".join([*(m["text"] for m in c["context"]), c["message"]["text"]]) for c in listed]
    found += [
        f"near-duplicates: {listed[a]['id']} and {listed[b]['id']}" for a, b in near_duplicates(whole)
    ]
    skeletons = [text for _, text in talk(language)]
    for place, text in enumerate(skeletons, start=1):
        unknown = set(re.findall(r"\{(\w*)\}", text)) - SLOTS
        if unknown or not text:
            found.append(f"talk {place}: slots {sorted(unknown)}" if unknown else f"talk {place} is empty")
    found += [f"talk {a + 1} and {b + 1} are near-duplicates" for a, b in near_duplicates(skeletons)]
    return found


def main() -> int:
    """Print a line for each language and every fault; exit 1 with any."""
    bad = 0
    for language in sys.argv[1:] or languages():
        listed = cases(language)
        quiet = sum(not case["expect"] for case in listed)
        print(
            f"{language}: {len(listed)} cases in {len({case['family'] for case in listed})} families, {quiet} "
            f"without an instruction, {len(talk(language))} talk skeletons"
        )
        for fault in faults(language):
            bad += 1
            print(f"  {fault}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
