"""A client of the REST API with a token, as a script would have it."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from itsm.integrations.services import tokens

V1 = "/api/v1/"


class Api:
    """``api.get("incidents/")``: JSON in, JSON out, the token sent along."""

    def __init__(self, user: Any = None, *scopes: str, raise_errors: bool = True) -> None:
        self.http = APIClient(raise_request_exception=raise_errors)
        self.user = user
        if user is not None:
            self.token, self.secret = tokens.create(
                user, name="Test", wanted=scopes or ("*",), actor=None, source="command"
            )
            self.http.credentials(HTTP_AUTHORIZATION=f"Bearer {self.secret}")

    def call(self, method: str, path: str, data: Any = None, *, format: str = "json", **headers: str) -> Any:
        url = path if path.startswith(("/", "http")) else V1 + path
        extra = {"headers": {name.replace("_", "-"): value for name, value in headers.items()}}
        if data is None or method == "get":
            return getattr(self.http, method)(url, data, **extra)
        return getattr(self.http, method)(url, data, format=format, **extra)

    def get(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("get", path, data, **headers)

    def post(self, path: str, data: Any = None, **more: str) -> Any:
        return self.call("post", path, {} if data is None else data, **more)

    def patch(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.call("patch", path, {} if data is None else data, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("delete", path, **headers)


def problem(response: Any, status: int, code: str = "") -> dict[str, Any]:
    """Assert a problem document; returns it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"] == f"urn:itsm:problem:{body['code']}"
    if code:
        assert body["code"] == code
    return body
