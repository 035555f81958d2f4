#!/bin/sh
# Lays out the image's root file system in a folder, for TARGETOS and TARGETARCH.
set -eu
cd "$(dirname "$0")/../.."
: "${VERSION:?}" "${COMMIT=}" "${SOURCE_DATE_EPOCH:?}"
root=$1
doc=$root/usr/share/doc/qrisd
mkdir -p "$root/data" "$root/usr/bin" "$doc"
tool=$(mktemp -d)
deploy/binary.sh "$tool/qrisd"
GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH:-amd64} deploy/binary.sh "$root/usr/bin/qrisd"
cp LICENSE NOTICE "$doc/"
for kind in cdx.json notices.txt; do
	"$tool/qrisd" sbom "$root/usr/bin/qrisd" $([ $kind = cdx.json ] || echo --notices) --as "$VERSION" \
		--modules "$(go env GOMODCACHE)" --go "$(go env GOROOT)" >"$doc/$kind"
done
rm -rf "$tool"
