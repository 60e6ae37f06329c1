package otlp

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/commandline"
)

// agent is how one AI coding agent tells of its work. The table below is data: a new agent, or a new name in an old one, is a line.
type agent struct {
	// tool is what the agent is called.
	tool string
	// prefix begins the names of its events; services begin the names of its service, for agents that leave the prefix out.
	prefix   string
	services []string
	// names are our names of its events, without the prefix. Others keep their own.
	names map[string]string
	// called are the events of a tool call that was made, by which commands are known.
	called []string
	// toolName is the attribute that names the tool, shells the tools that run commands.
	toolName string
	shells   []string
	// commands are where the command stands: an attribute that holds JSON, and the key in it; "" is the attribute itself, which is no JSON then.
	commands [][2]string
}

var agents = []agent{
	{
		tool: "claude-code", prefix: "claude_code.", services: []string{"claude-code"},
		names: map[string]string{
			"api_error": "agent.model_failed", "api_request": "agent.model_called", "tool_decision": "agent.tool_decided", "tool_result": "agent.tool_called", "user_prompt": "agent.prompted",
		},
		called: []string{"tool_result"}, toolName: "tool_name", shells: []string{"Bash"},
		commands: [][2]string{{"tool_parameters", "full_command"}, {"tool_input", "command"}, {"tool_parameters", "command"}, {"tool_parameters", "bash_command"}},
	},
	{
		tool: "codex", prefix: "codex.", services: []string{"codex"},
		names: map[string]string{
			"api_request": "agent.model_called", "conversation_starts": "agent.session_started", "tool_decision": "agent.tool_decided", "tool_result": "agent.tool_called", "user_prompt": "agent.prompted",
		},
		called: []string{"tool_result"}, toolName: "tool_name", shells: []string{"container.exec", "exec_command", "local_shell", "shell", "shell_command", "unified_exec"},
		commands: [][2]string{{"arguments", "command"}, {"arguments", "cmd"}, {"arguments", ""}}, // of local_shell: words with blanks between them
	},
	{
		tool: "gemini-cli", prefix: "gemini_cli.", services: []string{"gemini-cli"},
		names: map[string]string{
			"api_error": "agent.model_failed", "api_request": "agent.model_called", "config": "agent.session_started", "tool_call": "agent.tool_called", "user_prompt": "agent.prompted",
		},
		called: []string{"tool_call"}, toolName: "function_name", shells: []string{"run_shell_command"},
		commands: [][2]string{{"function_args", "command"}},
	},
	{ // in the editor it tells of calls without their arguments, which others may add by the semantic conventions
		tool: "copilot", prefix: "copilot_chat.", services: []string{"copilot-chat", "github-copilot"},
		names: map[string]string{
			"gen_ai.client.inference.operation.details": "agent.model_called", "session.start": "agent.session_started", "tool.call": "agent.tool_called",
		},
		called: []string{"tool.call"}, toolName: "gen_ai.tool.name", shells: []string{"bash", "runInTerminal", "run_in_terminal"},
		commands: [][2]string{{"gen_ai.tool.call.arguments", "command"}},
	},
}

// tool finds the agent of the record and the name of its event without the prefix; nil when it is none's.
func (r *reader) tool(service string) (tool *agent, suffix string) {
	name := r.eventName()
	for i := range agents {
		a := &agents[i]
		if rest, ok := strings.CutPrefix(name, a.prefix); ok {
			return a, rest
		}
		if slices.ContainsFunc(a.services, func(prefix string) bool { return strings.HasPrefix(service, prefix) }) {
			return a, name
		}
	}
	return nil, ""
}

// describe names the event as ours and sets what all agents tell in one way, and what is known of the command that was run.
func (a *agent) describe(r *reader, fact *source.Fact, suffix string, script commandline.Script) {
	fact.Kind, fact.Tool = events.SourceAgent, a.tool
	if name := a.names[suffix]; name != "" {
		fact.Name = name
	} else if suffix != "" && !strings.HasPrefix(fact.Name, a.prefix) {
		fact.Name = a.prefix + suffix
	}
	set := fact.Properties.With(source.Properties{
		"decision":    r.attributes.text("decision"),
		"duration_ms": r.attributes.number("duration_ms"),
		"model":       r.at("model", "gen_ai.response.model", "gen_ai.request.model"),
		"tool":        r.attributes.text(a.toolName),
	})
	if success := r.attributes.text("success"); success != "" {
		set["success"] = success == "true"
	}
	set["programs"] = script.Programs
	fact.Properties = set
}

// command is the shell command of a tool call; "" when there is none.
func (a *agent) command(r *reader) string {
	if !slices.Contains(a.shells, r.attributes.text(a.toolName)) {
		return ""
	}
	for _, place := range a.commands {
		switch v := member(r.attributes[place[0]], place[1]).(type) {
		case string:
			if v != "" && place[1] == "" {
				return commandline.Unquoted(v)
			}
			if v != "" {
				return v
			}
		case []any:
			argv := make([]string, 0, len(v))
			for _, arg := range v {
				if text, ok := arg.(string); ok {
					argv = append(argv, text)
				}
			}
			if len(argv) > 0 {
				return commandline.Join(argv)
			}
		}
	}
	return ""
}

// member is a member of an object that an attribute holds, as itself or as JSON text; of a text that is no JSON, the member "" is the text.
func member(value any, key string) any {
	if text, ok := value.(string); ok {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil {
			return object[key]
		}
		if key != "" || json.Valid([]byte(text)) {
			return nil
		}
		return text
	}
	object, _ := value.(map[string]any)
	return object[key]
}

// requests are what a tool call asked package managers for. A call that was only allowed or refused asked for nothing yet.
func (a *agent) requests(script commandline.Script, suffix string) []commandline.Request {
	if !slices.Contains(a.called, suffix) {
		return nil
	}
	return script.Requests
}

// requested is the event of a request.
func (r *reader) requested(call source.Fact, request commandline.Request, index int) source.Fact {
	fact := call
	fact.ID = source.ContentID("otlp", r.sender.Credential, r.key, "package", strconv.Itoa(index))
	fact.Name = "package.requested"
	fact.Packages = request.Purls
	fact.Properties = source.Properties{
		"branch":      call.Properties["branch"],
		"command":     strings.TrimSpace(request.Manager + " " + request.Verb),
		"elsewhere":   request.Elsewhere,
		"evidence":    "command line",
		"model":       call.Properties["model"],
		"registry":    request.Index,
		"tool":        call.Properties["tool"],
		"tool_failed": call.Properties["success"] == false,
	}
	if len(request.Constraints) > 0 {
		fact.Properties["constraints"] = request.Constraints
	}
	return fact
}
