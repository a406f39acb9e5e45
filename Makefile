# Everything here needs Go only; `make browser` needs Chromium, `make race` a C compiler, `make kits` the compilers of the kits.
GO      ?= go
TOOL    := $(GO) tool -modfile=tools.mod
SAMPLES := cmd/lotse/samples/winery cmd/lotse/samples/education
DATA    ?= data

.PHONY: run build samples test check bench peers fuzz race browser kits kits-test fmt lint vuln clean

## run: build, start the sample tenant on embedded Badger, print the address to open
run: build
	bin/lotse demo --data $(DATA)

## build: the binary, with the sample tenants' modules inside
build: samples
	$(GO) build -trimpath -o bin/lotse ./cmd/lotse

# The modules of the sample tenants are built by lotse itself, as a tenant builds them.
samples:
	@mkdir -p bin
	@$(GO) build -o bin/lotse ./cmd/lotse
	@for dir in $(SAMPLES); do bin/lotse build $$dir || exit 1; done

## test: all tests that need Go only
test: build
	$(GO) test $(TESTFLAGS) ./...

## check: what must hold before a commit: format, lint, tidy modules, tests, a clean tree
check: lint test
	$(GO) mod tidy -diff
	@test -z "$$(git status --porcelain)" || { git status --short; echo "check: the tree is not clean"; exit 1; }

## lint: format, vet and staticcheck
lint:
	@out=$$($(TOOL) gofumpt -l .) && test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }
	@out=$$($(TOOL) goimports -l -local github.com/lotse-edge/lotse .) && test -z "$$out" || { echo "goimports would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	GOOS=wasip1 GOARCH=wasm $(GO) vet ./sdk/go ./sdk/go/samples/... ./sdk/go/testdata/rules/probe
	$(GO) vet -tags browser,kits ./cmd/lotse
	$(TOOL) staticcheck ./...

## fmt: format the code
fmt:
	$(TOOL) gofumpt -w .
	$(TOOL) goimports -w -local github.com/lotse-edge/lotse .

## vuln: known weaknesses of our dependencies; needs the vulnerability database
vuln:
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...

## race: what is shared, under the race detector; proofs and scripts run one after the other, and OPA is ten times slower there
ALONE := ^(TestScripts|TestMalformed.*|TestPolicy(Release|Words|Refused|Sources|Keys|BreaksATenant|LogFull|Metrics))$$
race: samples
	$(GO) test -race -timeout 40m -skip '$(ALONE)' ./edge/... ./runtime/... ./rules ./sdk/...
	$(GO) test -race -timeout 40m -run 'Hammer|TestProve$$|TestEnginesDiffer|TestTenant$$|TestTraceGivesTheRow' ./policies
	$(GO) test -race -timeout 40m -run 'Hammer|Flush|Slow|Tries|Model|Many|Crash' ./policies/decisions ./policies/ledger

## browser: a real Chromium drives the demo; CHROMIUM is its path
browser: build
	$(GO) test -count=1 -tags browser -run TestBrowser -v ./cmd/lotse

## kits: the sample modules of the guest kits, built as a tenant builds them; needs Go, npm, a rustc with wasm32, clang and lld
RUSTC ?= rustc
CLANG ?= clang
kits: samples sdk/assemblyscript/node_modules
	@for kit in go assemblyscript rust c; do for folder in samples testdata; do \
		echo "sdk/$$kit/$$folder"; bin/lotse build --rustc $(RUSTC) --clang $(CLANG) sdk/$$kit/$$folder || exit 1; \
	done; done

sdk/assemblyscript/node_modules: sdk/assemblyscript/package-lock.json
	cd sdk/assemblyscript && npm ci --no-audit --no-fund
	@touch $@

## kits-test: the kits' modules answer the same in every language, with the table of size, fuel and time
kits-test: kits
	RUSTC=$(RUSTC) CLANG=$(CLANG) $(GO) test -count=1 -tags kits -run '^TestKits' -v ./cmd/lotse

## fuzz: each fuzz target for FUZZTIME
FUZZTIME ?= 20s
fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

## bench: each room's figures, then the journey beside bare fasthttp with the profile of where its time goes, in one run
BENCHTIME ?= 1s
bench: samples
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./sdk/abi ./rules ./rules/compile ./policies ./runtime ./edge/profile ./edge/content
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -cpuprofile bin/journey.prof -o bin/journey.test ./edge
	$(GO) tool pprof -top -cum -nodecount 400 -focus 'edge.\(\*Server\).call' bin/journey.test bin/journey.prof 2>/dev/null | \
		grep -E 'flat%|lotse/|badger|memmove|Syscall6|gcBgMarkWorker' | grep -vE '_test\.|/edge\.New' | head -40

## peers: what a call of a module costs here and elsewhere, and what hostile modules do to the garbage collector
peers:
	$(GO) test -run '^$$' -bench 'Peers|Stall' -benchtime 1x ./runtime

clean:
	rm -rf bin cmd/lotse/samples/*/rules/*.wasm sdk/*/*/rules/*.wasm sdk/assemblyscript/node_modules
