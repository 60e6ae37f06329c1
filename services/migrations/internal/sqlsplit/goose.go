package sqlsplit

import "strings"

// gooseMark reports whether the blank at sql[from:to] is a line with which goose begins or ends a statement that is not cut.
func gooseMark(sql string, from, to int) (begin, ok bool) {
	text, comment := strings.CutPrefix(sql[from:to], "--")
	if !comment {
		return false, false
	}
	before := sql[strings.LastIndexByte(sql[:from], '\n')+1 : from]
	words := strings.Fields(text)
	if strings.TrimSpace(before) != "" || len(words) != 2 || words[0] != "+goose" {
		return false, false
	}
	switch {
	case strings.EqualFold(words[1], "StatementBegin"):
		return true, true
	case strings.EqualFold(words[1], "StatementEnd"):
		return false, true
	}
	return false, false
}
