// Command events runs the events service until it is told to stop. All settings come from the environment.
package main

import (
	"os"

	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events/server"
)

func main() {
	if len(os.Args) == 1 { // with "health" it is over before it gains
		server.Prepare()
	}
	os.Exit(serve.Main("events", server.Run))
}
