"""Exact filters of offers. Each is one function with its proof; :mod:`model.filters` lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data.billing import BillingTerms, billing_terms, token_terms
from data.cost_lines import mean_hours
from data.languages import say
from data.periods import PlannedPeriod, periods_of
from data.records.supply import Offer
from data.tables import column_title
from model.classes import allowed_workloads, instances_per_node, node_slots, nodes_per_instance, tells_providers_apart
from model.commitments import spans
from model.eligibility import may_serve, refusal, serves_the_model
from model.milp.bounds import InstanceBounds
from model.milp.sets import make_sets
from model.problem import Problem, token_buyers
from model.removal import Removal, offer_closed, offer_removed
from model.worth import Worth

_MOST_NAMED = 3  # offers in a reason


def offers_not_allowed(problem: Problem) -> Iterator[Removal]:
    """Offers that no workload may use; which offer is closed to which workload is said for every pair, but for tokens of other models.

    Exact: no variable stands on them.
    """
    for offer in problem.offers:
        refusals = [(w, refusal(w, offer)) for w in problem.workloads]
        for w, refused in refusals:
            if refused is not None and serves_the_model(w, offer) is None:
                yield offer_closed(offer, w.name, refused())
        if all(refused is not None for _, refused in refusals):
            yield offer_removed(offer, say("no workload may use it"))


def spot_without_a_share(problem: Problem) -> Iterator[Removal]:
    """Spot offers where spot may carry nothing. Exact: such a plan has no spot instance, not even for nodes kept idle; no variable stands on them."""
    if problem.settings.max_spot_share <= 0:
        yield from (
            offer_removed(o, say("spot may carry nothing ({setting} is 0)", setting=column_title("Settings", "max_spot_share")))
            for o in problem.offers
            if o.billing == "spot"
        )


def offers_without_a_candidate(problem: Problem) -> Iterator[Removal]:
    """Offers whose instances host no candidate of a workload that may use them. Exact: no variable stands on them."""
    workloads = {w.name: w for w in problem.served}
    wanted: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    for made in problem.candidates:
        wanted[made.gpu].add((made.workload, made.node_size))
    for offer in problem.offers:
        fitting = {w for w, size in wanted[offer.gpu or ""] if node_slots(offer.gpus_per_instance, size)}
        if offer.billing != "per_token" and not any(may_serve(workloads[w], offer) for w in fitting):
            why = say("no candidate of a workload that may use it runs on {gpu} in instances of {size}", gpu=offer.gpu, size=offer.gpus_per_instance)
            yield offer_removed(offer, why)


def token_offers_dominated(problem: Problem) -> Iterator[Removal]:
    """Per-token offers that another is no dearer than for every workload, and every part of one routed apart, that may use them, setup fee included.

    Exact: tokens have no stock, so all of one's load goes to the other. Under a rule on providers only within one provider.
    """
    buyers, demands = token_buyers(problem), {d.workload: d for d in problem.demands}
    allowed, apart = allowed_workloads(problem), tells_providers_apart(problem)
    offers = [o for o in problem.offers if o.billing == "per_token" and allowed[o.offer]]
    usd = {
        o.offer: {name: sum(i.usd_per_load_hour for i in token_terms(o, w, demands[w.name])) for name, w in buyers.items() if w.name in allowed[o.offer]}
        for o in offers
    }
    fee = {o.offer: billing_terms(o, problem.settings).usd_per_month_if_used for o in offers}
    kept: list[Offer] = []
    for offer in sorted(offers, key=lambda o: (fee[o.offer] + sum(usd[o.offer].values()) / len(usd[o.offer]), -len(usd[o.offer]), o.offer)):
        rivals = [a for a in kept if fee[a.offer] <= fee[offer.offer] and not (apart and a.provider != offer.provider)]
        better = next((a for a in rivals if all(usd[a.offer].get(w, float("inf")) <= price for w, price in usd[offer.offer].items())), None)
        if better is None:
            kept.append(offer)
        else:
            yield offer_removed(offer, say("no cheaper than {offer} for any workload that may use it", offer=better.offer))


@dataclass(frozen=True)
class _Market:
    """Offers by the instance with their terms, and what decides whether one may replace another."""

    problem: Problem
    terms: Mapping[str, BillingTerms]
    allowed: Mapping[str, frozenset[str]]
    node_sizes: Mapping[str, frozenset[int]]  # GPU → node sizes of its candidates
    month: float  # hours of all blocks
    periods: tuple[PlannedPeriod, ...]
    apart: bool  # a rule tells providers apart

    def usd_per_gpu_month(self, offer: Offer) -> float:
        """USD of a GPU for all hours of the month, without fees."""
        terms = self.terms[offer.offer]
        return (terms.usd_per_instance_month_held if terms.held else terms.usd_per_instance_hour_on * self.month) / offer.gpus_per_instance

    def replaces(self, a: Offer, b: Offer) -> bool:
        """Whether G_b/G_a instances of a do all that one of b does, at no greater cost whenever b is on, while a's stock lasts."""
        if a.gpu != b.gpu or b.gpus_per_instance % a.gpus_per_instance or (self.apart and a.provider != b.provider):
            return False
        own, other, ratio = self.terms[a.offer], self.terms[b.offer], b.gpus_per_instance // a.gpus_per_instance
        same_market = own.spot == other.spot and own.capacity_share == other.capacity_share
        if not same_market or not self.allowed[a.offer] >= self.allowed[b.offer] or a.min_instances > max(1, ratio * b.min_instances):
            return False
        if own.held and other.held and not _orders_make_up(a, b, self.periods):
            return False
        return self._no_dearer(own, other, ratio) and all(_hosts_as_many(a, b, ratio, size) for size in self.node_sizes[b.gpu or ""])

    def _no_dearer(self, a: BillingTerms, b: BillingTerms, ratio: int) -> bool:
        """Whether ``ratio`` instances of a cost no more than one of b over any hours in which b is on."""
        if a.usd_per_month_if_used > b.usd_per_month_if_used:
            return False
        if b.held:
            month = a.usd_per_instance_month_held if a.held else a.usd_per_instance_hour_on * self.month
            return ratio * month <= b.usd_per_instance_month_held
        hourly = ratio * a.usd_per_instance_hour_on <= b.usd_per_instance_hour_on
        return not a.held and hourly and ratio * a.usd_per_instance_month_started <= b.usd_per_instance_month_started


