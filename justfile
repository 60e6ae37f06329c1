# Thin recipes: each is one or two lines that can be typed by hand as well.

# Starts the suite on embedded engines and stays.
up *args:
    go run ./cmd/devtrail up {{args}}

# Starts the suite, imports a repository (default: this one) and answers three questions.
demo *args:
    go run ./cmd/devtrail demo {{args}}

# Drops the databases of the local stack.
reset *args:
    go run ./cmd/devtrail reset {{args}}

# Builds the pinned tools into .bin/.
tools:
    tools/install

# Writes all generated code anew.
gen: tools
    tools/generate

# Lints contracts and code.
lint: tools
    tools/protovalidate && .bin/buf lint && tools/lint-modules

# Runs every test on the real engines.
test *args:
    go test {{args}} work

# Runs a benchmark of bench/, such as ingest; each prints ratios.
bench name *args:
    go run ./bench/{{name}} {{args}}

# Known vulnerabilities in what we depend on.
vuln: tools
    status=0; for m in $(go list -m -f '{{{{.Dir}}'); do (cd "$m" && "{{justfile_directory()}}/.bin/govulncheck" ./...) || status=1; done; exit $status
