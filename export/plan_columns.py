"""The columns of a plan's rows that users and scripts rely on: names and order are the contract."""

PLAN_COLUMNS = (
    "workload",
    "model",
    "precision",
    "provider",
    "offer",
    "billing",
    "region",
    "gpu",
    "node_size",
    "node_count",
    "batch_size",
    "load_ratio",
    "gpus",
    "instances",
    "share_of_demand",
    "usd_per_month",
)
