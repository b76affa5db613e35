package chain

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// A mask is a parsed read mask: a tree of field names. A nil *mask selects
// nothing; a mask with all set selects the whole message.
type mask struct {
	all    bool
	fields map[string]*mask
}

// maxMaskPaths bounds a read mask; real clients send fewer than thirty.
const maxMaskPaths = 256

// parseMask reads the read mask of a request about messages like msg. An
// absent or empty mask means def, a comma-separated list of paths. Paths go
// through repeated fields ("transactions.events.bcs"); "*" selects everything;
// a path that the message does not have is an error.
func parseMask(fm *fieldmaskpb.FieldMask, def string, msg proto.Message) (*mask, error) {
	paths := fm.GetPaths()
	if len(paths) == 0 {
		paths = strings.Split(def, ",")
	}
	if len(paths) > maxMaskPaths {
		return nil, invalid("read_mask has %d paths; at most %d are allowed", len(paths), maxMaskPaths)
	}
	m := &mask{}
	for _, path := range paths {
		if path == "*" {
			return &mask{all: true}, nil
		}
		if err := m.add(path, msg.ProtoReflect().Descriptor()); err != nil {
			return nil, invalid("invalid read_mask path %q: %v", clip(path), err)
		}
	}
	return m, nil
}

// add inserts one path and checks every segment against desc.
func (m *mask) add(path string, desc protoreflect.MessageDescriptor) error {
	node := m
	for rest := path; ; {
		name, tail, more := strings.Cut(rest, ".")
		if desc == nil {
			return fmt.Errorf("%q has no fields to select", strings.TrimSuffix(path, "."+rest))
		}
		next, ok := fieldMessage(desc, name)
		if !ok {
			return fmt.Errorf("message %s has no field %q", desc.FullName(), clip(name))
		}
		if node.fields == nil {
			node.fields = map[string]*mask{}
		}
		child := node.fields[name]
		if child == nil {
			child = &mask{}
			node.fields[name] = child
		}
		if !more {
			child.all, child.fields = true, nil
			return nil
		}
		if child.all { // a wider path came first; still validate the rest
			child = &mask{}
		}
		node, desc, rest = child, next, tail
	}
}

// fieldMessage reports whether desc has a field of that name, and the message
// that a longer path may descend into (nil for scalars, maps and google.*).
func fieldMessage(desc protoreflect.MessageDescriptor, name string) (protoreflect.MessageDescriptor, bool) {
	fd := desc.Fields().ByName(protoreflect.Name(name))
	if fd == nil {
		_, ok := newFields[desc.FullName()][name]
		return nil, ok
	}
	if fd.Message() == nil || fd.IsMap() || strings.HasPrefix(string(fd.Message().FullName()), "google.") {
		return nil, true
	}
	return fd.Message(), true
}

// has reports whether the field at path, or something below it, is selected.
func (m *mask) has(path ...string) bool {
	for _, name := range path {
		if m = m.at(name); m == nil {
			return false
		}
	}
	return m != nil
}

// at returns the mask of a field, nil when it is not selected.
func (m *mask) at(name string) *mask {
	if m == nil || m.all {
		return m
	}
	return m.fields[name]
}

// prune clears everything in msg that m does not select.
func (m *mask) prune(msg proto.Message) { m.pruneMessage(msg.ProtoReflect()) }

func (m *mask) pruneMessage(msg protoreflect.Message) {
	if m == nil || m.all {
		return
	}
	msg.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		sub := m.fields[string(fd.Name())]
		switch {
		case sub == nil:
			msg.Clear(fd)
		case sub.all || fd.Message() == nil || fd.IsMap():
		case fd.IsList():
			for i := range v.List().Len() {
				sub.pruneMessage(v.List().Get(i).Message())
			}
		default:
			sub.pruneMessage(v.Message())
		}
		return true
	})
	m.pruneNewFields(msg)
}

// pruneNewFields drops the fields that the stubs do not know and m does not
// select.
func (m *mask) pruneNewFields(msg protoreflect.Message) {
	raw := msg.GetUnknown()
	if len(raw) == 0 {
		return
	}
	keep := map[protowire.Number]bool{}
	for name, num := range newFields[msg.Descriptor().FullName()] {
		keep[num] = m.fields[name] != nil
	}
	var out []byte
	for len(raw) > 0 {
		num, _, n := protowire.ConsumeField(raw)
		if n < 0 {
			break
		}
		if keep[num] {
			out = append(out, raw[:n]...)
		}
		raw = raw[n:]
	}
	msg.SetUnknown(out)
}

// clip shortens what a stranger sent before it goes into an error.
func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "?") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
