"""The words of the template's Read-me sheet."""

from __future__ import annotations

from data.languages import noted

SHEET_TITLE = noted("_Read me")

TITLE = noted("Inference capacity plan: what to fill in")
INTRO = noted(
    "Only the sheet Workloads is required. Every other sheet has shipped defaults: GPUs, models, prices and daily profiles come from the catalogue, "
    "and a blank cell takes the default that its prompt names. Select any cell to read what belongs there."
)

STEPS = (
    noted("Workloads: one row for each stream of requests. Name, model, tokens in and out, exactly one of the demand columns, and the latency targets."),
    noted("Settings: what holds for the whole plan. Leave a value blank to keep its default."),
    noted("Offers: your own quotes and contracts, beside the shipped prices or instead of them (Settings, Offers used)."),
    noted("Save, then run: solve.py check FILE.xlsx lists every problem by cell; solve.py FILE.xlsx writes the plan to FILE.result.xlsx."),
)

SHEETS = {
    "Workloads": noted("What has to be served: model, demand, request lengths, latency targets, what may be bought for it."),
    "Settings": noted("Currency, hours of a month, solver limits, limits on providers, spot, budget and utilisation."),
    "Lengths": noted("Optional: a histogram of request sizes instead of the means in Workloads."),
    "Profiles": noted("Optional: your own hours of the month by load. Shipped: steady, business_hours, office_day, consumer_day, bursty."),
    "Offers": noted("Optional: what providers offer you: on demand, reserved, spot, purchase, autoscaling or per token."),
    "GPUs": noted("Optional: GPUs the catalogue lacks. A row with the name of a known GPU changes only the fields it fills."),
    "Models": noted("Optional: models the catalogue lacks. A row with the name of a known model changes only the fields it fills."),
    "Measurements": noted("Optional: your own benchmark points; they calibrate the performance figures of this plan."),
    "Existing": noted("Optional: reserved or purchased instances you hold already. They are paid and may be used until their end, whatever else is planned."),
    "Periods": noted("Optional: months planned together, with the load against the first month; instead of workload and multiplier, one column a workload."),
    "Variants": noted("Optional: named what-ifs. Each row overrides one cell; rows with the same name make one variant."),
}

COLOURS = (
    (noted("required"), noted("Header of a column that every row must fill")),
    (noted("demand"), noted("Header of the demand columns: fill exactly one of them in a row")),
    (noted("optional"), noted("Header of a column that may stay blank")),
    (noted("input"), noted("Cell to fill in")),
)

RULES = (
    noted("Units stand in the header in square brackets; a share is a number from 0 to 1; 1 GB is 10⁹ bytes."),
    noted("Money is in USD unless the row of an offer names another currency, whose rate stands in Settings."),
    noted("Several values in one cell are separated by commas: fp8, bf16."),
    noted(
        "Models and GPUs go by their catalogue names (the drop-downs), by their Hugging Face names or by an unambiguous short form (llama 3.1 8b, H100 NVL)."
    ),
    noted("Formulas may be used in any cell: their last saved value is read, so save the file in Excel or LibreOffice first."),
    noted("Sheets whose name starts with _ are ignored: keep your notes there. Columns may be moved or deleted; do not merge cells."),
)
