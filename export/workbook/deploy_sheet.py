"""The Deploy sheet: a serve command and a benchmark command for each pool."""

from __future__ import annotations

from typing import Any

from data.languages import noted, say
from export.deploy import Commands, commands_of
from export.figures import nodes_words
from export.text import cell_text
from export.workbook.result import Result
from export.workbook.sheet import LINE_PT, Sheet, wrapped_lines
from export.workbook.style import Styles

SENTENCE = noted(
    "One serve command for each node of a pool, and one benchmark command that puts on a node the load the plan puts on it, with requests of the mean "
    "length. Run the benchmark before committing to a figure that is derived or estimated (see Sources)."
)
CHARS = 118  # of the command's font on a line of its column


def write(book: Any, styles: Styles, result: Result) -> None:
    """Write the sheet Deploy."""
    sheet = Sheet(book, "Deploy", styles)
    sheet.widths([12, 14, 125])
    sheet.heading(say("Deploy"), say(SENTENCE), 2)
    sheet.page()
    pools = commands_of(result.scenario, result.plan)
    if not pools:
        sheet.nothing(3, say("No node is planned, so there is nothing to serve: the sheets Summary and Plan say what is planned."))
        return
    labels = {pool.candidate.key: pool.label for pool in result.fleet.pools if pool.candidate}
    row = 3
    for pool in pools:
        row = _pool(sheet, row, pool, labels.get(pool.candidate, "")) + 1


def _pool(sheet: Sheet, row: int, pool: Commands, label: str) -> int:
    """The commands of one pool; returns the first free row."""
    title = say(
        "{pool}: {workload}: {nodes} of {size} × {gpu}; its figures assume {engine}", pool=label, workload=cell_text(pool.workload)[:60],
        nodes=nodes_words(pool.nodes), size=pool.node_size, gpu=pool.gpu, engine=pool.engine,
    )  # fmt: skip
    sheet.section(row, title, 2)
    lines = [(say("serve"), *command) for command in pool.serve] + [(say("benchmark"), *command) for command in pool.benchmark]
    for kind, engine, command in lines:
        row += 1
        sheet.put(row, 0, kind, role="strong")
        sheet.put(row, 1, engine)
        sheet.put(row, 2, command, "mono")
        sheet.work.set_row(row, LINE_PT * wrapped_lines(command, CHARS) + 2)
    for note in pool.notes:
        row += 1
        sheet.put(row, 0, say("note"), role="strong")
        sheet.put(row, 2, note, "wrap")
    return row + 1
