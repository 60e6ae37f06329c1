// Command identity serves who is who: organizations, developers, identities, keys.
package main

import (
	"os"

	"devtrail.dev/kit/serve"
	"devtrail.dev/services/identity/server"
)

func main() {
	os.Exit(serve.Main("identity", server.Run))
}
