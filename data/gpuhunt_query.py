"""What gpuhunt, an optional library, finds when it is asked over the network."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from data.languages import say
from data.price_lists import Sold
from data.problems import BadInput, Problem


def sold_by_gpuhunt(providers: Iterable[str] = ()) -> tuple[Sold, ...]:
    """Every instance with GPUs that gpuhunt lists today, of some providers or of all; raises BadInput where the library is missing or fails."""
    try:
        import gpuhunt  # noqa: PLC0415 - an optional library
    except ImportError:
        enter = say("install it (pip install 'inferplan[gpuhunt]'), or give one of its catalogue files instead of the word gpuhunt")
        raise BadInput([Problem("gpuhunt", say("is not installed"), enter)]) from None
    logging.getLogger("gpuhunt").setLevel(logging.CRITICAL)  # it logs every provider that fails with its traceback
    try:
        items = gpuhunt.query(provider=list(providers) or None, min_gpu_count=1)
    except Exception as error:  # noqa: BLE001 - whatever the library and the network raise
        what = say("could not be asked ({error})", error=f"{type(error).__name__}: {str(error)[:100]}")
        raise BadInput([Problem("gpuhunt", what, say("check the network and the provider's name, or give one of its catalogue files"))]) from None
    return tuple(_sold(number, item) for number, item in enumerate(items, start=1))


def _sold(number: int, item: Any) -> Sold:
    return Sold(
        where=f"gpuhunt {number} ({item.instance_name})",
        name=item.instance_name,
        provider=item.provider,
        region=item.location or "",
        gpu=item.gpu_name or "",
        memory_gb=item.gpu_memory,
        gpus=int(item.gpu_count or 0),
        per_hour=item.price,
        spot=bool(item.spot),
    )
