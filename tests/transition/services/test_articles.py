"""The life of an article through its services."""

from datetime import timedelta

import pytest

from itsm.audit import services as audit
from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from tests import factories
from transition import fulltext
from transition.models import Article, ArticleFeedback, ArticleVersion
from transition.services import articles

pytestmark = pytest.mark.django_db


def step(article, verb, actor, **data):
    return articles.perform(article, verb, actor=actor, source="web", data=data)


def test_published_text_stays_while_a_new_one_is_written(article, agent, knowledge_manager, requester):
    step(article, "submit", agent)
    first = step(article, "publish", knowledge_manager, change_note="First")
    assert (first.state, first.published.number, first.published.body) == ("published", 1, "Use *Archive*.")
    draft = step(first, "revise", agent)
    articles.edit(draft, actor=agent, source="web", body="Use *Clean up*.", title="Mailbox full")
    seen = Article.objects.readable_by(requester).get()
    assert (seen.state, seen.published.title, seen.published.body) == ("draft", "Mailbox is full", "Use *Archive*.")
    second = step(Article.objects.get(), "publish", knowledge_manager, change_note="New menu")
    assert (second.published.number, second.published.body) == (2, "Use *Clean up*.")
    assert ArticleVersion.objects.get(number=1).body == "Use *Archive*."
    codes = Entry.objects.filter(object_type="transition.article").order_by("id").values_list("action", flat=True)
    assert list(codes) == [
        "created", "article.submit", "article.publish", "article.revise", "changed", "article.publish",
    ]  # fmt: skip
    assert list(audit.verify()) == []


#: verb -> states it exists from -> who may take it
STEPS = {
    "submit": ({"draft"}, {"agent", "knowledge_manager", "administrator"}),
    "send_back": ({"in_review"}, {"agent", "knowledge_manager", "administrator"}),
    "publish": ({"draft", "in_review"}, {"knowledge_manager", "administrator"}),
    "revise": ({"published"}, {"agent", "knowledge_manager", "administrator"}),
    "keep": ({"published"}, {"agent", "knowledge_manager", "administrator"}),
    "retire": ({"draft", "in_review", "published"}, {"knowledge_manager", "administrator"}),
    "restore": ({"retired"}, {"knowledge_manager", "administrator"}),
}
INPUT = {"send_back": {"reason": "Too short"}, "retire": {"reason": "Old"}, "keep": {"review_at": "2099-01-01"}}
PEOPLE = (
    "requester", "agent", "knowledge_manager", "incident_manager_only_reads", "auditor", "administrator",
    "service_owner",
)  # fmt: skip


@pytest.fixture
def people(requester, agent, knowledge_manager, auditor, administrator, service_owner, organisation):
    return {
        "requester": requester, "agent": agent, "knowledge_manager": knowledge_manager, "auditor": auditor,
        "administrator": administrator, "service_owner": service_owner,
        "incident_manager_only_reads": factories.person("Finn Finance", roles=("finance_manager",)),
    }  # fmt: skip


@pytest.mark.parametrize("state", ["draft", "in_review", "published", "retired"])
@pytest.mark.parametrize("verb", STEPS)
def test_every_step_by_everybody(state, verb, article, people, knowledge_manager):
    way = {
        "draft": [], "in_review": ["submit"], "published": ["publish"], "retired": ["publish", "retire"],
    }[state]  # fmt: skip
    for earlier in way:
        article = step(article, earlier, knowledge_manager, **INPUT.get(earlier, {}))
    sources, allowed = STEPS[verb]
    outcome = {}
    for name in PEOPLE:
        try:
            step(article, verb, people[name], **INPUT.get(verb, {}))
        except (Denied, Refused) as error:
            outcome[name] = type(error)
        else:
            outcome[name] = "done"
            return_to_start(article, state)
    # What was never published cannot be taken from anybody.
    held = verb == "retire" and state != "published"
    expected = {name: (Refused if held else "done") if name in allowed else Denied for name in PEOPLE}
    assert outcome == (expected if state in sources else dict.fromkeys(PEOPLE, Refused))


def return_to_start(article, state):
    """The next person meets the same state."""
    published = ArticleVersion.objects.filter(article=article).order_by("-number").first()
    Article.objects.filter(pk=article.pk).update(
        state=state, published=published if state in ("published", "retired") else None
    )


def test_service_owner_writes_about_own_services_only(article, service, service_owner):
    with pytest.raises(Denied):
        articles.edit(article, actor=service_owner, source="web", title="Mine")
    service.owner = service_owner
    service.save()
    edited = articles.edit(Article.objects.get(), actor=service_owner, source="web", title="Mine")
    assert edited.title == "Mine"
    with pytest.raises(Denied):
        articles.write(actor=service_owner, source="web", title="Other", service=factories.ServiceFactory())


def test_article_without_text_is_not_published(agent, knowledge_manager):
    empty = articles.write(actor=agent, source="web", title="Empty")
    with pytest.raises(Refused, match="no text"):
        step(empty, "publish", knowledge_manager)
    articles.edit(empty, actor=agent, source="web", body="Text")
    with pytest.raises(Refused, match="no summary"):
        step(Article.objects.get(), "submit", agent)
    assert (Article.objects.get().state, ArticleVersion.objects.count()) == ("draft", 0)


def test_chosen_organisations_need_one(article, agent, knowledge_manager, organisation):
    articles.edit(article, actor=agent, source="web", audience="organisations")
    with pytest.raises(Refused, match="Choose the organisations"):
        step(Article.objects.get(), "publish", knowledge_manager)
    articles.edit(Article.objects.get(), actor=agent, source="web", organisations=[organisation])
    assert step(Article.objects.get(), "publish", knowledge_manager).state == "published"


