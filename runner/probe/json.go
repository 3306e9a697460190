package probe

// A path into JSON is a jq expression: operators know it, and it can count,
// sum and choose.

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/itchyny/gojq"
)

// JSON reads one value out of a JSON text. The path is a jq expression that must
// give exactly one result; null is Unknown. It has no question of its own.
type JSON struct{}

var _ Reader = JSON{}

// jqLimit ends an expression that does not end by itself.
const jqLimit = time.Second

// Ask checks the expression.
func (JSON) Ask(field, path string) (Question, error) {
	if field != "" {
		return Question{}, errField("json", field, "none; the path says what to read")
	}
	_, err := compileJQ(path)
	return Question{}, err
}

func compileJQ(path string) (*gojq.Code, error) {
	query, err := gojq.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("probe: json path %q: %w", path, err)
	}
	// No environment and no modules: the expression sees its input alone.
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, fmt.Errorf("probe: json path %q: %w", path, err)
	}
	return code, nil
}

// Read evaluates the path.
func (JSON) Read(a Answer, _, path string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	code, err := compileJQ(path)
	if err != nil {
		return Unknown(err.Error(), nil)
	}
	var input any
	if err := json.Unmarshal(a.Body, &input); err != nil {
		return Unknown("json: "+err.Error(), a.Body)
	}
	ctx, cancel := context.WithTimeout(context.Background(), jqLimit)
	defer cancel()
	results := code.RunWithContext(ctx, input)
	first, ok := results.Next()
	if !ok {
		return Unknown("json: "+path+" gives nothing", a.Body)
	}
	if _, more := results.Next(); more {
		return Unknown("json: "+path+" gives more than one result", a.Body)
	}
	return ofJSON(first, path, a.Body)
}

func ofJSON(result any, path string, body []byte) Value {
	switch r := result.(type) {
	case nil:
		return Unknown("json: "+path+" is null", body)
	case error:
		return Unknown("json: "+r.Error(), body)
	case string:
		return said(r)
	case bool:
		return said(strconv.FormatBool(r))
	case int:
		return number(float64(r), "", strconv.Itoa(r))
	case float64:
		return number(r, "", strconv.FormatFloat(r, 'g', -1, 64))
	case *big.Int:
		n, _ := new(big.Float).SetInt(r).Float64()
		return number(n, "", r.String())
	}
	text, err := gojq.Marshal(result)
	if err != nil {
		return Unknown("json: "+err.Error(), body)
	}
	return said(string(text))
}
