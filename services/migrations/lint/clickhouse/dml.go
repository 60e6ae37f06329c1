package clickhouse

import "slices"

// readInsert reads INSERT INTO [TABLE] name [(columns)] SELECT ... or VALUES.
func (s *statement) readInsert(c *cursor) {
	s.head = "INSERT"
	s.insert = &insert{}
	c.take("INSERT")
	if !c.take("INTO") {
		s.fail(c, "expected INTO")
	}
	c.take("TABLE")
	if c.take("FUNCTION") {
		c.object()
		c.group()
	} else {
		o, ok := c.object()
		if !ok {
			s.fail(c, "expected the name of a table")
			return
		}
		s.object = o
	}
	if c.at("(") && c.peek(1).up != "SELECT" && c.peek(1).up != "WITH" {
		c.group()
	}
	if c.take("PARTITION", "BY") {
		c.until(func(c *cursor) bool { return startsQuery(c) || c.at("VALUES") || c.at("SETTINGS") })
	}
	if c.take("SETTINGS") {
		s.settings = assignments(c.until(func(c *cursor) bool { return startsQuery(c) || c.at("VALUES") || c.at("FORMAT") }))
	}
	if startsQuery(c) {
		q := readQuery(c.rest())
		s.insert.query = &q
		for name, value := range q.settings {
			s.settings[name] = value
		}
	}
}

// readMutation reads DELETE FROM name ... WHERE and UPDATE name SET ... WHERE.
func (s *statement) readMutation(c *cursor) {
	s.head = c.peek(0).up
	c.i++
	if s.head == "DELETE" && !c.take("FROM") {
		s.fail(c, "expected FROM")
		return
	}
	o, ok := c.object()
	if !ok {
		s.fail(c, "expected the name of a table")
		return
	}
	s.object = o
	s.mutate = &mutation{}
	s.cluster = c.onCluster()
	if s.head == "UPDATE" && !c.take("SET") {
		s.fail(c, "expected SET")
		return
	}
	*s.mutate = readChange(c)
	if c.take("SETTINGS") {
		s.settings = assignments(c.rest())
	}
	if len(s.mutate.where) == 0 {
		s.fail(c, "expected WHERE and a condition")
	}
}

// readChange reads [assignments] [IN PARTITION x] WHERE condition, up to SETTINGS.
func readChange(c *cursor) mutation {
	ends := func(c *cursor) bool { return c.at("IN", "PARTITION") || c.at("WHERE") || atSettings(c) }
	m := mutation{set: assignments(c.until(ends))}
	if c.take("IN", "PARTITION") {
		m.partition = true
		c.until(func(c *cursor) bool { return c.at("WHERE") || atSettings(c) })
	}
	if c.take("WHERE") {
		m.where = c.until(atSettings)
	}
	return m
}

// atSettings reports whether the settings of the statement come next: SETTINGS name = value.
func atSettings(c *cursor) bool {
	return c.at("SETTINGS") && c.peek(1).isName() && c.peek(2).is("=")
}

// readOptimize reads OPTIMIZE TABLE name [ON CLUSTER c] ....
func (s *statement) readOptimize(c *cursor) {
	s.head = "OPTIMIZE"
	c.take("OPTIMIZE")
	if !c.take("TABLE") {
		s.fail(c, "expected TABLE")
		return
	}
	s.object, _ = c.object()
	s.cluster = c.onCluster()
	if slices.ContainsFunc(c.rest(), func(t token) bool { return t.up == "FINAL" }) {
		s.head = "OPTIMIZE FINAL"
	}
}
