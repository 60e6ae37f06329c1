package runner

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// step is one statement of a file, by its number from 1 of so many.
type step struct {
	file       schema.File
	number, of int
	statement  sqlsplit.Statement
}

// message is statements that go to the server together, which saves the ways between them. The server runs one after the other and answers each as it is
// done, so that a message tells as much as its statements would alone.
type message struct {
	text  strings.Builder
	steps []messageStep
}

// messageStep is a statement with what goes before it.
type messageStep struct {
	step
	// offset is where its text begins in the message, in bytes.
	offset int
	// answers is how many the server gives up to and with this statement.
	answers int
}

// Limits of a message: what is sent is held in memory on both sides, and read whole before the first statement runs.
const (
	messageSteps = 64
	messageBytes = 256 << 10
)

func (m *message) full() bool { return len(m.steps) >= messageSteps || m.text.Len() >= messageBytes }

// add puts a statement behind the settings that are for it. Before the first of a file comes RESET ALL, since what the file before has SET,
// a search_path for one, is not for this one.
func (m *message) add(s step, settings string) {
	answers := 0
	if len(m.steps) > 0 {
		answers = m.steps[len(m.steps)-1].answers
	}
	if s.number == 1 {
		m.text.WriteString("RESET ALL;\n")
		answers++
	}
	m.text.WriteString(settings + ";\n")
	answers += 3 // the two settings and the statement
	m.steps = append(m.steps, messageStep{step: s, offset: m.text.Len(), answers: answers})
	m.text.WriteString(s.statement.Text + ";\n")
}

// send runs the message and tells of each statement when it begins and when it is done. The error names the file and the line of the one that failed.
func (m *message) send(ctx context.Context, conn *pgx.Conn, tell func(s step, done bool)) error {
	if len(m.steps) == 0 {
		return nil
	}
	answers, at := 0, 0
	tell(m.steps[0].step, false)
	results := conn.PgConn().Exec(ctx, m.text.String())
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err != nil {
			break // Close of all says it again
		}
		answers++
		if answers < m.steps[at].answers {
			continue
		}
		tell(m.steps[at].step, true)
		if at++; at == len(m.steps) {
			break
		}
		tell(m.steps[at].step, false)
	}
	if err := results.Close(); err != nil {
		failed := m.steps[m.blame(err, min(at, len(m.steps)-1))]
		return statementError(failed.file, failed.statement, err)
	}
	return nil
}

// codeSyntax is the error of a message that the server could not read, of which nothing has run.
const codeSyntax = "42601"

// blame returns the step that an error is of: the one that was running, or of a message that cannot be read the one at the position that the server names.
func (m *message) blame(err error, running int) int {
	detail, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pg.Code(err) != codeSyntax || detail.Position == 0 {
		return running
	}
	position := byteOffset(m.text.String(), int(detail.Position)-1)
	for i := len(m.steps) - 1; i > 0; i-- {
		if m.steps[i].offset <= position {
			return i
		}
	}
	return 0
}

// byteOffset is where the nth character of a text begins; Postgres counts characters.
func byteOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
