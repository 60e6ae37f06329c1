package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pomOf is a pom.xml with one dependency.
func pomOf(properties, version string) []byte {
	return fmt.Appendf(nil, "<project><groupId>org.x</groupId><version>7</version><properties>%s</properties><dependencies><dependency>"+
		"<groupId>org.y</groupId><artifactId>z</artifactId><version>%s</version></dependency></dependencies></project>", properties, version)
}

// doubling are properties that each name the next one twice.
func doubling(levels int, last string) string {
	var b strings.Builder
	for i := range levels {
		fmt.Fprintf(&b, "<p%d>${p%d}${p%d}</p%d>", i, i+1, i+1, i)
	}
	fmt.Fprintf(&b, "<p%d>%s</p%d>", levels, last, levels)
	return b.String()
}

func TestPomThatWouldGrowIsRefused(t *testing.T) {
	t.Parallel()
	var chain strings.Builder
	for i := range 300 {
		fmt.Fprintf(&chain, "<p%d>${p%d}</p%d>", i, i+1, i)
	}
	dependency := "<dependency><groupId>org.y</groupId><artifactId>z</artifactId><version>${a}-</version></dependency>"
	for name, c := range map[string]struct {
		content []byte
		message string
	}{
		"cyclic":     {pomOf(doubling(40, "${p0}"), "${p0}"), "becomes longer than 65536 bytes"},
		"deep":       {pomOf(chain.String(), "${p0}"), "more than 200 deep"},
		"long":       {pomOf(doubling(40, "1"), "${p0}"), "becomes longer than 65536 bytes"},
		"many times": {bytes.Replace(pomOf("<a>"+strings.Repeat("1", 60<<10)+"</a>", "1"), []byte("<dependencies>"), []byte("<dependencies>"+strings.Repeat(dependency, 2000)), 1), "its properties become more than"},
		"undefined":  {pomOf(doubling(40, "${nobody}"), "${p0}"), "becomes longer than 65536 bytes"},
	} {
		_, err := Extract(t.Context(), "pom.xml", c.content)
		require.ErrorIs(t, err, ErrInvalid, name)
		require.ErrorContains(t, err, c.message, name)
	}
}

// The same package has one name in both files of Maven's world.
func TestMavenNamesKeepTheirCase(t *testing.T) {
	t.Parallel()
	want := []string{"pkg:maven/com.zaxxer/HikariCP@5.1.0"}
	pom := strings.NewReplacer("org.y", "com.zaxxer", "<artifactId>z", "<artifactId>HikariCP").Replace(string(pomOf("", "5.1.0")))
	result, err := Extract(t.Context(), "pom.xml", []byte(pom))
	require.NoError(t, err)
	require.Equal(t, want, result.Purls)
	result, err = Extract(t.Context(), "gradle.lockfile", []byte("com.zaxxer:HikariCP:5.1.0=compileClasspath\nempty=\n"))
	require.NoError(t, err)
	require.Equal(t, want, result.Purls)
}

// Properties whose value is empty grow nothing, but naming them costs time.
func TestPomProperties(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ properties, version, want string }{
		"a cycle":                   {"<a>${b}</a><b>${a}</b>", "${a}", "pkg:maven/org.y/z"},
		"a property of the project": {"", "${project.version}", "pkg:maven/org.y/z@7"},
		"a property twice":          {"<a>1</a><b>${a}.${a}</b>", "${b}-${a}", "pkg:maven/org.y/z@1.1-1"},
		"empty, named 2^40 times":   {doubling(40, ""), "1${p0}", "pkg:maven/org.y/z@1"},
		"its own name":              {"<version>${version}</version>", "${version}", "pkg:maven/org.y/z"},
		"no end":                    {"<a>1</a>", "${a", "pkg:maven/org.y/z"},
		"the file goes first":       {"<version>8</version>", "${version}", "pkg:maven/org.y/z@8"},
		"undefined":                 {"", "${elsewhere}", "pkg:maven/org.y/z"},
	} {
		result, err := Extract(t.Context(), "pom.xml", pomOf(c.properties, c.version))
		require.NoError(t, err, name)
		require.Equal(t, []string{c.want}, result.Purls, name)
	}
}

