#!/bin/sh
# Builds one static binary for GOOS and GOARCH. Everything that could make it
# differ from another build of the same sources is set here or left out.
set -eu
: "${VERSION:?}" "${COMMIT=}" "${SOURCE_DATE_EPOCH:?}"
cd "$(dirname "$0")/.."
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
cli=github.com/qrisd/qrisd/internal/cli
export CGO_ENABLED=0 GOFLAGS=-mod=readonly GOAMD64=v1 GOARM64=v8.0 GOEXPERIMENT=
go build -trimpath -buildvcs=false \
	-ldflags "-s -w -buildid= -X $cli.releaseVersion=$VERSION -X $cli.releaseCommit=$COMMIT -X $cli.releaseDate=$date" \
	-o "$1" ./cmd/qrisd
