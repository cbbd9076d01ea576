"""The command import: a price list becomes a workbook with the sheet Offers filled."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from data.languages import say, say_count
from export.commands.shell import errors_told, fail, reject

MOST_SHOWN = 20  # rows left out that are told one by one


@click.command(name="import")
@click.argument("prices")
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--provider", default="", help="Whose price list it is; with the word gpuhunt, the only provider asked.")
@click.option("--currency", default="USD", help="Currency of the prices, where the list does not say.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the prices; today where it is left out.")
@click.option("--gpu", "gpus", multiple=True, metavar="TEXT=NAME", help="The catalogue's name for what the list calls a GPU; may be repeated.")
@click.option("--force", is_flag=True, help="Replace a workbook that exists.")
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
def import_prices(*, prices: str, new: Path, provider: str, currency: str, day: datetime | None, gpus: tuple[str, ...], force: bool, debug: bool) -> None:
    """Turn PRICES into a workbook with the sheet Offers filled.

    PRICES is a provider's price list (CSV), a catalogue file of gpuhunt (CSV or zip), or the word gpuhunt, which asks that library over the network.
    """
    with errors_told(debug=debug):
        from data.gpuhunt_query import sold_by_gpuhunt  # noqa: PLC0415
        from data.library import shipped_gpu_names  # noqa: PLC0415
        from data.price_lists import Reading, offers_of, read_price_list, tables_of  # noqa: PLC0415
        from data.template import write_template  # noqa: PLC0415
        from data.words import clauses  # noqa: PLC0415

        if new.suffix.lower() != ".xlsx":
            reject(str(new), say("the template is an Excel workbook"), say("give a path that ends in .xlsx"))
        if new.exists() and not force:
            reject(str(new), say("exists already, perhaps filled"), say("give another path, or --force to replace it"))
        if wrong := [text for text in gpus if "=" not in text]:
            reject(f"--gpu {wrong[0]}", say("is no TEXT=NAME"), say("enter what the list calls it, an equals sign and the catalogue's name"))
        named = {text.partition("=")[0]: text.partition("=")[2] for text in gpus}
        reading = Reading(provider=provider, currency=currency, day=day.date() if day else date.today(), gpus=named, names=shipped_gpu_names())
        asked = prices == "gpuhunt"
        found = offers_of(sold_by_gpuhunt([provider] if provider else ()), "gpuhunt", reading) if asked else read_price_list(Path(prices), reading)
        if not found.offers:
            fail("\n".join((say("{path}: no row could be read as an offer", path=prices), *found.left_out[:MOST_SHOWN])))
        write_template(new, tables_of(found.offers))
        offers, left_out = len(found.offers), len(found.left_out)
        made = say_count("{count} offer", "{count} offers", offers)
        dropped = [say_count("{count} row left out:", "{count} rows left out:", left_out)] if left_out else []
        click.echo(clauses((say("wrote {path}: {what}", path=new, what=made), *dropped)))
        for line in found.left_out[:MOST_SHOWN]:
            click.echo(f"- {line}")
        if left_out > MOST_SHOWN:
            click.echo("- " + say("and {count} more", count=left_out - MOST_SHOWN))
