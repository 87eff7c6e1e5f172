"""Errors as RFC 9457 problem bodies: one table from error family to status. A body never echoes what was sent in."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from seatmate.domain.errors import (
    BadInput,
    Conflict,
    InvalidConversation,
    Misconfigured,
    ModelUnavailable,
    NotFound,
    Overloaded,
    SeatmateError,
    StoreUnavailable,
    UnreadableDocument,
)

STATUS: Mapping[type[SeatmateError], tuple[int, str]] = {
    InvalidConversation: (422, "The conversation cannot be used"),
    UnreadableDocument: (422, "The document cannot be read"),
    BadInput: (422, "The request cannot be used"),
    NotFound: (404, "Not found"),
    Conflict: (409, "The same id with different content"),
    Overloaded: (429, "At capacity"),
    ModelUnavailable: (503, "The model server does not answer"),
    StoreUnavailable: (503, "Records cannot be reached"),
    Misconfigured: (500, "Seatmate is misconfigured"),
}
log = logging.getLogger(__name__)

_HTTP_CODES = {401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "NOT_FOUND", 413: "BODY_TOO_LARGE"}
MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem body; `code` is stable and machine-readable."""
    body = {"type": f"urn:seatmate:{code.lower()}", "title": title, "status": status, "detail": detail, "code": code}
    return JSONResponse(body | more, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def http_problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refusal of HTTP itself: no such route, no key, too large."""
    code = _HTTP_CODES.get(status, f"HTTP_{status}")
    return problem(status, code, "Refused", detail, headers)


def of(error: SeatmateError) -> JSONResponse:
    family = next(kind for kind in type(error).__mro__ if kind in STATUS or kind is SeatmateError)
    status, title = STATUS.get(family, (500, "Seatmate failed"))
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Overloaded) else None
    return problem(status, error.code, title, error.detail, headers)


def install(app: FastAPI) -> None:
    """Register the handlers: our own errors, validation, the framework's, and, at the very door, anything else."""

    @app.exception_handler(SeatmateError)
    async def ours(request: Request, error: SeatmateError) -> JSONResponse:
        return of(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            {"at": ".".join(str(part) for part in fault["loc"]), "problem": fault["msg"]} for fault in error.errors()
        ]
        first = f"{faults[0]['at']}: {faults[0]['problem']}" if faults else "not valid"
        return problem(422, "INVALID_REQUEST", "The request is not valid", first, faults=faults)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        return http_problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error at %s", request.url.path, exc_info=error)
        return problem(500, "UNEXPECTED", "Seatmate failed", "An unexpected error; the log has it.")
