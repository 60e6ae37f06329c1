package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

// mark is in every text that the other tenant stores, so that a leak shows.
const mark = "tenant-b-secret"

// tenant is another organization with data of every kind.
type tenant struct {
	id, admin              string // of the organization, and its key
	developer, second, key string // UUIDs of two developers and an API key
	cohort, action, saved  string // UUIDs of what is in the catalog
}

// newTenant makes an organization with data.
func newTenant(tb testing.TB, r *running) tenant {
	tb.Helper()
	identity, packages, events := dial(tb, r.State.Endpoints["identity"]), dial(tb, r.State.Endpoints["packages"]), dial(tb, r.State.Endpoints["events"])
	var made struct {
		Organization struct{ ID string }
		AdminToken   string
	}
	slug := "b-" + strings.ReplaceAll(uuid.NewString(), "-", "")
	decode(as(tb.Context(), r.State.Keys["operator"], ""), tb, identity, "devtrail.identity.v1.OrganizationService/CreateOrganization",
		`{"slug": "`+slug+`", "display_name": "`+mark+`"}`, &made)
	b := tenant{id: made.Organization.ID, admin: made.AdminToken}
	ctx := as(tb.Context(), b.admin, "")
	for _, id := range []*string{&b.developer, &b.second} {
		var developer struct{ Developer struct{ ID string } }
		decode(ctx, tb, identity, "devtrail.identity.v1.DeveloperService/CreateDeveloper", `{"display_name": "`+mark+`"}`, &developer)
		*id = developer.Developer.ID
	}
	decode(ctx, tb, identity, "devtrail.identity.v1.DeveloperService/LinkIdentity", fmt.Sprintf(
		`{"developer_id": %q, "identity": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "%s@example.com"}}`, b.developer, mark), nil)
	var key struct {
		APIKey struct{ ID string } `json:"apiKey"`
	}
	decode(ctx, tb, identity, "devtrail.identity.v1.CredentialService/CreateApiKey", `{"display_name": "`+mark+`", "role": "ROLE_ANALYST"}`, &key)
	b.key = key.APIKey.ID
	decode(ctx, tb, packages, "devtrail.packages.v1.InventoryService/ImportManifest", fmt.Sprintf(
		`{"project": %q, "revision": "1", "path": "requirements.txt", "content": "c2VjcmV0LWI9PTEuMAo="}`, mark), nil) // secret-b==1.0
	decode(ctx, tb, events, "devtrail.events.v1.IngestService/CaptureEvents", fmt.Sprintf(`{"ack": "ACK_LEVEL_STORED", "events": [{
		"id": %q, "name": "package.added", "occurred_at": "2025-01-01T00:00:00Z", "project": %q, "packages": ["pkg:pypi/secret-b@1.0"],
		"actor": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "%s@example.com"}, "source": {"kind": "SOURCE_KIND_GIT", "tool": "git"}
	}]}`, uuid.NewString(), mark, mark), nil)
	b.catalog(ctx, tb, events)
	return b
}

// catalog saves something of each kind.
func (b *tenant) catalog(ctx context.Context, tb testing.TB, events client) {
	tb.Helper()
	const service = "devtrail.events.v1.CatalogService/"
	var action struct{ Action struct{ ID string } }
	decode(ctx, tb, events, service+"CreateAction", `{"action": {"name": "`+mark+`", "definition": {"steps": [{"event_name": "package.added"}]}}}`, &action)
	var cohort struct{ Cohort struct{ ID string } }
	decode(ctx, tb, events, service+"CreateCohort", `{"cohort": {"name": "`+mark+`", "definition": {"static": {"developer_ids": ["`+b.developer+`"]}}}}`, &cohort)
	var saved struct{ SavedInsight struct{ ID string } }
	decode(ctx, tb, events, service+"CreateSavedInsight", `{"saved_insight": {"name": "`+mark+`", "request": {"trends": {"series": [{"event_name": "a"}]}}}}`, &saved)
	b.action, b.cohort, b.saved = action.Action.ID, cohort.Cohort.ID, saved.SavedInsight.ID
	decode(ctx, tb, events, service+"RecomputeCohort", `{"cohort_id": "`+b.cohort+`"}`, nil)
	decode(ctx, tb, events, service+"SetInternalFilters", `{"internal_filters": {"properties": [{"key": "`+mark+`", "values": ["a"]}]}}`, nil)
	decode(ctx, tb, events, service+"UpdateDeveloperProperties", `{"developer_id": "`+b.developer+`", "set_json": "{\"team\": \"`+mark+`\"}"}`, nil)
	decode(ctx, tb, events, service+"UpdateEventDefinition",
		`{"event_definition": {"name": "`+mark+`", "description": "`+mark+`"}, "update_mask": "description"}`, nil)
	decode(ctx, tb, events, service+"PromoteProperty", `{"key": "`+mark+`"}`, nil)
	decode(ctx, tb, events, service+"UpdatePropertyDefinition",
		`{"property_definition": {"key": "`+mark+`", "description": "`+mark+`"}, "update_mask": "description"}`, nil)
}

