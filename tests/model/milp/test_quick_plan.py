"""A plan without search: workloads share the instances of an offer, the stock is one, and a workload moves where it adds less once the others stand."""

from milp_factory import candidate, offer, problem, tokens

from model.quick_plan import quick_plan


def test_workloads_share_instances() -> None:
    """Two loads of one GPU each on an instance of two at 1.5 USD/h: 150 USD, where the first alone, or both on GPUs at 1 USD/h, cost more."""
    made = [candidate("w"), candidate("v")]
    found = quick_plan(problem({"w": 1.0, "v": 1.0}, made, [offer("pair", usd=1.5, gpus=2), offer("single", usd=1.0)]))
    assert found is not None
    assert found.usd_per_month == 150
    assert found.instances == {"pair": {"b0": 1}}


def test_stock_is_shared() -> None:
    """One cheap GPU there is for two loads of one: the other takes the dearer, 100 + 300 USD."""
    found = quick_plan(problem({"w": 1.0, "v": 1.0}, [candidate("w"), candidate("v")], [offer("few", max_instances=1), offer("dear", usd=3.0)]))
    assert found is not None
    assert found.usd_per_month == 400


def test_tokens_where_nodes_cost_more() -> None:
    """A tenth of a GPU's load at 1 USD/h: tokens at 2 USD/h for a load of 1 cost 20 USD."""
    found = quick_plan(problem({"w": 0.1}, [candidate()], [offer(), tokens(usd=2.0)]))
    assert found is not None
    assert found.usd_per_month == 20
