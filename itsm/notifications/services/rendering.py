"""Turning a text with placeholders into words: a lookup in a table, nothing that could run.

``{ticket.title}`` is replaced when the name is on the topic's list. Anything else in braces stays as it
is, values are never looked at again, and there are no formats, calls, conditions or loops.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

PLACEHOLDER = re.compile(r"\{([a-z_]{1,30}(?:\.[a-z_]{1,30})?)\}")
#: Texts of people: Markdown as they wrote it. Everything else is one line and means itself.
FREE_TEXT = frozenset({"comment", "ticket.description"})
ADDRESSES = frozenset({"ticket.url", "site.url"})
#: A mail is no archive: longer texts are read on the page.
LONGEST = 5000

_MARKS = re.compile(r"([\\`*_\[\]<>|~#])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d{1,9}[.)](?=\s|$))")
_BLANKS = re.compile(r"\n{3,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def unknown(text: str, known: Collection[str]) -> list[str]:
    """Placeholders in the text that nobody fills in, each once, in order."""
    return [name for name in dict.fromkeys(PLACEHOLDER.findall(text)) if name not in known]


def line(value: object) -> str:
    """A value as one line without control characters: fit for a subject and a mail header."""
    return " ".join(_CONTROL.sub(" ", str(value or "")).split())


def free(value: object) -> str:
    """A text of people without control characters, cut where a mail ends."""
    text = _CONTROL.sub(" ", str(value or "").replace("\r\n", "\n").replace("\r", "\n")).strip()
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"


def escape_markdown(value: str) -> str:
    """The value so that Markdown shows it letter by letter."""
    escaped = _MARKS.sub(r"\\\1", value)
    return _LINE_START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", escaped)


def fill(text: str, values: Mapping[str, str], known: Collection[str]) -> str:
    """The plain text: placeholders replaced once, gaps that empty values left closed."""
    return _tidy(PLACEHOLDER.sub(lambda m: values.get(m[1], "") if m[1] in known else m[0], str(text)))


def fill_line(text: str, values: Mapping[str, str], known: Collection[str], length: int = 250) -> str:
    """The same as one line, for subjects and headlines; the first letter is a capital."""
    words = line(fill(text, values, known))
    words = words[:1].upper() + words[1:]
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def fill_markdown(
    text: str, values: Mapping[str, str], known: Collection[str], marked: Collection[str] = FREE_TEXT | ADDRESSES
) -> str:
    """The text as Markdown: what people wrote as Markdown (``marked``) stays it, names and titles are escaped."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in known:
            return match[0]
        plain = values.get(name, "")
        return plain if name in marked else escape_markdown(plain)

    return _tidy(PLACEHOLDER.sub(value, str(text)))


def _tidy(text: str) -> str:
    return _BLANKS.sub("\n\n", "\n".join(row.rstrip() for row in text.split("\n"))).strip()
