package env

import (
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

// hidden stands in the log for a secret that is set.
const hidden = "[hidden]"

// LogValue is the effective settings by name, for the one log line at the start. Fields tagged `secret:"true"`
// are hidden, URLs are shown without password, and connection strings that hold a password are hidden whole.
func LogValue(cfg any) slog.Value {
	v := reflect.ValueOf(cfg)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return slog.GroupValue()
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return slog.GroupValue()
	}
	return slog.GroupValue(attrs(v, "")...)
}

func attrs(v reflect.Value, prefix string) []slog.Attr {
	var out []slog.Attr
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if !field.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if name != "" && name != "-" {
			out = append(out, slog.String(prefix+name, show(field, value)))
			continue
		}
		for value.Kind() == reflect.Pointer && !value.IsNil() {
			value = value.Elem()
		}
		if value.Kind() == reflect.Struct {
			out = append(out, attrs(value, prefix+field.Tag.Get("envPrefix"))...)
		}
	}
	return out
}

func show(field reflect.StructField, v reflect.Value) string {
	if field.Tag.Get("secret") == "true" {
		if v.IsZero() {
			return ""
		}
		return hidden
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	text := fmt.Sprint(v.Interface())
	if strings.Contains(strings.ToLower(text), "password") {
		return hidden
	}
	if strings.Contains(text, "://") {
		return withoutPassword(text)
	}
	return text
}

// withoutPassword hides also what does not parse as a URL: the part that spoils the parse may be the password.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return hidden
	}
	return u.Redacted()
}
