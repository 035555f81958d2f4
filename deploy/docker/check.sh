#!/bin/sh
# Runs the image's root file system as a container would, without one: its own
# root, mounted read-only, as the image's user without any capability, with one
# volume and a /tmp in memory. Needs root, on Linux.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
root=$work/root
data=$work/volume
chmod 755 "$work"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; umount "$root/data" "$root/tmp" "$root" 2>/dev/null; rm -rf "$work"' EXIT

deploy/docker/root.sh "$root"
mkdir -p "$root/tmp" "$data"
user=$(sed -n 's/^USER \([0-9]*\):.*/\1/p' deploy/docker/Dockerfile)
chown "$user:$user" "$data"
mount --bind "$root" "$root"
mount -o remount,bind,ro,nosuid,nodev "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs -o size=16m,mode=1777,noexec,nosuid,nodev tmpfs "$root/tmp"
in_root() { chroot --userspec "$user:$user" "$root" "$@"; }

# Whoever is the user finds no place to write but the volume and /tmp.
[ -z "$(find "$root" -xdev -perm /022 ! -type l ! -path "$root/tmp" -print)" ]
[ ! -e "$root/bin" ] && [ ! -e "$root/etc/passwd" ]
in_root /usr/bin/qrisd version
chroot --userspec "$user:$user" "$root" /usr/bin/qrisd serve --sandbox --data /data \
	--listen 127.0.0.1:18990 --admin 127.0.0.1:18991 >"$work/log" 2>&1 &
server=$!
until grep -q ready "$work/log"; do kill -0 $server || { cat "$work/log"; exit 1; }; sleep 0.2; done
grep -E '^(Uid|CapEff):' "/proc/$server/status"
in_root /usr/bin/qrisd health http://127.0.0.1:18991
in_root /usr/bin/qrisd generate 15000 --pay --data /data >/dev/null
in_root /usr/bin/qrisd backup --data /data /data/backup.db >/dev/null
kill "$server" && wait "$server"
server=
! in_root /usr/bin/qrisd health http://127.0.0.1:18991 2>/dev/null
in_root /usr/bin/qrisd verify /data/backup.db
echo "it runs as $user on a read-only root, and what it keeps is in the volume"
