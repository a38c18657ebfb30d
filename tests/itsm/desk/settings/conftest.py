import pytest
from django.forms import CheckboxInput

from itsm.audit.models import Entry


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


def values_of(form) -> dict:
    """What a browser would send of a form as it is shown."""
    data = {}
    for field in form:
        value = field.value()
        if isinstance(field.field.widget, CheckboxInput):
            if value:
                data[field.html_name] = "on"
        elif value is None:
            continue
        elif isinstance(value, list | tuple):
            data[field.html_name] = [str(getattr(v, "pk", v)) for v in value]
        else:
            data[field.html_name] = str(getattr(value, "pk", value))
    return data


@pytest.fixture
def filled():
    """The form of a page as a browser would send it back, with changes; None removes a field."""

    def fill(client, url, **changes):
        context = client.get(url).context
        data = values_of(context["form"]) | dict(context.get("kept") or [])
        for formset in (getattr(context["form"], "steps", None),):
            if formset is not None:
                data |= values_of(formset.management_form)
                for row in formset.forms:
                    data |= values_of(row)
        data |= changes
        return {name: value for name, value in data.items() if value is not None}

    return fill


@pytest.fixture
def entries():
    """What the audit log says of a record: action and changes, oldest first."""

    def of(record):
        found = Entry.objects.filter(object_type=record._meta.label_lower, object_id=record.pk).order_by("id")
        return [(entry.action, entry.changes) for entry in found]

    return of
