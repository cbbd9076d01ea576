"""The columns of a plan's rows that users and scripts rely on: names and order are the contract; the sheet Plan says them in the reader's language."""

from data.languages import noted

PLAN_COLUMNS = (
    noted("workload"),
    noted("model"),
    noted("precision"),
    noted("provider"),
    noted("offer"),
    noted("billing"),
    noted("region"),
    noted("gpu"),
    noted("node_size"),
    noted("node_count"),
    noted("batch_size"),
    noted("load_ratio"),
    noted("gpus"),
    noted("instances"),
    noted("share_of_demand"),
    noted("usd_per_month"),
)
