"""What somebody typed, as words: folded the way the indexes fold, free of every operator of every database."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

#: Nobody types more; what is longer was pasted and its beginning says enough.
LONGEST_QUERY = 200
MOST_WORDS = 10
LONGEST_WORD = 60
#: A shorter beginning of a word would match half the dictionary.
SHORTEST_PREFIX = 2

#: Letters that have no decomposition but that people type without their stroke. The databases fold the same ones.
LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i"}
_LIGATURES = str.maketrans(LIGATURES)


def fold_character(character: str) -> str:
    """One character without case and diacritics: "É" is "e", "ß" is "ss", a combining accent is nothing."""
    if character.isascii():
        return character.lower()
    lowered = unicodedata.normalize("NFKD", character.lower()).translate(_LIGATURES)
    return "".join(c for c in lowered if not "\u0300" <= c <= "\u036f")


def fold(text: str) -> str:
    """Text as it is compared."""
    if text.isascii():
        return text.lower()
    return "".join(map(fold_character, text))


def _belongs(character: str) -> bool:
    # Vowel signs of Indic scripts are marks, and part of the word.
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")


def words_of(text: str) -> list[str]:
    """The words of a text, folded. Everything that is no letter, digit or mark separates."""
    apart = "".join(c if _belongs(c) else " " for c in fold(text))
    return [word[:LONGEST_WORD] for word in apart.split()]


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or the words of a phrase; ``prefix`` lets the word go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Query:
    """A parsed question. ``text`` is what to show again; ``terms`` must all be found."""

    text: str
    terms: tuple[Term, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.terms)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(word for term in self.terms for word in term.words)


def clean(text: str) -> str:
    """What was typed, on one line, without control characters, cut to a length people type."""
    shown = "".join(c if c.isprintable() else " " for c in str(text)[: LONGEST_QUERY * 4])
    return " ".join(shown.split())[:LONGEST_QUERY].strip()


def parse(text: str) -> Query:
    """Read a question: words that must all occur, "phrases in quotes", the last word perhaps unfinished."""
    shown = clean(text)
    terms: list[Term] = []
    left = MOST_WORDS
    parts = shown.replace("“", '"').replace("”", '"').split('"')
    # The pieces between quotes are the odd ones; a quote without its partner quotes nothing.
    for index, part in enumerate(parts):
        found = words_of(part)[:left]
        left -= len(found)
        if index % 2 and index < len(parts) - 1:
            if found:
                terms.append(Term(tuple(found)))
            continue
        terms += [Term((word,)) for word in found]
    unfinished = terms and (len(parts) % 2 == 0 or bool(parts[-1].strip()))
    if unfinished and len(terms[-1].words) == 1 and len(terms[-1].words[0]) >= SHORTEST_PREFIX:
        terms[-1] = Term(terms[-1].words, prefix=True)
    return Query(shown, tuple(dict.fromkeys(terms)))
