package schema

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// annotation is a line by which goose is told how to run a file.
var annotation = regexp.MustCompile(`^\s*--\s*\+goose\s+(.*?)\s*$`)

// gooseFile is a file as its annotations of goose say.
type gooseFile struct {
	// up is the text without the part that takes the change back, which nobody runs here. Its lines keep their numbers.
	up            string
	noTransaction bool
}

// readGoose reads the annotations of goose. A text without any is given back as it is. StatementBegin and StatementEnd stay in it for who cuts it into statements.
func readGoose(text string) (gooseFile, error) {
	g := gooseFile{up: text}
	if !strings.Contains(text, "+goose") {
		return g, nil
	}
	up, down, inside := false, false, false
	pos, number := 0, 0
	for line := range strings.Lines(text) {
		number++
		from := pos
		pos += len(line)
		m := annotation.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		word := strings.ToUpper(strings.Join(strings.Fields(m[1]), " "))
		if inside && (word == "UP" || word == "DOWN") {
			return g, fmt.Errorf("line %d: +goose %s stands in a statement that +goose StatementEnd does not end", number, m[1])
		}
		switch word {
		case "UP":
			if up || down {
				return g, fmt.Errorf("line %d: +goose Up must come once and before +goose Down", number)
			}
			up = true
		case "DOWN":
			if !up || down {
				return g, fmt.Errorf("line %d: +goose Down must come once and behind +goose Up", number)
			}
			down = true
			g.up = text[:from]
		case "NO TRANSACTION":
			g.noTransaction = true
		case "STATEMENTBEGIN", "STATEMENTEND":
			begins := word == "STATEMENTBEGIN"
			if !up || begins == inside {
				return g, fmt.Errorf("line %d: +goose %s does not fit: StatementBegin and StatementEnd come in turns behind +goose Up", number, m[1])
			}
			inside = begins
		case "ENVSUB ON", "ENVSUB OFF":
			return g, fmt.Errorf("line %d: +goose ENVSUB is refused: a migration must be the same text everywhere, and its checksum says so", number)
		default:
			return g, fmt.Errorf("line %d: the annotation +goose %s is not known", number, m[1])
		}
	}
	switch {
	case !up && (down || inside || g.noTransaction):
		return g, errors.New("the file has annotations of goose without +goose Up")
	case inside:
		return g, errors.New("+goose StatementBegin has no +goose StatementEnd")
	}
	return g, nil
}
