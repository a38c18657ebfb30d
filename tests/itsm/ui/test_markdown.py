# ruff: noqa: E501
import time
from html.parser import HTMLParser

import pytest

from itsm.ui.markdown import LONGEST, link_numbers, md, plain


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.links = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)", "<javascript:alert(1)>", "![x](https://evil.example/p.png)",
        "<a href='x' onclick='alert(1)'>x</a>", "[x](https://a.example \"onmouseover=alert(1)\")", "<svg/onload=alert(1)>",
        "<style>*{display:none}</style>", "https://a.example/\"onmouseover=\"alert(1)", "INC-1<script>", "@a<script>",
        "```\n<script>alert(1)</script>\n```", "<iframe src=//evil.example>", "[x](vbscript:x)",
    ],
)  # fmt: skip
def test_hostile_text_becomes_harmless(text):
    seen = Seen()
    seen.feed(md(text))
    assert seen.tags <= {"p", "a", "pre", "code", "br", "span"}
    assert seen.attributes <= {"href", "title", "class", "rel", "tabindex"}
    assert all(link.startswith(("https://", "/tickets/")) for link in seen.links)


def test_basic_formatting():
    assert md("Hi **there**\nnext") == "<p>Hi <strong>there</strong><br>\nnext</p>\n"
    assert md("") == md(None) == ""
    assert "<h3>Title</h3>" in md("# Title")


def test_numbers_become_links_but_other_codes_do_not():
    assert (
        md("see INC-1042.")
        == '<p>see <a href="/tickets/INC-1042/" class="ref" rel="noopener noreferrer nofollow">INC-1042</a>.</p>\n'
    )
    for text in ("UTF-8", "ISO-8601", "XINC-1", "INC-1-2", "`INC-1042`"):
        assert "<a" not in md(text)
    assert md("[INC-1](https://a.example)").count("<a") == 1


def test_further_prefixes_can_be_registered():
    link_numbers("KB", "/knowledge/{}/")
    assert 'href="/knowledge/KB-7/"' in md("KB-7")


def test_addresses_become_links_without_the_full_stop():
    assert '<a href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer nofollow">' in md(
        "https://a.example/x?y=1&z=2."
    )
    assert 'href="https://a.example/a_(b)"' in md("(see https://a.example/a_(b))")
    assert md("https://a.example/x").count("<a") == 1


def test_mentions_are_marked_and_mail_addresses_are_not():
    assert '<span class="mention">@priya.raman</span>' in md("ask @priya.raman.")
    assert "mention" not in md("mail a@b.example")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "*a" * 15_000,
        "> " * 15_000,
        "`" * 30_000,
        "![" * 15_000,
        "INC-" * 10_000,
        "https://" * 5_000,
        "a@" * 20_000,
        "|" * 20_000,
        "x" * LONGEST * 2,
    ],
)
def test_pathological_text_is_cheap(text):
    started = time.perf_counter()
    md(text)
    assert time.perf_counter() - started < 3


def test_plain_gives_the_first_words():
    assert plain("# Hello **world**\n\n- one") == "Hello world - one"
    assert plain("word " * 100, 20) == "word word word word…"
