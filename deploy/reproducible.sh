#!/bin/sh
# Builds the release, and where dpkg-deb is the Debian packages, twice: in two
# folders of different depth, with caches that begin empty, another time zone,
# language, umask and home. Every file must be the same.
set -eu
cd "$(dirname "$0")/.."
cache=$(go env GOMODCACHE)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

build() { # folder, time zone, language, umask
	mkdir -p "$work/$1" "$work/home-$3"
	git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ ! -f "$f" ] || printf "%s\0" "$f"; done' - |
		tar --null -T - -cf - | tar -C "$work/$1" -xf -
	(
		umask "$4"
		export TZ="$2" LC_ALL="$3" HOME="$work/home-$3" GOCACHE="$work/cache-$3" GOMODCACHE="$cache"
		cd "$work/$1"
		deploy/release.sh dist >/dev/null
		! command -v dpkg-deb >/dev/null || deploy/debian/build.sh dist $(debian) >/dev/null
	)
	(cd "$work/$1/dist" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + | LC_ALL=C sort -k 2) >"$work/sums-$3"
}

debian() { # the architectures among PLATFORMS that Debian has
	for platform in $PLATFORMS; do
		case $platform in linux/amd64 | linux/arm64) echo "${platform#*/}" ;; esac
	done
}

build one UTC C 022
build a/much/longer/way/to/the/other Asia/Jakarta C.UTF-8 077
cat "$work/sums-C"
diff "$work/sums-C" "$work/sums-C.UTF-8" || { echo "not reproducible: the files above differ"; exit 1; }
echo "the same bytes from both folders: $(wc -l <"$work/sums-C") files"
