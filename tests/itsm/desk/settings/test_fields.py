import pytest
from django.core.exceptions import ValidationError

from itsm.desk.forms.fields import LinesField, SpansField, as_duration, minutes_of
from itsm.ui.csv_export import cell


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90), ("30m", 30), ("4h", 240), ("4h 30m", 270), ("4h30m", 270), ("1.5h", 90), ("1,5 hours", 90),
        ("2d", 2880),
        ("1w", 10080), ("01:30", 90), ("4 hrs 5 min", 245), ("1 day 2 hours", 1560), ("0", 0),
        ("soon", None), ("4x", None), ("h4", None), ("", None), ("4h-", None), ("1:75", None), ("-4h", None),
    ],
)  # fmt: skip
def test_minutes_as_people_write_them(text, minutes):
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 1439, 1440, 99_999])
def test_what_is_shown_is_read_back(minutes):
    assert minutes_of(as_duration(minutes)) == minutes


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-17:00", [["09:00", "17:00"]]),
        ("9-12, 13-17:30", [["09:00", "12:00"], ["13:00", "17:30"]]),
        ("9 to 12; 13 – 24:00", [["09:00", "12:00"], ["13:00", "24:00"]]),
        ("22:00-06:00", [["22:00", "06:00"]]),
        ("", []),
    ],
)
def test_hours_as_people_write_them(text, spans):
    assert SpansField(required=False).clean(text) == spans


@pytest.mark.parametrize("text", ["9", "09:00-", "closed", "09:00-17:00 x", "9-12, 11-13", "09:60-10:00", "9-25"])
def test_hours_that_make_no_sense(text):
    with pytest.raises(ValidationError):
        SpansField(required=False).clean(text)


def test_lines_are_trimmed_and_unique():
    assert LinesField().clean(" a  b \n\na b\nc") == ["a b", "c"]


@pytest.mark.parametrize(
    ("value", "shown"), [("=1+1", "'=1+1"), ("-x", "'-x"), ("plain", "plain"), (-1, -1), (None, "")]
)
def test_no_cell_becomes_a_formula(value, shown):
    assert cell(value) == shown
