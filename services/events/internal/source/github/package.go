package github

import (
	"encoding/json"
	"regexp"
	"strings"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

// packagePublished tells who published what. GitHub sends it twice, as package and as registry_package; both have one id, that of the package version.
func (m *message) packagePublished() {
	if m.action != "published" && m.action != "updated" {
		return
	}
	pkg := source.First(m.body.At("package"), m.body.At("registry_package"))
	version := pkg.At("package_version")
	kind := registryOf(pkg)
	at := source.FirstTime(version.At("updated_at"), pkg.At("updated_at"), version.At("created_at"), pkg.At("created_at"))
	f := m.fact("package."+m.action, at, source.Properties{
		"package": pkg.At("name").Text(), "namespace": pkg.At("namespace").Text(), "ecosystem": kind, "version": version.At("version").Text(), "commit": version.At("target_oid").Text(),
		"url": source.First(version.At("html_url"), pkg.At("html_url")).Text(), "owner": pkg.At("owner", "login").Text(), "tag": version.At("container_metadata", "tag", "name").Text(),
		"author": version.At("author", "login").Text(),
	})
	f.Packages = source.Purls(m.publishedPurl(kind, pkg))
	if id := version.At("id").Text(); version.At("id").Int() > 0 && !at.IsZero() {
		f.ID = source.ContentID(Tool, m.host, f.Name, id, at.UTC().String())
	}
	m.batch.Add(f)
}

// registryOf is the kind of registry. The registry's own word is the surest; examples of GitHub's contradict themselves in the others.
func registryOf(pkg source.Value) string {
	for _, word := range []string{
		pkg.At("registry", "type").Text(), pkg.At("package_type").Text(), pkg.At("ecosystem").Text(),
	} {
		if source.PurlType(word) != "" {
			return strings.ToLower(word)
		}
	}
	return strings.ToLower(pkg.At("package_type").Text())
}

// registry is the address of a registry. An Enterprise server has its own, at hosts below its name or, where it has none, in a folder.
func (m *message) registry(name string, pkg source.Value) string {
	switch {
	case m.host == publicHost:
		return "https://" + name + ".pkg.github.com"
	case git.Host(pkg.At("registry", "url").Text()) == m.host:
		return "https://" + m.host + "/_registry/" + name
	}
	return "https://" + name + "." + m.host
}

func (m *message) publishedPurl(kind string, pkg source.Value) string {
	version := pkg.At("package_version")
	number := version.At("version").Text()
	name := pkg.At("name").Text()
	owner := source.First(pkg.At("owner", "login"), pkg.At("namespace")).Text()
	owner, _, _ = strings.Cut(owner, "/")
	switch source.PurlType(kind) {
	case "docker":
		return m.imagePurl(pkg)
	case "npm":
		if full := npmName(version); full != "" {
			name = full
		} else if !strings.HasPrefix(name, "@") && owner != "" {
			name = "@" + strings.ToLower(owner) + "/" + name // GitHub's npm registry holds scoped packages only
		}
		return source.PurlWith(kind, name, number, map[string]string{"repository_url": m.registry("npm", pkg)})
	case "maven":
		if group, artifact := mavenName(version, name); group != "" {
			name = group + ":" + artifact
		}
		return source.PurlWith(kind, name, number, map[string]string{"repository_url": m.registry("maven", pkg)})
	case "nuget":
		return source.PurlWith(kind, name, number, map[string]string{"repository_url": m.registry("nuget", pkg)})
	case "gem":
		return source.PurlWith(kind, source.First(version.At("rubygems_metadata", "name"), pkg.At("name")).Text(), number, map[string]string{"repository_url": m.registry("rubygems", pkg)})
	}
	return source.Purl(kind, name, number)
}

// npmName is the name with its scope, of the metadata or of the manifest that some versions carry as text.
func npmName(version source.Value) string {
	if name := version.At("npm_metadata", "name").Text(); name != "" {
		return name
	}
	var manifest struct{ Name string }
	if json.Unmarshal([]byte(version.At("manifest").Text()), &manifest) == nil {
		return manifest.Name
	}
	return ""
}

// mavenXML is how the installation command of a Maven package names it.
var mavenXML = regexp.MustCompile(`<groupId>\s*([^<\s]+)\s*</groupId>\s*<artifactId>\s*([^<\s]+)\s*</artifactId>`)

// mavenName finds group and artifact. The package's name has both with a dot between; the artifact is what the file is called.
func mavenName(version source.Value, name string) (group, artifact string) {
	if found := mavenXML.FindStringSubmatch(version.At("installation_command").Text()); found != nil {
		return found[1], found[2]
	}
	number := strings.TrimSuffix(version.At("version").Text(), "SNAPSHOT") // its files have the time of their build there
	for _, file := range version.At("package_files").List() {
		artifact, _, ok := strings.Cut(file.At("name").Text(), "-"+number)
		if group, found := strings.CutSuffix(name, "."+artifact); ok && found && number != "" {
			return group, artifact
		}
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// imagePurl names a container image by its address and digest; the tag may move, so it is no version.
func (m *message) imagePurl(pkg source.Value) string {
	version := pkg.At("package_version")
	registry, name := "ghcr.io", ""
	if m.host != publicHost {
		registry = "containers." + m.host
	}
	if address := version.At("package_url").Text(); address != "" {
		address = strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
		host, path, found := strings.Cut(address, "/")
		if found && strings.ContainsAny(host, ".:") {
			path, _, _ = strings.Cut(path, "@")
			path, _, _ = strings.Cut(path, ":")
			registry, name = strings.ToLower(host), path
		}
	}
	if name == "" {
		name = pkg.At("name").Text()
		if namespace := pkg.At("namespace").Text(); namespace != "" && !strings.HasSuffix(namespace, "/"+name) {
			name = namespace + "/" + name
		}
	}
	number := version.At("version").Text()
	if digest := source.First(version.At("container_metadata", "manifest", "digest"), version.At("container_metadata", "tag", "digest")).Text(); !strings.HasPrefix(number, "sha256:") && digest != "" {
		number = digest
	}
	return source.PurlWith("docker", strings.ToLower(name), number, map[string]string{"repository_url": registry})
}
