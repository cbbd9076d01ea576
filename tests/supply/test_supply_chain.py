"""What the program stands on: pinned and hashed, under licences that are allowed, without a network when it runs, and with nothing live taken from an input."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.broken.archives import BOOK, RELS, SHEET, before, part, right

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))
# Permissive licences and weak copyleft by the file (MPL): all that a program under Apache-2.0 may be installed with.
ALLOWED = re.compile(
    r"apache|\bmit\b|bsd|isc|mpl|mozilla public|psf|python software foundation|unlicense|public domain|zlib|\bcc0|0bsd|boost|hpnd|cnri", re.IGNORECASE
)
REFUSED = re.compile(r"\b(a?gpl|gnu (affero )?general public|sspl|busl|commons clause|proprietary|non-?commercial)", re.IGNORECASE)
EXCEPTED = re.compile(r"gcc runtime library exception|gcc-exception", re.IGNORECASE)  # libraries of the compiler that wheels carry
ELSEWHERE = {"colorama", "tzdata", "pywin32"}  # installed on Windows only: BSD-3-Clause, Apache-2.0, PSF-2.0


def locked(lock: Path) -> dict[str, str]:
    """Name → version of each requirement of a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if entry.strip() and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def test_every_locked_package_has_a_licence_that_is_allowed() -> None:
    """From the metadata of what is installed here."""
    unknown = []
    for name in locked(ROOT / "requirements.lock").keys() | locked(ROOT / "requirements-dev.lock").keys():
        try:
            said = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            if name not in ELSEWHERE:
                unknown.append(f"{name}: not installed")
            continue
        classified = [text for text in said.get_all("Classifier") or () if text.startswith("License ::")]
        licence = said.get("License-Expression") or " ".join(classified) or (said.get("License") or "").partition("\n")[0]
        if not ALLOWED.search(licence) or (REFUSED.search(licence) and not EXCEPTED.search(licence)):
            unknown.append(f"{name}: {licence[:80]}")
    assert unknown == []


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
