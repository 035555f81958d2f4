#!/bin/sh
# Builds the Debian package of this machine's architecture, has lintian look
# through it, and installs, runs, reinstalls, removes and purges it in a fresh
# Debian of its own. Needs root, lintian and debootstrap.
set -eu
cd "$(dirname "$0")/../.."
for tool in dpkg-deb lintian debootstrap; do
	command -v $tool >/dev/null || { echo "make deb-check: $tool is missing (Debian: apt-get install dpkg-dev lintian debootstrap)"; exit 1; }
done
: "${SUITE:=$(. /etc/os-release && echo "$VERSION_CODENAME")}" "${MIRROR:=}"
work=$(mktemp -d)
root=$work/root
chmod 755 "$work"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; umount "$root/proc" 2>/dev/null || true; rm -rf "$work"' EXIT

deploy/debian/build.sh "$work" "$(dpkg --print-architecture)"
package=$(echo "$work"/*.deb)
dpkg-deb --info "$package"
dpkg-deb --contents "$package"
lintian --fail-on error,warning --tag-display-limit 0 "$package"

if command -v systemd-analyze >/dev/null; then
	mkdir "$work/unit"
	sed 's|/usr/bin/qrisd|/bin/true|' deploy/systemd/qrisd.service >"$work/unit/qrisd.service"
	systemd-analyze verify --man=no "$work/unit/qrisd.service"
	(cd "$work/unit" && systemd-analyze security --offline=yes --threshold=15 --no-pager ./qrisd.service | tail -n 1)
fi

debootstrap --variant=minbase --include=adduser,init-system-helpers "$SUITE" "$root" $MIRROR >"$work/log" || { cat "$work/log"; exit 1; }
mount -t proc proc "$root/proc"
cp "$package" "$root/qrisd.deb"
inside() { chroot "$root" "$@"; }
as_qrisd="chroot $root setpriv --reuid qrisd --regid qrisd --clear-groups --inh-caps=-all --no-new-privs"

inside dpkg --install /qrisd.deb
[ "$(inside stat -c '%U %a' /var/lib/qrisd)" = 'qrisd 700' ]
[ "$(inside stat -c '%U %a' /etc/qrisd/qrisd.env)" = 'root 600' ]
$as_qrisd qrisd version
$as_qrisd qrisd serve --sandbox --data /var/lib/qrisd --listen 127.0.0.1:18980 --admin 127.0.0.1:18981 >"$work/serve" &
server=$!
until grep -q ready "$work/serve"; do kill -0 $server && sleep 0.2; done
$as_qrisd qrisd health http://127.0.0.1:18981
$as_qrisd qrisd generate 15000 --pay --data /var/lib/qrisd >/dev/null
kill "$server" && wait "$server"
server=
$as_qrisd qrisd verify /var/lib/qrisd/qrisd.db

echo '# mine' >>"$root/etc/qrisd/qrisd.env"
inside dpkg --install /qrisd.deb # an upgrade keeps what was changed
grep -q '# mine' "$root/etc/qrisd/qrisd.env"
inside dpkg --remove qrisd
[ ! -e "$root/usr/bin/qrisd" ] && grep -q '# mine' "$root/etc/qrisd/qrisd.env" && [ -s "$root/var/lib/qrisd/qrisd.db" ]
inside dpkg --purge qrisd
[ ! -e "$root/etc/qrisd" ] && [ -s "$root/var/lib/qrisd/qrisd.db" ] && inside getent passwd qrisd
echo "installed, run, upgraded, removed and purged; the books are still there"
