"""What people download on Linux: the archive installs and uninstalls, the Debian package is well formed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHIVES = sorted((ROOT / "dist").glob("desktop-trader-*.tar.xz"))
PACKAGES = sorted((ROOT / "dist").glob("desktop-trader_*.deb"))
LARGEST_PACKAGE_MEGABYTES = 80

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="archives for Linux")


def run(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with an empty home and no display."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.skipif(not ARCHIVES, reason="there is no archive; `make package` makes one")
def test_the_archive_installs_runs_and_uninstalls_for_one_user(tmp_path: Path) -> None:
    shutil.unpack_archive(ARCHIVES[-1], tmp_path)
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    installed = tmp_path / ".local" / "bin" / "desktop-trader"

    assert run("sh", str(folder / "install.sh"), "--for-me", home=tmp_path).returncode == 0
    selftest = run(str(installed), "--selftest", home=tmp_path)
    assert selftest.returncode == 0, selftest.stdout + selftest.stderr

    assert run("sh", str(folder / "install.sh"), "--for-me", "--uninstall", home=tmp_path).returncode == 0
    assert not installed.is_symlink()


@pytest.mark.skipif(not PACKAGES, reason="there is no Debian package; `make package` makes one where dpkg-deb exists")
def test_the_debian_package_holds_the_programs_the_icons_and_the_entries(tmp_path: Path) -> None:
    package = PACKAGES[-1]
    listing = run("dpkg-deb", "--contents", str(package), home=tmp_path).stdout
    for place in (
        "./opt/desktop-trader/desktop-trader",
        "./usr/bin/desktop-trader",
        "./usr/share/applications/desktop-trader.desktop",
        "./usr/share/metainfo/desktop-trader.metainfo.xml",
        "./usr/share/icons/hicolor/scalable/apps/desktop-trader.svg",
        "./usr/share/doc/desktop-trader/copyright",
    ):
        assert place in listing
    assert package.stat().st_size / 1e6 <= LARGEST_PACKAGE_MEGABYTES


def test_the_desktop_entry_and_the_metainfo_validate(tmp_path: Path) -> None:
    installer = ROOT / "resources" / "installer"
    checks = {
        "desktop-file-validate": [str(installer / "desktop-trader.desktop")],
        "appstreamcli": ["validate", "--no-net", str(installer / "desktop-trader.metainfo.xml")],
    }
    for tool, arguments in checks.items():
        if shutil.which(tool):
            result = run(tool, *arguments, home=tmp_path)
            assert result.returncode == 0, result.stdout + result.stderr
