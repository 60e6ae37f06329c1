package manifest

// deviation is what we say other than the oracle about a file.
type deviation struct {
	// missing are purls of the oracle that we do not give; extra are ours that it does not give.
	missing []string
	extra   []string
	reason  string
}

const (
	reasonGit   = "a Git source is named by its repository and commit: pkg:git/name says little and is no valid purl"
	reasonLocal = "a local path is not a package of the registry"
	reasonRange = "the lower end of a range is not the version that is used"
)

// corpusDeviations are by file.
var corpusDeviations = map[string]deviation{
	"dart/pubspec/source-sdk.lock": {missing: []string{"pkg:pub/flutter_web_plugins@0.0.0"}, reason: "what comes with the SDK is not a package of the registry"},
	"golang/gomod/indirect-1.16.mod": {
		missing: []string{
			"pkg:golang/github.com/davecgh/go-spew@1.1.1",
			"pkg:golang/github.com/pmezard/go-difflib@1.0.0",
			"pkg:golang/github.com/stretchr/testify@1.7.0",
			"pkg:golang/golang.org/x/sys@0.0.0-20220715151400-c0bba94af5f8",
			"pkg:golang/gopkg.in/yaml.v3@3.0.0-20200313102051-9f266ea9e77c",
		},
		reason: "they stand in go.sum, which is another file",
	},
	"java/pomxml/interpolation.xml": {
		missing: []string{"pkg:maven/org.mine/ranged-package@9.4.35.v20201120"},
		extra:   []string{"pkg:maven/org.mine/ranged-package"},
		reason:  reasonRange,
	},
	"javascript/bunlock/commits.json5": {
		extra: []string{
			"pkg:github/brianfryer/slick@fc6f7d8",
			"pkg:github/getsentry/raven-js@91ef2d4",
			"pkg:github/jonschlinkert/is-number@98e8ff1",
			"pkg:github/jonschlinkert/is-number@b7aef34",
			"pkg:github/jonschlinkert/is-number@d5ac058",
			"pkg:github/prettier/prettier-synchronized@527e8ce",
		},
		reason: reasonGit,
	},
	"javascript/packagelockjson/commits.v1.json": {extra: npmCommits, reason: reasonGit},
	"javascript/packagelockjson/commits.v2.json": {extra: npmCommits, reason: reasonGit},
	"javascript/packagelockjson/files.v1.json":   {missing: []string{"pkg:npm/other_package"}, reason: reasonLocal},
	"javascript/packagelockjson/files.v2.json":   {missing: []string{"pkg:npm/etag@1.8.0"}, reason: reasonLocal},
	"javascript/pnpmlock/commits.v9.yaml": {
		extra: []string{
			"pkg:github/chalk/ansi-regex@02fa893d619d3da85411acc8fd4e2eea0e95a9d9",
			"pkg:github/jonschlinkert/is-number@98e8ff1da1a89f93d1397a24d7413ed15421c139",
		},
		reason: reasonGit,
	},
	"javascript/pnpmlock/commits.yaml": {
		extra: []string{
			"pkg:bitbucket/my-org/my-bitbucket-project@6104ae42cd32c3d724036d3964678f197b2c9cdb",
			"pkg:github/my-org/faker-parser@d2dc42a9351d4d89ec48c525e34f612b6d77993f",
			"pkg:github/my-org/mocks@590f321b4eb3f692bb211bd74e22947639a6f79d",
			"pkg:github/my-org/my-other-package@fbfc962ab51eb1d754749b68c064460221fbd689",
			"pkg:github/my-org/my-package@267087851ad5fac92a184749c27cd539e2fc862e",
		},
		reason: reasonGit,
	},
	"javascript/yarnlock/commits.v2.lock": {
		extra: []string{
			"pkg:github/my-org/is-really-great@191eeef50c584714e1fb8927d17ee72b3b8c97c4",
			"pkg:github/my-org/my-first-package@0b824c650d3a03444dbcf2b27a5f3566f6e41358",
			"pkg:github/my-org/my-node-sdk@053dea9e0b8af442d8f867c8e690d2fb0ceb1bf5",
			"pkg:github/my-org/my-second-package@59e2127b9f9d4fda5f928c4204213b3502cd5bb0",
			"pkg:github/my-org/my-third-package@5675a0aed98e067ff6ecccc5ac674fe8995960e0",
			"pkg:github/typegoose/typegoose@3ed06e5097ab929f69755676fee419318aaec73a",
			"pkg:github/vuejs/vue@0948d999f2fddf9f90991956493f976273c5da1f",
		},
		reason: reasonGit,
	},
	"javascript/pnpmlock/files.yaml": {
		missing: []string{
			"pkg:npm/a-local-package@1.0.0",
			"pkg:npm/a-nested-local-package@1.0.0",
			"pkg:npm/my-file-package@0.0.0",
			"pkg:npm/one-up-with-peer@1.0.0",
			"pkg:npm/one-up@1.0.0",
		},
		reason: reasonLocal,
	},
	"javascript/yarnlock/files.v1.lock": {
		missing: []string{"pkg:npm/etag@1.8.0", "pkg:npm/filedep@1.2.0", "pkg:npm/other_package@0.0.2", "pkg:npm/sprintf-js@0.0.0"},
		reason:  reasonLocal,
	},
	"javascript/yarnlock/files.v2.lock": {missing: []string{"pkg:npm/my-package@0.0.2"}, reason: reasonLocal},
	"javascript/yarnlock/with-build-string.v2.lock": {
		extra:  []string{"pkg:github/angular/domino@f2435fe1f9f7c91ade0bd472c4723e5eacd7d19a"},
		reason: reasonGit,
	},
	"python/requirements/example.txt": {
		missing: []string{"pkg:pypi/keyring@4.1.1", "pkg:pypi/mopidy-dirble@1.1", "pkg:pypi/pandas@2.2.3"},
		extra:   []string{"pkg:pypi/keyring", "pkg:pypi/mopidy-dirble", "pkg:pypi/urllib3"},
		reason:  reasonRange + "; pandas stands in the file that it includes; urllib3 is named with an address",
	},
	"python/requirements/with_versions.txt": {
		missing: []string{"pkg:pypi/combination-also-valid@3.5", "pkg:pypi/newspaper3k@0.2.2", "pkg:pypi/pkg@1.2.3"},
		extra:   []string{"pkg:pypi/combination-also-valid", "pkg:pypi/newspaper3k", "pkg:pypi/pkg"},
		reason:  reasonRange,
	},
	"r/renvlock/with-mixed-sources.lock":          {extra: []string{"pkg:github/yihui/mime@1763e0dcb72fb58d97bab97bb834fc71f1e012bc"}, reason: reasonGit},
	"rust/cargolock/two-packages-with-local.lock": {missing: []string{"pkg:cargo/local-rust-pkg@0.1.0"}, reason: reasonLocal},
}

// npmCommits are the sources of the same project in both versions of the lock file.
var npmCommits = []string{
	"pkg:github/brianfryer/slick@280b560161b751ba226d50c7db1e0a14a78c2de0",
	"pkg:github/getsentry/raven-js@c2b377e7a254264fd4a1fe328e4e3cfc9e245570",
	"pkg:github/jonschlinkert/is-number@82ae8802978da40d7f1be5ad5943c9e550ab2c89",
	"pkg:github/jonschlinkert/is-number@82dcc8e914dabd9305ab9ae580709a7825e824f5",
	"pkg:github/jonschlinkert/is-number@af885e2e890b9ef0875edd2b117305119ee5bdc5",
	"pkg:github/jonschlinkert/is-number@be5935f8d2595bcd97b05718ef1eeae08d812e10",
	"pkg:github/jonschlinkert/is-number@d5ac0584ee9ae7bd9288220a39780f155b9ad4c8",
	"pkg:github/segmentio/analytics.js-integrations@3b1bb80b302c2e552685dc8a029797ec832ea7c9",
}
