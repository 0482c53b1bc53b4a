#!/usr/bin/env bash
# Wraps dist/desktop-trader into what people download on Linux: a .tar.xz with install.sh, and a .deb where dpkg-deb exists.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' desktop_trader/__init__.py)
machine=$(uname -m)
name=desktop-trader-$version-linux-$machine
installer=resources/installer
stage=build/archives
rm -rf "$stage"
mkdir -p "$stage/$name"

cp -R dist/desktop-trader "$stage/$name/"
cp "$installer/install.sh" LICENSE README.md CHANGELOG.md "$stage/$name/"
tar --owner=0 --group=0 -C "$stage" -cf - "$name" | xz -T0 -"${XZ_LEVEL:-6}" > "dist/$name.tar.xz"
echo "dist/$name.tar.xz"

command -v dpkg-deb >/dev/null 2>&1 || exit 0

root=$stage/deb
documents=$root/usr/share/doc/desktop-trader
mkdir -p "$root"/{DEBIAN,opt,usr/bin,usr/share/applications,usr/share/metainfo,usr/share/man/man1} "$documents" \
    "$root"/usr/share/icons/hicolor/{scalable,256x256}/apps
cp -R dist/desktop-trader "$root/opt/"
ln -s /opt/desktop-trader/desktop-trader "$root/usr/bin/desktop-trader"
ln -s /opt/desktop-trader/desktop-trader-cli "$root/usr/bin/desktop-trader-cli"
cp "$installer/desktop-trader.desktop" "$root/usr/share/applications/"
cp "$installer/desktop-trader.metainfo.xml" "$root/usr/share/metainfo/"
cp "$installer/desktop-trader.svg" "$root/usr/share/icons/hicolor/scalable/apps/"
cp "$installer/desktop-trader.png" "$root/usr/share/icons/hicolor/256x256/apps/"
cp LICENSE "$documents/copyright"
gzip -9nc CHANGELOG.md > "$documents/changelog.gz"
gzip -9nc > "$root/usr/share/man/man1/desktop-trader.1.gz" <<MAN
.TH DESKTOP-TRADER 1 "" "Desktop Trader $version"
.SH NAME
desktop-trader \- trade crypto with paper money; every cent in a journal that adds up
.SH SYNOPSIS
.B desktop-trader
[\fIverb\fR] [\fIoptions\fR]
.SH DESCRIPTION
Without a verb it opens the window. \fBdesktop-trader \-\-help\fR lists the verbs; \fBdesktop-trader-cli\fR is the same program.
MAN
cat > "$root/DEBIAN/control" <<CONTROL
Package: desktop-trader
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: Desktop Trader developers <developers@desktop-trader.invalid>
Installed-Size: $(du -sk "$root/opt" | cut -f1)
Depends: libc6 (>= 2.34), libgl1, libegl1, fontconfig-config
Recommends: gnome-keyring | kwalletmanager
Section: misc
Priority: optional
Description: trade crypto with paper money and honest books
 Runs trading strategies with paper money on a simulated market or on recorded
 prices. Every cent moves through a journal that can be verified, and after a
 crash everything is still there.
CONTROL
chmod -R u=rwX,go=rX "$root"
dpkg-deb --root-owner-group -Zxz "-z${XZ_LEVEL:-6}" --build "$root" "dist/desktop-trader_${version}_$(dpkg --print-architecture).deb" >/dev/null
echo "dist/desktop-trader_${version}_$(dpkg --print-architecture).deb"
