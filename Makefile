# make demo and make test need Go, git and make; the rest they fetch or name.
export CGO_ENABLED ?= 0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build demo test lint fuzz soak torture bench clean

build: ## one static binary in bin/
	go build -trimpath -o bin/qrisd ./cmd/qrisd

demo: build ## the five documents and a payment's whole story, over real HTTP
	./bin/qrisd demo --once

test: lint compiler clients postgres browser ## everything, what runs at once with the race detector, and from end to end on both engines
	CGO_ENABLED=1 go test $(RACE) -timeout 15m $$(go list ./... | grep -v /internal/cli$$)
	CGO_ENABLED=1 go test $(RACE) -timeout 15m ./internal/cli -run '$(AT_ONCE)'
	$(MAKE) -j2 -Otarget on-sqlite on-postgres worlds

# From end to end much is waiting: the engines take their turns side by side.
.PHONY: on-sqlite on-postgres worlds
on-sqlite:
	go test -timeout 20m ./internal/cli
on-postgres:
	go test -timeout 20m ./internal/cli -postgres -skip '$(OF_BOTH_ENGINES)'
worlds: # 200; with the race detector it is 15
	go test ./internal/simulate

# SQLite is translated C with locks of its own: watching every access in it
# takes five times as long and finds nothing of ours.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false

# From end to end the race detector watches what many do at once. The other
# tests there send one request after another, and it makes them five times as
# long.
AT_ONCE := ^Test(Duplicates|Model|Linearizable|Drain|NodesTellTheirLeases|QuotasOverServers)

# These tests have a row for each engine, or are about the embedded one's disk,
# or make its nodes by hand, or are about pages, to which the engine is the same.
OF_BOTH_ENGINES := ^Test(NodesTellTheirLeases|Torture|Failover|Linearizable|PlantedFaults|Full|FailingDisk|Browser)$$

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

# The race detector needs a C compiler.
.PHONY: compiler
compiler:
	@command -v gcc >/dev/null || command -v clang >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq gcc libc6-dev; } || \
	  { echo "make test: the race detector needs a C compiler: install gcc (Debian: apt-get install gcc libc6-dev)"; exit 1; }

# The providers' own clients, which the tests run, need Node.js.
.PHONY: clients
clients:
	@{ command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null; } || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm; } || \
	  { echo "make test: the providers' clients need Node.js 18 or later: install nodejs and npm (Debian: apt-get install nodejs npm)"; exit 1; }

# The tests start clusters of their own. What Debian starts as it installs stays untouched.
.PHONY: postgres
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } || \
	  { echo "make test: the tests start PostgreSQL themselves: install its server, 13 or later (Debian: apt-get install postgresql)"; exit 1; }

# The console and the checkout page are gone through in a real browser.
.PHONY: browser
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } || \
	  { echo "make test: the pages are tested in a real browser: install Chromium (Debian: apt-get install chromium fonts-dejavu-core)"; exit 1; }