// What a project does not state it has from its parent, by whichever name it asks.
func TestPomOfAParent(t *testing.T) {
	t.Parallel()
	const parent = "<parent><groupId>org.x</groupId><artifactId>all</artifactId><version>7</version></parent><artifactId>web</artifactId>"
	for _, c := range []struct{ own, group, artifact, version, want string }{
		{"", "${project.groupId}", "core", "${project.version}", "pkg:maven/org.x/core@7"},
		{"", "${pom.groupId}", "core", "${pom.version}", "pkg:maven/org.x/core@7"},
		{"", "${groupId}", "${artifactId}-api", "${version}", "pkg:maven/org.x/web-api@7"},
		{"", "${project.parent.groupId}", "${project.parent.artifactId}-${project.artifactId}", "${project.parent.version}", "pkg:maven/org.x/all-web@7"},
		{"<groupId>org.own</groupId><version>8</version>", "${project.groupId}", "core", "${project.version}", "pkg:maven/org.own/core@8"},
		{"<groupId>org.own</groupId><version>8</version>", "${project.parent.groupId}", "core", "${project.parent.version}", "pkg:maven/org.x/core@7"},
	} {
		content := "<project>" + parent + c.own + "<dependencies><dependency><groupId>" + c.group + "</groupId><artifactId>" + c.artifact +
			"</artifactId><version>" + c.version + "</version></dependency></dependencies></project>"
		result, err := Extract(t.Context(), "pom.xml", []byte(content))
		require.NoError(t, err)
		require.Equal(t, []string{c.want}, result.Purls, content)
	}
}

// A classifier of the platform is defined by a plugin, and says nothing about the version.
func TestPomKeepsTheVersionBesideWhatIsUndefined(t *testing.T) {
	t.Parallel()
	for _, element := range []string{"classifier", "optional", "scope", "type"} {
		beside := "<" + element + ">${elsewhere}</" + element + ">"
		content := strings.Replace(string(pomOf("", "1.0")), "</version></dependency>", "</version>"+beside+"</dependency>", 1)
		result, err := Extract(t.Context(), "pom.xml", []byte(content))
		require.NoError(t, err)
		require.Equal(t, []string{"pkg:maven/org.y/z@1.0"}, result.Purls, element)

		managed := strings.NewReplacer("<dependencies>", "<dependencyManagement><dependencies>", "</dependencies>", "</dependencies></dependencyManagement>"+
			"<dependencies><dependency><groupId>org.y</groupId><artifactId>z</artifactId>"+beside+"</dependency></dependencies>").Replace(content)
		result, err = Extract(t.Context(), "pom.xml", []byte(managed))
		require.NoError(t, err)
		require.Equal(t, []string{"pkg:maven/org.y/z@1.0"}, result.Purls, element)
	}
}

// What the profiles that are active by default name is used where nobody chooses others.
func TestPomDefaultProfiles(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "pom.xml", []byte(`<project>
		<properties><a>1.0</a></properties>
		<dependencyManagement><dependencies>
			<dependency><groupId>g</groupId><artifactId>b</artifactId><version>1.0</version></dependency>
		</dependencies></dependencyManagement>
		<dependencies>
			<dependency><groupId>g</groupId><artifactId>a</artifactId><version>${a}</version></dependency>
			<dependency><groupId>g</groupId><artifactId>b</artifactId></dependency>
		</dependencies>
		<profiles>
			<profile>
				<activation><activeByDefault>true</activeByDefault></activation>
				<properties><a>2.0</a></properties>
				<dependencyManagement><dependencies>
					<dependency><groupId>g</groupId><artifactId>b</artifactId><version>3.0</version></dependency>
				</dependencies></dependencyManagement>
				<dependencies><dependency><groupId>g</groupId><artifactId>c</artifactId><version>${a}</version></dependency></dependencies>
			</profile>
			<profile>
				<id>other</id>
				<dependencies><dependency><groupId>g</groupId><artifactId>d</artifactId><version>1.0</version></dependency></dependencies>
			</profile>
		</profiles>
	</project>`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:maven/g/a@2.0", "pkg:maven/g/b@3.0", "pkg:maven/g/c@2.0"}, result.Purls)
}

// What Maven takes for them is decided by the registry on the day of the build.
func TestPomVersionsThatAreChosenLater(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"LATEST", "RELEASE", "${v}"} {
		result, err := Extract(t.Context(), "pom.xml", pomOf("<v>LATEST</v>", version))
		require.NoError(t, err)
		require.Equal(t, []string{"pkg:maven/org.y/z"}, result.Purls, version)
	}
}
