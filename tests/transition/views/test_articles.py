"""The pages of the knowledge base."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.ui import nav
from operation.services import incidents
from tests.pages import enter, problems, words
from transition import fulltext, search
from transition.models import Article, ArticleFeedback
from transition.services import articles

pytestmark = pytest.mark.django_db

FORM = {
    "title": "Mailbox is full", "summary": "Archive old mail.", "body": "Use *Archive*.", "keywords": "",
    "service": "", "category": "", "audience": "everybody", "language": "en", "owner": "", "review_at": "",
    "expires_at": "",
}  # fmt: skip


def test_from_draft_to_reader_without_script(agent, knowledge_manager, requester):
    writer, manager, reader = enter(agent), enter(knowledge_manager), enter(requester)
    answer = writer.post("/knowledge/new/", FORM)
    number = Article.objects.get().number
    assert (answer.status_code, answer["Location"]) == (302, f"/knowledge/{number}/")
    assert reader.get(f"/knowledge/{number}/").status_code == 404
    assert "nobody but writers" in words(writer.get(f"/knowledge/{number}/"))
    assert writer.post(f"/knowledge/{number}/publish/").status_code == 403
    assert writer.post(f"/knowledge/{number}/submit/", {"version": 1}).status_code == 302
    assert "Mailbox is full" in words(manager.get("/knowledge/?view=review"))
    assert "What changed" in words(manager.get(f"/knowledge/{number}/publish/"))
    assert manager.post(f"/knowledge/{number}/publish/", {"change_note": "First", "version": 2}).status_code == 302
    page = reader.get(f"/knowledge/{number}/")
    assert page.status_code == 200
    assert "<em>Archive</em>" in page.content.decode()
    assert "Mailbox is full" in words(reader.get("/knowledge/"))
    assert "Mailbox is full" in words(reader.get("/knowledge/?q=mailbox"))
    assert "Nothing contains" in words(reader.get("/knowledge/?q=zebra"))
    assert "First" in words(manager.get(f"/knowledge/{number}/history/"))
    assert reader.get(f"/knowledge/{number}/history/").status_code == 404


def test_bad_input_is_said_at_the_field_and_changes_nothing(agent):
    page = enter(agent).post("/knowledge/new/", {**FORM, "title": "", "audience": "organisations"})
    assert page.status_code == 422
    assert problems(page) == ["This field is required.", "Choose the organisations that may read it."]
    assert enter(agent).post("/knowledge/new/", {**FORM, "title": "x" * 10_000}).status_code == 422
    assert Article.objects.count() == 0


def test_preview_saves_nothing_and_keeps_what_was_typed(agent):
    page = enter(agent).post("/knowledge/new/", {**FORM, "body": "**Bold** <script>alert(1)</script>", "preview": "1"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "<strong>Bold</strong>" in text
    assert "<script>alert" not in text
    assert "**Bold**" in text
    assert Article.objects.count() == 0
    assert "<strong>x</strong>" in enter(agent).post("/knowledge/preview/", {"body": "**x**"}).content.decode()


def test_stale_edit_keeps_both_texts(article, agent):
    articles.edit(article, actor=agent, source="web", body="Other text")
    mine = {**FORM, "owner": agent.pk, "version": 1, "body": "My own long text of twenty letters"}
    page = enter(agent).post(article.edit_url, mine)
    assert page.status_code == 409
    assert "Other text" in words(page)
    assert "My own long text of twenty letters" in page.content.decode()
    assert Article.objects.get().body == "Other text"


def test_requesters_cannot_write(requester, article):
    client = enter(requester)
    assert client.get("/knowledge/new/").status_code == 403
    assert client.post("/knowledge/preview/", {"body": "x"}).status_code == 403
    assert client.post(article.edit_url, FORM).status_code == 404
    assert client.post(f"/knowledge/{article.number}/retire/", {"reason": "x"}).status_code == 404


def test_feedback_without_script(publish, requester):
    shown = publish("Connect to VPN")
    client = enter(requester)
    assert client.post(f"/knowledge/{shown.number}/feedback/", {"helpful": "no"}).status_code == 302
    assert "What was missing or wrong?" in words(client.get(shown.get_absolute_url()))
    client.post(f"/knowledge/{shown.number}/feedback/", {"helpful": "no", "comment": "Step 2"})
    assert ArticleFeedback.objects.get().comment == "Step 2"
    page = client.post(f"/knowledge/{shown.number}/feedback/", {"helpful": "no", "comment": "x" * 2001})
    assert (page.status_code, ArticleFeedback.objects.get().comment) == (422, "Step 2")


def test_reader_comments_are_for_staff(publish, requester, colleague, agent):
    shown = publish("Connect to VPN")
    enter(requester).post(f"/knowledge/{shown.number}/feedback/", {"helpful": "no", "comment": "Step 2 <b>lies</b>"})
    page = enter(agent).get(shown.get_absolute_url())
    assert "Step 2 <b>lies</b>" in words(page)
    assert "<b>lies</b>" not in page.content.decode()
    assert "lies" not in words(enter(colleague).get(shown.get_absolute_url()))


def test_article_from_the_resolution_of_an_incident(incident, agent):
    taken = incidents.start(incident, actor=agent, source="web")
    solved = incidents.resolve(taken, actor=agent, source="web", code="fixed", note="Quota raised to 5 GB")
    client = enter(agent)
    page = client.get(f"/knowledge/new/?ticket={solved.number}")
    assert "Quota raised to 5 GB" in page.content.decode()
    client.post(f"/knowledge/new/?ticket={solved.number}", {**FORM, "audience": "desk"})
    use = Article.objects.get().uses.get()
    assert (use.ticket_id, use.is_source) == (solved.pk, True)


def test_article_from_a_ticket_nobody_may_see(incident, agent, service_owner, engineers):
    incident.restricted_to = engineers
    incident.save()
    assert enter(agent).get(f"/knowledge/new/?ticket={incident.number}").status_code == 404
    assert enter(agent).get(f"/knowledge/for/{incident.number}/").status_code == 404
    assert enter(agent).post(f"/knowledge/for/{incident.number}/use/", {"article": "1"}).status_code == 404


def test_suggestions_for_a_ticket_are_linked_with_one_click(publish, incident, agent, requester):
    shown = publish("Mail does not arrive", service=incident.service)
    client = enter(agent)
    assert "Mail does not arrive" in words(client.get(f"/knowledge/for/{incident.number}/"))
    client.post(f"/knowledge/for/{incident.number}/use/", {"article": shown.pk})
    assert Article.objects.get().use_count == 1
    assert "Mail does not arrive" not in words(client.get(f"/knowledge/for/{incident.number}/"))
    assert client.post(f"/knowledge/for/{incident.number}/use/", {"article": "9" * 30}).status_code == 404
    assert enter(requester).get(f"/knowledge/for/{incident.number}/").status_code == 404


def test_history_shows_what_changed(article, knowledge_manager, agent):
    first = articles.perform(article, "publish", actor=knowledge_manager, source="web")
    draft = articles.perform(first, "revise", actor=agent, source="web")
    articles.edit(draft, actor=agent, source="web", body="Use *Clean up*.")
    articles.perform(Article.objects.get(), "publish", actor=knowledge_manager, source="web")
    text = enter(agent).get(f"/knowledge/{article.number}/history/").content.decode()
    assert "<del>" in text
    assert "Use *Archive*." in text
    assert "Use *Clean up*." in text


@pytest.mark.parametrize("who", ["requester", "agent", "knowledge_manager"])
def test_lists_read_the_same_number_of_queries_for_one_and_three(who, publish, request, service):
    client = enter(request.getfixturevalue(who))
    publish("Number one", service=service)
    client.get("/knowledge/")
    counted = []
    for more in ((), ("Number two", "Number three")):
        for title in more:
            publish(title, service=service)
        nav.forget_counts(request.getfixturevalue(who))
        with CaptureQueriesContext(connection) as queries:
            client.get("/knowledge/")
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 16


def test_articles_are_found_by_the_search_of_the_house(publish, article, requester, agent):
    shown = publish("Connect to VPN")
    publish("VPN gateway restart", audience="desk")
    page = words(enter(requester).get("/search/?q=vpn"))
    assert "Connect to VPN" in page
    assert "gateway" not in page
    assert "gateway" in words(enter(agent).get("/search/?q=vpn"))
    # A draft has a number, too, for those who may see it.
    assert [hit.url for hit in search.find(agent, article.number, 5)] == [article.get_absolute_url()]
    assert list(search.find(requester, article.number, 5)) == []
    assert [hit.exact for hit in search.find(requester, shown.number.lower(), 5)] == [True]


def test_rebuild_search_covers_articles(publish, requester, capsys):
    found = publish("Connect to VPN")
    fulltext.remove(found.pk)
    call_command("rebuild_search")
    assert "articles: 1 indexed." in capsys.readouterr().out
    assert articles.search(requester, "vpn") == [found]
