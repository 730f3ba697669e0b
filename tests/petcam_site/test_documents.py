"""The documents keep step with the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def pinned() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Za-z0-9_.-]+)==", lines, re.MULTILINE))


def test_every_pinned_package_has_its_licence_listed_and_no_other():
    licences = (ROOT / "LICENSES.md").read_text(encoding="utf-8")

    listed = set(re.findall(r"^\| `([^`]+)` \|", licences, re.MULTILINE))

    assert sorted(listed) == sorted(pinned())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path):
    text = document.read_text(encoding="utf-8")
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]

    missing = [
        target
        for target in targets
        if target and not target.startswith("http") and not (document.parent / target).exists()
    ]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(document: Path):
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    named = set(re.findall(r"\bPETCAM_[A-Z_]*[A-Z]\b", document.read_text(encoding="utf-8")))

    assert named - set(re.findall(r"PETCAM_\w+", example)) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(document: Path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    named = set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")))

    assert named - set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == set()
