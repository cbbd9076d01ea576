"""How to plan: settings, periods and variants (sheets Settings, Periods, Variants)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.fields import REQUIRED, column
from data.languages import LANGUAGES


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One value a row of the Settings sheet; options of the command line beat them, they beat the defaults here."""

    scenario_name: str = column("Scenario name", "text", "Title of the result; blank takes the file's name.", "")
    language: str = column("Language", "choice", "Language of the result and of messages; blank: that of the INFERPLAN_LANGUAGE environment variable, else English.", "", choices=LANGUAGES, example="fr")
    currency: str = column("Currency", "text", "A currency in which the total is shown too (all else is in USD); it needs an exchange rate, as do offers in other currencies.", "USD")
    usd_per_currency: tuple[str, ...] = column("Exchange rates", "texts", "Rates to USD, as EUR=1.08, GBP=1.27.", ())
    hours_per_month: float = column("Hours per month", "number", "Hours billed a month (365 × 24 / 12).", 730.0, low=1, high=744, unit="h")
    start_date: date | None = column("Start date", "date", "First day of the horizon, the first of its months; needed where the sheet Existing says until when.", example=date(2027, 1, 1))
    horizon_months: int = column("Horizon", "integer", "Months planned where demand grows, or what exists ends, and the sheet Periods is blank.", 12, low=1, high=120, unit="months")
    months_per_period: int = column("Months per period", "integer", "Months of that horizon planned together: one level of demand, commitments start with a period.", 3, low=1, high=120, unit="months")
    offers: str = column("Offers used", "choice", "workbook: only the Offers sheet; catalogue: only the shipped offers; both.", "both", choices=("workbook", "catalogue", "both"))
    optimality_gap: float = column("Optimality gap", "number", "Relative gap at which the solver may stop.", 0.001, low=0, high=0.5, unit="share")
    time_limit_s: float = column("Time limit", "number", "Solver time.", 60.0, low=0, open_low=True, high=1e6, unit="s")
    max_memory_gb: float | None = column("Maximum memory", "number", "Most memory planning may take: a larger problem is refused before it is built; blank: what the machine has left.", low=0, open_low=True, high=1e6, unit="GB", example=8)
    threads: int = column("Threads", "integer", "Solver threads (0: all).", 0, low=0, high=1024)
    formulation: str = column("Formulation", "choice", "candidate: load projected out; piecewise: load in flight with the concave pieces. Same optimum.", "candidate", choices=("candidate", "piecewise"))
    gpu_memory_utilization: float = column("GPU memory utilisation", "number", "Share of the visible memory the engine may use.", 0.90, low=0.1, high=1, unit="share")
    monthly_budget_usd: float | None = column("Monthly budget", "number", "Most the plan may cost a month (of several periods: the mean month).", low=0, high=1e13, unit="USD/month")
    min_providers: int = column("Minimum providers", "integer", "Fewest providers in the plan.", 0, low=0, high=1000)
    max_providers: int | None = column("Maximum providers", "integer", "Most providers in the plan.", low=1, high=1000)
    max_provider_share: float = column("Maximum provider share", "number", "Most of the peak load one provider may carry, workloads weighed by the GPUs their load takes.", 1.0, low=0, open_low=True, high=1, unit="share")
    survive_provider_loss: bool = column("Survive provider loss", "flag", "What stands at the other providers carries every workload's whole load, whichever one is lost; tokens count as bought.", False)
    max_spot_share: float = column("Maximum spot share", "number", "Most of each workload's capacity from spot in any block.", 1.0, low=0, high=1, unit="share")
    max_utilization: float = column("Maximum utilisation", "number", "Most of a pool's capacity the peak may load, on top of the queueing rule.", 1.0, low=0.01, high=1, unit="share")
    max_deployments_per_workload: int | None = column("Deployments per workload", "integer", "Most hardware choices (GPU type, node size, precision) one workload may run on; blank: any mix that is cheapest.", low=1, high=100, example=1)
    when_short: str = column("When short", "choice", "When stock or money cannot serve the whole demand: stop says so; by_priority serves what it can, workloads of a higher priority first.", "stop", choices=("stop", "by_priority"))
    node_sizes: tuple[int, ...] = column("Node sizes", "integers", "GPUs of a model replica allowed: powers of two, separated by commas.", (1, 2, 4, 8, 16), low=1, high=64)
    node_repair_hours: float = column("Node repair", "number", "Hours until a failed node is back; GPUs fail 2 in 100,000 hours (16,384 H100 over 54 days).", 24.0, low=0.1, high=1000, unit="h")
    max_batch_size: int = column("Maximum batch size", "integer", "Most requests in flight on a node; the batch sizes tried are the powers of two up to it.", 512, low=1, high=65536)
    price_max_age_days: int = column("Maximum price age", "integer", "Older prices are flagged in the result.", 90, low=1, high=36500, unit="days")
    electricity_usd_per_kwh: float = column("Electricity", "number", "Price of electricity for purchased servers (EU industry mean order of magnitude).", 0.15, low=0, high=10, unit="USD/kWh")
    pue: float = column("PUE", "number", "Power usage effectiveness of the data centre (Uptime Institute survey 2024: 1.56).", 1.5, low=1, high=5, unit="ratio")
    discount_rate_per_year: float = column("Discount rate", "number", "Cost of capital for purchases and upfront payments.", 0.08, low=0, high=1, unit="share/year")
    alternatives: bool = column("Alternatives", "flag", "Also find the best plan for each provider, each GPU type, on demand only and without per-token offers.", True)
    safety: str = column("Safety", "choice", "label: derate throughput and latency by the factor of each figure's provenance; none: take them as predicted.", "none", choices=("none", "label"))
    seed: int = column("Seed", "integer", "Seed of everything random.", 1, low=0, high=2147483647)


@dataclass(frozen=True, kw_only=True)
class Period:
    """Months planned together (sheet Periods): one row a period, or a period and workload, with the load over that in Workloads; in their order.

    Instead of ``workload`` and ``multiplier`` the sheet may have one column a workload, named after it, that holds its multipliers.
    """

    period: str = column("Period", "text", "Name of the period, in the order of the rows.", REQUIRED, example="H1")
    months: int = column("Months", "integer", "Months in the period, the same in each of its rows.", REQUIRED, low=1, high=120, unit="months", example=6)
    workload: str = column("Workload", "text", "Workload the multiplier belongs to; blank for all that have no row of their own. Or name a column after each workload instead.", "", refers="workload")
    multiplier: float = column("Multiplier", "number", "Load in the period over the load in Workloads, before growth.", 1.0, low=0, high=10000, unit="ratio", example=1.5)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One overridden cell of a named variant (sheet Variants); rows with the same name make one plan."""

    variant: str = column("Variant", "text", "Name of the variant.", REQUIRED, example="30 % more users")
    sheet: str = column("Sheet", "text", "Sheet of the field.", REQUIRED, example="Workloads")
    row: str = column("Row", "text", "Name in the first column of that sheet (blank for Settings).", "", example="chat assistant")
    field: str = column("Field", "text", "Field overridden.", REQUIRED, example="Users")
    value: str = column("Value", "text", "Value of the field in this variant.", "", example="26000")
    weight: float = column("Weight", "number", "How likely the variant is against the others, where plans are made for all of them together (robust); of its first row.", 1.0, low=0, open_low=True, high=1e6)
