package manifest

import scalibrlog "github.com/google/osv-scalibr/log"

// silent is the extractors' logger: it keeps nothing.
type silent struct{}

var _ scalibrlog.Logger = silent{}

func (silent) Errorf(string, ...any) {}
func (silent) Error(...any)          {}
func (silent) Warnf(string, ...any)  {}
func (silent) Warn(...any)           {}
func (silent) Infof(string, ...any)  {}
func (silent) Info(...any)           {}
func (silent) Debugf(string, ...any) {}
func (silent) Debug(...any)          {}
