package rehearsal

import (
	"embed"
	"io/fs"
	"os"
)

//go:embed all:fleet
var embedded embed.FS

// Sources are where fleets are looked for: the given folders in order, then
// the fleets that come with the program. Each holds a folder per fleet.
func Sources(dirs []string) []fs.FS {
	var out []fs.FS
	for _, d := range dirs {
		out = append(out, os.DirFS(d))
	}
	own, err := fs.Sub(embedded, "fleet")
	if err != nil {
		panic(err) // the folder is named in the line above
	}
	return append(out, own)
}
