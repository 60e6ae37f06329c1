package lint

import (
	"encoding/json"
	"io"
)

// sarifSchema and sarifVersion name the format, as its readers expect them.
const (
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifVersion = "2.1.0"
)

// The parts of SARIF that are written, by the names of its standard.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string       `json:"id"`
		Short         sarifText    `json:"shortDescription"`
		Help          sarifText    `json:"help"`
		Configuration sarifLevel   `json:"defaultConfiguration"`
		Properties    sarifTagging `json:"properties"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifTagging struct {
		Severity Severity `json:"severity"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Properties   sarifProperties    `json:"properties"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifProperties struct {
		Alternative string `json:"alternative,omitempty"`
		Lock        string `json:"lock,omitempty"`
		Statement   int    `json:"statement"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// WriteSARIF writes the findings as one SARIF 2.1.0 run, with the whole catalogue of the engine. Suppressed findings are in it, with the reason
// that the file gives. The error is the writer's, or that of an engine that is not known.
func WriteSARIF(w io.Writer, e Engine, found []Finding) error {
	rules, err := Rules(e)
	if err != nil {
		return err
	}
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "devtrail migrate lint"}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	index := make(map[string]int, len(rules))
	for i, r := range rules {
		index[r.Name] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: r.Name, Short: sarifText{r.Reason}, Help: sarifText{r.Alternative}, Configuration: sarifLevel{level(r.Severity)}, Properties: sarifTagging{r.Severity},
		})
	}
	for _, f := range found {
		run.Results = append(run.Results, sarifResultOf(f, index[f.Rule]))
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}})
}

func sarifResultOf(f Finding, index int) sarifResult {
	r := sarifResult{
		RuleID: f.Rule, RuleIndex: index, Level: level(f.Severity), Message: sarifText{f.Message},
		Locations:  []sarifLocation{{sarifPhysical{sarifArtifact{f.File}, sarifRegion{f.Line, f.Column}}}},
		Properties: sarifProperties{f.Alternative, f.Lock, f.Statement},
	}
	if f.Suppressed {
		r.Suppressions = []sarifSuppression{{"inSource", f.Justification}}
	}
	return r
}

// level is the severity in SARIF's words. A gate is a warning there: it waits, it does not fail.
func level(s Severity) string {
	switch s {
	case Error:
		return "error"
	case Gate, Warning:
		return "warning"
	default:
		return "note"
	}
}
