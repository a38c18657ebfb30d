"""Reading what people type, marking what was found."""

from __future__ import annotations

import pytest

from itsm.search.highlight import cut, mark, score
from itsm.search.query import MOST_WORDS, Term, fold, parse, words_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("printer", (Term(("printer",), prefix=True),)),
        ("Printer Jam", (Term(("printer",)), Term(("jam",), prefix=True))),
        ('"out of memory" db', (Term(("out", "of", "memory")), Term(("db",), prefix=True))),
        ('db "out of memory"', (Term(("db",)), Term(("out", "of", "memory")))),
        ('an "open quote', (Term(("an",)), Term(("open",)), Term(("quote",), prefix=True))),
        ("db01.example.com", (Term(("db01",)), Term(("example",)), Term(("com",), prefix=True))),
        ("Müller straße ØRE", (Term(("muller",)), Term(("strasse",)), Term(("ore",), prefix=True))),
        ("x", (Term(("x",)),)),
        ("don't", (Term(("don",)), Term(("t",)))),
        ("mail mail", (Term(("mail",)), Term(("mail",), prefix=True))),
        ("' OR 1=1 --", (Term(("or",)), Term(("1",)))),
        ("a:* & !b | <-> NEAR(x)", tuple(Term((w,)) for w in ("a", "b", "near", "x"))),
        ("\x00\x01\n", ()),
        ('""', ()),
        ("", ()),
    ],
)
def test_parse(text, terms):
    assert parse(text).terms == terms or parse(text).terms == tuple(dict.fromkeys(terms))


def test_parse_cuts_what_nobody_types():
    query = parse("word " * 5000)
    assert len(query.text) <= 200
    assert len(parse(" ".join(f"w{n}" for n in range(40))).words) == MOST_WORDS
    assert all(len(word) <= 60 for word in parse("x" * 10_000).words)


def test_fold_is_the_same_for_composed_and_decomposed():
    assert fold("É") == fold("E\u0301") == "e"
    assert words_of("हिन्दी 日本") == ["हिन्दी", "日本"]


def test_mark_escapes_everything():
    shown = mark("<script>Müller</script> & mull", parse("mull"))
    assert shown == "&lt;script&gt;<mark>Mull</mark>er&lt;/script&gt; &amp; <mark>mull</mark>".replace("Mull", "Müll")


def test_mark_wants_whole_words_unless_unfinished():
    assert mark("printer print", parse("print paper")) == "printer <mark>print</mark>"
    assert mark("foo_print", parse("print")) == "foo_<mark>print</mark>"


def test_cut_shows_the_place():
    text = "x " * 300 + "the needle is here " + "y " * 300
    passage = cut(text, parse("needle"))
    assert "needle is here" in passage
    assert passage.startswith("…")
    assert passage.endswith("…")
    assert len(passage) < 260
    assert cut(text, parse("absent")) == ""


def test_score_prefers_whole_words_and_phrases():
    query = parse("mail down")
    assert score("Mail down", query) > score("Mail is down", query) > score("The mail", query) > score("Nothing", query)
