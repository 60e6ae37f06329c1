package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pip freeze writes what was installed from a repository by its commit.
func TestRequirementsOfACommit(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"forked @ git+https://github.com/acme/forked.git@" + sha:                            forked,
		"forked[x] @ git+ssh://git@github.com/acme/forked@" + sha + " ; python_version>'3'": forked,
		"-e git+https://github.com/acme/forked@" + sha + "#egg=forked&subdirectory=x":       forked,
		"git+https://user:secret@github.com/acme/forked@" + sha + "#egg=forked":             forked,
		"forked @ git+https://github.com/acme/forked@main":                                  "pkg:pypi/forked",
		"forked @ git+https://github.com/acme/forked":                                       "pkg:pypi/forked",
		"forked @ git+https://git.example/acme/forked@" + sha:                               "pkg:pypi/forked",
		"-e git+https://github.com/acme/forked@main#egg=forked":                             "",
		"forked==1.0 # git+https://github.com/acme/forked@" + sha:                           "pkg:pypi/forked@1.0",
	} {
		result, err := Extract(t.Context(), "requirements.txt", []byte(line+"\n"))
		require.NoError(t, err, line)
		require.Equal(t, want, strings.Join(result.Purls, " "), line)
	}
}

// An archive beside the file is no package of the index by the archive's name.
func TestRequirementsOfAnArchive(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "requirements.txt", []byte("a-1.0-py3-none-any.whl\nb-1.0.tar.gz\nzipp==3.0\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:pypi/zipp@3.0"}, result.Purls)
	require.Equal(t, 2, result.Skipped)
}

func TestRequirementsWithOptionsAndWithoutAVersion(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "requirements.txt", []byte("a==1.0 -C key=value\nb==2.0 --hash=sha256:00\nc==\nd>=1,<\ne>=1,\nf (==3.0)\ng -C key=value\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:pypi/a@1.0", "pkg:pypi/b@2.0", "pkg:pypi/e", "pkg:pypi/f@3.0", "pkg:pypi/g"}, result.Purls)
	require.Equal(t, 2, result.Skipped)
}