// decode calls and reads the answer, which must be a good one.
func decode(ctx context.Context, tb testing.TB, c client, name, request string, into any) {
	tb.Helper()
	require.NoError(tb, ask(ctx, tb, c, name, request, into), name)
}

// ask is decode for answers that are waited for: a call may fail and be made
// again.
func ask(ctx context.Context, tb testing.TB, c client, name, request string, into any) error {
	tb.Helper()
	answer, err := c.call(ctx, tb, name, request)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal([]byte(answer), into)
}

// foreign is a call of one RPC by organization A's admin with ids of
// organization B.
type foreign struct {
	request string     // %[1]s and on: B's organization, developer, second developer, API key, cohort, action, saved insight
	want    codes.Code // NotFound where the id names a thing of B; OK where the answer must be as if B had nothing
}

// foreigners has a case for every RPC of the suite; the test fails for one
// that has none.
var foreigners = map[string]foreign{
	"devtrail.events.v1.EventService/GetDigest":          {`{"filter": {"projects": ["secret-b"]}, "range": {"start": "2020-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}}`, codes.OK},
	"devtrail.events.v1.EventService/GetExposure":        {`{"purl": "pkg:pypi/secret-b", "evidence_limit": 10}`, codes.OK},
	"devtrail.events.v1.EventService/StreamExposure":     {`{"purl": "pkg:pypi/secret-b", "include_evidence": true}`, codes.OK},
	"devtrail.events.v1.EventService/ListEvents":         {`{"filter": {"developer_ids": ["%[2]s"]}}`, codes.OK},
	"devtrail.events.v1.AdminService/CancelQuery":        {`{"query_id": "%[2]s"}`, codes.NotFound},
	"devtrail.events.v1.AdminService/GetSystemStatus":    {`{}`, codes.OK},
	"devtrail.events.v1.AdminService/ListDeadLetters":    {`{}`, codes.OK},
	"devtrail.events.v1.AdminService/ListRunningQueries": {`{}`, codes.OK},
	"devtrail.events.v1.AdminService/ListSlowQueries":    {`{"min_elapsed": "0s"}`, codes.OK},
	"devtrail.events.v1.AdminService/GetPrivacyRules":    {`{}`, codes.OK},
	"devtrail.events.v1.AdminService/SetPrivacyRules":    {`{"privacy_rules": {"rules": [{"action": "PRIVACY_ACTION_DROP", "property": "a"}], "revision": 7}}`, codes.Aborted},
	"devtrail.events.v1.AdminService/ReplayDeadLetters":  {`{"replays": [{"dead_letter_id": "%[2]s"}]}`, codes.OK},
	"devtrail.events.v1.EventService/TailEvents":         {`{"filter": {"developer_ids": ["%[2]s"]}}`, codes.OK},
	"devtrail.events.v1.CatalogService/CreateAction":     {`{"action": {"name": "mine", "definition": {"steps": [{"event_name": "a"}]}}}`, codes.OK},
	"devtrail.events.v1.CatalogService/CreateCohort":     {`{"cohort": {"name": "mine", "definition": {"static": {"developer_ids": ["%[2]s"]}}}}`, codes.OK},
	"devtrail.events.v1.CatalogService/CreateSavedInsight": {`{"saved_insight": {"name": "mine", "request": {"trends": {"series": [{"event_name": "a"}],
		"properties": [{"scope": "PROPERTY_SCOPE_COHORT", "cohort_id": "%[5]s"}]}}}}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/DeleteAction":           {`{"action_id": "%[6]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/DeleteCohort":           {`{"cohort_id": "%[5]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/DeleteSavedInsight":     {`{"saved_insight_id": "%[7]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/DemoteProperty":         {`{"key": "secret-b"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/GetAction":              {`{"action_id": "%[6]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/GetCohort":              {`{"cohort_id": "%[5]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/GetDeveloperProperties": {`{"developer_id": "%[2]s"}`, codes.OK},
	"devtrail.events.v1.CatalogService/GetSavedInsight":        {`{"saved_insight_id": "%[7]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/GetInternalFilters":     {`{}`, codes.OK},
	"devtrail.events.v1.CatalogService/SetInternalFilters": {`{"internal_filters": {"properties": [{"scope": "PROPERTY_SCOPE_COHORT",
		"operator": "PROPERTY_OPERATOR_NOT_IN", "cohort_id": "%[5]s"}]}}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/ListActions":               {`{}`, codes.OK},
	"devtrail.events.v1.CatalogService/ListCohortMembers":         {`{"cohort_id": "%[5]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/ListCohorts":               {`{}`, codes.OK},
	"devtrail.events.v1.CatalogService/ListEventDefinitions":      {`{"show_hidden": true}`, codes.OK},
	"devtrail.events.v1.CatalogService/ListPromotedProperties":    {`{}`, codes.OK},
	"devtrail.events.v1.CatalogService/ListPropertyDefinitions":   {`{"show_hidden": true}`, codes.OK},
	"devtrail.events.v1.CatalogService/ListSavedInsights":         {`{}`, codes.OK},
	"devtrail.events.v1.CatalogService/PromoteProperty":           {`{"key": "k"}`, codes.OK},
	"devtrail.events.v1.CatalogService/RecomputeCohort":           {`{"cohort_id": "%[5]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/RunSavedInsight":           {`{"saved_insight_id": "%[7]s"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/SuggestPromotions":         {`{}`, codes.OK},
	"devtrail.events.v1.CatalogService/UpdateAction":              {`{"action": {"id": "%[6]s", "name": "mine"}, "update_mask": "name"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/UpdateCohort":              {`{"cohort": {"id": "%[5]s", "name": "mine"}, "update_mask": "name"}`, codes.NotFound},
	"devtrail.events.v1.CatalogService/UpdateDeveloperProperties": {`{"developer_id": "%[2]s", "set_json": "{\"team\": \"a\"}"}`, codes.OK},
	"devtrail.events.v1.CatalogService/UpdateEventDefinition": {`{"event_definition": {"name": "package.added", "description": "a"},
		"update_mask": "description"}`, codes.OK},
	"devtrail.events.v1.CatalogService/UpdatePropertyDefinition": {`{"property_definition": {"key": "k", "description": "a"}, "update_mask": "description"}`, codes.OK},
	"devtrail.events.v1.CatalogService/UpdateSavedInsight":       {`{"saved_insight": {"id": "%[7]s", "name": "mine"}, "update_mask": "name"}`, codes.NotFound},
	"devtrail.events.v1.IngestService/CaptureEvents": {`{"events": [{"id": "%[2]s", "name": "x.seen", "occurred_at": "2025-01-01T00:00:00Z",
		"source": {"kind": "SOURCE_KIND_SDK"}, "actor": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "x@example.com"}}]}`, codes.OK},
	"devtrail.events.v1.IngestService/StreamEvents": {`{"sequence": 1, "events": [{"id": "%[2]s", "name": "x.seen", "occurred_at": "2025-01-01T00:00:00Z",
		"source": {"kind": "SOURCE_KIND_SDK"}, "actor": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "x@example.com"}}]}`, codes.OK},
	"devtrail.events.v1.InsightService/ListActors": {`{"trends": {"request": {"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"},
		"series": [{"event_name": "package.added", "math": "MATH_UNIQUE_ACTORS"}], "filter": {"developer_ids": ["%[2]s"]}}, "cell": {}}}`, codes.OK},
	"devtrail.events.v1.InsightService/QueryFunnel": {`{"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"},
		"steps": [{"event_name": "package.added"}], "filter": {"developer_ids": ["%[2]s"]}}`, codes.OK},
	"devtrail.events.v1.InsightService/QueryLifecycle": {`{"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"},
		"series": {"event_name": "package.added"}, "properties": [{"scope": "PROPERTY_SCOPE_COHORT", "cohort": {"static": {"developer_ids": ["%[2]s"]}}}]}`, codes.OK},
	"devtrail.events.v1.InsightService/QueryPaths": {`{"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"},
		"sources": [{}], "filter": {"developer_ids": ["%[2]s"]}}`, codes.OK},
	"devtrail.events.v1.InsightService/QueryRetention": {`{"as_of": "2025-01-01T00:00:00Z", "target": {"event_name": "package.added"},
		"returning": {"event_name": "package.added"}, "filter": {"developer_ids": ["%[2]s"]}}`, codes.OK},
	"devtrail.events.v1.InsightService/QueryStickiness": {`{"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"},
		"series": [{"event_name": "package.added"}], "unit": "UNIT_PROJECT"}`, codes.OK},
	"devtrail.events.v1.InsightService/QueryTrends": {`{"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"},
		"series": [{"event_name": "package.added"}], "filter": {"developer_ids": ["%[2]s"]}}`, codes.OK},

	"devtrail.identity.v1.CredentialService/CreateApiKey":         {`{"display_name": "a", "role": "ROLE_INGEST"}`, codes.OK},
	"devtrail.identity.v1.CredentialService/Introspect":           {`{"token": "x"}`, codes.PermissionDenied},
	"devtrail.identity.v1.CredentialService/ListApiKeys":          {`{}`, codes.OK},
	"devtrail.identity.v1.CredentialService/RevokeApiKey":         {`{"api_key_id": "%[4]s"}`, codes.NotFound},
	"devtrail.identity.v1.DeveloperService/BatchGetDevelopers":    {`{"developer_ids": ["%[2]s"]}`, codes.OK},
	"devtrail.identity.v1.DeveloperService/CreateDeveloper":       {`{"display_name": "a"}`, codes.OK},
	"devtrail.identity.v1.DeveloperService/GetDeveloper":          {`{"developer_id": "%[2]s"}`, codes.NotFound},
	"devtrail.identity.v1.DeveloperService/LinkIdentity":          {`{"developer_id": "%[2]s", "identity": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "a@example.com"}}`, codes.NotFound},
	"devtrail.identity.v1.DeveloperService/ListDevelopers":        {`{}`, codes.OK},
	"devtrail.identity.v1.DeveloperService/MergeDevelopers":       {`{"target_id": "%[2]s", "source_id": "%[3]s"}`, codes.NotFound},
	"devtrail.identity.v1.DeveloperService/ResolveIdentities":     {`{"hints": [{"identity": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "tenant-b-unseen@example.com"}}]}`, codes.OK},
	"devtrail.identity.v1.DeveloperService/WatchIdentities":       {`{}`, codes.PermissionDenied},
	"devtrail.identity.v1.OrganizationService/CreateOrganization": {`{"slug": "c"}`, codes.PermissionDenied},
	"devtrail.identity.v1.OrganizationService/GetOrganization":    {`{"organization_id": "%[1]s"}`, codes.NotFound},
	"devtrail.identity.v1.OrganizationService/ListOrganizations":  {`{}`, codes.PermissionDenied},
	"devtrail.migrations.v1.BackfillService/CancelBackfill":       {`{"database": "identity", "name": "0001_none"}`, codes.PermissionDenied},
	"devtrail.migrations.v1.BackfillService/ListBackfills":        {`{}`, codes.OK},
	"devtrail.migrations.v1.BackfillService/PauseBackfill":        {`{"database": "identity", "name": "0001_none"}`, codes.PermissionDenied},
	"devtrail.migrations.v1.BackfillService/ResumeBackfill":       {`{"database": "identity", "name": "0001_none"}`, codes.PermissionDenied},
	"devtrail.migrations.v1.BackfillService/WatchBackfill":        {`{"database": "identity", "name": "0001_none"}`, codes.NotFound},
	"devtrail.migrations.v1.LeaseService/ListInstances":           {`{}`, codes.OK},
	"devtrail.migrations.v1.LeaseService/RegisterInstance": {`{"instance": {"service": "identity", "instance_id": "tenant-b-instance", "build_version": "1",
		"application_name": "identity"}}`, codes.PermissionDenied},
	"devtrail.migrations.v1.LeaseService/ReleaseInstance":      {`{"instance_id": "tenant-b-instance"}`, codes.PermissionDenied},
	"devtrail.migrations.v1.MigrationService/ApplyDatabase":    {`{"database": "identity"}`, codes.PermissionDenied},
	"devtrail.migrations.v1.MigrationService/BaselineDatabase": {`{"database": "identity", "version": 1}`, codes.PermissionDenied},
	"devtrail.migrations.v1.MigrationService/GetDrift":         {`{"database": "identity"}`, codes.OK},
	"devtrail.migrations.v1.MigrationService/GetStatus":        {`{}`, codes.OK},
	"devtrail.migrations.v1.MigrationService/LintFiles":        {`{"database": "identity", "files": [{"name": "a.sql", "sql": "SELECT 1;"}]}`, codes.OK},
	"devtrail.migrations.v1.MigrationService/ListGates":        {`{}`, codes.OK},
	"devtrail.migrations.v1.MigrationService/ListHistory":      {`{"database": "identity"}`, codes.OK},
	"devtrail.migrations.v1.MigrationService/OverrideStep":     {`{"database": "identity", "file": "0001_init.sql", "rule": "gate", "reason": "no reason at all"}`, codes.PermissionDenied},
	"devtrail.migrations.v1.MigrationService/PlanDatabase":     {`{"database": "identity"}`, codes.OK},
	"devtrail.migrations.v1.MigrationService/WaitReady":        {`{"database": "identity"}`, codes.OK},
	"devtrail.packages.v1.InventoryService/EndManifests":       {`{"project": "` + mark + `", "revision": "2"}`, codes.OK},
	"devtrail.packages.v1.InventoryService/ImportManifest":     {`{"project": "a", "revision": "1", "path": "requirements.txt", "content": "YT09MS4wCg=="}`, codes.OK},
	"devtrail.packages.v1.PackageService/GetPackage":           {`{"purl": "pkg:pypi/secret-b"}`, codes.NotFound},
	"devtrail.packages.v1.PackageService/ListVersions":         {`{"purl": "pkg:pypi/secret-b"}`, codes.NotFound},
	"devtrail.packages.v1.PackageService/LookupPurls":          {`{"purls": ["pkg:pypi/secret-b@1.0"]}`, codes.OK},
}

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	r := sharedSuite(t)
	b := newTenant(t, r)
	admin := r.State.Keys["admin"]
	var seen []string
	for _, service := range []string{"migrations", "identity", "packages", "events"} {
		c := dial(t, r.State.Endpoints[service])
		for _, name := range c.methods(t) {
			seen = append(seen, name)
			t.Run(name, func(t *testing.T) {
				test, ok := foreigners[name]
				require.True(t, ok, "%s has no case: add one to foreigners, with ids of another organization", name)
				request := strings.NewReplacer("%[1]s", b.id, "%[2]s", b.developer, "%[3]s", b.second, "%[4]s", b.key,
					"%[5]s", b.cohort, "%[6]s", b.action, "%[7]s", b.saved).Replace(test.request)

				answer, err := c.call(as(t.Context(), admin, ""), t, name, request)
				require.Equal(t, test.want, status.Code(err), "%v", err)
				for _, secret := range []string{mark, b.key, `"secret-b@1.0"`} {
					require.NotContains(t, answer, secret)
				}
				if noOrganization(t, name) {
					return
				}
				_, err = c.call(as(t.Context(), admin, b.id), t, name, request)
				require.Equal(t, codes.NotFound, status.Code(err), "named another organization in the header: %v", err)
			})
		}
	}
	for name := range foreigners {
		require.True(t, slices.Contains(seen, name), "%s has a case and is served by nobody", name)
	}
	requireUntouched(t, r, b)
}

// noOrganization reports whether an RPC works across organizations.
func noOrganization(tb testing.TB, name string) bool {
	tb.Helper()
	access := proto.GetExtension(method(tb, name).Options(), accessv1.E_Access).(*accessv1.Access)
	return access.GetNoOrganization()
}

// requireUntouched fails when the calls changed the other tenant's data.
func requireUntouched(tb testing.TB, r *running, b tenant) {
	tb.Helper()
	ctx := as(tb.Context(), b.admin, "")
	identity := dial(tb, r.State.Endpoints["identity"])
	for _, id := range []string{b.developer, b.second} {
		var got struct{ Developer struct{ ID string } }
		decode(ctx, tb, identity, "devtrail.identity.v1.DeveloperService/GetDeveloper", `{"developer_id": "`+id+`"}`, &got)
		require.Equal(tb, id, got.Developer.ID, "it was merged")
	}
	answer, err := identity.call(ctx, tb, "devtrail.identity.v1.CredentialService/ListApiKeys", "")
	require.NoError(tb, err)
	require.NotContains(tb, answer, "revokedAt")
	var exposure struct{ Sighting struct{ EventCount string } }
	decode(ctx, tb, dial(tb, r.State.Endpoints["events"]), "devtrail.events.v1.EventService/GetExposure", `{"purl": "pkg:pypi/secret-b"}`, &exposure)
	require.Equal(tb, "1", exposure.Sighting.EventCount)
}
