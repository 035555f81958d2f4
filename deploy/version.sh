#!/bin/sh
# The version of the sources here: the tag, what came after it, and whether
# something is not committed; without a tag a version as Go makes them.
git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null && exit
commit=$(TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --abbrev=12 --format=v0.0.0-%cd-%h 2>/dev/null) || {
	echo v0.0.0-unknown
	exit
}
git diff --quiet HEAD 2>/dev/null || commit=$commit-dirty
echo "$commit"
