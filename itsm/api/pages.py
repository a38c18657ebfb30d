"""The root of the API, its documentation, and the answer to an address that does not exist."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import Resolver404, get_resolver, resolve, reverse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Schema(SpectacularAPIView):
    """The OpenAPI document, as YAML or (``Accept: application/json``) JSON."""

    throttle_classes: list[Any] = []


class Docs(SpectacularSwaggerSplitView):
    """The documentation to read and to try; its script has an address of its own, as the page policy demands."""

    url_name = "api:schema"
    throttle_classes: list[Any] = []
    template_name = "api/docs.html"


class Root(APIView):
    """The collections of the API."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="root", summary="The collections", tags=["root"], auth=[],
        responses={200: {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        names = {
            reverse(f"api:{name}").rstrip("/").rpartition("/")[2]: name
            for name in get_resolver().namespace_dict["api"][1].reverse_dict
            if isinstance(name, str) and name.endswith("-list")
        }
        return Response({key: request.build_absolute_uri(reverse(f"api:{names[key]}")) for key in sorted(names)})


@extend_schema(exclude=True)
class Nothing(APIView):
    """404 as a problem; an address that only lacks its last slash is redirected with method and body kept."""

    permission_classes = [AllowAny]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if not request.path_info.endswith("/"):
            try:
                found = resolve(request.path_info + "/")
            except Resolver404:
                found = None
            if found is not None and getattr(found.func, "view_class", None) is not Nothing:
                response = HttpResponse(status=308)
                query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
                response["Location"] = f"{request.path}/{query}"
                return response
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
