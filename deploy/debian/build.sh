#!/bin/sh
# Builds the Debian packages of some architectures into a folder.
set -eu
cd "$(dirname "$0")/../.."
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
# v1.2.3-rc1 comes before 1.2.3, and v1.2.3-4-gabcdef after it.
version=$(echo "$VERSION" | sed -E 's/^v//; s/^0\.0\.0-/0.0.0~/; s/-(rc|beta|alpha)/~\1/; s/-/+/; s/-/./g')
: "${MAINTAINER:=The qrisd authors <packages@qrisd.invalid>}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
deploy/binary.sh "$work/tool"

share() { # what is the same for each architecture, below a root
	mkdir -p "$1/usr/share/man/man1" "$1/usr/share/doc/qrisd" "$1/usr/share/bash-completion/completions" \
		"$1/usr/share/zsh/vendor-completions" "$1/usr/share/fish/vendor_completions.d" "$1/usr/share/lintian/overrides"
	"$work/tool" man "$1/usr/share/man/man1"
	gzip -9n "$1"/usr/share/man/man1/*
	"$work/tool" completion bash >"$1/usr/share/bash-completion/completions/qrisd"
	"$work/tool" completion zsh >"$1/usr/share/zsh/vendor-completions/_qrisd"
	"$work/tool" completion fish >"$1/usr/share/fish/vendor_completions.d/qrisd.fish"
	cp deploy/debian/copyright "$1/usr/share/doc/qrisd/copyright"
	cp deploy/debian/lintian-overrides "$1/usr/share/lintian/overrides/qrisd"
	cp README.md NOTICE SECURITY.md docs/OPERATIONS.md "$1/usr/share/doc/qrisd/"
	gzip -9nc CHANGELOG.md >"$1/usr/share/doc/qrisd/NEWS.gz"
	changelog | gzip -9n >"$1/usr/share/doc/qrisd/changelog.gz"
}

changelog() {
	printf 'qrisd (%s) stable; urgency=medium\n\n  * See NEWS.gz.\n\n -- %s  %s\n' \
		"$version" "$MAINTAINER" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
}

own() { # what an architecture has for itself, below a root
	GOOS=linux GOARCH=$2 deploy/binary.sh "$1/usr/bin/qrisd"
	for kind in cdx.json notices; do
		"$work/tool" sbom "$1/usr/bin/qrisd" $([ $kind = cdx.json ] || echo --notices) --as "$VERSION" \
			--modules "$(go env GOMODCACHE)" --go "$(go env GOROOT)" | gzip -9n >"$1/usr/share/doc/qrisd/$kind.gz"
	done
}

control() { # root, architecture
	cat <<END
Package: qrisd
Version: $version
Architecture: $2
Maintainer: $MAINTAINER
Installed-Size: $(find "$1/usr" "$1/etc" -type f -printf '%s\n' | awk '{ n += int(($1 + 1023) / 1024) } END { print n }')
Depends: adduser
Recommends: ca-certificates
Suggests: postgresql
Section: net
Priority: optional
Homepage: https://github.com/qrisd/qrisd
Description: QRIS payment server and sandbox
 qrisd speaks the SNAP QR APIs as DANA, Qoin, Midtrans, Paydia and SpeedCash
 document them, over one payment core with a double-entry ledger: in place of
 the providers' sandboxes, or as the acquirer and issuer core behind an API of
 one's own, on an embedded store or on PostgreSQL.
END
}

for architecture; do
	root=$work/$architecture
	share "$root"
	mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/etc/qrisd"
	own "$root" "$architecture"
	cp deploy/systemd/qrisd.service "$root/usr/lib/systemd/system/"
	cp deploy/systemd/qrisd.env "$root/etc/qrisd/qrisd.env"
	chmod 755 "$root/usr/bin/qrisd"
	control "$root" "$architecture" >"$root/DEBIAN/control"
	echo /etc/qrisd/qrisd.env >"$root/DEBIAN/conffiles"
	cp deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN/"
	chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
	(cd "$root" && find usr etc -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
	find "$root" -type f ! -path '*/DEBIAN/*' ! -path '*/usr/bin/*' -exec chmod 644 {} +
	chmod 600 "$root/etc/qrisd/qrisd.env" # secrets may stand in it
	dpkg-deb --root-owner-group -Zxz --build "$root" "$out/qrisd_${version}_$architecture.deb"
done
