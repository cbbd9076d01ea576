"""Texts stand in the source where the table of words is collected from: as literals, none within an f-string, which Babel does not look into."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from data.languages.update import FOLDERS, ROOT, SAYING


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that say or note a text."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING)


def test_every_text_that_is_said_can_be_collected() -> None:
    lost, seen = [], 0
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        hidden = [call for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for call in calls(text) if isinstance(call.args[0], ast.Constant)]
        made = [call for call in calls(tree) if any(isinstance(text, (ast.JoinedStr, ast.BinOp)) for text in call.args[:1])]
        lost += [f"{path.relative_to(ROOT)}:{call.lineno}" for call in (*hidden, *made)]
        seen += sum(1 for _ in calls(tree))
    assert lost == []
    assert seen > 1000
