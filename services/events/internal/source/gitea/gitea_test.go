package gitea_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/gitea"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) { sourcetest.Golden(t, gitea.Translate) }

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, gitea.Translate, "branch.created", "a new branch", "told again")
	sourcetest.Once(t, gitea.Translate, "commit.authored", "a push", "of Forgejo")
	sourcetest.Once(t, gitea.Translate, "pipeline.succeeded", "a run of Forgejo ends well again", "the same run, told as a success")
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, gitea.Translate) }

// The registries of distributions name a package alone; in a purl it belongs to the distribution.
func TestAPackageOfADistributionHasAPurl(t *testing.T) {
	for registry, want := range map[string]string{
		"alpine": "pkg:apk/alpine/basket@1.2.3-r0?repository_url=git.example.org%2Fteam",
		"arch":   "pkg:alpm/arch/basket@1.2.3-r0?repository_url=git.example.org%2Fteam",
		"debian": "pkg:deb/debian/basket@1.2.3-r0?repository_url=git.example.org%2Fteam",
	} {
		body := fmt.Appendf(nil, `{"action":"created","package":{"type":%q,"name":"basket","version":"1.2.3-r0","owner":{"login":"team"},"html_url":"https://git.example.org/team/-/packages/%s/basket/1.2.3-r0"}}`, registry, registry)
		drafts, err := gitea.Translate(source.Delivery{Event: "package", Key: "k", Body: body, Received: sourcetest.Received})
		require.NoError(t, err)
		require.Len(t, drafts, 1)
		require.Equal(t, []string{want}, drafts[0].Event.Packages, registry)
	}
}
