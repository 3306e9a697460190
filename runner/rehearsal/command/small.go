// Small programs over lines.
package command

import (
	"fmt"
	"slices"
	"strings"

	"belay/runner/rehearsal/process"
)

func yes(c *process.Call) int {
	line := "y"
	if len(c.Args) > 1 {
		line = strings.Join(c.Args[1:], " ")
	}
	block := []byte(strings.Repeat(line+"\n", 512))
	for {
		if _, err := c.Stdout().Write(block); err != nil {
			return 1
		}
	}
}

func tac(c *process.Call) int {
	list, status := slurp(c, c.Args[1:])
	slices.Reverse(list)
	spill(c.Stdout(), list)
	return status
}

func number(c *process.Call) int {
	o, ok := parse(c, "b:w:", nil)
	if !ok {
		return 2
	}
	list, status := slurp(c, o.rest)
	n := 0
	for _, line := range list {
		if line == "" && o.set['b'] != "a" {
			fmt.Fprintln(c.Stdout())
			continue
		}
		n++
		fmt.Fprintf(c.Stdout(), "%6d\t%s\n", n, line)
	}
	return status
}

func reverse(c *process.Call) int {
	list, status := slurp(c, c.Args[1:])
	for i, line := range list {
		r := []rune(line)
		slices.Reverse(r)
		list[i] = string(r)
	}
	spill(c.Stdout(), list)
	return status
}

func paste(c *process.Call) int {
	o, ok := parse(c, "sd:", nil)
	if !ok {
		return 2
	}
	delim := "\t"
	if o.has('d') {
		delim = o.set['d']
	}
	names := o.rest
	if len(names) == 0 {
		names = []string{"-"}
	}
	var columns [][]string
	longest, status := 0, 0
	for _, name := range names {
		list, st := slurp(c, []string{name})
		columns, longest, status = append(columns, list), max(longest, len(list)), max(status, st)
	}
	if o.has('s') {
		for _, list := range columns {
			fmt.Fprintln(c.Stdout(), strings.Join(list, delim))
		}
		return status
	}
	for i := range longest {
		row := make([]string, len(columns))
		for j, list := range columns {
			if i < len(list) {
				row[j] = list[i]
			}
		}
		fmt.Fprintln(c.Stdout(), strings.Join(row, delim))
	}
	return status
}
