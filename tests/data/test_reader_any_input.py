"""Whatever stands in the cells, the answer is a scenario with every row in it, or problems that each name a cell."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.problems import BadInput, Problem
from data.reader import scenario_from_tables
from data.records.scenario import Scenario
from data.tables import INPUT_SHEETS, columns_of_sheet
from tests.data.cells import Rows, sheet_of, tables, workloads

EXAMPLES = 40
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["auto", "H100-SXM5-80GB", "llama 8b", "steady", "chat", "1e400", "=1+1", ",;", "EUR=1", "on_demand", 10**400]),
    st.dates(date(1900, 1, 1)),
    st.datetimes(datetime(1900, 1, 1)),
    st.times(),
    st.timedeltas(timedelta(0)),
)


def headers(sheet: str) -> list[Any]:
    names = columns_of_sheet(sheet)
    return [*names, *(column.header.upper() for column in names.values()), "nonsense", 5, time(1)]


@st.composite
def any_sheet(draw: st.DrawFn, sheet: str) -> Rows:
    header = draw(st.lists(st.sampled_from(headers(sheet)), min_size=1, max_size=8))
    return [header, *draw(st.lists(st.lists(ANYTHING, min_size=len(header), max_size=len(header)), max_size=3))]


@st.composite
def any_settings(draw: st.DrawFn) -> Rows:
    rows = draw(st.lists(st.tuples(st.sampled_from(headers("Settings")), ANYTHING), max_size=5))
    return [["setting", "value"], *map(list, rows)]


def read(**sheets: Rows) -> Scenario | tuple[Problem, ...]:
    try:
        return scenario_from_tables(tables(**sheets))
    except BadInput as bad:
        return bad.problems


def check_answer(**sheets: Rows) -> None:
    found = read(**sheets)
    if isinstance(found, Scenario):
        assert len(found.workloads) == len(sheets["Workloads"]) - 1
    else:
        assert found
        assert all(problem.where.partition("!")[0] in INPUT_SHEETS and problem.what and problem.enter for problem in found)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([name for name in INPUT_SHEETS if name != "Settings"]), st.none(), max_size=4), any_settings(), st.data())
def test_any_sheets(names: dict[str, None], chosen: Rows, data: st.DataObject) -> None:
    check_answer(**{"Workloads": workloads()} | {name: data.draw(any_sheet(name)) for name in names}, Settings=chosen)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.dictionaries(st.sampled_from([*columns_of_sheet("Workloads")]), ANYTHING, max_size=3))
def test_a_right_workload_with_some_cells_changed(changed: dict[str, Any]) -> None:
    check_answer(Workloads=workloads(changed))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.dictionaries(st.sampled_from([*columns_of_sheet("Offers")]), ANYTHING, max_size=3))
def test_a_right_offer_with_some_cells_changed(changed: dict[str, Any]) -> None:
    offer = {"offer": "mine", "provider": "Acme", "billing": "on_demand", "gpu": "L4", "usd_per_instance_hour": 1}
    check_answer(Workloads=workloads(), Offers=sheet_of({**offer, **changed}))
