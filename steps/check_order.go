package steps

// The rule of this file: the file's order is the order of the run. What a step
// needs stands above it, and a block stands in one piece.

import (
	"maps"
	"slices"
)

// checkOn wants a host, a group, "local" or nothing.
func (c *checker) checkOn(path, on string) {
	if c.rb.HostsOf(on) != nil {
		return
	}
	if _, group := c.rb.Groups[on]; group {
		return // an empty group is reported where it stands
	}
	known := append(c.rb.AllHosts(), LocalHost)
	known = append(known, slices.Collect(maps.Keys(c.rb.Groups))...)
	c.value(path, "on", "%q is neither a host nor a group%s", on, suggest(on, known))
}

// checkNeeds allows only steps above: thus no circle is possible.
func (c *checker) checkNeeds(s *Step) {
	for i, id := range s.Needs {
		path := element(s.path+".needs", i)
		at, known := c.placed[id]
		switch {
		case !known:
			c.value(path, "needs", "%q is not a step%s", id, suggest(id, slices.Collect(maps.Keys(c.placed))))
		case id == s.ID:
			c.value(path, "needs", "a step cannot need itself")
		case at > c.placed[s.ID]:
			c.value(path, "needs", "%q stands further down: a step can only need what is done before it", id)
		case slices.Index(s.Needs, id) < i:
			c.warn(path, "needs", "%q is needed twice", id)
		}
	}
}

// checkBlocks wants the steps of a block side by side and on the same hosts.
func (c *checker) checkBlocks(list []Step) {
	last := map[string]int{}
	for i, s := range list {
		if s.Block == "" {
			continue
		}
		path := s.path + ".block"
		switch before, begun := last[s.Block]; {
		case c.rb.HostsOf(s.On) != nil && c.rb.HostsOf(s.On)[0] == LocalHost:
			c.value(path, "block", "a block goes from host to host; give the step an \"on\"")
		case begun && before != i-1:
			c.value(path, "block", "block %q is torn apart: its steps must stand side by side", s.Block)
		case begun && list[before].On != s.On:
			c.value(s.path+".on", "block", "block %q is on %q; all its steps must be on the same", s.Block, list[before].On)
		case begun && !sameBatches(&list[before], &s):
			c.value(s.path+".batch", "batch", "block %q says %s; all its steps must say the same", s.Block, list[before].saysBatch())
		}
		last[s.Block] = i
	}
}

func sameBatches(a, b *Step) bool {
	return slices.Equal(a.Batch, b.Batch) && a.MaxFailures == b.MaxFailures
}

// checkBatch wants batches that part some hosts in order, and a limit that can
// be passed.
func (c *checker) checkBatch(s *Step) {
	at, limit := s.path+".batch", s.path+".max_failures"
	hosts := c.rb.HostsOf(s.On)
	switch {
	case !c.is(at):
		if c.is(limit) {
			c.key(limit, "batch", "max_failures without batch: all hosts go at once, or one by one in a block, and no later batch could go on")
		}
		return
	case len(s.Batch) == 0:
		c.value(at, "batch", "no batch at all: say how many hosts go together, such as [1, 5, \"20%%\"]")
		return
	case inRollback(s):
		c.key(at, "batch", "the steps around a rollback's undos have no batches")
		return
	case s.Free:
		c.key(at, "batch", "a step that is free has no order, and batches are one")
	case s.Kind == Gate && s.Block == "":
		c.key(at, "batch", "a gate opens once for all its hosts; only in a block does it open for each")
	case len(hosts) == 1:
		c.key(at, "batch", "the step is on one host, %s; batches are of a group", hosts[0])
		return
	case s.Block == "" && len(batchSizes(s.Batch, len(hosts))) == 1:
		c.warn(at, "batch", "the first batch takes all %d hosts, as a step without batch does", len(hosts))
	}
	switch {
	case s.MaxFailures < 0:
		c.value(limit, "batch", "max_failures is %d; want 0 or more", s.MaxFailures)
	case len(hosts) > 0 && s.MaxFailures >= len(hosts):
		c.value(limit, "batch", "max_failures of %d on %d hosts: no failure would ever stop it", s.MaxFailures, len(hosts))
	}
}
