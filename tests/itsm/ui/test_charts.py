# ruff: noqa: E501
from itsm.ui import charts

HOSTILE = '"><script>alert(1)</script>'


def test_charts_escape_labels():
    series = [charts.Series(HOSTILE, [1, 2], HOSTILE)]
    for html in (
        charts.line([HOSTILE, "b"], series, summary=HOSTILE, unit=HOSTILE),
        charts.stacked_bar([(HOSTILE, 1, HOSTILE)]),
        charts.bars([(HOSTILE, 1, HOSTILE)], label=HOSTILE),
        charts.heat([(HOSTILE, [1])], [HOSTILE], HOSTILE, HOSTILE),
        charts.uptime([(HOSTILE, HOSTILE)], HOSTILE),
        charts.as_table([HOSTILE], [[HOSTILE]]),
        charts.legend(series),
    ):
        assert "<script" not in html


def test_line_survives_gaps_flat_lines_and_nothing():
    assert charts.line([], [], summary="") == ""
    assert charts.line(["a"], [charts.Series("x", [None])], summary="") == ""
    flat = charts.line(["a", "b"], [charts.Series("x", [0, 0])], summary="flat")
    assert "nan" not in flat
    gaps = charts.line(["a", "b", "c"], [charts.Series("x", [1, None, 3])], summary="gap")
    assert gaps.count("M") == 2
    assert gaps.count('class="x end"') == 1, "the last label ends at the edge"


def test_scale_is_round():
    assert charts._scale(81, 96.2) == (80.0, 100.0, 5.0)
    assert charts._scale(0, 0.7) == (0.0, 0.8, 0.2)


def test_table_twin_names_rows_and_columns():
    assert charts.as_table(["Week", "All"], [("46", "93%"), ("47", None)]) == (
        '<details class="as-table"><summary>Show as table</summary><div class="scroll-x"><table class="table"><thead><tr>'
        '<th scope="col">Week</th><th scope="col" class="r">All</th></tr></thead><tbody>'
        '<tr><th scope="row">46</th><td class="r">93%</td></tr><tr><th scope="row">47</th><td class="r">–</td></tr>'
        "</tbody></table></div></details>"
    )


def test_stacked_bar_and_bars_with_nothing_in_them():
    assert 'width="0%"' in charts.stacked_bar([("a", 0, "red")])
    assert "<li>" not in charts.bars([])
    assert 'data-v="10"' in charts.heat([("Mon", [1, 10])], ["07", "08"], "x")