def _orders_make_up(a: Offer, b: Offer, periods: Sequence[PlannedPeriod]) -> bool:
    """Whether every order of b stands in just the periods of orders of a, one after the other."""
    ends = dict(spans(a, periods))
    for first, last in spans(b, periods):
        following = first
        while following <= last:
            following = ends[following] + 1
        if following != last + 1:
            return False
    return True


def _hosts_as_many(a: Offer, b: Offer, ratio: int, size: int) -> bool:
    """Whether ``ratio`` instances of a have as many places for nodes of a size as one of b, or groups of them as groups of b."""
    several = instances_per_node(b.gpus_per_instance, size)
    if several:
        return instances_per_node(a.gpus_per_instance, size) == several * ratio
    joined = instances_per_node(a.gpus_per_instance, size)
    places = ratio // joined if joined else ratio * nodes_per_instance(a.gpus_per_instance, size)
    return places >= nodes_per_instance(b.gpus_per_instance, size)


def offers_dominated(problem: Problem) -> Iterator[Removal]:
    """Offers that one with unlimited stock replaces: same GPU and market, open to as many workloads, no dearer a GPU, terms as flexible, nodes fit as well.

    Exact: G_b/G_a instances of a, an integer, in the place of each of b's, whenever b's are on. Instances by the hour replace held ones (on in all hours for
    no more than the month's price) but not the reverse; held ones replace held ones where their orders, one after the other, stand in just the same periods.
    For every node size the places are no fewer, and places decide what fits (see the MILP's constraint).
    Under a rule on providers only within one provider; the GPUs are as many, so shares stay.
    """
    market = _market(problem)
    for same_gpu in _by_gpu(problem):
        kept: list[Offer] = []
        for offer in sorted(same_gpu, key=lambda o: (market.usd_per_gpu_month(o), market.terms[o.offer].held, o.gpus_per_instance, o.offer)):
            better = next((a for a in kept if a.max_instances is None and market.replaces(a, offer)), None)
            if better is None:
                kept.append(offer)
            else:
                why = say("no cheaper a GPU than {offer}, which has no limit of stock and terms as good", offer=better.offer)
                yield offer_removed(offer, why)


