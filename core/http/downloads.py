"""The file a form gives away, behind a link that works for some days."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import clock, db
from core.errors import NotFound
from core.forms import downloads
from core.http.public import reader_for, show


def take(request: Request) -> Response:
    """Hand over the file; that it was taken is recorded, and nothing else changes."""
    now = clock.now()
    with db.reading() as session:
        try:
            found = downloads.find(session, request.path_params["token"], now=now)
        except NotFound:
            return show(session, request, "download_over.html",
                        reader=reader_for(session, request), status=404)  # fmt: skip
        name, mime = found.file.original_name, found.file.mime
        content = b"" if request.method == "HEAD" else downloads.content(session, found)
    if request.method != "HEAD":
        with db.transaction() as session:
            downloads.note(session, found, now=now)
    return handed_over(content, name=name, mime=mime)


def handed_over(content: bytes, *, name: str, mime: str) -> Response:
    """Return a file as one to be kept: never shown, never run, never remembered on the way."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=mime, headers=headers)


routes = [Route("/d/{token}", take, methods=["GET"])]
