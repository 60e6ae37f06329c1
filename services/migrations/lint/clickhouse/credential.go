package clickhouse

import (
	"maps"
	"slices"
	"strings"
)

// outside are the engines and table functions, in lower case, that reach another system by an address among their arguments.
var outside = []string{
	"kafka", "s3", "s3queue", "s3cluster", "gcs", "oss", "cosn", "azureblobstorage", "azurequeue", "azureblobstoragecluster", "mysql", "materializedmysql", "postgresql",
	"materializedpostgresql", "mongodb", "redis", "rabbitmq", "nats", "hdfs", "hdfscluster", "url", "urlcluster", "jdbc", "odbc", "externaldistributed", "remote", "remotesecure",
	"iceberg", "icebergs3", "icebergazure", "deltalake", "deltalakes3", "hudi", "sqlite", "datalakecatalog", "arrowflight", "ytsaurus",
}

// secretSettings are parts of names of settings that hold an address or a secret.
var secretSettings = []string{
	"kafka_broker_list", "kafka_sasl_password", "kafka_sasl_username", "rabbitmq_host_port", "rabbitmq_address", "rabbitmq_username", "rabbitmq_password", "nats_url", "nats_server_list",
	"nats_username", "nats_password", "nats_token", "secret", "password", "access_key",
}

// credentials finds addresses and secrets written in DDL. A named collection alone, with or without settings that override parts of it, passes.
func credentials(c *check) {
	switch {
	case c.create != nil:
		c.createCredentials()
	case c.alter != nil:
		for _, cmd := range c.commands("MODIFY_SETTING") {
			c.settingCredentials(cmd.settings, cmd.pos)
		}
	case c.head == "ALTER USER" || c.head == "ALTER NAMED":
		c.secretWords(c.tokens)
	}
	if c.insert != nil || c.create != nil && c.create.query != nil || c.create != nil && c.create.body != nil && c.create.like != nil {
		c.functionCredentials()
	}
}

func (c *check) createCredentials() {
	cr := c.create
	if e := cr.engine; e != nil && slices.Contains(outside, strings.ToLower(e.name)) && written(e.args) {
		c.report(e.pos, "the engine "+e.name+" of "+c.object.String()+" has its address written in the statement", "")
		return
	}
	if c.settingCredentials(c.settings, cr.engine.position(c)) {
		return
	}
	for i, t := range cr.source {
		if slices.Contains([]string{"PASSWORD", "HOST", "URL", "CONNECTION_STRING", "SECRET_ACCESS_KEY", "USER"}, t.up) && i+1 < len(cr.source) && cr.source[i+1].isString() {
			value := cr.source[i+1].value()
			if value == "" || t.up == "HOST" && (value == "localhost" || value == "127.0.0.1") || t.up == "USER" && value == "default" {
				continue
			}
			c.report(t.pos, "the source of the dictionary "+c.object.String()+" has its "+strings.ToLower(t.up)+" written in the statement", "")
			return
		}
	}
	if c.head == "CREATE USER" || c.head == "CREATE NAMED COLLECTION" {
		c.secretWords(cr.body)
	}
}

// settingCredentials reports settings that hold an address or a secret.
func (c *check) settingCredentials(settings map[string]string, pos int) bool {
	for _, name := range secretSettings {
		for _, set := range slices.Sorted(maps.Keys(settings)) {
			if value := settings[set]; value != "" && (set == name || !strings.Contains(name, "_") && strings.Contains(set, name)) {
				c.report(pos, "the setting "+set+" of "+c.object.String()+" is written in the statement", "")
				return true
			}
		}
	}
	return false
}

// secretWords reports passwords of users and of named collections.
func (c *check) secretWords(tokens []token) {
	for i, t := range tokens {
		named := t.isName() && i+2 < len(tokens) && tokens[i+1].is("=") && tokens[i+2].isString()
		lower := strings.ToLower(t.value())
		if named && (strings.Contains(lower, "password") || strings.Contains(lower, "secret") || strings.Contains(lower, "key") || strings.Contains(lower, "host") || strings.Contains(lower, "url") || strings.Contains(lower, "broker")) ||
			t.is("IDENTIFIED") && slices.ContainsFunc(tokens[i:], token.isString) {
			c.report(t.pos, "a secret or an address of "+c.object.String()+" is written in the statement", "")
			return
		}
	}
}

// functionCredentials reports table functions with an address among their arguments.
func (c *check) functionCredentials() {
	for i, t := range c.tokens {
		if !t.isName() || !slices.Contains(outside, strings.ToLower(t.value())) || i == 0 {
			continue
		}
		before := c.tokens[i-1]
		cur := cursor{tokens: c.tokens, i: i + 1}
		inner, ok := cur.group()
		if !ok || !slices.ContainsFunc([]string{"FROM", "JOIN", "FUNCTION", "AS", ","}, before.is) {
			continue
		}
		var args []expr
		for _, piece := range split(inner) {
			args = append(args, piece)
		}
		if written(args) {
			c.report(t.pos, "the table function "+t.value()+" has its address written in the statement", "")
			return
		}
	}
}

// written reports whether arguments are values rather than a named collection: collection, key = value.
func written(args []expr) bool {
	if len(args) == 0 {
		return false
	}
	if _, collection := args[0].column(); !collection {
		return true
	}
	for _, a := range args[1:] {
		if len(a) < 3 || !a[1].is("=") {
			return true
		}
		key := strings.ToLower(a[0].value())
		if strings.Contains(key, "password") || strings.Contains(key, "secret") || strings.Contains(key, "access_key") {
			return true
		}
	}
	return false
}
