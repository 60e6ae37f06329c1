package engines

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// query runs one statement on a server and returns its first value, "" when
// it has none. The module knows no driver, so it speaks just enough of the
// protocols.
func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	ask := queryClickHouse
	if s.kind == Postgres {
		ask = queryPostgres
	}
	value, err := ask(t.Context(), s, sql)
	require.NoError(t, err)
	return value
}

func queryClickHouse(ctx context.Context, s *Server, sql string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		"http://"+address(s.HTTPPort())+"/?query="+url.QueryEscape(sql), http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s", body)
	}
	return strings.TrimSpace(string(body)), nil
}

// patience is how long a server may take to answer where other tests and servers want the processors too.
const patience = 30 * time.Second

// dial connects to a server that is to answer.
func dial(ctx context.Context, port int) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp4", address(port))
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

// queryPostgres needs a server that trusts.
func queryPostgres(ctx context.Context, s *Server, sql string) (string, error) {
	conn, err := dial(ctx, s.Port())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	startup := "\x00\x03\x00\x00user\x00postgres\x00database\x00postgres\x00\x00"
	if err := sendPostgres(conn, "", startup); err != nil {
		return "", err
	}
	if _, err := readPostgres(conn); err != nil {
		return "", err
	}
	if err := sendPostgres(conn, "Q", sql+"\x00"); err != nil {
		return "", err
	}
	value, err := readPostgres(conn)
	if err != nil {
		return "", err
	}
	return value, sendPostgres(conn, "X", "")
}

func sendPostgres(conn net.Conn, kind, body string) error {
	message := binary.BigEndian.AppendUint32([]byte(kind), uint32(len(body)+4))
	_, err := conn.Write(append(message, body...))
	return err
}

// readPostgres reads until ReadyForQuery and returns the first column of the
// last row.
func readPostgres(conn net.Conn) (string, error) {
	value := ""
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(conn, head); err != nil {
			return "", err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(conn, body); err != nil {
			return "", err
		}
		switch head[0] {
		case 'D':
			value = string(body[6 : 6+binary.BigEndian.Uint32(body[2:])])
		case 'E':
			return "", fmt.Errorf("%s", errorField(body, 'M'))
		case 'Z':
			return value, nil
		}
	}
}

// errorField finds one field of an ErrorResponse.
func errorField(body []byte, name byte) string {
	for len(body) > 1 && body[0] != 0 {
		end := 1
		for end < len(body) && body[end] != 0 {
			end++
		}
		if body[0] == name {
			return string(body[1:end])
		}
		body = body[min(end+1, len(body)):]
	}
	return ""
}
