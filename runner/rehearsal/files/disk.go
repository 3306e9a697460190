// The simulated disk. The rule of this file: what df says and what a write is
// refused for come from one and the same sum.
package files

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// DiskTable is the virtual path of the file that gives the disks of a host:
// lines of "MOUNTPOINT SIZE USED [DEVICE]", sizes in KiB. USED is what the
// machine had before the first byte was written in the sandbox. A host without
// the file has an endless disk.
const DiskTable = "/etc/belay/disk"

// FullMark is the virtual path of a file that fills the host's disks for as
// long as it is there: the fault disk-full.
const FullMark = "/etc/belay/faults/disk-full"

// Mount is one line of df.
type Mount struct {
	At, Device string
	Size, Used int64 // bytes; Used with what the sandbox has written
}

// Free is what can still be written.
func (m Mount) Free() int64 { return max(0, m.Size-m.Used) }

// Disk is the sum of a host's simulated disks.
type Disk struct {
	mu      sync.Mutex
	root    *os.Root // holds DiskTable; nil: an endless disk
	fresh   bool     // mounts and filled are those of the files
	filled  bool     // FullMark is there
	mounts  []Mount
	written map[string]int64 // by mount point
}

func newDisk() *Disk { return &Disk{written: map[string]int64{}} }

// Watch makes the disk follow the table of this file system.
func (f *FS) Watch() {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.root = f.tree.root
}

// settings is the folder of what the disk depends on.
const settings = "/etc/belay"

// touched is told of every path that is changed: only through this file system
// can the table change, so it is not looked at for every byte.
func (d *Disk) touched(virtual string) {
	if within(virtual, settings) || within(settings, virtual) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fresh = false
	}
}

// load reads the table again when it has changed. The lock is held.
func (d *Disk) load() {
	if d.root == nil || d.fresh {
		return
	}
	d.fresh, d.mounts, d.filled = true, nil, false
	if data, err := d.root.ReadFile(strings.TrimPrefix(DiskTable, "/")); err == nil {
		d.mounts = parseTable(data)
	}
	if _, err := d.root.Stat(strings.TrimPrefix(FullMark, "/")); err == nil {
		d.filled = true
	}
}

func parseTable(data []byte) []Mount {
	var out []Mount
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		size, err1 := strconv.ParseInt(fields[1], 10, 64)
		used, err2 := strconv.ParseInt(fields[2], 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		m := Mount{At: fields[0], Device: fmt.Sprintf("/dev/sda%d", len(out)+1), Size: size << 10, Used: used << 10}
		if len(fields) > 3 {
			m.Device = fields[3]
		}
		out = append(out, m)
	}
	return out
}

// of is the mount that a path lies on; the lock is held.
func (d *Disk) of(virtual string) (Mount, bool) {
	d.load()
	best, found := Mount{}, false
	for _, m := range d.mounts {
		if (m.At == "/" || within(virtual, m.At)) && (!found || len(m.At) > len(best.At)) {
			best, found = m, true
		}
	}
	return d.now(best), found
}

// now is a mount with what is written to it; the lock is held.
func (d *Disk) now(m Mount) Mount {
	m.Used += d.written[m.At]
	if d.filled {
		m.Used = max(m.Used, m.Size)
	}
	return m
}

// Of is the disk that a path lies on; false when the host's disk is endless.
func (d *Disk) Of(virtual string) (Mount, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.of(virtual)
}

// Mounts are the host's disks in the order of the table.
func (d *Disk) Mounts() []Mount {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.load()
	out := make([]Mount, 0, len(d.mounts))
	for _, m := range d.mounts {
		out = append(out, d.now(m))
	}
	return out
}

func (d *Disk) full(virtual string) bool {
	m, ok := d.Of(virtual)
	return ok && m.Free() == 0
}

// take reserves up to n bytes and says how many there were.
func (d *Disk) take(virtual string, n int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, ok := d.of(virtual)
	if !ok {
		return n
	}
	n = min(n, m.Free())
	d.written[m.At] += n
	return n
}

// add corrects the sum.
func (d *Disk) add(virtual string, n int64) {
	if n == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if m, ok := d.of(virtual); ok {
		d.written[m.At] += n
	}
}
