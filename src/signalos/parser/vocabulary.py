"""The words of all languages in one trie, and how a word of a message finds its place in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from signalos.parser import roles as role
from signalos.parser.meaning import Choice, Meaning, Sense
from signalos.parser.normalise import plain
from signalos.parser.roles import Roles
from signalos.parser.symbols import SymbolTable

STEM_MINIMUM = 3
"""Letters that the beginning of a word has at least by which alone it is known."""
PROFILE = "profile"
"""The language of a channel's own words (see profile.py), which outranks every other."""
BARE = "\0"
"""Before a word that stands for an accented one, written without its accents."""
BARE_STRICT = "\1"
"""The same for a language in which an accent makes another word."""
_VERBS = role.of("close move cancel secure reduce be_verb remove enter buy sell")
"""Roles of the verbs that an object may be written on to."""
_CACHE_LIMIT = 20_000
_ENDING_MARGIN = 2
"""Letters that a word has at least in front of an ending by which alone it is known."""


class Node:
    """A place in the trie: what may follow, and what the words so far mean."""

    __slots__ = ("meanings", "next")

    def __init__(self) -> None:
        self.next: dict[str, Node] = {}
        self.meanings: tuple[Meaning, ...] = ()

    def put(self, words: Iterable[str], meaning: Meaning) -> None:
        """Let the phrase of ``words`` mean ``meaning`` as well."""
        node = self
        for word in words:
            further = node.next
            if word in further:
                node = further[word]
            else:
                node = further[word] = Node()
        node.meanings = (*node.meanings, meaning) if node.meanings else (meaning,)


class Word:
    """All that the vocabulary knows of one word: looked up once, then kept."""

    __slots__ = ("followers", "keys", "known", "nameable", "nodes", "particles", "sense", "symbol")

    def __init__(
        self,
        keys: tuple[str, ...] = (),
        nodes: tuple[Node, ...] = (),
        sense: Sense | None = None,
        symbol: str | None = None,
    ) -> None:
        self.keys = keys
        """What it matches in the trie."""
        self.nodes = nodes
        """Where phrases that begin with it go on."""
        self.sense = sense
        """What it means alone."""
        self.symbol = symbol
        """The instrument that it names exactly."""
        self.followers = frozenset[str]().union(*[node.next for node in nodes])
        """Keys of the words that go on with a phrase behind it."""
        self.known = bool(nodes) or symbol is not None
        self.nameable = symbol is not None
        """True if it names an instrument or may do so with the word behind it."""
        self.particles: Mapping[str, Roles] = {}
        """What it does with a particle at the end of its clause (German "macht ... zu")."""


NO_WORD = Word()
"""What the vocabulary knows of a number or a mark."""


class _Words(dict[str, Word]):
    """The words met so far. Bounded: what comes after the limit is looked up anew each time."""

    def __init__(self, find: Callable[[str], Word]) -> None:
        self._find = find

    def __missing__(self, text: str) -> Word:
        word = self._find(text)
        if len(self) < _CACHE_LIMIT:
            self[text] = word
        return word


@dataclass(slots=True)
class Languages:
    """All vocabulary: words of every loaded language, emoji, and the symbol table. Read only once built."""

    root: Node
    stems: frozenset[str]
    compounds: frozenset[str]
    symbols: SymbolTable
    codes: tuple[str, ...]
    call_to_act: frozenset[str]
    """Languages in which the first person plural of an update is a call to act."""
    accented: frozenset[str] = frozenset()
    """Words with accents as the files write them: such a word means itself (``würde`` is no ``wurde``)."""
    strict: frozenset[str] = frozenset()
    """Those of languages in which an accent makes another word (``bạn`` is no ``bán``)."""
    endings: frozenset[str] = frozenset()
    """Endings by which a word is known that nothing else knows."""
    longest_ending: int = 0
    prefixes: tuple[str, ...] = ()
    """Letters written on to the front of a word, longest first (Arabic "and", "the")."""
    clitics: tuple[tuple[str, str], ...] = ()
    """(letters, language) written on to the end of a verb, longest first (Spanish "ciérrenla", close it)."""
    separable: dict[str, dict[str, Roles]] = field(default_factory=dict)
    """Verb -> particle at the end of its clause -> what both together do (German "macht ... zu")."""
    own: Node | None = None
    """Words of one channel's profile; their meanings outrank those of the languages."""
    price_style: str = "auto"
    """How that channel means a numeral that can be read in two ways (see price_style.py)."""
    words: Mapping[str, Word] = field(init=False, repr=False, compare=False)
    """All that is known of any word."""
    chosen: dict[tuple[object, ...], Choice] = field(init=False, repr=False, compare=False)
    """What was chosen among a word's meanings before (see choice.py)."""
    _senses: dict[tuple[Meaning, ...], Sense] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.words = _Words(self._find_word)
        self.chosen = {}
        self._senses = {}

    def roots(self) -> list[Node]:
        """Where a phrase may begin."""
        return [self.root] if self.own is None else [self.root, self.own]

    def _find_word(self, text: str) -> Word:
        keys = self._find_keys(text)
        nodes = tuple(root.next[key] for root in self.roots() for key in keys if key in root.next)
        meanings = tuple(meaning for node in nodes for meaning in node.meanings)
        word = Word(keys, nodes, self.sense(meanings) if meanings else None, self.symbols.find(text))
        word.nameable = word.nameable or self.symbols.may_begin(text)
        word.particles = self.separable.get(text, word.particles)
        return word

    def sense(self, meanings: tuple[Meaning, ...]) -> Sense:
        """``meanings`` (at least one) together."""
        known = self._senses.get(meanings)
        if known is None:
            known = Sense(meanings)
            if len(self._senses) < _CACHE_LIMIT:
                self._senses[meanings] = known
        return known

    def _find_keys(self, word: str) -> tuple[str, ...]:
        """Trie keys that ``word`` matches: itself, without accents, and by its stem."""
        forms = [word]
        bare = plain(word)
        if bare == word:
            forms += [BARE + word, BARE_STRICT + word]
        elif word not in self.strict:
            forms.append(bare)
            if word not in self.accented:
                forms.append(BARE + bare)
        keys = list(forms)
        for form in forms:
            if form[0] in (BARE, BARE_STRICT):
                continue
            for size in range(min(len(form), 24), STEM_MINIMUM - 1, -1):
                if form[:size] + "*" in self.stems:
                    keys.append(form[:size] + "*")
                    break
        if not any(key in self.root.next for key in keys):
            for prefix in self.prefixes:
                if word.startswith(prefix) and word[len(prefix) :] in self.root.next:
                    keys.append(word[len(prefix) :])
                    break
            keys.extend(self._without_clitic(bare))
            for size in range(min(len(word) - _ENDING_MARGIN, self.longest_ending), 1, -1):
                if "*" + word[-size:] in self.endings:
                    keys.append("*" + word[-size:])
                    break
        return tuple(keys)

    def _without_clitic(self, word: str) -> list[str]:
        """The verb in ``word``, as keys; the verb has lost the accent that the longer word needs."""
        for letters, language in self.clitics:
            stem = word[: -len(letters)]
            if not word.endswith(letters) or len(stem) < STEM_MINIMUM:
                continue
            found = [
                key
                for key in (stem, BARE + stem)
                if key in self.root.next
                and any(
                    m.language == language and m.roles & _VERBS and not m.symbol
                    for m in self.root.next[key].meanings
                )
            ]
            if found:
                return found
        return []

    def knows(self, word: str) -> bool:
        """True if ``word`` begins or is a phrase of some language."""
        return bool(self.words[word].nodes)
