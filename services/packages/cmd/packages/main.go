// Command packages serves what an organization knows of software packages and which of them its projects have.
package main

import (
	"os"

	"devtrail.dev/kit/serve"
	"devtrail.dev/services/packages/server"
)

func main() {
	os.Exit(serve.Main("packages", server.Run))
}
