package commandline

import (
	"slices"
	"strings"
)

// wrappers start another command that stands behind their own flags.
var wrappers = map[string]flags{
	"builtin":    nil,
	"caffeinate": table(map[use]string{aside: "-t -w"}),
	"command":    nil,
	"corepack":   nil,
	"doas":       table(map[use]string{aside: "-C -u"}),
	"env":        table(map[use]string{aside: "-C -S -u --chdir --split-string --unset"}),
	"exec":       table(map[use]string{aside: "-a"}),
	"ionice":     table(map[use]string{aside: "-c -n --class --classdata"}),
	"nice":       table(map[use]string{aside: "-n --adjustment"}),
	"nohup":      nil,
	"setsid":     nil,
	"stdbuf":     table(map[use]string{aside: "-e -i -o --error --input --output"}),
	"sudo": table(map[use]string{
		aside: `-C -D -R -T -U -g -h -p -r -t -u --chdir --chroot --close-from --command-timeout --group --host --other-user --prompt --role --type --user`,
	}),
	"time":    table(map[use]string{aside: "-f -o --format --output"}),
	"timeout": table(map[use]string{aside: "-k -s --kill-after --signal"}),
	"xargs": table(map[use]string{
		aside: "-E -I -J -L -P -R -S -a -d -n -s --arg-file --delimiter --max-args --max-chars --max-procs --process-slot-var",
	}),
}

// unwrapped takes wrappers away from a command.
func unwrapped(argv []string) []string {
	for range 8 {
		if len(argv) == 0 {
			return nil
		}
		name := program(argv[0])
		f, ok := wrappers[name]
		if !ok {
			return argv
		}
		argv = argv[1:]
		for len(argv) > 0 && strings.HasPrefix(argv[0], "-") {
			last := argv[0] == "--"
			if _, _, argv = f.next(argv, false); last {
				break
			}
		}
		switch name {
		case "env", "sudo": // variables, which may hold anything
			for len(argv) > 0 && strings.Contains(argv[0], assigned) {
				argv = argv[1:]
			}
		case "timeout": // how long
			argv = argv[min(1, len(argv)):]
		}
	}
	return argv
}

var shells = []string{"ash", "bash", "dash", "fish", "ksh", "sh", "zsh"}

// shellScript is the script that a shell is called with: the first word behind the flags, of which one has a c. What a script in a file is called with is no
// script.
func shellScript(argv []string) (string, bool) {
	if script, ok := windowsScript(argv); ok {
		return script, true
	}
	if len(argv) < 3 || !slices.Contains(shells, program(argv[0])) {
		return "", false
	}
	rest, called := shellFlags(argv[1:])
	if !called || len(rest) == 0 {
		return "", false
	}
	return rest[0], true
}

// windowsScript is the script that a shell of Windows is called with: all that stands behind its flag. Its folders have the signs that other shells know.
func windowsScript(argv []string) (string, bool) {
	if len(argv) < 3 {
		return "", false
	}
	called := map[string][]string{"cmd": {"/c", "/k"}, "powershell": {"-c", "-command"}, "pwsh": {"-c", "-command"}}[strings.ToLower(program(argv[0]))]
	for i, arg := range argv[1 : len(argv)-1] {
		if slices.Contains(called, strings.ToLower(arg)) {
			return strings.ReplaceAll(strings.Join(argv[i+2:], " "), `\`, "/"), true
		}
	}
	return "", false
}

// shellFlags reads the flags of a shell, and tells whether a script follows them.
func shellFlags(args []string) (rest []string, called bool) {
	for len(args) > 0 && (strings.HasPrefix(args[0], "-") || strings.HasPrefix(args[0], "+")) {
		word := args[0]
		args = args[1:]
		switch {
		case word == "-" || word == "--":
			return args, called
		case word == "--init-file" || word == "--rcfile":
			args = args[min(1, len(args)):]
		case !strings.HasPrefix(word, "--"):
			called = called || word[0] == '-' && strings.Contains(word, "c")
			if strings.ContainsAny(word, "oO") { // an option by its name: -eo pipefail
				args = args[min(1, len(args)):]
			}
		}
	}
	return args, called
}

// readsScript tells whether a shell reads its script from where it reads.
func readsScript(argv []string) bool {
	if len(argv) == 0 || !slices.Contains(shells, program(argv[0])) {
		return false
	}
	rest, called := shellFlags(argv[1:])
	return !called && (len(rest) == 0 || slices.Contains(argv, "-s"))
}
