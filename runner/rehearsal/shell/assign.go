// Assignments: name=value, arrays, and the declaring commands.
package shell

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// value works out what an assignment gives its name.
func (s *Shell) value(as *syntax.Assign, old expand.Variable) expand.Variable {
	switch {
	case as.Array != nil:
		return s.array(as, old)
	case as.Index != nil:
		return s.element(as, old)
	}
	v := ""
	if as.Value != nil {
		v = s.literal(as.Value)
	}
	if as.Append {
		if old.Kind == expand.Indexed {
			v = strings.Join(old.List[:min(1, len(old.List))], "") + v
		} else {
			v = old.Str + v
		}
	}
	return text1(v)
}

func (s *Shell) array(as *syntax.Assign, old expand.Variable) expand.Variable {
	associative := old.Kind == expand.Associative
	v := expand.Variable{Set: true, Kind: expand.Indexed, List: []string{}}
	if associative {
		v = expand.Variable{Set: true, Kind: expand.Associative, Map: map[string]string{}}
	}
	if as.Append {
		switch {
		case associative:
			v.Map = maps.Clone(old.Map)
		case old.Kind == expand.Indexed:
			v.List = slices.Clone(old.List)
		case old.Set:
			v.List = []string{old.Str}
		}
	}
	for _, el := range as.Array.Elems {
		switch {
		case el.Index != nil && associative:
			word, _ := el.Index.(*syntax.Word)
			v.Map[s.literal(word)] = s.literal(el.Value)
		case el.Index != nil:
			v.List = put(v.List, s.arithm(el.Index), s.literal(el.Value))
		default:
			v.List = append(v.List, s.fields(el.Value)...)
		}
	}
	return v
}

func put(list []string, i int, value string) []string {
	if i < 0 || i > 1<<16 {
		return list
	}
	for len(list) <= i {
		list = append(list, "")
	}
	list[i] = value
	return list
}

func (s *Shell) element(as *syntax.Assign, old expand.Variable) expand.Variable {
	value := s.literal(as.Value)
	if old.Kind == expand.Associative {
		word, _ := as.Index.(*syntax.Word)
		m := maps.Clone(old.Map)
		if m == nil {
			m = map[string]string{}
		}
		key := s.literal(word)
		if as.Append {
			value = m[key] + value
		}
		m[key] = value
		return expand.Variable{Set: true, Kind: expand.Associative, Map: m}
	}
	list := slices.Clone(old.List)
	if old.Kind == expand.String && old.Set {
		list = []string{old.Str}
	}
	i := s.arithm(as.Index)
	if i < 0 {
		i += len(list)
	}
	if as.Append && i >= 0 && i < len(list) {
		value = list[i] + value
	}
	return expand.Variable{Set: true, Kind: expand.Indexed, List: put(list, i, value)}
}

// set carries one assignment out.
func (s *Shell) set(as *syntax.Assign) bool {
	v := s.value(as, s.vars[as.Name.Value])
	if s.jump.kind == exiting {
		return false
	}
	if as.Array != nil || as.Index != nil { // assign would write element 0
		old := s.vars[as.Name.Value]
		if old.ReadOnly {
			return s.assign(as.Name.Value, v)
		}
		v.Exported = old.Exported
		s.vars[as.Name.Value] = v
		return true
	}
	return s.assign(as.Name.Value, v)
}

// declaration is what export, readonly, local and declare were asked for.
type declaration struct {
	word                              string
	local, export, unexport, readonly bool
	indexed, associative, print       bool
}

// declare carries out export, readonly, local, declare and typeset where the
// parser takes them for keywords.
func (s *Shell) declare(cmd *syntax.DeclClause) {
	d := declaration{word: cmd.Variant.Value}
	d.export, d.readonly = d.word == "export", d.word == "readonly"
	d.local = d.word == "local" || (d.word == "declare" || d.word == "typeset") && s.saved != nil
	s.status, s.subst = 0, -1
	named := 0
	for _, as := range cmd.Args {
		for _, one := range s.plain(as) {
			if one.Name == nil {
				continue
			}
			if flag := one.Name.Value; strings.HasPrefix(flag, "-") || strings.HasPrefix(flag, "+") {
				if !d.option(flag) {
					s.complain("%s: %s is not supported in the embedded fleet", d.word, flag)
					s.fatal(2)
					return
				}
				continue
			}
			named++
			if s.declareOne(d, one); s.jump.kind != onward {
				return
			}
		}
	}
	if named == 0 {
		s.printVars(d)
	}
}

// plain turns a word that is only known after expansion into assignments.
func (s *Shell) plain(as *syntax.Assign) []*syntax.Assign {
	if as.Name != nil || as.Value == nil {
		return []*syntax.Assign{as}
	}
	var out []*syntax.Assign
	for _, field := range s.fields(as.Value) {
		out = append(out, assignment(field))
	}
	return out
}

func assignment(field string) *syntax.Assign {
	name, value, ok := strings.Cut(field, "=")
	as := &syntax.Assign{Name: &syntax.Lit{Value: name}, Naked: !ok}
	if ok {
		as.Value = &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: value}}}
	}
	return as
}

func (d *declaration) option(flag string) bool {
	for _, c := range flag[1:] {
		switch {
		case c == 'x' && flag[0] == '+':
			d.unexport = true
		case c == 'x':
			d.export = true
		case c == 'r':
			d.readonly = true
		case c == 'a':
			d.indexed = true
		case c == 'A':
			d.associative = true
		case c == 'g':
			d.local = false
		case c == 'p':
			d.print = true
		case c == 'n' && d.word == "export":
			d.unexport = true
		case c == 'i' || c == '-':
		default:
			return false
		}
	}
	return true
}

func (s *Shell) declareOne(d declaration, as *syntax.Assign) {
	name := as.Name.Value
	if !syntax.ValidName(name) {
		s.complain("%s: %s: bad variable name", d.word, name)
		s.fatal(2)
		return
	}
	if d.print {
		s.printVar(name)
		return
	}
	if d.local {
		s.makeLocal(name)
	}
	v := s.vars[name]
	if d.associative && v.Kind != expand.Associative {
		v.Kind, v.Map = expand.Associative, map[string]string{}
	} else if d.indexed && v.Kind != expand.Indexed {
		v.Kind = expand.Indexed
	}
	s.vars[name] = v
	if !as.Naked && !s.set(as) {
		return
	}
	v = s.vars[name]
	v.Exported = (v.Exported || d.export) && !d.unexport
	v.ReadOnly = v.ReadOnly || d.readonly
	s.vars[name] = v
}

// makeLocal hides a variable until the function returns.
func (s *Shell) makeLocal(name string) {
	if s.saved == nil {
		s.complain("local: not in a function")
		s.fatal(2)
		return
	}
	for _, was := range *s.saved {
		if was.name == name {
			return
		}
	}
	*s.saved = append(*s.saved, savedVar{name, s.vars[name]})
	if s.bash {
		delete(s.vars, name) // dash keeps the outer value, bash starts unset
	}
}
