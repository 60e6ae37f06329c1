package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/identity"
)

func TestMergeMovesEverythingAndRedirectsForEver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second, third := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon.Add(-time.Hour)), b.createDeveloper(t, "C", noon)
	b.link(t, first, "a@example.com")
	b.link(t, second, "b@example.com")
	b.link(t, third, "c@example.com")

	survivor := b.merge(t, second, third)
	require.Equal(t, []string{"b@example.com", "c@example.com"}, values(survivor))
	survivor = b.merge(t, first, second)
	require.Equal(t, first, survivor.ID)
	require.Equal(t, "A", survivor.DisplayName)
	require.Equal(t, noon.Add(-time.Hour), survivor.CreatedAt, "the older of the two counts")
	require.Equal(t, []string{"a@example.com", "b@example.com", "c@example.com"}, values(survivor))
	for _, id := range []uuid.UUID{first, second, third} {
		developer, err := b.Developers.Get(t.Context(), b.organization, id)
		require.NoError(t, err)
		require.Equal(t, survivor, developer)
	}
	require.Zero(t, b.count(t, `SELECT count(*) FROM developers d JOIN developers s ON s.id = d.merged_into WHERE s.merged_into IS NOT NULL`), "redirects are one step long")

	listed, err := b.Developers.List(t.Context(), b.organization, uuid.Nil, 10)
	require.NoError(t, err)
	require.Len(t, listed, 1)
}

func TestMergeAgainChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon)
	b.link(t, second, "b@example.com")
	once := b.merge(t, first, second)
	last, err := b.Changes.Last(t.Context())
	require.NoError(t, err)
	require.Equal(t, once, b.merge(t, first, second))
	again, err := b.Changes.Last(t.Context())
	require.NoError(t, err)
	require.Equal(t, last, again)
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM merges`))
}

func TestMergeIntoAMergedDeveloperReachesTheSurvivor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second, third := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon), b.createDeveloper(t, "C", noon)
	b.merge(t, first, second)
	require.Equal(t, first, b.merge(t, second, third).ID)
}

func TestMergeRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon)
	b.merge(t, first, second)
	foreign := b
	foreign.organization = b.createOrganization(t, "other")
	stranger := foreign.createDeveloper(t, "X", noon)
	for _, tt := range []struct {
		name           string
		organization   uuid.UUID
		target, source uuid.UUID
		want           error
	}{
		{"the target was merged into the source", b.organization, second, first, identity.ErrMergeCycle},
		{"unknown target", b.organization, uuid.New(), first, identity.ErrDeveloperNotFound},
		{"unknown source", b.organization, first, uuid.New(), identity.ErrDeveloperNotFound},
		{"another tenant's source", b.organization, first, stranger, identity.ErrDeveloperNotFound},
		{"another tenant's target", b.organization, stranger, first, identity.ErrDeveloperNotFound},
		{"unknown organization", uuid.New(), first, second, identity.ErrOrganizationNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.Developers.Merge(t.Context(), tt.organization, identity.Merge{TargetID: tt.target, SourceID: tt.source}, noon)
			require.ErrorIs(t, err, tt.want)
		})
	}
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM merges`))
}

// The inverse must be enough to put everything back: who had what, who pointed where, how old the target was.
func TestMergeRecordsItsInverse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second, third := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon.Add(-time.Hour)), b.createDeveloper(t, "C", noon)
	b.link(t, first, "a@example.com")
	b.link(t, second, "b@example.com")
	b.link(t, third, "c@example.com")
	b.merge(t, second, third)
	before := b.snapshot(t)
	b.merge(t, first, second)
	require.NotEqual(t, before, b.snapshot(t))

	for _, undo := range []string{
		`DELETE FROM identity_changes`,
		`UPDATE developers d SET merged_into = r.previous_merged_into FROM merge_redirects r JOIN merges m ON m.id = r.merge_id
			WHERE m.source_id = $1 AND d.organization_id = r.organization_id AND d.id = r.developer_id`,
		`UPDATE developers d SET created_at = m.target_created_at FROM merges m WHERE m.source_id = $1 AND d.id = m.target_id`,
		`UPDATE identity_links l SET valid_to = m.merged_at FROM merge_links r JOIN merges m ON m.id = r.merge_id
			WHERE m.source_id = $1 AND l.id = r.opened_link_id`,
		`UPDATE identity_links l SET valid_to = NULL FROM merge_links r JOIN merges m ON m.id = r.merge_id
			WHERE m.source_id = $1 AND l.id = r.closed_link_id`,
	} {
		args := []any{second}
		if undo[0] == 'D' {
			args = nil
		}
		_, err := b.pool.Exec(t.Context(), undo, args...)
		require.NoError(t, err, undo)
	}
	require.Equal(t, before, b.snapshot(t))
}

