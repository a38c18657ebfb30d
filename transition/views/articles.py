"""The knowledge base: finding, reading, writing and publishing."""

from __future__ import annotations

import difflib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.catalogue.models import Service
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket
from itsm.ui import keyset, markdown
from itsm.ui import pages as ui
from itsm.workflow import inputs, steps
from transition.forms.articles import ArticleForm, FeedbackForm
from transition.models import Article, ArticleFeedback
from transition.policies import articles as policies
from transition.services import articles
from transition.states.articles import ArticleState, Audience


def _article(request: HttpRequest, pk: int) -> Article:
    rows = Article.objects.visible_to(request.user).select_related("published", "service", "category", "owner")
    return get_object_or_404(rows, pk=pk)


def _query(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:200]


# ---------- finding ----------

#: Name of a writer's list -> what it shows.
TABS: dict[str, tuple[Any, Any]] = {
    "published": (lambda: _("Published"), lambda rows, user: rows.published()),
    "drafts": (lambda: _("Drafts"), lambda rows, user: rows.filter(state=ArticleState.DRAFT)),
    "review": (lambda: _("In review"), lambda rows, user: rows.filter(state=ArticleState.IN_REVIEW)),
    "due": (lambda: _("To look at again"), lambda rows, user: rows.filter(state=ArticleState.PUBLISHED).review_due()),
    "mine": (lambda: _("Mine"), lambda rows, user: rows.filter(owner=user)),
    "retired": (lambda: _("Retired"), lambda rows, user: rows.filter(state=ArticleState.RETIRED)),
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    user, query = request.user, _query(request)
    service = Service.objects.visible_to(user).filter(slug=request.GET.get("service", "")).first()
    context: dict[str, Any] = {"query": query, "title": _("Knowledge") if user.is_desk else _("Help articles")}
    if query:
        context["found"] = articles.search(user, query)
    elif user.holds(*policies.READS_DRAFTS):
        view = request.GET.get("view", "published")
        view = view if view in TABS else "published"
        rows = TABS[view][1](Article.objects.visible_to(user), user)
        context["view"] = view
        context["tabs"] = [
            {"label": label(), "url": f"?view={name}", "current": name == view} for name, (label, _rows) in TABS.items()
        ]
        context["page"] = _page(request, rows, service)
    else:
        context["page"] = _page(request, Article.objects.readable_by(user), service)
    context |= {"service": service, "may_write": policies.writes(user)}
    template = "transition/article/index.html" if user.is_desk else "transition/article/portal_index.html"
    return ui.page(request, template, part="transition/article/_rows.html", **context)


def _page(request: HttpRequest, rows: Any, service: Service | None) -> keyset.Page:
    if service is not None:
        rows = rows.filter(service=service)
    rows = rows.select_related("service", "owner", "published").defer("body")
    page = keyset.paginate(rows, ["-updated_at", "-id"], request.GET.get("cursor", ""), 25)
    page.count = keyset.capped_count(rows)
    return page


# ---------- reading ----------


@require_GET
def read(request: HttpRequest, pk: int) -> HttpResponse:
    article = _article(request, pk)
    user = request.user
    writer = user.holds(*policies.READS_DRAFTS)
    draft = writer and (article.published is None or request.GET.get("text") == "draft")
    text = article if draft else article.published
    shown = article.published if not draft else None
    context = {
        "article": article,
        "text": text,
        "draft": draft,
        "title": text.title,
        "given": ArticleFeedback.objects.filter(version=shown, user=user).first() if shown else None,
        "related": _related(article, user),
    }
    if user.is_desk:
        context |= {
            "steps": steps.offers(article, user),
            "uses": article.uses.filter(ticket__in=Ticket.objects.visible_to(user)).select_related("ticket")[:10],
            "comments": ArticleFeedback.objects.filter(version__article=article, helpful=False)
            .exclude(comment="")
            .select_related("user", "version")[:5],
            "organisations": list(article.organisations.all()) if article.audience == Audience.ORGANISATIONS else [],
        }
        return ui.page(request, "transition/article/detail.html", **context)
    return ui.page(request, "transition/article/read.html", **context)


def _related(article: Article, user: Any) -> list[Article]:
    if article.service_id is None:
        return []
    rows = Article.objects.readable_by(user).filter(service=article.service_id).exclude(pk=article.pk)
    return list(rows.select_related("published").defer("body").popular()[:4])


@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.holds(*policies.READS_DRAFTS):
        raise Http404
    article = _article(request, pk)
    versions = list(article.versions.select_related("published_by"))
    by_number = {str(version.number): version for version in versions}
    newer = by_number.get(request.GET.get("to", "")) or (versions[0] if versions else None)
    older = by_number.get(request.GET.get("from", ""))
    if older is None and newer is not None:
        older = next((version for version in versions if version.number < newer.number), None)
    return ui.page(
        request, "transition/article/history.html", article=article, versions=versions, newer=newer, older=older,
        lines=difference(older.body if older else "", newer.body if newer else ""),
        title=_("History of %(number)s") % {"number": article.number},
    )  # fmt: skip


def difference(old: str, new: str) -> list[tuple[str, str]]:
    """Lines as ("", "add" or "del", text); long unchanged stretches are folded into ("skip", number of lines)."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    lines: list[tuple[str, str]] = []
    for group in matcher.get_grouped_opcodes(3):
        if group[0][3] > 0 and (not lines or lines[-1][0] != "skip"):
            lines.append(("skip", "…"))
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += [("", line) for line in before[a:b]]
                continue
            lines += [("del", line) for line in before[a:b]] + [("add", line) for line in after[c:d]]
        lines.append(("skip", "…"))
    return lines[:-1] if lines and lines[-1][0] == "skip" else lines


@require_POST
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    article = get_object_or_404(Article.objects.readable_by(request.user).select_related("published"), pk=pk)
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return ui.page(
            request, "transition/article/feedback.html", part="transition/article/_feedback.html", form=form,
            article=article, title=_("Did this help?"),
        )  # fmt: skip
    given = articles.rate(article.published, user=request.user, **form.cleaned_data)
    if ui.is_htmx(request):
        return ui.render_part(request, "transition/article/_feedback.html", article=article, given=given)
    return ui.see(request, f"{article.get_absolute_url()}#feedback", _("Thank you."))


# ---------- writing ----------


def create(request: HttpRequest) -> HttpResponse:
    if not policies.writes(request.user):
        raise Denied(_("Only the desk writes articles."))
    ticket = _ticket(request, request.GET["ticket"]) if request.GET.get("ticket") else None
    form = ArticleForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        initial=from_ticket(ticket) if ticket else None,
    )
    if form.is_bound and form.is_valid() and "preview" not in request.POST:
        article = articles.write(actor=request.user, source=Source.WEB, ticket=ticket, **form.values())
        return ui.see(request, article, _("%(number)s saved as a draft.") % {"number": article.number})
    return _form_page(request, form, title=_("New article"), ticket=ticket, cancel=reverse("transition:articles"))


def from_ticket(ticket: Ticket) -> dict[str, Any]:
    """What an article begins with when it is learned from a ticket: symptom, and what solved it."""
    own = ticket.specific()
    solution = getattr(own, "resolution", "") or _("What solved it…")
    return {
        "title": ticket.title,
        "summary": markdown.plain(ticket.description, 280),
        "body": f"## {_('Symptom')}\n\n{ticket.description}\n\n## {_('Solution')}\n\n{solution}\n",
        "service": ticket.service_id,
        # What a requester wrote may name people: widening the audience is a decision.
        "audience": Audience.DESK,
    }


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    article = _article(request, pk)
    verdict = policies.may_write(article, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    if article.state != ArticleState.DRAFT:
        return ui.see(
            request, article, _("Only a draft is edited: start a new version, or send it back first."), tone="amber"
        )
    # The form writes into its instance; the stored row is changed by the service only.
    working = Article.objects.get(pk=article.pk)
    form = ArticleForm(request.POST if request.method == "POST" else None, instance=working, user=request.user)
    if form.is_bound and form.is_valid() and "preview" not in request.POST:
        saved = articles.edit(
            article, actor=request.user, source=Source.WEB, version=form.cleaned_data["version"], **form.values()
        )
        return ui.see(request, f"{saved.get_absolute_url()}?text=draft", _("Saved."))
    return _form_page(
        request, form, article=article, title=_("Edit %(number)s") % {"number": article.number},
        cancel=f"{article.get_absolute_url()}?text=draft",
    )  # fmt: skip


def _form_page(request: HttpRequest, form: ArticleForm, **context: Any) -> HttpResponse:
    wanted = form.is_bound and "preview" in request.POST
    return ui.page(
        request, "transition/article/form.html", form=form, preview=request.POST.get("body", "") if wanted else None,
        **context,
    )  # fmt: skip


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    if not policies.writes(request.user):
        raise Denied(_("Only the desk writes articles."))
    return ui.render_part(request, "transition/article/_preview.html", preview=request.POST.get("body", "")[:200_000])


def step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    article = _article(request, pk)
    found = steps.describe(Article, verb)
    if found is None:
        raise Http404
    form = inputs.form_class(found.inputs)(request.POST if request.method == "POST" else None) if found.inputs else None
    if request.method == "POST" and (form is None or form.is_valid()):
        version = request.POST.get("version", "")
        article = articles.perform(
            article, verb, actor=request.user, source=Source.WEB, version=int(version) if version.isdigit() else None,
            data={name: request.POST.get(name, "") for name in (form.fields if form else ())},
        )  # fmt: skip
        if verb in ("revise", "restore"):
            return ui.see(request, article.edit_url)
        words = {"number": article.number, "state": article.get_state_display()}
        return ui.see(request, article, _("%(number)s: %(state)s.") % words)
    return ui.page(request, "transition/article/step.html", form=form, article=article, step=found, title=found.label)


# ---------- on tickets ----------


def _ticket(request: HttpRequest, number: str) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user).numbered(number))


@require_GET
def for_ticket(request: HttpRequest, number: str) -> HttpResponse:
    if not request.user.is_desk:
        raise Http404
    ticket = _ticket(request, number)
    query = _query(request)
    used = set(ticket.article_uses.values_list("article_id", flat=True))
    found = articles.suggest(request.user, query or ticket.title, service=ticket.service, limit=10 if query else 4)
    return ui.page(
        request, "transition/article/for_ticket.html", part="transition/article/_suggested.html", ticket=ticket,
        query=query, found=[article for article in found if article.pk not in used],
        title=_("Articles for %(number)s") % {"number": ticket.number},
    )  # fmt: skip


@require_POST
def use(request: HttpRequest, number: str) -> HttpResponse:
    ticket = _ticket(request, number)
    chosen = request.POST.get("article", "")
    article = get_object_or_404(
        Article.objects.readable_by(request.user), pk=int(chosen) if chosen.isdigit() and len(chosen) < 19 else 0
    )
    articles.use(article, ticket, actor=request.user, source=Source.WEB)
    return ui.see(request, ticket, _("%(number)s is linked to this ticket.") % {"number": article.number})
