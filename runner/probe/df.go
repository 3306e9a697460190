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
// is any path on the file system; @docker is where Docker keeps its data.
type DF struct{}

var _ Reader = DF{}

// Ask gives the command, in the one language whose header we know.
func (DF) Ask(field, path string) (Question, error) {
	switch field {
	case "", "free", "used", "size", "percent":
	default:
		return Question{}, errField("df", field, "free", "used", "size", "percent")
	}
	switch path {
	case "":
		return Question{Script: "LC_ALL=C df -Pk /\n"}, nil
	case "@docker":
		return Question{Script: "root=$(docker info -f '{{.DockerRootDir}}')\nLC_ALL=C df -Pk \"$root\"\n"}, nil
	}
	return Question{Script: "LC_ALL=C df -Pk " + quote(path) + "\n"}, nil
}

// Read takes the value from the one line that was asked for.
func (DF) Read(a Answer, field, _ string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	mounts, err := ParseDF(a.Body)
	if err != nil {
		return Unknown(err.Error(), a.Body)
	}
	if len(mounts) != 1 {
		return Unknown(fmt.Sprintf("df: %d file systems, want one", len(mounts)), a.Body)
	}
	m := mounts[0]
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
		mount.Percent, _ = strconv.Atoi(m[5])
		mounts = append(mounts, mount)
	}
	return mounts, nil
}
