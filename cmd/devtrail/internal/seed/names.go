package seed

import "strings"

// What a company is made of.
var (
	areas       = []string{"shop", "billing", "search", "identity", "mobile", "payments", "catalog", "ads", "maps", "data", "support", "platform"}
	givenNames  = []string{"Ada", "Bo", "Cleo", "Dana", "Emil", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lena", "Mira", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Uma", "Viktor", "Wanda", "Yusuf", "Zoe"}
	familyNames = []string{"Abel", "Berg", "Chen", "Diaz", "Ekman", "Fischer", "Garcia", "Haddad", "Ito", "Jensen", "Kumar", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Silva", "Tanaka", "Ueda", "Vogel", "Weber", "Yilmaz", "Zhang"}
	editors     = []tool{{"vscode", "1.104.2"}, {"vscode", "1.105.0"}, {"intellij", "2026.2"}, {"neovim", "0.12.1"}, {"zed", "0.203.4"}}
	agents      = []tool{{"claude-code", "2.0.14"}, {"codex", "0.46.0"}, {"gemini-cli", "0.65.0"}}
	browsers    = []tool{{"firefox", "143.0"}, {"chrome", "141.0"}}
)

// libraries are the packages that projects have; the incident's is not among them.
func libraries() []library {
	var list []library
	for i, name := range []string{"express", "lodash", "react", "react-dom", "typescript", "vite", "zod", "axios", "date-fns", "uuid", "chalk", "commander", "dotenv", "eslint", "prettier", "vitest", "ws", "pino", "undici", "fastify"} {
		l := library{purl: "pkg:npm/" + name, weight: 20 - i}
		for minor := range 6 {
			l.versions = append(l.versions, strings.Join([]string{string(rune('1' + i%5)), string(rune('0' + minor)), string(rune('0' + (i+minor)%7))}, "."))
		}
		list = append(list, l)
	}
	return list
}

func ascii(name string) string { return strings.ToLower(name) }