def test_edit_is_refused_when_stale_published_or_strange(article, agent, requester, knowledge_manager):
    articles.edit(article, actor=agent, source="web", version=1, title="Second")
    with pytest.raises(Stale):
        articles.edit(article, actor=agent, source="web", version=1, title="Third")
    with pytest.raises(Denied):
        articles.edit(article, actor=requester, source="web", title="Mine")
    with pytest.raises(Invalid) as error:
        articles.edit(article, actor=agent, source="web", title="x" * 10_000)
    assert list(error.value.fields) == ["title"]
    step(article, "publish", knowledge_manager)
    with pytest.raises(Refused, match="Only a draft"):
        articles.edit(article, actor=agent, source="web", title="Late")
    assert Article.objects.get().title == "Second"


def test_review_day_lies_ahead(article, knowledge_manager):
    published = step(article, "publish", knowledge_manager, review_at=(clock.now() + timedelta(days=9)).date())
    assert not published.is_review_due
    with pytest.raises(Invalid) as error:
        step(published, "keep", knowledge_manager, review_at="2001-01-01")
    assert list(error.value.fields) == ["review_at"]
    with clock.moved_to(clock.now() + timedelta(days=10)):
        assert list(Article.objects.review_due()) == [published]


# ---------- who reads what ----------


def test_readers_see_what_is_meant_for_them(publish, article, requester, outsider, agent, organisation):
    everybody = publish("For everybody")
    ours = publish("For us", audience="organisations", organisations=[organisation])
    desk = publish("For the desk", audience="desk")
    expired = publish("Over", expires_at=clock.now().date() + timedelta(days=1))
    with clock.moved_to(clock.now() + timedelta(days=2)):
        assert set(Article.objects.visible_to(requester)) == {everybody, ours}
        assert set(Article.objects.visible_to(outsider)) == {everybody}
        assert set(Article.objects.readable_by(agent)) == {everybody, ours, desk}
        assert set(Article.objects.visible_to(agent)) == {everybody, ours, desk, expired, article}
        finance = factories.person("Finn Finance", roles=("finance_manager",))
        assert set(Article.objects.visible_to(finance)) == {everybody, ours, desk}


def test_retired_article_is_gone_for_readers_and_search(publish, requester, knowledge_manager):
    shown = publish("Connect to VPN")
    step(shown, "retire", knowledge_manager, reason="Replaced")
    assert list(Article.objects.readable_by(requester)) == []
    assert articles.search(requester, "vpn") == []
    restored = step(Article.objects.get(), "restore", knowledge_manager)
    assert (restored.state, restored.published) == ("draft", None)
    entry = Entry.objects.get(action="article.retire")
    assert entry.changes["reason"] == [None, "Replaced"]


# ---------- finding ----------


def test_suggestions_rank_and_respect_the_audience(publish, requester, agent, service):
    publish("Printer shows a paper jam", body="The VPN is not involved.")
    vpn = publish("Connect to VPN", keywords="remote home")
    other = publish("VPN drops", service=service)
    secret = publish("VPN gateway restart", audience="desk")
    assert set(articles.suggest(requester, "my vpn does not work")) == {vpn, other}
    assert articles.suggest(requester, "vpn", service=service) == [other, vpn]
    assert set(articles.suggest(agent, "vpn")) == {vpn, other, secret}
    # Parts of words are found while typing; other forms of a word are found, too.
    assert articles.suggest(requester, "printers jammed")[0].title == "Printer shows a paper jam"
    assert articles.suggest(requester, "remot") == [vpn]
    assert articles.suggest(requester, "") == []
    assert articles.suggest(requester, "", service=service) == [other]


@pytest.mark.parametrize(
    "text", ['"', "' OR 1=1 --", "NEAR(a b)", "vpn AND (", "*", "title:vpn", "-- ;", "x" * 5000, "é ü 漢字", "a:* & !b"]
)
def test_no_text_breaks_the_search(text, publish, requester):
    found = publish("Connect to VPN")
    for listed in (articles.suggest(requester, text), articles.search(requester, text)):
        assert [one for one in listed if one != found] == [], "no error, and nothing that is not there"


def test_search_wants_every_word_first(publish, requester):
    both = publish("Calendar on the phone")
    publish("Calendar in the browser")
    assert articles.search(requester, "calendar phone") == [both]
    assert len(articles.search(requester, "calendar telephone")) == 2


def test_index_can_be_made_anew(publish, requester):
    found = publish("Connect to VPN")
    fulltext.remove(found.pk)
    assert articles.search(requester, "vpn") == []
    assert articles.rebuild_index() == 1
    assert articles.search(requester, "vpn") == [found]


# ---------- feedback and use ----------


def test_one_voice_per_person_and_version(publish, requester, colleague):
    shown = publish("Connect to VPN")
    articles.rate(shown.published, user=requester, helpful=True)
    articles.rate(shown.published, user=requester, helpful=False, comment="Step 2 is wrong")
    articles.rate(shown.published, user=colleague, helpful=True)
    row = Article.objects.get()
    assert (row.helpful_count, row.unhelpful_count, ArticleFeedback.objects.count()) == (1, 1, 2)


def test_use_is_counted_once_per_ticket(publish, incident, agent, requester):
    shown = publish("Connect to VPN")
    for _twice in range(2):
        articles.use(shown, incident, actor=agent, source="web")
    assert Article.objects.get().use_count == 1
    with pytest.raises(Denied):
        articles.use(shown, incident, actor=requester, source="web")
