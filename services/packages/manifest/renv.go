package manifest

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
)

// renvLock is the part of a renv.lock that names packages.
type renvLock struct {
	Packages map[string]renvPackage `json:"Packages"`
}

type renvPackage struct {
	Package        string `json:"Package"`
	Version        string `json:"Version"`
	Repository     string `json:"Repository"`
	RemoteHost     string `json:"RemoteHost"`
	RemoteUsername string `json:"RemoteUsername"`
	RemoteRepo     string `json:"RemoteRepo"`
	RemoteSha      string `json:"RemoteSha"`
	Source         string `json:"Source"`
}

// cranNames are what renv calls CRAN, and the copies of it that Posit's package manager serves.
var cranNames = map[string]bool{
	"CRAN": true,
	"P3M":  true,
	"PPM":  true,
	"RSPM": true,
}

// isCRAN is true for the address of CRAN or of a copy, which renv writes where the project has no name for it.
func isCRAN(repository string) bool {
	u, err := url.Parse(repository)
	if err != nil {
		return false
	}
	switch u.Hostname() {
	case "cloud.r-project.org", "cran.r-project.org", "cran.rstudio.com":
		return true
	case "p3m.dev", "packagemanager.posit.co", "packagemanager.rstudio.com":
		return strings.HasPrefix(u.Path, "/cran/")
	default:
		return false
	}
}

func readRenvLock(_ context.Context, content []byte) ([]entry, error) {
	var lock *renvLock
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	entries := make([]entry, 0, len(lock.Packages))
	for _, p := range lock.Packages {
		entries = append(entries, p.entry())
	}
	return entries, nil
}

// entry looks at the source first: pak writes remotes of packages of CRAN too. What is of Bioconductor, or of nowhere, has no purl.
func (p renvPackage) entry() entry {
	switch {
	case p.Source == "GitHub" && (p.RemoteHost == "" || p.RemoteHost == "api.github.com"):
		return entryFromSource("https://github.com/"+p.RemoteUsername+"/"+p.RemoteRepo, p.RemoteSha)
	case p.Source == "Bitbucket" && (p.RemoteHost == "" || p.RemoteHost == "api.bitbucket.org/2.0"):
		return entryFromSource("https://bitbucket.org/"+p.RemoteUsername+"/"+p.RemoteRepo, p.RemoteSha)
	case cranNames[p.Repository], isCRAN(p.Repository), p.Source == "CRAN" && p.Repository == "": // the last as renv wrote of old
		return entry{purlType: "cran", name: p.Package, version: p.Version}
	default:
		return entry{}
	}
}
