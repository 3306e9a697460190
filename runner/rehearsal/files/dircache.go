// What is known to be a folder. A path is resolved one component after the
// other, and most components are folders that have been seen before.
//
// The rule of this file: an entry that is out of date can make a path fail, and
// never lead out of the host, since os.Root looks again.
package files

import "sync"

type dirCache struct {
	mu   sync.RWMutex
	seen map[string]bool // paths in the host's own folder
	gen  int
}

func (c *dirCache) has(rel string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.seen[rel]
}

// generation is asked before a look at the disk, and given to add after it.
func (c *dirCache) generation() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.gen
}

func (c *dirCache) add(rel string, gen int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gen != c.gen {
		return // something was taken away while we looked
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[rel] = true
}

// forget is called before and after a name is taken away or moved.
func (c *dirCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	c.seen = nil
}
