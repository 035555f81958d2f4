#!/bin/sh
# Writes a release into a folder: for each of PLATFORMS the binary, what it is
# made of (CycloneDX) and the notices that have to go with it; and SHA256SUMS.
set -eu
cd "$(dirname "$0")/.."
out=$1
rm -rf "$out"
mkdir -p "$out"
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
deploy/binary.sh "$tool/qrisd" # runs here, whatever the release is for

for platform in $PLATFORMS; do
	export GOOS="${platform%/*}" GOARCH="${platform#*/}"
	name="$out/qrisd-$VERSION-$GOOS-$GOARCH"
	binary=$name
	[ "$GOOS" != windows ] || binary=$name.exe
	deploy/binary.sh "$binary"
	for kind in cdx.json notices.txt; do
		notices=$([ $kind = cdx.json ] || echo --notices)
		"$tool/qrisd" sbom "$binary" $notices --as "$VERSION" \
			--modules "$(go env GOMODCACHE)" --go "$(go env GOROOT)" >"$name.$kind"
	done
done
cp LICENSE NOTICE "$out/"
cd "$out"
sum=$(command -v sha256sum || echo 'shasum -a 256')
find . -type f ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | xargs $sum >SHA256SUMS
cat SHA256SUMS
