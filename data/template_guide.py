"""The words of the template's Read-me sheet."""

from __future__ import annotations

SHEET_TITLE = "_Read me"

TITLE = "Inference capacity plan: what to fill in"
INTRO = (
    "Only the sheet Workloads is required. Every other sheet has shipped defaults: GPUs, models, prices and daily profiles come from the catalogue, "
    "and a blank cell takes the default that its prompt names. Select any cell to read what belongs there."
)

STEPS = (
    "Workloads: one row for each stream of requests. Name, model, tokens in and out, exactly one of the demand columns, and the latency targets.",
    "Settings: what holds for the whole plan. Leave a value blank to keep its default.",
    "Offers: your own quotes and contracts, beside the shipped prices or instead of them (Settings, Offers used).",
    "Save, then run: solve.py check FILE.xlsx lists every problem by cell; solve.py FILE.xlsx writes the plan to FILE.result.xlsx.",
)

SHEETS = {
    "Workloads": "What has to be served: model, demand, request lengths, latency targets, what may be bought for it.",
    "Settings": "Currency, hours of a month, solver limits, limits on providers, spot, budget and utilisation.",
    "Lengths": "Optional: a histogram of request sizes instead of the means in Workloads.",
    "Profiles": "Optional: your own hours of the month by load. Shipped: steady, business_hours, office_day, consumer_day, bursty.",
    "Offers": "Optional: what providers offer you: on demand, reserved, spot, purchase, autoscaling or per token.",
    "GPUs": "Optional: GPUs the catalogue lacks. A row with the name of a known GPU changes only the fields it fills.",
    "Models": "Optional: models the catalogue lacks. A row with the name of a known model changes only the fields it fills.",
    "Measurements": "Optional: your own benchmark points; they calibrate the performance figures of this plan.",
    "Existing": "Optional: reserved or purchased instances you hold already. They are paid and may be used until their end, whatever else is planned.",
    "Periods": "Optional: months planned together, with the load against the first month; instead of workload and multiplier, one column a workload.",
    "Variants": "Optional: named what-ifs. Each row overrides one cell; rows with the same name make one variant.",
}

COLOURS = (
    ("required", "Header of a column that every row must fill"),
    ("demand", "Header of the demand columns: fill exactly one of them in a row"),
    ("optional", "Header of a column that may stay blank"),
    ("input", "Cell to fill in"),
)

RULES = (
    "Units stand in the header in square brackets; a share is a number from 0 to 1; 1 GB is 10⁹ bytes.",
    "Money is in USD unless the row of an offer names another currency, whose rate stands in Settings.",
    "Several values in one cell are separated by commas: fp8, bf16.",
    "Models and GPUs go by their catalogue names (the drop-downs), by their Hugging Face names or by an unambiguous short form (llama 3.1 8b, H100 NVL).",
    "Formulas may be used in any cell: their last saved value is read, so save the file in Excel or LibreOffice first.",
    "Sheets whose name starts with _ are ignored: keep your notes there. Columns may be moved or deleted; do not merge cells.",
)
