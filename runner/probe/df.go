package probe

// df speaks POSIX with -P: one line per file system, sizes in KiB with -k
// (IEEE Std 1003.1, utility df). GNU, busybox and macOS agree on that form.

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Mount is one file system.
type Mount struct {
	Device, Path     string
	Size, Used, Free int64 // bytes; Free is what an ordinary user may take
	Percent          int   // used, as df rounds it: up
}

// DF reads free space. Fields: free (the default), used, size, percent. The path
// is any path on the file system; @docker is where Docker keeps its data. Of
// several paths with a colon between them the fullest counts, and is named.
type DF struct{}

var _ Reader = DF{}

// Ask gives the command, in the one language whose header we know.
func (DF) Ask(field, path string) (Question, error) {
	switch field {
	case "", "free", "used", "size", "percent":
	default:
		return Question{}, errField("df", field, "free", "used", "size", "percent")
	}
	if path == "" {
		path = "/"
	}
	script, list := "", ""
	for _, p := range strings.Split(path, ":") {
		switch p {
		case "":
			return Question{}, fmt.Errorf("probe: df: %q has an empty path in it", path)
		case dockerRoot:
			script, list = "root=$(docker info -f '{{.DockerRootDir}}')\n", list+" \"$root\""
		default:
			list += " " + quote(p)
		}
	}
	return Question{Script: script + "LC_ALL=C df -Pk" + list + "\n"}, nil
}

const dockerRoot = "@docker"

// Read takes the value from the lines that were asked for.
func (DF) Read(a Answer, field, path string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	mounts, err := ParseDF(a.Body)
	if err != nil {
		return Unknown(err.Error(), a.Body)
	}
	paths := strings.Split(path, ":")
	if len(mounts) != len(paths) {
		return Unknown(fmt.Sprintf("df: %d file systems, want %d", len(mounts), len(paths)), a.Body)
	}
	worst := 0
	for i, m := range mounts {
		if m.fuller(mounts[worst], field) {
			worst = i
		}
	}
	v := mounts[worst].value(field)
	if len(paths) > 1 {
		v.Text += " on " + mounts[worst].Path
		v.Raw = v.Text
	}
	return v
}

// fuller compares two file systems by a field.
func (m Mount) fuller(o Mount, field string) bool {
	switch field {
	case "used":
		return m.Used > o.Used
	case "size":
		return m.Size < o.Size
	case "percent":
		return m.Percent > o.Percent
	}
	return m.Free < o.Free
}

func (m Mount) value(field string) Value {
	switch field {
	case "used":
		return size(float64(m.Used))
	case "size":
		return size(float64(m.Size))
	case "percent":
		return number(float64(m.Percent), "%", strconv.Itoa(m.Percent)+"%")
	}
	return size(float64(m.Free))
}

// Both names may hold blanks, so a line is read around its four numbers.
var dfLine = regexp.MustCompile(`^(.+?)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\d+)%\s+(/.*)$`)

// A pseudo file system of size 0 has no percentage.
var dfPseudo = regexp.MustCompile(`^.+?\s+\d+\s+\d+\s+\d+\s+-\s+/.*$`)

// ParseDF reads the output of df -Pk. A line that is not understood is an
// error: a file system that is missing from the list must not look absent.
func ParseDF(out []byte) ([]Mount, error) {
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if len(lines) < 2 || !strings.HasPrefix(lines[0], "Filesystem") || !strings.Contains(lines[0], "1024-blocks") {
		return nil, fmt.Errorf("df: no header of df -Pk")
	}
	var mounts []Mount
	for _, line := range lines[1:] {
		m := dfLine.FindStringSubmatch(line)
		if m == nil {
			if dfPseudo.MatchString(line) {
				continue
			}
			return nil, fmt.Errorf("df: cannot read the line %.80q", line)
		}
		mount := Mount{Device: m[1], Path: m[6]}
		for i, field := range []*int64{&mount.Size, &mount.Used, &mount.Free} {
			n, err := strconv.ParseInt(m[i+2], 10, 53)
			if err != nil {
				return nil, fmt.Errorf("df: %w", err)
			}
			*field = n * 1024
		}
		var err error
		if mount.Percent, err = strconv.Atoi(m[5]); err != nil {
			return nil, fmt.Errorf("df: %w", err)
		}
		mounts = append(mounts, mount)
	}
	return mounts, nil
}
