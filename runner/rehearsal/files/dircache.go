// What is known to be a folder. A path is resolved one component after the
// other, and most components are folders that have been seen before.
//
// The rule of this file: an entry that is out of date can make a path fail, and
// never lead out of the host, since os.Root looks again.
package files

import (
	"os"
	"path"
	"strings"
	"sync"
)

// Tree is a folder of the real disk that is shown in one host or in several.
// They share it, so that what one takes away is known to the others.
type Tree struct {
	root *os.Root

	mu   sync.RWMutex
	seen map[string]*os.Root // paths in the folder; opened, or nil
	open int
	gen  int
}

// maxOpen is how many folders of a tree are kept open.
const maxOpen = 64

// OpenTree opens a folder.
func OpenTree(dir string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Tree{root: root, seen: map[string]*os.Root{}}, nil
}

// Close gives the folder back.
func (t *Tree) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rel := range t.seen {
		t.drop(rel)
	}
	return t.root.Close()
}

func (t *Tree) has(rel string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := t.seen[rel]
	return ok
}

// generation is asked before a look at the disk, and given to add after it.
func (t *Tree) generation() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.gen
}

// add remembers a folder. Its root is opened here, so that what lies in it is
// found by one system call.
func (t *Tree) add(rel string, gen int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.seen[rel]; known || gen != t.gen {
		return // something was taken away while we looked
	}
	var dir *os.Root
	if t.open < maxOpen {
		if r, err := t.root.OpenRoot(rel); err == nil {
			dir = r
			t.open++
		}
	}
	t.seen[rel] = dir
}

// forget is called before and after the folder rel is taken away or moved.
func (t *Tree) forget(rel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gen++
	for have := range t.seen {
		if within(have, rel) {
			t.drop(have)
		}
	}
}

// drop forgets one folder; the lock is held. Its root may be in use and is
// closed when it no longer is: by its finalizer.
func (t *Tree) drop(rel string) {
	if t.seen[rel] != nil {
		t.open--
	}
	delete(t.seen, rel)
}

// near is the closest open folder to rel, and the rest of the path.
func (t *Tree) near(rel string) (*os.Root, string) {
	dir, base := path.Split(rel)
	t.mu.RLock()
	defer t.mu.RUnlock()
	if r := t.seen[strings.TrimSuffix(dir, "/")]; r != nil && base != "" {
		return r, base
	}
	return t.root, rel
}
