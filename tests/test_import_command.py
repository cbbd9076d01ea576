"""The command import as a user meets it: from a price list to a workbook that plans."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result
from openpyxl import load_workbook

from solve import cli

PRICES = "Instance,GPU model,GPU count,Region,Price per hour\nh100.8,H100 SXM,8,fr-1,$21.60\nodd.1,Voodoo 2,1,fr-1,1\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_a_price_list_becomes_the_sheet_offers_and_what_is_left_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    done = run("import", tmp_path / "prices.csv", tmp_path / "new.xlsx", "--provider", "Acme", "--currency", "eur", "--date", "2026-11-20")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        f"wrote {tmp_path / 'new.xlsx'}: 1 offer; 1 row left out:",
        "- prices.csv row 3: no GPU is called 'Voodoo 2'; enter the name of a GPU of the catalogue",
    ]
    sheet = load_workbook(tmp_path / "new.xlsx")["Offers"]
    written = {cell.value: sheet.cell(2, cell.column).value for cell in sheet[1]}
    assert (written["Provider"], written["GPU"], written["Currency"]) == ("Acme", "H100-SXM5-80GB", "eur")
    again = run("import", tmp_path / "prices.csv", tmp_path / "new.xlsx", "--provider", "Acme")
    assert again.exit_code == 2
    assert "exists already, perhaps filled; give another path, or --force to replace it" in again.output


def test_what_cannot_be_imported_ends_with_code_2_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("Instance,GPU,Price\nx,Voodoo 2,1\n", encoding="utf-8")
    for arguments, said in (
        (("prices.csv", "new.xlsx", "--provider", "Acme"), "no row could be read as an offer"),
        (("prices.csv", "new.xlsx", "--provider", "Acme", "--gpu", "Voodoo"), "--gpu Voodoo: is no TEXT=NAME"),
        (("prices.csv", "prices.csv", "--force"), "the template is an Excel workbook; give a path that ends in .xlsx"),
        (("gone.csv", "new.xlsx"), "gone.csv: No such file or directory"),
    ):
        done = run("import", tmp_path / arguments[0], tmp_path / arguments[1], *arguments[2:])
        assert done.exit_code == 2
        assert said in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["prices.csv"]
