package main

import (
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

	"devtrail.dev/kit/auth"
)

func newEnvCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "env",
		Short: "Print settings for docker compose, with fresh passwords and keys",
		Long: `Print a complete .env file for docker compose, with fresh passwords and keys:

  devtrail env > .env
  docker compose up --build --wait

The keys of the first organization count when the databases are empty.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), `POSTGRES_PASSWORD=%s
CLICKHOUSE_PASSWORD=%s
DEVTRAIL_OPERATOR_KEY=%s
DEVTRAIL_SERVICE_KEY=%s
DEVTRAIL_ADMIN_KEY=%s
DEVTRAIL_INGEST_KEY=%s
EVENTS_STORE=clickhouse
COMPOSE_PROFILES=${EVENTS_STORE}
DEVTRAIL_BIND=127.0.0.1
LOG_LEVEL=info
`, rand.Text(), rand.Text(),
				auth.NewToken(auth.PrefixOperator), auth.NewToken(auth.PrefixService),
				auth.NewToken(auth.PrefixKey), auth.NewToken(auth.PrefixIngest))
			return err
		},
	}
}
