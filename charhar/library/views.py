"""Serving the library's files, straight from the storage: no other web server is needed."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .models import Document, FormerFile
from .renditions import CONTENT_TYPES
from .uses import is_published
from .validators import ending_of

FOR_EVER = "public, max-age=31536000, immutable"
# A document is never a page of this site: nothing in it may run, load or be framed.
DOCUMENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponseBase:
    """One file of an image. Who knows the name may have it, and keep it: what a name shows never changes.

    No query, no session, but for a file that was replaced: that one's name leads to its successor. Answers
    404 where there is no such file.
    """
    try:
        response = _stored(request, f"images/{name}", CONTENT_TYPES[ending_of(name)])
    except Http404:
        folder, _slash, file = name.rpartition("/")
        former = FormerFile.objects.select_related("image").filter(name=f"images/{folder}").first()
        if former is None or former.image is None:
            raise
        return _led_on(former.image.successor_of(file).url)
    response.headers["Cache-Control"] = FOR_EVER
    return response


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponseBase:
    """A document: for everyone once a page that readers see uses it, before that for staff who may see it.

    Everybody else is told 404, as for a document that does not exist.
    """
    found = Document.objects.filter(file=f"documents/{name}").first()
    former = None
    if found is None:
        former = get_object_or_404(FormerFile.objects.select_related("document"), name=f"documents/{name}")
        found = former.document
    if found is None or (not is_published(found) and not may_see(request.user)):
        raise Http404(_("There is no such document."))
    return document_response(request, found) if former is None else _led_on(found.file.url)


def _led_on(url: str) -> HttpResponseBase:
    """To the file that took another's place; kept briefly, as that may be replaced as well."""
    response = HttpResponseRedirect(url)
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def may_see(user: Any) -> bool:
    """Whether a person may have a document that no published text uses."""
    return user.is_staff and user.has_perm("library.view_document")


def document_response(request: HttpRequest, document: Document, filename: str = "") -> HttpResponseBase:
    """The file of a document that this visitor may have; whether so is for the caller to know.

    A PDF opens in the browser, all else is saved; ``filename`` (else the title) is its name on the reader's
    machine. Answers 304 to a browser that has it already, raises ``Http404`` where the file is missing.
    """
    etag = f'"{document.digest}"'
    kept = get_conditional_response(request, etag=etag) if document.digest else None
    response = kept or _document_file(request, document, filename)
    if document.digest:
        response.headers["ETag"] = etag
    return response


def _document_file(request: HttpRequest, document: Document, filename: str) -> HttpResponseBase:
    is_pdf = document.ending == "pdf"
    response = _stored(
        request,
        document.file_name,
        document.content_type,
        filename=filename or f"{document.title.replace('/', '-')}.{document.ending}",
        as_attachment=not is_pdf,
    )
    # In a sandbox the Chromiums of some years ago, still common in China, show no PDF at all; and a PDF's own
    # scripts can not reach the site from the viewer in any case.
    response.headers["Content-Security-Policy"] = DOCUMENT_POLICY if is_pdf else f"{DOCUMENT_POLICY}; sandbox"
    return response


def _stored(request: HttpRequest, name: str, content_type: str, **options: Any) -> FileResponse:
    try:
        file = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404(_("There is no such file.")) from error
    # These files are compressed already. The middleware that compresses pages looks at nothing but this
    # header, and would otherwise spend time on every picture and lose its length.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    response = FileResponse(file, content_type=content_type, **options)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
