# make demo and make test need Go, git and make; the rest they fetch or name.
export CGO_ENABLED ?= 0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 30s

.PHONY: build demo test lint fuzz soak torture bench clean

build: ## one static binary in bin/
	go build -trimpath -o bin/qrisd ./cmd/qrisd

demo: build ## the five documents and a payment's whole story, over real HTTP
	./bin/qrisd demo --once

test: lint compiler clients postgres browser ## everything, with the race detector, and from end to end on both engines
	CGO_ENABLED=1 go test $(RACE) -timeout 15m ./...
	CGO_ENABLED=1 go test $(RACE) -timeout 15m ./internal/cli -postgres -skip '$(OF_BOTH_ENGINES)'

# SQLite is translated C with locks of its own: watching every access in it
# takes five times as long and finds nothing of ours.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false

# These tests have a row for each engine, or are about the embedded one's disk,
# or about pages, to which the engine is the same.
OF_BOTH_ENGINES := ^Test(Torture|Failover|Linearizable|PlantedFaults|Full|FailingDisk|Browser)$$

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

fuzz: ## every fuzz target for FUZZTIME
	@for package in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$package/*_test.go | cut -c6-); do \
	    echo "$$package $$target"; go test $$package -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; \
	done

.PHONY: first-use
first-use: ## the README's first payment in a clean clone of HEAD, timed
	testdata/first-use.sh

soak: ## the long forms: 1,000 keys x 100 duplicates a regime, deep model runs, 10,000 notifications
	go test ./internal/cli -run 'TestDuplicates|TestModel' -timeout 60m -soak
	go test ./internal/notify -run TestTenThousand -timeout 30m -soak

torture: ## 1,000 kills on the embedded store, on PostgreSQL, and of three nodes
	go test ./internal/cli -run TestTorture -timeout 180m -v -torture.kills 1000

.PHONY: pages
pages: ## the console's pages over a million codes: how long each takes, none over 200 ms
	go test ./internal/console -run TestPages -timeout 30m -v -codes 1000000 -within 200ms

bench: build ## generate, pay and query against the bare protocol; flags in BENCH, as in BENCH='--connections 128'
	./bin/qrisd bench --operation generate $(BENCH)
	./bin/qrisd bench --operation pay $(BENCH)
	./bin/qrisd bench --operation query $(BENCH)

HOT := ./emv ./qris ./snap ./internal/qrimage ./internal/field ./internal/server

.PHONY: bench-go
bench-go: ## the hot pieces one by one, ten times each, for benchstat
	go test -run '^$$' -bench . -benchmem -count 10 $(HOT)

clean:
	rm -rf bin
