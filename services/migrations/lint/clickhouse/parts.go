package clickhouse

// readParts reads the commands on partitions and parts, and those that no rule asks about.
func (cmd *command) readParts(c *cursor, verb string) bool {
	switch verb {
	case "DROP":
		cmd.kind = "DROP_PARTITION"
		if c.take("DETACHED") {
			cmd.kind = "DROP_DETACHED_PARTITION"
		}
		return cmd.partitionName(c) && c.done()
	case "DETACH":
		cmd.kind, cmd.detach = "DROP_PARTITION", true
		return cmd.partitionName(c) && c.done()
	case "ATTACH":
		cmd.kind = "ATTACH_PARTITION"
		ok := cmd.partitionName(c)
		if c.at("FROM") {
			cmd.kind = "REPLACE_PARTITION"
			return ok && cmd.table(c, "FROM")
		}
		return ok && c.done()
	case "REPLACE":
		cmd.kind, cmd.replace = "REPLACE_PARTITION", true
		return cmd.partitionName(c) && cmd.table(c, "FROM")
	case "MOVE":
		cmd.kind = "MOVE_PARTITION"
		ok := cmd.partitionName(c) && c.at("TO")
		if ok && c.peek(1).is("TABLE") {
			return cmd.table(c, "TO", "TABLE")
		}
		return ok && (c.take("TO", "DISK") || c.take("TO", "VOLUME")) && len(c.rest()) == 1
	case "FETCH":
		cmd.kind = "FETCH_PARTITION"
		return cmd.partitionName(c) && c.take("FROM") && len(c.rest()) == 1
	case "FORGET":
		cmd.kind = "FORGET_PARTITION"
		return cmd.partitionName(c) && c.done()
	case "FREEZE", "UNFREEZE":
		cmd.kind = verb + "_ALL"
		if c.at("PARTITION") {
			cmd.kind = verb + "_PARTITION"
			if !cmd.partitionName(c) {
				return false
			}
		}
		if c.take("WITH", "NAME") {
			c.i++
		}
		return c.done()
	case "APPLY":
		if c.take("PATCHES") {
			cmd.kind = "APPLY_PATCHES"
			return cmd.inPartition(c)
		}
		cmd.kind = "APPLY_DELETED_MASK"
		return c.take("DELETED", "MASK") && cmd.inPartition(c)
	case "REWRITE":
		cmd.kind = "REWRITE_PARTS"
		return c.take("PARTS") && cmd.inPartition(c)
	case "EXECUTE":
		cmd.kind = "EXECUTE_COMMAND"
		return len(c.rest()) > 0
	case "UNLOCK":
		cmd.kind = "UNLOCK_SNAPSHOT"
		return c.take("SNAPSHOT") && len(c.rest()) > 0
	default:
		return false
	}
}

// partitionName passes PARTITION x, PARTITION ID 'x', PARTITION ALL or PART 'x'.
func (cmd *command) partitionName(c *cursor) bool {
	if _, ok := c.takeAny("PARTITION", "PART"); !ok {
		return false
	}
	cmd.expr = c.until(func(c *cursor) bool { return c.at("FROM") || c.at("TO") || c.at("WITH", "NAME") })
	return len(cmd.expr) > 0
}

// table passes the words and the name of another table at the end of a command.
func (cmd *command) table(c *cursor, words ...string) bool {
	if !c.take(words...) {
		return false
	}
	o, ok := c.object()
	cmd.target = &o
	return ok && c.done()
}
