// POSIX regular expressions, written as Go's. The rule of this file: what Go
// cannot match the same way (back references) is refused.
package command

import (
	"errors"
	"regexp"
	"strings"
)

// compile reads a basic or an extended regular expression of POSIX.
func compile(expr string, extended, fold bool) (*regexp.Regexp, error) {
	text, err := translateRegex(expr, extended)
	if err != nil {
		return nil, err
	}
	if fold {
		text = "(?i)" + text
	}
	rx, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return nil, err
	}
	rx.Longest()
	return rx, nil
}

func translateRegex(expr string, extended bool) (string, error) {
	var b strings.Builder
	for i := 0; i < len(expr); i++ {
		c := expr[i]
		switch {
		case c == '[':
			text, n := bracket(expr[i:])
			b.WriteString(text)
			i += n - 1
		case c == '\\' && i+1 < len(expr):
			i++
			text, err := escaped(expr[i], extended)
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		case !extended && strings.IndexByte("(){}+?|", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '*' && (b.Len() == 0 || !extended && (b.String() == "^" || strings.HasSuffix(b.String(), "("))):
			b.WriteString(`\*`)
		case !extended && c == '^' && b.Len() > 0 && !strings.HasSuffix(b.String(), "(") && !strings.HasSuffix(b.String(), "|"):
			b.WriteString(`\^`)
		case !extended && c == '$' && i+1 < len(expr) && !strings.HasPrefix(expr[i+1:], `\)`) && !strings.HasPrefix(expr[i+1:], `\|`):
			b.WriteString(`\$`)
		case extended && c == '{' && (i+1 == len(expr) || expr[i+1] < '0' || expr[i+1] > '9'):
			b.WriteString(`\{`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func escaped(c byte, extended bool) (string, error) {
	switch {
	case c >= '1' && c <= '9':
		return "", errors.New("back references are not supported in the embedded fleet")
	case !extended && strings.IndexByte("(){}+?|", c) >= 0:
		return string(c), nil
	case c == '<' || c == '>':
		return `\b`, nil
	case strings.IndexByte("bBwWsSntrfv", c) >= 0:
		return `\` + string(c), nil
	case c == '\'' || c == '`' || c == '"' || c == '/' || c == '-' || c == '=' || c == ',' || c == ':' || c == ' ' || c == '@' || c == '%' || c == '#' || c == '&' || c == '!' || c == '~' || c == ';':
		return regexp.QuoteMeta(string(c)), nil
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return string(c), nil
	}
	return `\` + string(c), nil
}

// bracket reads a bracket expression: in it, a backslash is a character.
func bracket(t string) (text string, n int) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if i < len(t) && t[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for first := true; i < len(t); first = false {
		switch c := t[i]; {
		case c == ']' && !first:
			b.WriteByte(']')
			return b.String(), i + 1
		case strings.HasPrefix(t[i:], "[:"):
			if end := strings.Index(t[i:], ":]"); end > 0 {
				b.WriteString(t[i : i+end+2])
				i += end + 2
				continue
			}
			b.WriteString(`\[`)
		case c == '\\' && i+1 < len(t) && strings.IndexByte("ntr", t[i+1]) >= 0:
			b.WriteString(t[i : i+2])
			i++
		case c == '\\', c == '[', c == ']', c == '&', c == '~':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		i++
	}
	return `\[`, 1 // never closed: a plain bracket
}
