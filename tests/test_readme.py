"""The README runs: every python block, in order, in one namespace, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<ticks>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$")


def python_blocks(text: str) -> list[tuple[int, str]]:
    """(line of the first statement, source) of each ```python block.

    A block that looks like Python but that this function would not run (``py``, ``python title=x``,
    an indented or unclosed fence) is an error, so that nothing is left out without a word.
    """
    blocks: list[tuple[int, str]] = []
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        fence = FENCE.match(lines[index])
        index += 1
        if fence is None:
            continue
        info, start = fence["info"].strip(), index
        while index < len(lines) and lines[index].strip() != fence["ticks"]:
            index += 1
        if index == len(lines):
            raise ValueError(f"the block opened in line {start} is never closed")
        if re.match(r"\{?\.?(py|ipython)", info, re.IGNORECASE):
            if info != "python" or fence["indent"]:
                raise ValueError(f"line {start} opens a block {fence[0]!r}; write ```python at the margin")
            blocks.append((start + 1, "\n".join(lines[start:index]) + "\n"))
        index += 1
    return blocks


def test_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert README.exists(), "there is no README.md"
    blocks = python_blocks(README.read_text("utf-8"))
    assert blocks, "README.md has no ```python block: nothing shows that its examples work"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    namespace: dict[str, object] = {"__name__": "__main__"}
    for line, source in blocks:
        # Empty lines in front let a traceback name the line of README.md itself.
        exec(compile("\n" * (line - 1) + source, str(README), "exec"), namespace)


def test_blocks_are_found_in_order_with_their_lines() -> None:
    text = "# a\n```python\nx = 1\n```\n```sh\nls\n```\n\n```python\ny = x\n```\n"
    assert python_blocks(text) == [(3, "x = 1\n"), (10, "y = x\n")]


@pytest.mark.parametrize(
    "text",
    ["```py\nx = 1\n```\n", "```python title=x\nx\n```\n", "  ```python\n  x\n  ```\n", "```python\nx\n"],
)
def test_a_block_that_would_not_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        python_blocks(text)
