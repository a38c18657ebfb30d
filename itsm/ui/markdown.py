"""Text that people write: Markdown, cleaned, with ticket numbers, addresses and mentions made visible."""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

#: Longer texts are shown as they are: nobody formats a hundred pages, and parsing has to stay cheap.
LONGEST = 50_000

_cleaner = nh3.Cleaner(
    tags={
        "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "span",
        "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
    },
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    allowed_classes={"a": {"ref"}, "span": {"mention"}},
    set_tag_attribute_values={"pre": {"tabindex": "0"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
)  # fmt: skip

#: Prefix of a record's number and where it leads; packages add their own in ``apps.ready()``.
_records: dict[str, str] = dict.fromkeys(("INC", "REQ", "PRB", "CHG"), "/tickets/{}/")


def link_numbers(prefix: str, url: str = "/tickets/{}/") -> None:
    """Make ``PREFIX-123`` a link wherever people write it."""
    _records[prefix] = url
    _pattern.cache_clear()
    _render.cache_clear()


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    prefixes = "|".join(map(re.escape, _records))
    return re.compile(
        rf"(?<![\w-])(?P<number>(?P<prefix>{prefixes})-\d{{1,10}})(?![\w-])"
        r"|(?P<url>https?://[^\s<>\"'\[\]{}|\\^`]{1,2000})"
        r"|(?<![\w@./])@(?P<who>[^\W\d_][\w.-]{0,60}\w)"
    )


def _link(text: str, href: str, cls: str = "") -> list[Token]:
    attrs: dict[str, str | int | float] = {"href": href, "class": cls} if cls else {"href": href}
    return [Token("link_open", "a", 1, attrs=attrs), Token("text", "", 0, content=text), Token("link_close", "a", -1)]


def _pieces(text: str) -> list[Token]:
    found, last = [], 0
    for match in _pattern().finditer(text):
        end, tokens = match.end(), []
        if number := match["number"]:
            tokens = _link(number, _records[match["prefix"]].format(number), "ref")
        elif address := match["url"]:
            tail = len(address) - len(address.rstrip(".,;:!?)*_"))
            # A closing bracket belongs to the address when it was opened in it.
            if tail and address[len(address) - tail] == ")" and "(" in address:
                tail -= 1
            end -= tail
            shown = address[: len(address) - tail]
            tokens = _link(shown, shown)
        elif match["who"]:
            tokens = [
                Token("span_open", "span", 1, attrs={"class": "mention"}),
                Token("text", "", 0, content=match[0]),
                Token("span_close", "span", -1),
            ]
        found += [Token("text", "", 0, content=text[last : match.start()]), *tokens]
        last = end
    return [*found, Token("text", "", 0, content=text[last:])]


def _enrich(state: StateCore) -> None:
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        inside_link = 0
        for token in block.children:
            inside_link += (token.type == "link_open") - (token.type == "link_close")
            plain = token.type == "text" and not inside_link
            children += _pieces(token.content) if plain else [token]
        block.children = children


def _lower_headings(state: StateCore) -> None:
    # A page has one h1 and its own h2; headings people write start below.
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.core.ruler.push("enrich", _enrich)
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


_markdown = _parser()


@lru_cache(maxsize=1024)
def _render(text: str) -> SafeString:
    return mark_safe(_cleaner.clean(_markdown.render(text)))  # noqa: S308 - cleaned by nh3


def md(text: str | None) -> SafeString:
    """Markdown as safe HTML: no images, no raw HTML, headings from h3, links without a referrer."""
    if not text:
        return mark_safe("")
    if len(text) > LONGEST:
        return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped
    return _render(text)


def plain(text: str | None, length: int = 160) -> str:
    """The first words without the markup, for previews and tooltips; still to be escaped."""
    words = re.sub(r"[*_`#>\[\]~|]+|\]\([^)]{0,2000}\)", " ", (text or "")[: length * 4])
    words = " ".join(words.split())
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0][: length - 1] + "…"
