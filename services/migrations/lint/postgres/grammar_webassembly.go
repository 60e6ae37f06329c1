//go:build !cgo

package postgres

import (
	"fmt"
	"sync"

	"github.com/wasilibs/go-pgquery/parser"
)

// grammar guards the one instance of the grammar, the same C as WebAssembly for builds without a C compiler. A second instance would cost a second
// and 300 MB; a statement takes 50 us, so callers wait for each other.
var grammar sync.Mutex

func parseRaw(sql string) (raw []byte, err error) {
	grammar.Lock()
	defer grammar.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the grammar failed: %v", r)
		}
	}()
	return parser.ParseToProtobuf(sql)
}

func deparseRaw(tree []byte) (text string, err error) {
	grammar.Lock()
	defer grammar.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the grammar failed: %v", r)
		}
	}()
	return parser.DeparseFromProtobuf(tree)
}
