// Package env fills a service's Config from the environment, once, before anything is opened. It is the only
// reader of settings in the suite; the door, the stores and the clients get values.
package env

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	caarlos "github.com/caarlos0/env/v11"
)

// Load fills a T by its struct tags: `env:"NAME"`, `env:"NAME,required"`, `envDefault:"..."`, `envPrefix:"..."`.
// Each setting NAME may be given as NAME_FILE instead, the path of a file whose content, without the last line
// break, is the value. An empty setting counts as not given. The optional defaults is the T to begin with: what it
// holds wins over an envDefault, so that a service may have another default than the Config it embeds.
// When *T has Validate() error it is called. All mistakes are reported, joined, each naming its setting.
func Load[T any](getenv func(string) string, defaults ...T) (T, error) {
	var cfg, zero T
	if len(defaults) > 0 {
		cfg = defaults[0]
	}
	params, err := caarlos.GetFieldParams(&cfg)
	if err != nil {
		return zero, fmt.Errorf("read the tags of %T: %w", cfg, err)
	}
	var mistakes []error
	given := make(map[string]string, len(params))
	unreadable := make(map[string]bool)
	for _, p := range params {
		value, err := lookup(getenv, p.Key)
		if err != nil {
			mistakes = append(mistakes, err)
			unreadable[p.Key] = true
		}
		if value != "" {
			given[p.Key] = value
		}
	}
	begin := cfg
	err = caarlos.ParseWithOptions(&cfg, caarlos.Options{Environment: given})
	keep(reflect.ValueOf(&cfg).Elem(), reflect.ValueOf(&begin).Elem(), "", given)
	mistakes = append(mistakes, parseMistakes(err, unreadable)...)
	if err != nil {
		mistakes = append(mistakes, illegible[T](params, given)...)
	}
	if len(mistakes) > 0 {
		return zero, errors.Join(mistakes...)
	}
	if v, ok := any(&cfg).(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return zero, err
		}
	}
	return cfg, nil
}

func lookup(getenv func(string) string, name string) (string, error) {
	value, path := getenv(name), getenv(name+"_FILE")
	switch {
	case path == "":
		return value, nil
	case value != "":
		return "", fmt.Errorf("%s and %s_FILE are both set; set one", name, name)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r"), nil
}

// keep puts back what stood in begin where no setting was given and the parser has put the tag's default.
func keep(cfg, begin reflect.Value, prefix string, given map[string]string) {
	for i := range cfg.NumField() {
		field := cfg.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case !field.IsExported():
		case name == "" && field.Type.Kind() == reflect.Struct:
			keep(cfg.Field(i), begin.Field(i), prefix+field.Tag.Get("envPrefix"), given)
		case name != "" && given[prefix+name] == "" && !begin.Field(i).IsZero():
			cfg.Field(i).Set(begin.Field(i))
		}
	}
}

// illegible are the settings that do not fit their types. The parser names fields, of which several may have the same name, so each setting is parsed alone.
func illegible[T any](params []caarlos.FieldParams, given map[string]string) (mistakes []error) {
	for _, p := range params {
		value, is := given[p.Key]
		if !is {
			continue
		}
		var alone T
		err := caarlos.ParseWithOptions(&alone, caarlos.Options{Environment: map[string]string{p.Key: value}})
		all, _ := errors.AsType[caarlos.AggregateError](err)
		for _, e := range all.Errors {
			if misfit, ok := errors.AsType[caarlos.ParseError](e); ok {
				mistakes = append(mistakes, fmt.Errorf("%s is no %s: %w", p.Key, misfit.Type, misfit.Err))
			}
		}
	}
	return mistakes
}

// parseMistakes flattens the parser's error and drops "is not set" of a setting whose file could not be read:
// that mistake is told already. What illegible tells is dropped as well.
func parseMistakes(err error, unreadable map[string]bool) []error {
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[caarlos.AggregateError](err)
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range all.Errors {
		if unset, ok := errors.AsType[caarlos.VarIsNotSetError](e); ok {
			if !unreadable[unset.Key] {
				out = append(out, fmt.Errorf("%s is required and not set", unset.Key))
			}
			continue
		}
		if _, told := errors.AsType[caarlos.ParseError](e); told {
			continue
		}
		out = append(out, e)
	}
	return out
}
