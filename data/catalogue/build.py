"""Rebuilds the shipped tables from the reference tables, or checks them.

    python data/catalogue/build.py PATH_TO_REFERENCE_TABLES    rebuild data/catalogue/*.csv and data/measurements/*.csv, then check
    python data/catalogue/build.py --check                     check what is shipped

The reference tables are a folder with ``catalogue/{gpus,models,offers,model_labels}.csv`` and ``measurements/{calibration,simulated_capacity}.csv``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

if not __package__:  # run as a script: the project's root is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data.catalogue.check import checked
from data.catalogue.gpu_rows import gpu_rows
from data.catalogue.measurement_rows import measurement_rows
from data.catalogue.model_rows import model_rows
from data.catalogue.offer_rows import offer_rows
from data.catalogue.profile_rows import profile_rows
from data.catalogue.tables import read_rows, write_records, write_rows
from data.fields import columns_of
from data.records.workload import ProfileBlock

CATALOGUE = Path(__file__).parent
MEASUREMENTS = CATALOGUE.parent / "measurements"


def rebuild(reference: Path, catalogue: Path, measurements: Path) -> list[str]:
    """Write every shipped table from the reference tables; returns in words what was written and what was left out."""
    tables = reference / "catalogue"
    gpus, no_gpus = gpu_rows(read_rows(tables / "gpus.csv"))
    models = model_rows(read_rows(tables / "models.csv"), read_rows(tables / "model_labels.csv"))
    offers, no_offers = offer_rows(read_rows(tables / "offers.csv"))
    runs = measurement_rows(read_rows(reference / "measurements" / "calibration.csv"))
    capacities = read_rows(reference / "measurements" / "simulated_capacity.csv")
    write_records(catalogue / "gpus.csv", gpus)
    write_records(catalogue / "models.csv", models)
    write_records(catalogue / "offers.csv", offers)
    write_rows(
        catalogue / "profiles.csv",
        [{name: str(getattr(block, name)) for name in columns_of(ProfileBlock)} | {"source": source} for block, source in profile_rows()],
    )
    write_rows(measurements / "calibration.csv", runs)
    write_rows(measurements / "simulated_capacity.csv", capacities)
    counts = (
        f"{len(gpus)} GPUs",
        f"{len(models)} models",
        f"{len(offers)} offers of {len({offer.provider for offer in offers})} providers",
        f"{len(runs)} measured runs",
        f"{len(capacities)} simulated capacities",
    )
    return [*(f"left out: {reason}" for reason in (*no_gpus, *no_offers)), f"written: {', '.join(counts)}"]


@click.command()
@click.argument("reference", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only check the shipped tables.")
def main(*, reference: Path | None, check: bool) -> None:
    """Rebuild the shipped tables from the folder REFERENCE, or check them."""
    if (reference is None) != check:
        raise click.UsageError("give the folder of the reference tables, or --check")
    if reference is not None:
        click.echo("\n".join(rebuild(reference, CATALOGUE, MEASUREMENTS)))
    problems = checked(CATALOGUE, MEASUREMENTS)
    click.echo("\n".join(str(problem) for problem in problems) or "the shipped tables keep every promise")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
