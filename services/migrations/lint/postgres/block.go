package postgres

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// block is what a DO block holds, as far as its words tell: it is judged as if every branch of it ran.
type block struct {
	statements []*pg.Node // that change the schema
	dynamic    bool       // it runs text that it builds, so what it does is not known
}

// changing begin the statements of a block that change the schema. Changes of rows are the matter of unbatched-dml.
var changing = []string{"ALTER", "CREATE", "DROP", "TRUNCATE", "REINDEX", "CLUSTER", "REFRESH", "LOCK", "GRANT", "REVOKE", "ANALYZE"}

// introducing are the words of PL/pgSQL behind which a statement begins.
var introducing = []string{"BEGIN", "THEN", "ELSE", "LOOP"}

// readBlock reads the body of a DO block in PL/pgSQL.
func readBlock(d *pg.DoStmt) block {
	var b block
	for _, a := range d.GetArgs() {
		if e := a.GetDefElem(); e.GetDefname() == "language" && !strings.EqualFold(e.GetArg().GetString_().GetSval(), "plpgsql") {
			return b
		}
	}
	body := bodyOf(d)
	list := tokens(body)
	for i := range list {
		if list[i].kind != wordToken || !begins(list, i) {
			continue
		}
		end := i
		for end < len(list) && list[end].text != ";" {
			end++
		}
		b.add(body, list[i:end])
	}
	return b
}

// bodyOf returns the text of a DO block.
func bodyOf(d *pg.DoStmt) string {
	for _, a := range d.GetArgs() {
		if e := a.GetDefElem(); e.GetDefname() == "as" {
			return e.GetArg().GetString_().GetSval()
		}
	}
	return ""
}

// begins reports whether a statement begins at token i.
func begins(list []token, i int) bool {
	return i == 0 || list[i-1].text == ";" || (list[i-1].kind == wordToken && slices.Contains(introducing, strings.ToUpper(list[i-1].text)))
}

// add reads one statement of the body.
func (b *block) add(body string, list []token) {
	switch head := strings.ToUpper(list[0].text); {
	case slices.Contains(changing, head):
		b.parse(body[list[0].offset:endOf(body, list, len(list)-1)])
	case head == "EXECUTE" && len(list) == 2 && list[1].kind == stringToken:
		b.parse(stringValue(list[1].text))
	case head == "EXECUTE":
		b.dynamic = true
	}
}

func (b *block) parse(sql string) {
	if n, err := parse(sql); err == nil {
		b.statements = append(b.statements, n)
	} else {
		b.dynamic = true
	}
}

// stringValue returns what stands in a string that has no escapes.
func stringValue(text string) string {
	if rest, ok := strings.CutPrefix(text, "$"); ok {
		tag, _, _ := strings.Cut(rest, "$")
		return strings.TrimSuffix(strings.TrimPrefix(text, "$"+tag+"$"), "$"+tag+"$")
	}
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(text, "'"), "'"), "''", "'")
}