func TestMergeIsAChangeOfEachIdentityThatMoved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon)
	b.link(t, second, "b2@example.com")
	b.link(t, second, "b1@example.com")
	b.link(t, first, "a@example.com")
	b.merge(t, first, second)
	changes, err := b.Changes.List(t.Context(), 3, 10)
	require.NoError(t, err)
	require.Equal(t, []identity.Change{
		{Sequence: 4, OrganizationID: b.organization, Identity: address("b1@example.com").Identity, DeveloperID: first, PreviousDeveloperID: second, ChangedAt: noon.Add(time.Hour)},
		{Sequence: 5, OrganizationID: b.organization, Identity: address("b2@example.com").Identity, DeveloperID: first, PreviousDeveloperID: second, ChangedAt: noon.Add(time.Hour)},
	}, changes)
}

func TestMergeBehindASlowClockStaysValid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon)
	b.link(t, second, "b@example.com")
	_, err := b.Developers.Merge(t.Context(), b.organization, identity.Merge{TargetID: first, SourceID: second}, noon.Add(-time.Minute))
	require.NoError(t, err)
	developer, err := b.Developers.Get(t.Context(), b.organization, first)
	require.NoError(t, err)
	require.Equal(t, noon, developer.Identities[0].LinkedAt)
}

// snapshot is everything that answers depend on.
func (b bundle) snapshot(tb testing.TB) map[uuid.UUID]identity.Developer {
	tb.Helper()
	rows, err := b.pool.Query(tb.Context(), `SELECT id FROM developers`)
	require.NoError(tb, err)
	var ids []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		require.NoError(tb, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(tb, rows.Err())
	developers, err := b.Developers.BatchGet(tb.Context(), b.organization, ids)
	require.NoError(tb, err)
	return developers
}

func TestLinkRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon)
	b.link(t, first, "a@example.com")
	_, err := b.Identities.Link(t.Context(), b.organization, linkOf(second, "a@example.com", false), noon)
	require.ErrorIs(t, err, identity.ErrIdentityLinked)
	require.ErrorIs(t, err, fault.State)
	_, err = b.Identities.Link(t.Context(), b.organization, linkOf(uuid.New(), "new@example.com", false), noon)
	require.ErrorIs(t, err, identity.ErrDeveloperNotFound)
	_, err = b.Identities.Link(t.Context(), uuid.New(), linkOf(first, "new@example.com", false), noon)
	require.ErrorIs(t, err, identity.ErrOrganizationNotFound)
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM identities`), "a refused link leaves no identity")
}

func TestLinkReplaceKeepsHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon)
	b.link(t, first, "a@example.com")
	developer, err := b.Identities.Link(t.Context(), b.organization, linkOf(second, "A@example.com", true), noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, []string{"a@example.com"}, values(developer))
	former, err := b.Developers.Get(t.Context(), b.organization, first)
	require.NoError(t, err)
	require.Empty(t, former.Identities)
	require.Equal(t, 2, b.count(t, `SELECT count(*) FROM identity_links`))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM identity_links WHERE valid_to = $1`, noon.Add(time.Minute)))
	changes, err := b.Changes.List(t.Context(), 1, 10)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	require.Equal(t, first, changes[0].PreviousDeveloperID)
	require.Equal(t, second, changes[0].DeveloperID)
}

// A merge that Postgres ends for the sake of another is run again as it was asked for, whatever was merged in between.
func TestAMergeThatIsRunAgainIsTheOneAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t, "lock_timeout=0", "statement_timeout=0") // both wait until the test lets them go on
	first, second, third := b.createDeveloper(t, "A", noon), b.createDeveloper(t, "B", noon), b.createDeveloper(t, "C", noon)
	b.merge(t, second, third)
	// The next merge waits for the test and is then ended.
	_, err := b.pool.Exec(t.Context(), `
		CREATE SEQUENCE tries;
		GRANT USAGE ON tries TO PUBLIC;
		CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') = 1 THEN
				PERFORM pg_advisory_xact_lock(1);
				RAISE EXCEPTION 'lost' USING ERRCODE = '40P01';
			END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER lose BEFORE INSERT ON merges FOR EACH ROW EXECUTE FUNCTION lose()`)
	require.NoError(t, err)
	holder, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = holder.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = holder.Exec(t.Context(), `SELECT pg_advisory_xact_lock(1)`)
	require.NoError(t, err)

	var group errgroup.Group
	group.Go(func() error {
		_, err := b.Developers.Merge(t.Context(), b.organization, identity.Merge{TargetID: first, SourceID: third}, noon)
		return err
	})
	b.requireWaiting(t, 1)
	group.Go(func() error {
		_, err := b.Developers.Merge(t.Context(), b.organization, identity.Merge{TargetID: second, SourceID: first}, noon)
		return err
	})
	b.requireWaiting(t, 2)
	require.NoError(t, holder.Rollback(t.Context()))
	require.NoError(t, group.Wait(), "they are one already")
	survivor, err := b.Developers.Get(t.Context(), b.organization, first)
	require.NoError(t, err)
	require.Equal(t, second, survivor.ID)
}
