package steps

// The rule of this file: a plan's inventory is a table that people keep by
// hand, so it is read as strictly as the runbook, and each row keeps its line.

import (
	"slices"
	"strings"
)

// ItemColumns are the columns of an inventory, in order; its first line names
// them. Columns are parted by tabs, and nothing is quoted.
var ItemColumns = []string{"id", "phase", "section", "title", "kind", "where", "command_essentials", "success_check", "undo", "notes"}

// itemKinds are the kinds of items that CheckRefs has a rule for.
var itemKinds = []string{"command", "criterion", "document", "file-content", "gate", "manual", "reference", "soak", "trigger"}

// Item is one thing that a written plan says.
type Item struct {
	ID    string
	Kind  string // one of command, criterion, document, file-content, gate, manual, reference, soak, trigger
	Title string
	Where string // hosts and people, in the plan's words
	Line  int    // in the inventory, from 1
}

// Inventory is a written plan, item by item.
type Inventory struct {
	Name  string // of the file, for messages
	Items []Item
}

// Item finds an item by its id, or nil.
func (v *Inventory) Item(id string) *Item {
	for i := range v.Items {
		if v.Items[i].ID == id {
			return &v.Items[i]
		}
	}
	return nil
}

// LoadInventory reads a table of items. With an error among the problems the
// inventory is nil.
func LoadInventory(name string, src []byte) (*Inventory, Problems) {
	v := &Inventory{Name: name}
	var found Problems
	add := func(line, col int, format string, args ...any) {
		found = append(found, inventoryProblem(name, line, col, "inventory", format, args...))
	}
	text := strings.TrimSuffix(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	seen := map[string]int{}
	for i, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, "\t")
		if i == 0 {
			if !slices.Equal(cells, ItemColumns) {
				add(1, 1, "the first line has to name the columns, parted by tabs: %s", strings.Join(ItemColumns, " "))
				return nil, found
			}
			continue
		}
		if len(cells) != len(ItemColumns) {
			add(i+1, 1, "%d columns; want %d, parted by tabs", len(cells), len(ItemColumns))
			continue
		}
		item := Item{ID: cells[0], Title: cells[3], Kind: cells[4], Where: cells[5], Line: i + 1}
		switch {
		case !itemOfPlan.MatchString(item.ID):
			add(i+1, 1, "id %q: want a word such as ROLL-01a, without spaces", item.ID)
		case seen[item.ID] > 0:
			add(i+1, 1, "id %s is taken already, in line %d", item.ID, seen[item.ID])
		case !slices.Contains(itemKinds, item.Kind):
			add(i+1, columnOf(cells, 4), "%q is not a kind of item; want %s%s", item.Kind, oneOf(itemKinds), suggest(item.Kind, itemKinds))
		default:
			v.Items = append(v.Items, item)
		}
		if seen[item.ID] == 0 {
			seen[item.ID] = i + 1
		}
	}
	if len(found) > 0 {
		return nil, found.Sort()
	}
	return v, nil
}

// columnOf is where cell n of a row begins, in runes from 1.
func columnOf(cells []string, n int) int {
	at := 1
	for _, c := range cells[:n] {
		at += len([]rune(c)) + 1
	}
	return at
}
