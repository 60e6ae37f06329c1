package seed

// The properties of the events, by what reports them. Their keys are in order, as they are stored.
type (
	edited struct {
		Write    bool   `json:"is_write"`
		Language string `json:"language"`
		Lines    int    `json:"lines"`
	}
	viewed struct {
		Page     string `json:"page"`
		Registry string `json:"registry"`
	}
	committed struct {
		Added   int    `json:"added"`
		Commit  string `json:"commit"`
		Files   int    `json:"files"`
		Removed int    `json:"removed"`
	}
	built struct {
		Commit  string `json:"commit"`
		Result  string `json:"result"`
		Seconds int    `json:"seconds"`
	}
	called struct {
		Milliseconds int    `json:"duration_ms"`
		Success      bool   `json:"success"`
		Tool         string `json:"tool_name"`
	}
	installed struct {
		Command string `json:"command"`
		Path    string `json:"path"`
	}
	changed struct {
		Commit string   `json:"commit"`
		From   []string `json:"from"`
		Path   string   `json:"path"`
		Robot  string   `json:"robot,omitempty"`
		To     []string `json:"to"`
	}
)
