"""What is known about the request or job being served, for logs and audit."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
