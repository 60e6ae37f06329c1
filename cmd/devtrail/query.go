package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/people"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

func newQueryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "query", Short: "Ask who touched a package, how often something happened, in which order, who came back, or what happened",
		Example: "  devtrail query --saved installs",
	}
	addSaved(cmd)
	cmd.AddCommand(newQueryExposureCommand(), newQueryDigestCommand(), newQueryTrendsCommand(), newQueryFunnelCommand(), newQueryRetentionCommand(),
		newQueryStickinessCommand(), newQueryLifecycleCommand(), newQueryPathsCommand(), newQueryEventsCommand())
	return cmd
}

// queryFlags are the flags that all questions share.
type queryFlags struct {
	connect connectFlags
	time    timeFlags
	json    bool
}

func (f *queryFlags) add(cmd *cobra.Command) {
	f.connect.add(cmd, "events", "identity")
	flags := cmd.Flags()
	flags.StringVar(&f.time.since, "since", "", "first moment: a date, an RFC 3339 time, or 36h, 30d, 4w, 6mo, 2y for a time ago")
	flags.StringVar(&f.time.until, "until", "", "first moment after the last, written like --since")
	flags.StringVar(&f.time.zone, "time-zone", "UTC", "IANA name of the time zone of dates, buckets and output")
	flags.BoolVar(&f.json, "json", false, "print the answer as JSON (protojson)")
}

// filterFlags choose events; each may be given several times.
type filterFlags struct{ projects, developers, packages []string }

func (f *filterFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.projects, "project", nil, "only this project")
	flags.StringArrayVar(&f.developers, "developer", nil, "only this developer: an id or a git e-mail address")
	flags.StringArrayVar(&f.packages, "package", nil, "only events that touch this purl, with or without version")
}

// asking is a question on its way: the time, the clients, and who is named in the answer.
type asking struct {
	*connection
	span *eventsv1.TimeRange
	zone *time.Location
}

func (f *queryFlags) ask() (*asking, error) {
	span, zone, err := f.time.timeRange(time.Now())
	if err != nil {
		return nil, err
	}
	connection, err := f.connect.connect("admin")
	if err != nil {
		return nil, err
	}
	return &asking{connection: connection, span: span, zone: zone}, nil
}

// names finds the names of developers for an answer.
func (a *asking) names(ctx context.Context, ids []string) (people.Names, error) {
	conn, err := a.to("identity")
	if err != nil {
		return nil, err
	}
	return people.Find(ctx, identityv1.NewDeveloperServiceClient(conn), ids)
}

// filter makes the filter; git e-mail addresses are looked up.
func (f *filterFlags) filter(ctx context.Context, a *asking, names ...string) (*eventsv1.EventFilter, error) {
	filter := &eventsv1.EventFilter{Names: names, Projects: f.projects, Packages: f.packages}
	for _, developer := range f.developers {
		if strings.Contains(developer, "@") {
			id, err := a.developerOf(ctx, developer)
			if err != nil {
				return nil, err
			}
			developer = id
		}
		filter.DeveloperIds = append(filter.DeveloperIds, developer)
	}
	return filter, nil
}

func (a *asking) developerOf(ctx context.Context, email string) (string, error) {
	conn, err := a.to("identity")
	if err != nil {
		return "", err
	}
	identity := &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: email}
	response, err := identityv1.NewDeveloperServiceClient(conn).ResolveIdentities(ctx, &identityv1.ResolveIdentitiesRequest{
		Hints: []*identityv1.IdentityHint{{Identity: identity}},
	})
	if err != nil {
		return "", fmt.Errorf("find the developer of %q: %w", email, err)
	}
	if found := response.GetIdentities(); len(found) == 1 && found[0].GetDeveloperId() != "" {
		return found[0].GetDeveloperId(), nil
	}
	return "", fmt.Errorf("nobody is known by the git e-mail address %q", email)
}
