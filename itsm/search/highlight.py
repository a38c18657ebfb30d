"""Showing why something was found: the words marked, the place they stand at cut out of a long text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from itsm.search.query import Query, fold_character, words_of

SNIPPET = 180


def _spots(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the words of the question stand in ``text``, as positions in the text as it is."""
    if not query.words or not text:
        return []
    folded, origin = [], []
    for at, character in enumerate(text):
        for plain in fold_character(character):
            folded.append(plain)
            origin.append(at)
    unfinished = {term.words[-1] for term in query.terms if term.prefix}
    patterns = [
        re.escape(w) + ("" if w in unfinished else r"(?!\w)") for w in sorted(query.words, key=len, reverse=True)
    ]
    found = []
    for match in re.finditer(r"(?<![^\W_])(?:" + "|".join(patterns) + ")", "".join(folded)):
        found.append((origin[match.start()], origin[match.end() - 1] + 1))
    return found


def mark(text: str, query: Query) -> SafeString:
    """The text escaped, its found words in ``<mark>``."""
    pieces, last = [], 0
    for start, end in _spots(text, query):
        if start < last:
            continue
        pieces += [conditional_escape(text[last:start]), f"<mark>{conditional_escape(text[start:end])}</mark>"]
        last = end
    pieces.append(conditional_escape(text[last:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped


def cut(text: str, query: Query, length: int = SNIPPET) -> str:
    """About ``length`` characters around the first found word; "" when none is there."""
    flat = " ".join(text.split())
    spots = _spots(flat, query)
    if not spots:
        return ""
    start = max(0, spots[0][0] - length // 3)
    if start:
        space = flat.find(" ", start)
        start = space + 1 if 0 <= space < spots[0][0] else start
    end = min(len(flat), start + length)
    if end < len(flat):
        space = flat.rfind(" ", start, end)
        end = space if space > spots[0][1] else end
    return ("…" if start else "") + flat[start:end].strip() + ("…" if end < len(flat) else "")


def score(title: str, query: Query) -> float:
    """How well a title answers: whole words before beginnings, all of them before some, the very phrase first."""
    words = words_of(title)
    if not words or not query.words:
        return 0.0
    known, points, whole = set(words), 0.0, 0
    for term in query.terms:
        for word in term.words:
            if word in known:
                points, whole = points + 2, whole + 1
            elif term.prefix and any(other.startswith(word) for other in words):
                points, whole = points + 1.5, whole + 1
    if whole == len(query.words):
        points += 3
        if len(query.words) > 1 and _stands(words, query.words):
            points += 3
    # A short title that is all about it beats a long one that mentions it.
    return points + 1 / (1 + len(words))


def _stands(words: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    return any(
        tuple(words[at : at + size - 1]) == tuple(wanted[:-1]) and words[at + size - 1].startswith(wanted[-1])
        for at in range(len(words) - size + 1)
    )
