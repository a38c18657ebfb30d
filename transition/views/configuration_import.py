"""Upload of a CSV file with configuration items."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from itsm.lib.errors import Denied
from itsm.ui import pages as ui
from transition.forms.configuration import ImportForm
from transition.models import CIType
from transition.policies import configuration as policies
from transition.services import item_import
from transition.views.configuration import Items

#: More rows keep a page waiting too long; the command takes any number.
MOST_ROWS, MOST_SHOWN = 2_000, 200


def page(request: HttpRequest) -> HttpResponse:
    """Check a file, then take it; rows with mistakes are listed with their lines."""
    verdict = policies.may_create(request.user)
    if not verdict:
        raise Denied(verdict.reason)
    form = ImportForm(request.POST or None, request.FILES or None)
    report, dry = None, "import" not in request.POST
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["mapping"]
            mapping = item_import.load_mapping(text) if text else None
            content = form.cleaned_data["file"].read()
            report = item_import.run(content, mapping, actor=request.user, dry_run=dry, most=MOST_ROWS)
        except item_import.FileProblem as error:
            form.add_error("file", str(error))
    problems = report.problems[:MOST_SHOWN] if report else []
    return ui.page(
        request, "transition/ci/import.html", title=_("Import configuration items"), form=form, report=report, dry=dry,
        problems=problems, more=len(report.problems) - len(problems) if report else 0, list_url=Items.address("-list"),
        fields=item_import.FIELDS, types=CIType.objects.filter(is_active=True),
    )  # fmt: skip
