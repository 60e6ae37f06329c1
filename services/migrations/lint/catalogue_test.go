package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint"
)

// postgresNames are the rules of the reference for Postgres.
var postgresNames = strings.Fields(`
require-concurrent-index-creation require-concurrent-index-deletion require-concurrent-reindex require-concurrent-partition-detach
index-on-partitioned-table adding-foreign-key-constraint fk-to-hot-table create-table-references-lock constraint-missing-not-valid
validate-in-same-transaction adding-column-inline-check disallowed-unique-constraint adding-serial-primary-key-field primary-key-on-nullable-column
adding-exclusion-constraint adding-not-nullable-field adding-field-with-default adding-generated-stored-column adding-auto-increment-column
changing-column-type changing-column-type-with-check-constraint table-rewrite-storage prefer-repack refresh-matview-not-concurrent
attach-partition-scan create-partition-of-locks-parent ddl-on-hot-table long-statement-while-holding-access-exclusive
multiple-tables-locked-in-one-transaction require-lock-timeout require-statement-timeout explicit-lock-table create-trigger drop-trigger
disable-trigger multiple-index-builds index-build-load dropping-index-performance impacts-performance add-index-corruption ban-drop-column
ban-drop-table ban-drop-schema ban-drop-view ban-drop-database ban-drop-not-null ban-drop-foreign-key renaming-column renaming-table renaming-schema
renaming-enum-value changing-column-default dropping-column-default adding-required-field adding-unique-index-data-dependent
require-enum-value-ordering enum-value-used-in-same-transaction creating-enum drop-type drop-function drop-sequence drop-extension
extension-version-upgrade authz-change replica-identity-change schema-backward-compatibility ban-truncate ban-truncate-cascade drop-cascade
unbatched-dml mixed-ddl-dml affected-row-limit dml-dry-run on-delete-cascade ban-foreign-key drop-table-needs-marker-name column-no-null
adding-any-default object-owner-check naming ban-concurrent-index-creation-in-transaction non-transactional-statement
concurrent-index-needs-no-transaction-directive no-transaction-without-need concurrent-index-not-idempotent prefer-robust-stmts transaction-nesting
ban-uncommitted-transaction session-setting-leak alter-system-in-migration multiple-alter-table-same-table merge-alter-table prefer-bigint-over-int
prefer-bigint-over-smallint prefer-identity prefer-text-field ban-char-field prefer-timestamp-tz adding-json-column table-without-primary-key
primary-key-type-allowlist require-uuid-or-bigint-primary-key foreign-key-missing-index wide-non-unique-index wide-index-bytebase too-many-indexes
duplicate-index-column non-optimal-column-alignment identifier-too-long require-table-schema ban-duplicate-column-assignments
ban-create-domain-with-constraint ban-alter-domain-with-add-constraint unparsed-statement unused-ignore require-timeout-settings
`)

// clickhouseNames are the rules of the reference for ClickHouse that text and schema decide.
var clickhouseNames = strings.Fields(`
ch-missing-order-by ch-empty-order-by ch-high-cardinality-leading-key ch-primary-key-not-prefix ch-nullable-in-key ch-float-partition-key
ch-partition-too-granular ch-modify-order-by-existing-column ch-alter-key-column ch-update-key-column ch-modify-column-type-rewrite
ch-modify-column-type-may-strand ch-nullable-to-non-nullable ch-heavy-mutation ch-unbounded-mutation ch-lightweight-delete-in-migration
ch-mixed-metadata-and-mutation ch-modify-ttl-materializes ch-index-not-materialized ch-add-column-volatile-default ch-optimize-final ch-drop-column
ch-drop-table ch-truncate ch-drop-partition ch-drop-database ch-drop-guard-bypass ch-create-or-replace-table ch-exchange-tables ch-rename-table
ch-rename-column ch-alter-column-used-by-mv ch-drop-mv-target ch-mv-populate ch-mv-without-to ch-mv-select-star ch-mv-unaliased-column
ch-not-idempotent ch-drop-replicated-without-sync ch-suspicious-low-cardinality ch-low-cardinality-on-id-like-column
ch-nullable-low-cardinality-nesting ch-prefer-default-over-nullable ch-consider-low-cardinality ch-prefer-native-types ch-minimize-bit-width
ch-datetime-without-timezone ch-codec-without-general-compression ch-replacing-without-version ch-unreplicated-engine-on-cluster ch-missing-on-cluster
ch-replicated-path-without-shard-macro ch-replicated-path-without-replica-macro ch-replicated-path-without-database ch-distributed-pair-incomplete
ch-distributed-pair-order ch-distributed-without-sharding-key ch-distributed-random-sharding ch-unbounded-insert-select ch-readonly-setting
ch-session-setting-in-migration ch-system-command-in-migration ch-kill-mutation-in-migration ch-credentials-or-endpoints-in-ddl ch-syntax-error
`)

// liveNames are the rules of the reference that speak of a server's state and of no statement. The runner asks them right before it applies:
// here they must not exist, or a suppression could name them.
var liveNames = strings.Fields("ch-ddl-queue-backlog ch-mutation-backlog ch-replica-readonly ch-too-many-parts")

// ownNames are rules that the reference does not list: those on a file's header. For ClickHouse ch-drop-view is another.
var ownNames = strings.Fields("contract-without-no-reader contract-without-need header-refused")

func TestTheCatalogueIsThatOfTheReference(t *testing.T) {
	for engine, want := range map[lint.Engine][]string{lint.Postgres: postgresNames, lint.ClickHouse: append(slices.Clone(clickhouseNames), "unused-ignore", "ch-drop-view")} {
		rules, err := lint.Rules(engine)
		require.NoError(t, err)
		var have []string
		for _, r := range rules {
			require.NotContains(t, liveNames, r.Name)
			have = append(have, r.Name)
		}
		require.ElementsMatch(t, append(slices.Clone(want), ownNames...), have, "rules for %s", engine)
	}
}