# The targets share FUZZSECONDS; with what is built for each they take less than
# ten minutes. FUZZTIME=1h gives each an hour.
FUZZTARGETS := $(sort $(subst :func ,:,$(shell grep -roE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' . | sed -E 's|/[^/]+:func |:|')))
FUZZSECONDS ?= 360

fuzz: ## every fuzz target in turn, ten minutes in total
	@for target in $(FUZZTARGETS); do \
	  echo "$$target"; \
	  go test $${target%%:*} -run '^$$' -fuzz "^$${target##*:}$$" -fuzztime $(or $(FUZZTIME),$(shell expr $(FUZZSECONDS) / $(words $(FUZZTARGETS)))s) || exit 1; \
	done

.PHONY: hostile
hostile: ## 10,000 malformed requests a dialect, made of its own rows
	go test ./internal/cli -run TestHostileRequests -timeout 30m -v -hostile 10000

TRUSTED := ./emv ./qris ./snap ./internal/ledger ./internal/pay

.PHONY: coverage mutation
coverage: ## branches that the tests of money, ledger, states, payload and signatures take; each package 95 % at least
	go run ./internal/mutate coverage -least 95 $(TRUSTED)

mutation: ## the same packages changed in one small way after another; what no test notices and docs/mutants does not explain goes to bin/survivors.md. Goes on where it was interrupted: bin/mutants.txt; without that file anew. Flags in MUTATION, as in MUTATION='-only fees'
	@mkdir -p bin
	go run ./internal/mutate mutation -report bin/survivors.md -journal bin/mutants.txt $(MUTATION) $(TRUSTED)

.PHONY: first-use
first-use: ## the README's first payment in a clean clone of HEAD, timed
	testdata/first-use.sh

.PHONY: postman
postman: clients ## the Postman collection of every dialect, run by Postman's own runner against a server
	go test ./internal/cli -run TestPostmanCollections -v

soak: ## the long forms: 1,000 keys x 100 duplicates a regime, deep model runs, 10,000 notifications
	go test ./internal/cli -run 'TestDuplicates|TestModel' -timeout 60m -soak
	go test ./internal/notify -run TestTenThousand -timeout 30m -soak

.PHONY: replay
replay: ## 100,000 captured requests sent again: altered, astray, in another's name, as they were, too late
	go test ./internal/cli -run '^TestReplay$$' -timeout 20m -v -replay.requests 100000

torture: ## 1,000 kills on the embedded store, on PostgreSQL, and of three nodes
	go test ./internal/cli -run TestTorture -timeout 180m -v -torture.kills 1000

.PHONY: pages
pages: ## the console's pages over a million codes: how long each takes, none over 200 ms
	go test ./internal/console -run TestPages -timeout 30m -v -codes 1000000 -within 200ms

.PHONY: simulate
FIRST ?= 1
SEEDS ?= 2000
simulate: ## SEEDS simulated worlds of 1,000 steps from seed FIRST on; a failure prints how to repeat it, the end how many payments a second that was
	go test ./internal/simulate -run TestSeeds -timeout 0 -v -first $(FIRST) -seeds $(SEEDS) -steps 1000

bench: build ## generate, pay and query against the bare protocol; flags in BENCH, as in BENCH='--connections 128'
	./bin/qrisd bench --operation generate $(BENCH)
	./bin/qrisd bench --operation pay $(BENCH)
	./bin/qrisd bench --operation query $(BENCH)

HOT := ./emv ./qris ./snap ./internal/qrimage ./internal/field ./internal/server

.PHONY: bench-go
bench-go: ## the hot pieces one by one, ten times each, for benchstat
	go test -run '^$$' -bench . -benchmem -count 10 $(HOT)

.PHONY: rules
rules: ## the alert rules, checked and tested by Prometheus' own tool
	@command -v promtool >/dev/null || { echo "make rules: install promtool (Debian: apt-get install --no-install-recommends prometheus)"; exit 1; }
	promtool check rules deploy/prometheus/rules.yml
	promtool test rules deploy/prometheus/rules_test.yml

# Releases. The bytes depend on the sources, on these three, on the platform and
# on the Go release (go.mod names the least; qrisd version names the one), and on
# nothing else: not on the folder, the user, the time or version control.
VERSION ?= $(shell deploy/version.sh)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
export VERSION COMMIT SOURCE_DATE_EPOCH PLATFORMS

.PHONY: binary release sbom deb deb-check reproducible image packaging
binary: ## one binary for GOOS/GOARCH in OUT, the same wherever it is built
	deploy/binary.sh "$(or $(OUT),bin/qrisd)"

release: ## dist/: a binary for each of PLATFORMS, its SBOM, the notices that go with it, and all checksums
	deploy/release.sh dist

sbom: binary ## bin/qrisd.cdx.json: what the binary is made of, with licences (CycloneDX)
	bin/qrisd sbom bin/qrisd --as "$(VERSION)" --modules "$$(go env GOMODCACHE)" --go "$$(go env GOROOT)" > bin/qrisd.cdx.json

deb: ## dist/qrisd_VERSION_ARCH.deb for amd64 and arm64; needs dpkg-deb
	deploy/debian/build.sh dist amd64 arm64

deb-check: ## the Debian package built, looked through by lintian, installed, run, removed and purged in a fresh Debian; needs root and debootstrap
	deploy/debian/check.sh

reproducible: ## the release of PLATFORMS and the Debian package, built twice in different folders with empty caches: the same bytes
	deploy/reproducible.sh

image: ## the container image qrisd:VERSION; needs Docker, or Podman with ENGINE=podman
	BUILDAH_FORMAT=docker $(or $(ENGINE),docker) build -f deploy/docker/Dockerfile -t qrisd:$(VERSION) \
	  --build-arg VERSION --build-arg COMMIT --build-arg SOURCE_DATE_EPOCH .

packaging: ## the image's root file system without Docker: read-only, one user, one writable folder; needs root
	deploy/docker/check.sh

clean:
	rm -rf bin dist
