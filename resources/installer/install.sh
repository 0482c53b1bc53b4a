#!/bin/sh
# Installs Desktop Trader from the unpacked archive: for you alone, or as root for everybody.
#
#   ./install.sh              installs (or replaces an older version)
#   ./install.sh --uninstall  removes it again; your accounts and settings stay where they are
#   --for-me                  as the first argument: for you alone, even if you are root
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
for_me=no
if [ "${1:-}" = --for-me ]; then
    for_me=yes
    shift
fi
if [ "$(id -u)" = 0 ] && [ $for_me = no ]; then
    folder=/opt/desktop-trader bin=/usr/local/bin share=/usr/local/share
else
    folder=$HOME/.local/opt/desktop-trader bin=$HOME/.local/bin share=${XDG_DATA_HOME:-$HOME/.local/share}
fi
entry=$share/applications/desktop-trader.desktop
metainfo=$share/metainfo/desktop-trader.metainfo.xml
drawing=$share/icons/hicolor/scalable/apps/desktop-trader.svg
picture=$share/icons/hicolor/256x256/apps/desktop-trader.png

remove() {
    rm -rf "$folder"
    rm -f "$bin/desktop-trader" "$bin/desktop-trader-cli" "$entry" "$metainfo" "$drawing" "$picture"
}

if [ "${1:-}" = --uninstall ]; then
    remove
    echo "Desktop Trader is removed. Your accounts and settings are still in your data folder."
    exit 0
fi

remove
mkdir -p "$folder" "$bin" "$(dirname "$entry")" "$(dirname "$metainfo")" "$(dirname "$drawing")" "$(dirname "$picture")"
cp -R "$here/desktop-trader/." "$folder/"
ln -s "$folder/desktop-trader" "$bin/desktop-trader"
ln -s "$folder/desktop-trader-cli" "$bin/desktop-trader-cli"
files=$folder/_internal/resources/installer
sed "s|^Exec=desktop-trader|Exec=\"$folder/desktop-trader\"|" "$files/desktop-trader.desktop" > "$entry"
cp "$files/desktop-trader.metainfo.xml" "$metainfo"
cp "$files/desktop-trader.svg" "$drawing"
cp "$files/desktop-trader.png" "$picture"
echo "Installed into $folder. Start it from the menu or with: $bin/desktop-trader"
case ":$PATH:" in
    *":$bin:"*) ;;
    *) echo "($bin is not on your PATH.)" ;;
esac
