"""Storing files people add: limited in size and number, never trusted, always served as a download."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from itsm.lib.errors import Invalid
from itsm.tickets.models import Attachment, Ticket, TimelineEntry

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: First bytes of the formats whose disguise we can tell.
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
    "pdf": (b"%PDF-",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "pptx": (b"PK\x03\x04",),
    "odt": (b"PK\x03\x04",),
    "ods": (b"PK\x03\x04",),
    "gz": (b"\x1f\x8b",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "doc": (b"\xd0\xcf\x11\xe0",),
    "xls": (b"\xd0\xcf\x11\xe0",),
    "msg": (b"\xd0\xcf\x11\xe0",),
}
TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip", "txt": "text/plain",
    "log": "text/plain", "csv": "text/csv", "json": "application/json", "eml": "message/rfc822",
}  # fmt: skip
TEXT = frozenset({"txt", "log", "csv", "json", "xml", "yaml", "yml", "md", "eml", "ini", "conf", "har", "ics", "vcf"})
#: Programs, whatever their name says.
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
REFUSED = frozenset(
    [
        "exe",
        "com",
        "bat",
        "cmd",
        "scr",
        "pif",
        "msi",
        "msp",
        "dll",
        "js",
        "jse",
        "vbs",
        "vbe",
        "wsf",
        "wsh",
        "ps1",
        "psm1",
        "hta",
        "jar",
        "apk",
        "app",
        "lnk",
        "reg",
        "cpl",
        "iso",
        "img",
    ]
)


def store(
    ticket: Ticket, files: Iterable[UploadedFile], *, actor: User, entry: TimelineEntry | None, public: bool
) -> list[Attachment]:
    """Check all files, then keep them; ``Invalid`` on ``files`` when one is refused, and none is kept."""
    files = list(files)
    if len(files) > settings.ATTACHMENT_MAX_COUNT:
        raise Invalid({"files": _("At most %d files at a time.") % settings.ATTACHMENT_MAX_COUNT})
    problems = [problem for file in files if (problem := refusal(file))]
    if problems:
        raise Invalid({"files": problems})
    return [_keep(ticket, file, actor=actor, entry=entry, public=public) for file in files]


def clean_name(name: str | None) -> str:
    """The last part of the name, without control characters, cut to what fits with its extension kept."""
    plain = "".join(c for c in PurePath((name or "file").replace("\\", "/")).name if c.isprintable()).strip() or "file"
    stem, dot, extension = plain.rpartition(".")
    return plain if len(plain) <= 200 else f"{stem[: 198 - len(extension)]}{dot}{extension}"


def extension_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def refusal(file: UploadedFile) -> str | None:
    """Why a file is not accepted, or ``None``: too big, empty, a program, or not what its name says."""
    name = clean_name(file.name)
    extension = extension_of(name)
    limit = settings.ATTACHMENT_MAX_BYTES
    if (file.size or 0) > limit:
        return _("“%(name)s” is larger than %(limit)d MB.") % {"name": name, "limit": limit // 1_000_000}
    if not file.size:
        return _("“%(name)s” is empty.") % {"name": name}
    if extension in REFUSED:
        return _("“%(name)s”: programs are not accepted.") % {"name": name}
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if head.startswith(PROGRAMS) and extension not in ("sh", "py", "txt", "log"):
        return _("“%(name)s” is a program, whatever its name says.") % {"name": name}
    expected = SIGNATURES.get(extension)
    if expected and not head.startswith(expected):
        return _("“%(name)s” is not what its name says.") % {"name": name}
    if extension in TEXT and b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _("“%(name)s” is not a text file.") % {"name": name}
    return None


def _keep(ticket: Ticket, file: UploadedFile, *, actor: User, entry: TimelineEntry | None, public: bool) -> Attachment:
    name = clean_name(file.name)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    attachment = Attachment(
        ticket_id=ticket.pk,
        entry=entry,
        name=name,
        size=file.size or 0,
        # What the browser claimed is not believed: the type follows the checked name.
        content_type=TYPES.get(extension_of(name), "application/octet-stream"),
        sha256=digest.hexdigest(),
        public=public,
        added_by=actor,
    )
    attachment.file.save(name, file, save=False)
    attachment.save()
    return attachment
