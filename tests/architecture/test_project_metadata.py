"""What is written down in several places says the same everywhere."""

import re
import tomllib
from xml.etree import ElementTree

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import desktop_trader
from tests.architecture.source_tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned_versions() -> dict[str, str]:
    """Return the versions of constraints.txt by normalized name."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_dependency_was_tested_in_a_version_its_range_allows() -> None:
    tested = pinned_versions()
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]:
        requirement = Requirement(text)
        assert tested[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_constraints_hold_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)] == []


def test_the_version_of_the_package_is_the_newest_in_changelog_and_metainfo() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    metainfo = ElementTree.parse(ROOT / "resources" / "installer" / "desktop-trader.metainfo.xml")
    release = metainfo.find("releases/release")
    assert newest is not None
    assert release is not None
    assert newest[1] == release.attrib["version"] == desktop_trader.__version__
