package engines

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// probePostgres asks for a session on the wire and returns nil when the server
// takes part in it: it asks for a password, lets us in, or refuses for another
// reason than that it is still starting (SQLSTATE 57P03).
func probePostgres(ctx context.Context, port int) error {
	conn, err := probeDial(ctx, port)
	if err != nil {
		return err
	}
	defer conn.Close()
	startup := binary.BigEndian.AppendUint32(nil, 0) // the length, set below
	startup = binary.BigEndian.AppendUint32(startup, 3<<16)
	startup = append(startup, "user\x00"+superuser+"\x00database\x00postgres\x00\x00"...)
	binary.BigEndian.PutUint32(startup, uint32(len(startup)))
	if _, err := conn.Write(startup); err != nil {
		return err
	}
	head := make([]byte, 5)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size < 8 || size > 1<<16 {
		return errors.New("the answer is not PostgreSQL's")
	}
	body := make([]byte, size-4)
	if _, err := io.ReadFull(conn, body); err != nil {
		return err
	}
	switch head[0] {
	case 'R':
		if binary.BigEndian.Uint32(body) != 0 {
			return nil // it asks for a password; leaving here is not logged
		}
		// Terminate, so that the server logs no broken connection.
		_, err := conn.Write([]byte{'X', 0, 0, 0, 4})
		return err
	case 'E':
		if code := errorField(body, 'C'); code == "57P03" {
			return fmt.Errorf("the server is starting (%s)", code)
		}
		return nil
	}
	return fmt.Errorf("the answer %q is not PostgreSQL's", head[0])
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

// probeDial connects with a deadline of two seconds for the whole probe.
func probeDial(ctx context.Context, port int) (net.Conn, error) {
	d := net.Dialer{Timeout: 2 * time.Second}
	conn, err := d.DialContext(ctx, "tcp4", address(port))
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
