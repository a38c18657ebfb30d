"""What a whole delivers, against references that try every state and every way."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from design import composition
from design.composition import Component, Group, compute

D = Decimal


@st.composite
def designs(draw):
    """Up to seven components; each needs some of the later ones, some of them as groups."""
    size = draw(st.integers(1, 7))
    parts = {}
    for key in range(size):
        later = list(range(key + 1, size))
        needed = draw(st.lists(st.sampled_from(later), unique=True, max_size=4)) if later else []
        cut = draw(st.integers(0, len(needed)))
        groups = [Group((one,)) for one in needed[:cut]]
        if needed[cut:]:
            groups.append(Group(tuple(needed[cut:]), draw(st.integers(1, len(needed[cut:])))))
        number = st.none() | st.integers(0, 500).map(D)
        parts[key] = Component(
            tuple(groups), availability=draw(st.none() | st.integers(0, 1000).map(lambda n: D(n) / 10)),
            latency=draw(number), capacity=draw(st.none() | st.integers(1, 500).map(D)), recovery=draw(number),
            data_loss=draw(number),
        )  # fmt: skip
    return parts


def works(key, parts, up):
    return up[key] and all(
        sum(works(member, parts, up) for member in group.members) >= group.required for group in parts[key].groups
    )


def chance(parts, keys):
    """Every combination of working and failing components, one by one."""
    total = D(0)
    for states in product([True, False], repeat=len(keys)):
        up = dict(zip(keys, states, strict=True))
        share = D(1)
        for key in keys:
            own = D(100) if parts[key].availability is None else parts[key].availability
            share *= own / 100 if up[key] else 1 - own / 100
        if works(0, parts, up):
            total += share
    return total * 100


def ways(key, parts):
    below = [way for group in parts[key].groups for member in group.members for way in ways(member, parts)]
    return [[key, *way] for way in below] or [[key]]


@settings(max_examples=40, deadline=None)
@given(designs())
def test_availability_is_that_of_all_states_tried(parts):
    found = compute(0, parts)
    keys = list(found.order)
    if all(parts[key].availability is None for key in keys):
        assert found.availability is None
        return
    assert abs(found.availability - chance(parts, keys)) < D("1e-20")
    perfect = {
        key: chance({**parts, key: Component(parts[key].groups, availability=D(100))}, keys) - found.availability
        for key in keys
    }
    assert abs(max(perfect.values()) - found.gain) < D("1e-20")
    assert found.weakest is None or abs(perfect[found.weakest] - found.gain) < D("1e-20")


@settings(max_examples=40, deadline=None)
@given(designs())
def test_latency_is_that_of_the_slowest_way(parts):
    found = compute(0, parts)
    totals = [sum((parts[key].latency or D(0) for key in way), D(0)) for way in ways(0, parts)]
    if found.latency is None:
        assert all(parts[key].latency is None for key in found.order)
        return
    assert found.latency.total == max(totals)
    assert list(found.latency.keys) in ways(0, parts)
    assert found.latency.total == sum((parts[key].latency or D(0) for key in found.latency.keys), D(0))


def restored(key, parts, dead, name):
    """The time until it works again when these stay dead for good: what it needs first, then itself."""
    if key in dead:
        return None
    times = [D(0)]
    for group in parts[key].groups:
        back = sorted(t for member in group.members if (t := restored(member, parts, dead, name)) is not None)
        if len(back) < group.required:
            return None
        times.append(back[group.required - 1])
    own = getattr(parts[key], name) or D(0)
    return own + max(times) if name == "recovery" else max(own, *times)


@settings(max_examples=25, deadline=None)
@given(designs())
def test_recovery_and_loss_follow_what_is_needed(parts):
    found = compute(0, parts)
    for name, value in (("recovery", found.recovery), ("data_loss", found.data_loss)):
        expected = restored(0, parts, set(), name)
        if value is not None:
            assert (value.total if name == "recovery" else value.value) == expected


@settings(max_examples=25, deadline=None)
@given(designs())
def test_more_of_anything_never_makes_it_worse(parts):
    before = compute(0, parts)
    for key in before.order:
        better = Component(parts[key].groups, D(100), D(0), None, D(0), D(0))
        after = compute(0, {**parts, key: better})
        if before.availability is not None:
            assert after.availability >= before.availability
        if before.throughput and after.throughput:
            assert after.throughput.value >= before.throughput.value


def test_the_formulas_of_the_catalogue():
    a, b = Component(availability=D("99")), Component(availability=D("90"))
    serial = {0: Component((Group((1,)), Group((2,)))), 1: a, 2: b}
    assert compute(0, serial).availability == D("89.1")
    parallel = {0: Component((Group((1, 2)),)), 1: a, 2: b}
    assert compute(0, parallel).availability == D("99.9")
    two_of_three = {0: Component((Group((1, 2, 3), 2),)), 1: b, 2: b, 3: b}
    assert compute(0, two_of_three).availability == D("97.2")
    assert compute(0, serial).weakest == 2
    # The same network under both: it counts once.
    shared = {
        0: Component((Group((1,)), Group((2,)))),
        1: Component((Group((3,)),)),
        2: Component((Group((3,)),)),
        3: b,
    }
    assert compute(0, shared).availability == D("90")
    assert composition.headroom(D(200), D(150)) == D(25)


def test_a_circle_is_refused_and_named():
    parts = {0: Component((Group((1,)),)), 1: Component((Group((2,)),)), 2: Component((Group((1,)),))}
    with pytest.raises(composition.Cycle) as error:
        compute(0, parts)
    assert error.value.keys == [1, 2, 1]


def test_a_long_chain_and_many_shared_parts_are_quick():
    chain = {n: Component((Group((n + 1,)),), availability=D("99.99")) for n in range(400)}
    chain[400] = Component(availability=D("99.99"))
    assert round(compute(0, chain).availability, 4) == round(D("0.9999") ** 401 * 100, 4)
    layers = {
        (level, n): Component((Group(tuple((level + 1, m) for m in range(3)), 2),), availability=D(99))
        for level in range(8) for n in range(3)
    }  # fmt: skip
    layers |= {(8, n): Component(availability=D(99)) for n in range(3)}
    assert D(95) < compute((0, 0), layers).availability < D(99)
