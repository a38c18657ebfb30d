# ruff: noqa: E501
import base64
import json
import random

import pytest

from itsm.accounts.models import Organisation
from itsm.ui import keyset

pytestmark = pytest.mark.django_db

ORDERS = [
    ("is_active", "cost_centre_code", "id"), ("-is_active", "cost_centre_code", "id"), ("-is_active", "-cost_centre_code", "-id"),
    ("cost_centre_code", "-is_active", "-pk"), ("id",), ("-name",),
]  # fmt: skip


@pytest.fixture
def rows():
    chance = random.Random(7)
    return Organisation.objects.bulk_create(
        Organisation(
            name=f"Org {n:03d}", cost_centre_code=chance.choice(["", "a", "b"]), is_active=chance.random() < 0.5
        )
        for n in range(47)
    )


def walk(order, size, way="next"):
    page, seen = keyset.paginate(Organisation.objects.all(), order, size=size), []
    if way == "previous":
        while page.next:
            page = keyset.paginate(Organisation.objects.all(), order, page.next, size)
    while True:
        seen = [*seen, *page.items] if way == "next" else [*page.items, *seen]
        cursor = getattr(page, way)
        if not cursor:
            return seen, page
        page = keyset.paginate(Organisation.objects.all(), order, cursor, size)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 7, 47, 100])
def test_pages_join_up_to_the_whole_list_both_ways(rows, order, size):
    whole = list(Organisation.objects.order_by(*order))
    assert walk(order, size)[0] == whole
    back, first = walk(order, size, "previous")
    assert back == whole
    assert first.start == 1


def test_values_rows_and_spans_work_too(rows):
    order, size = ("cost_centre_code", "id"), 10
    queryset = Organisation.objects.values("cost_centre_code", "id", "parent__name")
    first = keyset.paginate(queryset, order, size=size)
    second = keyset.paginate(queryset, order, first.next, size)
    assert (first.span, second.span) == ("1–10", "11–20")
    assert [r["id"] for r in [*first, *second]] == [o.id for o in Organisation.objects.order_by(*order)[:20]]


def test_one_query_per_page(rows, django_assert_num_queries):
    first = keyset.paginate(Organisation.objects.all(), ORDERS[0], size=5)
    with django_assert_num_queries(1):
        keyset.paginate(Organisation.objects.all(), ORDERS[0], first.next, 5)


def test_rows_added_and_removed_meanwhile_do_not_repeat_or_skip(rows):
    order = ("name",)
    first = keyset.paginate(Organisation.objects.all(), order, size=10)
    Organisation.objects.create(name="Org 000a")
    Organisation.objects.filter(name="Org 009").delete()
    second = keyset.paginate(Organisation.objects.all(), order, first.next, 10)
    assert second.items[0].name == "Org 010"


def test_everything_after_the_cursor_gone_shows_the_last_page(rows):
    first = keyset.paginate(Organisation.objects.all(), ("name",), size=40)
    Organisation.objects.filter(name__gt="Org 039").delete()
    page = keyset.paginate(Organisation.objects.all(), ("name",), first.next, 40)
    assert [o.name for o in page][-1] == "Org 039"
    assert page.next == ""
    Organisation.objects.all().delete()
    assert keyset.paginate(Organisation.objects.all(), ("name",), first.next, 40).items == []


def forged(*values, order=("name", "id"), forward=1, position=0, signature=None):
    signature = keyset._signature(order) if signature is None else signature
    return (
        base64.urlsafe_b64encode(json.dumps([signature, forward, position, list(values)]).encode()).decode().rstrip("=")
    )


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "%%%", "a" * 5000, "é", "bnVsbA", "W10", forged("a"), forged("a", 1, 2), forged("a", 1, order=("id",)), forged("a", "b"),
        forged("a", None), forged("a", [1]), forged("a", {}), forged("a\x00", 1), forged("a", 2**70), forged("a", 1, position="x"),
        forged("a", 1, forward=7), forged("a", 1, signature="x"), forged("a", float("nan")), forged("a", {"t": {}}),
    ],
)  # fmt: skip
def test_garbage_is_ignored_or_refused_but_never_an_error(rows, cursor):
    page = keyset.paginate(Organisation.objects.all(), ("name", "id"), cursor, 5)
    assert page.ignored
    assert page.items[0].name == "Org 000"
    with pytest.raises(keyset.BadCursor):
        keyset.paginate(Organisation.objects.all(), ("name", "id"), cursor, 5, strict=True)


def test_cursor_keeps_moments_and_decimals():
    from itsm.accounts.models import User
    from itsm.lib import clock

    now = clock.now()
    cursor = keyset.encode(keyset.Cursor((now, 7), True, 50), ("-created_at", "id"))
    assert keyset.decode(cursor, ("-created_at", "id"), User) == keyset.Cursor((now, 7), True, 50)


def test_position_is_never_trusted_far(rows):
    cursor = forged("Org 010", 1, position=10**12)
    assert keyset.paginate(Organisation.objects.all(), ("name", "id"), cursor, 5).start <= keyset.LAST_POSITION + 1


def test_the_condition_has_the_redundant_bound():
    sql = str(Organisation.objects.filter(keyset.after(("name", "-id"), ("x", 3))).query)
    assert '"name" >= x AND (' in sql


def test_capped_count(rows, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert str(keyset.capped_count(Organisation.objects.all(), 1000)) == "47"
        assert str(keyset.capped_count(Organisation.objects.all(), 20)) == "20+"
    assert not keyset.capped_count(Organisation.objects.none())