def offers_beyond_any_use(problem: Problem) -> Iterator[Removal]:
    """Offers in a row of equals by price (merit order) whose cheaper ones together have more stock than any plan uses.

    Exact: the others replace it one for one. In a plan from which nothing can be dropped, all of them together have no more instances on than host every load
    alone (:class:`InstanceBounds`); the cheaper ones' stock covers that, so as many of theirs are free as this one has on: held ones where both are held, by
    the hour in each block otherwise. Over several periods orders that overlap may stand unused where they do, so more of them may be on than host every load:
    there a held one is compared with those by the hour only, which are on where it is used. A stock that tiers share counts once, less the tiers' minimums,
    which may stand idle. Only without setup fees, minimum quantities and starts among the cheaper ones, which would not be shared by the instance.
    """
    market = _market(problem)
    sets = make_sets(problem)
    bounds = InstanceBounds(sets)
    for same_gpu in _by_gpu(problem):
        kept: list[Offer] = []
        for offer in sorted(same_gpu, key=lambda o: (market.usd_per_gpu_month(o), market.terms[o.offer].held, o.offer)):
            rivals = [a for a in kept if a.gpus_per_instance == offer.gpus_per_instance and _by_the_piece(a, market.terms[a.offer])]
            if len(market.periods) > 1:
                rivals = [a for a in rivals if not market.terms[a.offer].held]
            equals = [a for a in rivals if market.replaces(a, offer)]
            stocks = {a.stock_of: a.max_instances or 0 for a in equals}
            drawing = [o for o in same_gpu if o.stock_of in stocks]
            classes = tuple(dict.fromkeys(h for made in (*drawing, offer) for h in sets.classes_of.get(made.offer, ())))
            stock = sum(stocks.values()) - sum(o.min_instances for o in drawing)
            if equals and stock >= max(bounds.hosting(classes, offer.gpus_per_instance, t) for t in sets.blocks):
                yield offer_removed(offer, _covered_by(equals))
            else:
                kept.append(offer)


def _covered_by(equals: Sequence[Offer]) -> str:
    names = ", ".join(offer.offer for offer in equals[:_MOST_NAMED])
    if len(equals) > _MOST_NAMED:
        return say("no cheaper than {offers} and others, whose stock covers any use", offers=names)
    return say("no cheaper than {offers}, whose stock covers any use", offers=names)


def offers_worth_less_elsewhere(problem: Problem) -> Iterator[Removal]:
    """Offers whose instances cost no less than serving their best use on others without limits: see :mod:`model.worth` for the argument.

    Exact: each instance goes on its own, in every block (of its order's periods), and its setup fee, minimum quantity and starts with it. One offer at a
    time, the least worthwhile first, and the rest without it.
    """
    worth = first = Worth(problem)
    ratios = {o.offer: _worth_over_cost(worth, o) for o in problem.offers if worth.known and worth.replaceable(o)}
    for offer in sorted((o for o in problem.offers if o.offer in ratios), key=lambda o: (ratios[o.offer], o.offer)):
        if ratios[offer.offer] <= 1.0 and (worth is first or _worth_over_cost(worth, offer) <= 1.0):
            yield offer_removed(offer, say("costs no less than what its best use costs elsewhere, piece by piece, on offers without limits"))
            worth = worth.without(offer)


def _worth_over_cost(worth: Worth, offer: Offer) -> float:
    """What an instance is worth over what it costs: of its best order's periods for a held one, of its best block for one by the hour."""
    terms, blocks = worth.terms[offer.offer], worth.problem.blocks
    if not terms.held:
        usd, cost = max(worth.usd_per_hour(offer, b) for b in blocks), terms.usd_per_instance_hour_on
        return usd / cost if cost > 0 else float("inf")
    if terms.usd_per_instance_month_held <= 0:
        return float("inf")
    periods = periods_of(blocks)
    usd_in = {b.period: 0.0 for b in blocks}
    for b in blocks:
        usd_in[b.period] += worth.hours[b.name] * worth.usd_per_hour(offer, b)
    orders = (periods[first : last + 1] for first, last in spans(offer, periods))
    return max(sum(usd_in[p.name] for p in order) / (terms.usd_per_instance_month_held * sum(p.share for p in order)) for order in orders)


def _by_the_piece(offer: Offer, terms: BillingTerms) -> bool:
    return not terms.usd_per_month_if_used and not terms.usd_per_instance_month_started and offer.min_instances <= 1


def _market(problem: Problem) -> _Market:
    sizes: defaultdict[str, set[int]] = defaultdict(set)
    for made in problem.candidates:
        sizes[made.gpu].add(made.node_size)
    return _Market(
        problem=problem,
        terms={o.offer: billing_terms(o, problem.settings) for o in problem.offers},
        allowed=allowed_workloads(problem),
        node_sizes=defaultdict(frozenset, {gpu: frozenset(found) for gpu, found in sizes.items()}),
        month=sum(mean_hours(problem.blocks).values()),
        periods=periods_of(problem.blocks),
        apart=tells_providers_apart(problem),
    )


def _by_gpu(problem: Problem) -> Iterator[list[Offer]]:
    groups: defaultdict[str, list[Offer]] = defaultdict(list)
    for offer in problem.offers:
        if offer.billing != "per_token":
            groups[offer.gpu or ""].append(offer)
    yield from groups.values()
