package main

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// readFile reads a configuration file and has it parsed.
func readFile(path string, parse func([]byte) error) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if err := parse(b); err != nil {
		return fmt.Errorf("read configuration %s: %w", path, err)
	}
	return nil
}

// parseYAML decodes a file into a struct, strictly. An empty file sets nothing.
func parseYAML(b []byte, into any) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return err
	}
	if len(doc.Content) == 0 {
		return nil
	}
	return strict(doc.Content[0], into)
}

// strict decodes a node into a struct and refuses unknown keys, at every depth.
// Errors name line and key. Types with an UnmarshalYAML call it for themselves.
func strict(n *yaml.Node, into any) error { return decode(n, reflect.ValueOf(into).Elem()) }

// decode sets v, which can be addressed.
func decode(n *yaml.Node, v reflect.Value) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == "!!null" {
		return nil
	}
	_, custom := v.Addr().Interface().(yaml.Unmarshaler)
	_, text := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case custom, text, v.Type() == reflect.TypeFor[*yaml.Node]():
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(n, v.Elem())
	case v.Kind() == reflect.Struct:
		return decodeStruct(n, v)
	case v.Kind() == reflect.Slice:
		return decodeList(n, v)
	case v.Kind() == reflect.Map:
		return decodeMap(n, v)
	}
	return n.Decode(v.Addr().Interface())
}

func decodeStruct(n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want keys and values, got %.40q", n.Line, n.Value)
	}
	fields := yamlFields(v.Type())
	seen := map[string]bool{}
	var errs []error
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := slices.IndexFunc(fields, func(f yamlField) bool { return f.key == key.Value })
		switch {
		case f < 0:
			errs = append(errs, fmt.Errorf("line %d: field %s not found: see the command's --help for the keys that there are", key.Line, key.Value))
		case seen[key.Value]:
			errs = append(errs, fmt.Errorf("line %d: %s stands twice: remove one", key.Line, key.Value))
		default:
			if err := decode(value, v.FieldByIndex(fields[f].Index)); err != nil {
				errs = append(errs, inField(key, err))
			}
		}
		seen[key.Value] = true
	}
	return errors.Join(errs...)
}

// inField says which key an error is about.
func inField(key *yaml.Node, err error) error {
	var t *yaml.TypeError
	if errors.As(err, &t) {
		return fmt.Errorf("%s: %s", key.Value, strings.Join(t.Errors, "; "))
	}
	if strings.HasPrefix(err.Error(), "line ") {
		return fmt.Errorf("%s: %w", key.Value, err)
	}
	return fmt.Errorf("line %d: %s: %w", key.Line, key.Value, err)
}

func decodeList(n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: want a list, got %.40q", n.Line, n.Value)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	var errs []error
	for i, item := range n.Content {
		errs = append(errs, decode(item, v.Index(i)))
	}
	return errors.Join(errs...)
}

func decodeMap(n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want keys and values, got %.40q", n.Line, n.Value)
	}
	v.Set(reflect.MakeMap(v.Type()))
	var errs []error
	for i := 0; i < len(n.Content); i += 2 {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := errors.Join(decode(n.Content[i], key), decode(n.Content[i+1], value)); err != nil {
			errs = append(errs, inField(n.Content[i], err))
			continue
		}
		if v.MapIndex(key).IsValid() {
			errs = append(errs, fmt.Errorf("line %d: %s stands twice: remove one", n.Content[i].Line, n.Content[i].Value))
		}
		v.SetMapIndex(key, value)
	}
	return errors.Join(errs...)
}

// yamlField is a field with its key; Index leads to it from the struct.
type yamlField struct {
	reflect.StructField
	key string
}

// yamlFields lists the keys of a struct, those of inlined structs included.
func yamlFields(t reflect.Type) (out []yamlField) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			for _, in := range yamlFields(f.Type) {
				in.Index = append([]int{i}, in.Index...)
				out = append(out, in)
			}
		case key != "":
			out = append(out, yamlField{f, key})
		}
	}
	return out
}

// writeKeys prints the keys of a configuration with their doc tags.
func writeKeys(w io.Writer, t reflect.Type, indent string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range yamlFields(t) {
		if f.Tag.Get("doc") == "" {
			continue // said by the key above
		}
		fmt.Fprintf(w, "%s%s: %s\n", indent, f.key, f.Tag.Get("doc"))
		writeKeys(w, f.Type, indent+"    ")
	}
}

// sorted joins names for a message.
func sorted(names []string) string {
	slices.Sort(names)
	return strings.Join(names, ", ")
}
