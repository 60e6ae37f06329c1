// Command migrations applies the schema changes of every service and says how they stand.
package main

import (
	"os"

	"devtrail.dev/kit/serve"
	"devtrail.dev/services/migrations/server"
)

func main() { os.Exit(serve.Main("migrations", server.Run)) }
