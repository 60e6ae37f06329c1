package manifest

import (
	"fmt"
	"strings"
	"testing"
)

// generate writes a file of a format with n packages, much as its tool would.
func generate(format Format, n int) []byte {
	const sum = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	head, foot := "", ""
	each := func(int) string { return "" }
	switch format {
	case BunLock:
		head, foot = "{\n  \"lockfileVersion\": 1,\n  \"packages\": {\n", "  },\n}\n"
		each = func(i int) string {
			return fmt.Sprintf("    \"p%d\": [\"p%d@1.2.%d\", \"\", { \"dependencies\": { \"q\": \"^1.0.0\" } }, \"sha512-%s\"],\n\n", i, i, i, sum)
		}
	case CargoLock:
		head = "version = 4\n"
		each = func(i int) string {
			return fmt.Sprintf("\n[[package]]\nname = \"p%d\"\nversion = \"1.2.%d\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"%s\"\ndependencies = [\n \"q\",\n \"r\",\n]\n", i, i, sum)
		}
	case ComposerLock:
		head, foot = "{\"packages\": [{\"name\": \"v/first\", \"version\": \"1\"}", "], \"packages-dev\": []}\n"
		each = func(i int) string {
			return fmt.Sprintf(",\n{\"name\": \"v/p%d\", \"version\": \"1.2.%d\", \"dist\": {\"type\": \"zip\", \"url\": \"https://packages.example\", \"reference\": \"%s\"}, \"require\": {\"php\": \">=8\"}}", i, i, sum)
		}
	case GemfileLock:
		head, foot = "GEM\n  remote: https://gems.example/\n  specs:\n", "\nPLATFORMS\n  ruby\n"
		each = func(i int) string { return fmt.Sprintf("    p%d (1.2.%d)\n      q (~> 1.0)\n", i, i) }
	case GoMod:
		head, foot = "module example.com/a\n\ngo 1.26.0\n\nrequire (\n", ")\n"
		each = func(i int) string { return fmt.Sprintf("\tgithub.com/o%d/n v1.2.%d // indirect\n", i, i) }
	case PackageLock:
		head, foot = "{\"name\": \"a\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"name\": \"a\"}", "}}\n"
		each = func(i int) string {
			return fmt.Sprintf(",\n    \"node_modules/p%d\": {\n      \"version\": \"1.2.%d\",\n      \"resolved\": \"https://registry.example/p%d/-/p%d-1.2.%d.tgz\",\n      \"integrity\": \"sha512-%s\",\n      \"dev\": true,\n      \"dependencies\": {\n        \"q\": \"^1.0.0\"\n      },\n      \"engines\": {\n        \"node\": \">=8\"\n      }\n    }", i, i, i, i, i, sum)
		}
	case PnpmLock:
		head = "lockfileVersion: '9.0'\n\npackages:\n"
		each = func(i int) string {
			return fmt.Sprintf("\n  p%d@1.2.%d:\n    resolution: {integrity: sha512-%s}\n    engines: {node: '>=8'}\n", i, i, sum)
		}
	case PoetryLock:
		each = func(i int) string {
			return fmt.Sprintf("[[package]]\nname = \"p%d\"\nversion = \"1.2.%d\"\ndescription = \"x\"\noptional = false\nfiles = [\n    {file = \"p.tar.gz\", hash = \"sha256:%s\"},\n]\n\n", i, i, sum)
		}
	case RequirementsText:
		each = func(i int) string { return fmt.Sprintf("p%d==1.2.%d\n", i, i) }
	case UvLock:
		head = "version = 1\n\n"
		each = func(i int) string {
			return fmt.Sprintf("[[package]]\nname = \"p%d\"\nversion = \"1.2.%d\"\nsource = { registry = \"https://pypi.example/simple\" }\nwheels = [\n    { url = \"https://pypi.example/p\", hash = \"sha256:%s\", size = 1 },\n]\n\n", i, i, sum)
		}
	case YarnLock:
		head = "# yarn lockfile v1\n\n"
		each = func(i int) string {
			return fmt.Sprintf("\np%d@^1.2.0:\n  version \"1.2.%d\"\n  resolved \"https://registry.example/p%d/-/p%d-1.2.%d.tgz#abc\"\n  integrity sha512-%s\n  dependencies:\n    q \"^1.0.0\"\n", i, i, i, i, i, sum)
		}
	}
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		b.WriteString(each(i))
	}
	b.WriteString(foot)
	return []byte(b.String())
}

// BenchmarkExtract reads files of 1,000 packages, each with our reader or the extractor as Extract chooses, and where we have one with the extractor too.
func BenchmarkExtract(b *testing.B) {
	const n = 1000
	for _, format := range []Format{BunLock, CargoLock, ComposerLock, GemfileLock, GoMod, PackageLock, PnpmLock, PoetryLock, RequirementsText, UvLock, YarnLock} {
		content := generate(format, n)
		b.Run(string(format), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				result, err := Extract(b.Context(), string(format), content)
				if err != nil || len(result.Purls) < n {
					b.Fatal(len(result.Purls), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/package")
		})
		if _, ok := readers[format]; !ok || extractors[format] == nil {
			continue
		}
		b.Run(string(format)+"/extractor", func(b *testing.B) {
			for b.Loop() {
				if _, err := scan(b.Context(), format, content); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/package")
		})
	}
}
