"""The knowledge base in the REST API."""

from __future__ import annotations

import re
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api import conditional
from itsm.api.fields import Moment, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.bases import Reading
from itsm.integrations.api.refs import PersonRef, category_ref, organisation_ref, service_ref, viewer
from itsm.integrations.api.shapes import shape
from itsm.integrations.api.steps import TakingSteps
from itsm.lib.errors import Denied
from transition.models import Article
from transition.policies import articles as policies
from transition.services import articles

LONGEST_TEXT = 200_000
_NUMBER = re.compile(r"(?:kb-?)?0*(\d{1,18})", re.IGNORECASE)
PUBLISHED = shape(
    "PublishedText", {"number": serializers.IntegerField(), "title": serializers.CharField(), "published_at": Moment()}
)


class ArticleSerializer(StrictModel):
    """Writers see the text they work on, readers the published one."""

    number = serializers.CharField(read_only=True)
    service = service_ref(required=False, allow_null=True)
    category = category_ref(required=False, allow_null=True)
    owner = PersonRef(required=False)
    organisations = serializers.ListField(
        child=organisation_ref(), required=False, help_text="With the audience `organisations`: which."
    )
    published = PUBLISHED(read_only=True, allow_null=True)
    body = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_TEXT, trim_whitespace=False, help_text="Markdown."
    )

    class Meta:
        model = Article
        fields = [
            "id", "number", "title", "summary", "body", "keywords", "service", "category", "audience", "organisations",
            "language", "owner", "review_at", "expires_at", "state", "published", "helpful_count", "unhelpful_count",
            "use_count", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = [
            "state", "helpful_count", "unhelpful_count", "use_count", "created_at", "updated_at", "version",
        ]  # fmt: skip

    def to_representation(self, instance: Article) -> dict[str, Any]:
        self.fields["organisations"].write_only = True
        shown = super().to_representation(instance)
        shown["organisations"] = [{"id": one.pk, "name": one.name} for one in instance.organisations.all()]
        if not viewer(self.context).holds(*policies.READS_DRAFTS):
            text = instance.published
            shown |= {"title": text.title, "summary": text.summary, "body": text.body, "keywords": text.keywords}
            for name in ("organisations", "review_at", "owner"):
                shown.pop(name)
        if self.context["view"].action == "list":
            shown.pop("body")
        return shown


class FeedbackInput(Strict):
    helpful = serializers.BooleanField()
    comment = serializers.CharField(
        required=False, allow_blank=True, max_length=articles.LONGEST_COMMENT, default="", help_text="What is missing."
    )


class ArticleFilters(FilterSet):
    state = Words(field_name="state")
    audience = Words(field_name="audience")
    service = Anyone("service", key="slug")
    category = Anyone("category", key="name")
    owner = Anyone("owner", key="email")
    language = django_filters.CharFilter(max_length=10)
    review_before = django_filters.DateFilter(field_name="review_at", lookup_expr="lt")


@extend_schema(tags=["knowledge"])
@extend_schema_view(take_step=extend_schema(responses=ArticleSerializer))
class Articles(TakingSteps, Reading):
    """Knowledge written down once. Addressed by number (`KB-12`) or id. The list leaves the text out."""

    queryset = Article.objects.all()
    serializer_class = ArticleSerializer
    filterset_class = ArticleFilters
    scope = "knowledge"
    http_method_names = ["get", "post", "patch", "head"]
    orderings = {"updated_at": ("updated_at",), "id": ("id",), "use_count": ("use_count",)}
    default_ordering = "-updated_at"

    def get_queryset(self) -> QuerySet[Article]:
        return self.full(Article.objects.visible_to(self.request.user))

    @staticmethod
    def full(rows: QuerySet[Article]) -> QuerySet[Article]:
        related = rows.select_related("service", "category", "owner", "published")
        return related.prefetch_related("organisations")

    def search(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """``?q=``: full text, what fits best first to be found; the order of the list stays."""
        text = self.request.query_params.get("q", "").strip()
        if not text:
            return rows
        return rows.filter(pk__in=[one.pk for one in articles.search(self.request.user, text, limit=500)])

    def get_object(self) -> Article:
        found = _NUMBER.fullmatch(self.kwargs["pk"])
        article = self.get_queryset().filter(pk=int(found[1])).first() if found else None
        if article is None:
            raise Http404
        return article

    @extend_schema(
        summary="Start an article", responses={201: ArticleSerializer},
        examples=[OpenApiExample(
            "Draft", {"title": "Empty the mail queue", "summary": "When mails wait.", "body": "1. …"},
            request_only=True,
        )],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not policies.writes(request.user):
            raise Denied(_("Only the desk writes articles."))
        made = articles.write(actor=request.user, source="api", **self.checked(partial=False))
        location = f"{request.build_absolute_uri(request.path)}{made.number}/"
        return self.shown(self.get_moved(made), status=201, location=location)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        article = self.get_object()
        verdict = policies.may_write(article, request.user)
        if not verdict:
            raise Denied(verdict.reason)
        version = conditional.version(request, article)
        articles.edit(article, actor=request.user, source="api", version=version, **self.checked(partial=True))
        return self.shown(self.get_moved(article))

    def checked(self, *, partial: bool) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @extend_schema(summary="Say whether it helped", request=FeedbackInput, responses={204: None})
    @action(detail=True, methods=["post"], url_path="feedback")
    def feedback(self, request: Request, **kwargs: Any) -> Response:
        article = self.get_object()
        if article.published is None:
            raise Http404
        given = FeedbackInput(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        articles.rate(article.published, user=request.user, **given.validated_data)
        return Response(status=204)

    def get_record(self) -> Article:
        return self.get_object()

    def get_moved(self, record: Article) -> Article:
        return self.full(Article.objects.all()).get(pk=record.pk)

    def perform(self, record: Article, verb: str, **how: Any) -> Article:
        return articles.perform(record, verb, **how)
