"""What users read is plain English: no phrases that a native reader stumbles over.

The left-hand side is banned from README, documentation and sources of the package (docstrings,
error messages and comments); the right-hand side is what to write.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BANNED = {
    r"\bunfit\b": "invalid",
    r"(must|have to) be as many\b": "the numbers must match",
    r"\bat most as many\b": "at most, and the number",
    r"\bmust be the same ones\b": "must have the same ...",
    r"\bstay the same ones\b": "keep their identity",
    r"\bequally many\b": "the same number of",
    r"\bare no classes\b": "are not classes in y",
    r"\bwhich is no (?!longer)": "which is not a",
    r"\b(of|by) yours\b": "your own",
    r"\bof the user's\b": "the user's own",
    r"\bof your own circuits?\b": "your own circuit",
    r"\bstands? there twice\b": "duplicate",
    r"\bstood, .* can stand\b": "drop-in replacement",
    r"\bmended\b": "mitigated, or repaired",
    r"\bin a way of its own\b": "its own method",
    r"\bthe way of the data\b": "data flow",
    r"\bin the order of convenience\b": "simplest first",
    r"\brefused by name\b": "raise an error that names it",
    r"\bso did all attempts\b": "all attempts failed",
    r"\bcannot count it\b": "is available only without shots",
    r"\bstarts? anew\b": "restarts",
    r"\btakes? them for\b": "treats them as",
    r"\bthe fit before\b": "the previous fit",
    r"\bsees what does not happen\b": "can resolve it",
    r"\bGiB are free\b": "only ... GiB is free",
    r"^ +(What|How many|How often) .*\b(counts|drawn|repeated|runs the circuits?)\b[.;]": "a noun",
    r"^ +Where .* drawn from\b": "seed or generator for",
    r"^ +How far .* below 0\b": "magnitude of the most negative eigenvalue",
}
FILES = [
    *ROOT.glob("*.md"),
    *(path for path in (ROOT / "docs").rglob("*.rst") if "generated" not in path.parts),
    *(ROOT / "skquantum").rglob("*.py"),
]
TEXTS = {
    path.relative_to(ROOT): re.sub(r'"\s*\n\s*f?r?"', "", path.read_text(encoding="utf-8"))
    for path in FILES
    if path.name != "CHANGELOG.md"  # which says what was
}


@pytest.mark.parametrize("phrase", BANNED)
def test_phrase_is_not_used(phrase):
    found = {
        str(path): match[0]
        for path, text in TEXTS.items()
        for match in re.finditer(phrase, text, re.IGNORECASE | re.MULTILINE)
    }
    assert not found, f"write {BANNED[phrase]!r} instead"


def test_phrases_are_found():
    text = "If the data is unfit, a kernel that is mended; they must be as many."
    assert sum(bool(re.search(phrase, text)) for phrase in BANNED) == 3


def test_texts_are_read():
    names = {path.name for path in TEXTS}
    assert {"README.md", "how_to.rst", "_svc.py"} <= names
