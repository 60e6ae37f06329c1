package history

import "devtrail.dev/kit/git"

// Project returns the canonical name of a repository: host/owner/name from the address of its remote, whatever the protocol, without
// credentials, port and `.git`, lower case where the host does not mind. A repository without a remote, or with one on this machine,
// is called local/name.
func Project(remote, name string) string {
	if repository := git.Repository(remote); repository != "" {
		return repository
	}
	return git.Plain("local/"+name, git.MaxProject)
}
