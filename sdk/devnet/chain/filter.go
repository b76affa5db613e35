package chain

import (
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// maxLiterals bounds the literals of one filter, as full nodes do.
const maxLiterals = 10

// A txTest decides about a transaction, an eventTest about one of its events.
type (
	txTest    func(*executed) bool
	eventTest func(ex *executed, index int) bool
)

// parseTransactionFilter reads a filter in disjunctive normal form; nil, for an
// absent filter, passes everything.
func parseTransactionFilter(f *rpcpb.TransactionFilter) (txTest, error) {
	if f == nil {
		return nil, nil
	}
	terms := make([][]txTest, len(f.Terms))
	err := eachLiteral(f.Terms, (*rpcpb.TransactionTerm).GetLiterals, func(term int, l *rpcpb.TransactionLiteral) error {
		test, err := parseTransactionLiteral(l)
		if err != nil {
			return err
		}
		terms[term] = append(terms[term], func(ex *executed) bool { return test(ex) != l.Negated })
		return nil
	})
	return func(ex *executed) bool {
		return slices.ContainsFunc(terms, func(literals []txTest) bool {
			return !slices.ContainsFunc(literals, func(test txTest) bool { return !test(ex) })
		})
	}, err
}

// parseEventFilter is parseTransactionFilter for events.
func parseEventFilter(f *rpcpb.EventFilter) (eventTest, error) {
	if f == nil {
		return nil, nil
	}
	terms := make([][]eventTest, len(f.Terms))
	err := eachLiteral(f.Terms, (*rpcpb.EventTerm).GetLiterals, func(term int, l *rpcpb.EventLiteral) error {
		test, err := parseEventLiteral(l)
		if err != nil {
			return err
		}
		terms[term] = append(terms[term], func(ex *executed, i int) bool { return test(ex, i) != l.Negated })
		return nil
	})
	return func(ex *executed, i int) bool {
		return slices.ContainsFunc(terms, func(literals []eventTest) bool {
			return !slices.ContainsFunc(literals, func(test eventTest) bool { return !test(ex, i) })
		})
	}, err
}

// eachLiteral calls f with the literals of all terms, and refuses a filter
// without terms or with too many literals.
func eachLiteral[T, L any](terms []T, literals func(T) []L, f func(term int, l L) error) error {
	if len(terms) == 0 {
		return invalid("filter.terms: at least one term is required; leave the filter out to get everything")
	}
	n := 0
	for i, term := range terms {
		for j, l := range literals(term) {
			if n++; n > maxLiterals {
				return invalid("filter has more than %d literals: split it into several requests", maxLiterals)
			}
			if err := f(i, l); err != nil {
				return invalid("filter.terms[%d].literals[%d]: %v", i, j, err)
			}
		}
	}
	return nil
}

func parseTransactionLiteral(l *rpcpb.TransactionLiteral) (txTest, error) {
	switch p := l.Predicate.(type) {
	case *rpcpb.TransactionLiteral_Sender:
		return senderTest(p.Sender)
	case *rpcpb.TransactionLiteral_AffectedAddress:
		address, err := parseAddress("affected_address.address", p.AffectedAddress.GetAddress())
		return func(ex *executed) bool { return affects(ex.effects, address) }, err
	case *rpcpb.TransactionLiteral_AffectedObject:
		id, err := parseAddress("affected_object.object_id", p.AffectedObject.GetObjectId())
		return func(ex *executed) bool { return changes(ex.effects, id) }, err
	case *rpcpb.TransactionLiteral_MoveCall:
		return callTest(p.MoveCall.GetFunction())
	case *rpcpb.TransactionLiteral_EmitModule:
		return anyEvent(emitModuleTest(p.EmitModule))
	case *rpcpb.TransactionLiteral_EventType:
		return anyEvent(eventTypeTest(p.EventType))
	case *rpcpb.TransactionLiteral_EventStreamHead:
		return anyEvent(streamTest(p.EventStreamHead))
	case *rpcpb.TransactionLiteral_PackageWrite:
		return func(ex *executed) bool {
			return slices.ContainsFunc(ex.effects.Changed, func(c sui.ChangedObject) bool { return c.Output == sui.StatePackageWrite })
		}, nil
	}
	return nil, invalid("predicate is missing or unknown")
}

func parseEventLiteral(l *rpcpb.EventLiteral) (eventTest, error) {
	switch p := l.Predicate.(type) {
	case *rpcpb.EventLiteral_Sender:
		test, err := senderTest(p.Sender)
		return func(ex *executed, _ int) bool { return test(ex) }, err
	case *rpcpb.EventLiteral_EmitModule:
		return emitModuleTest(p.EmitModule)
	case *rpcpb.EventLiteral_EventType:
		return eventTypeTest(p.EventType)
	case *rpcpb.EventLiteral_EventStreamHead:
		return streamTest(p.EventStreamHead)
	}
	return nil, invalid("predicate is missing or unknown")
}

func senderTest(f *rpcpb.SenderFilter) (txTest, error) {
	sender, err := parseAddress("sender.address", f.GetAddress())
	return func(ex *executed) bool { return ex.data.Sender == sender }, err
}

// affects reports whether an address owned a changed object before or after.
func affects(e *sui.TransactionEffects, address sui.Address) bool {
	owned := func(o sui.Owner) bool {
		return (o.Kind == sui.OwnerAddress || o.Kind == sui.OwnerConsensusAddress) && o.Address == address
	}
	return slices.ContainsFunc(e.Changed, func(c sui.ChangedObject) bool {
		return c.Input == sui.StateExist && owned(c.InputOwner) || c.Output == sui.StateExist && owned(c.OutputOwner)
	})
}

// changes reports whether an object changed. What a transaction adds to an
// accumulator is not a change of the accumulator's object: settlement is.
func changes(e *sui.TransactionEffects, id sui.Address) bool {
	return slices.ContainsFunc(e.Changed, func(c sui.ChangedObject) bool {
		return c.ID == id && c.Output != sui.StateAccumulatorWrite
	})
}

// callTest reads package[::module[::function]].
func callTest(path string) (txTest, error) {
	pkg, names, err := parsePath("move_call.function", path, 3)
	return func(ex *executed) bool {
		p := ex.data.Kind.Programmable
		return p != nil && slices.ContainsFunc(p.Commands, func(c sui.Command) bool {
			call := c.MoveCall
			return call != nil && call.Package == pkg &&
				(len(names) < 1 || call.Module == names[0]) && (len(names) < 2 || call.Function == names[1])
		})
	}, err
}

func anyEvent(test eventTest, err error) (txTest, error) {
	return func(ex *executed) bool {
		for i := range ex.events {
			if test(ex, i) {
				return true
			}
		}
		return false
	}, err
}

// emitModuleTest reads package[::module] of the call that events came from.
func emitModuleTest(f *rpcpb.EmitModuleFilter) (eventTest, error) {
	pkg, names, err := parsePath("emit_module.module", f.GetModule(), 2)
	return func(ex *executed, i int) bool {
		ev := &ex.events[i]
		return ev.Package == pkg && (len(names) < 1 || ev.Module == names[0])
	}, err
}

// parsePath splits an address and up to most−1 names behind it.
func parsePath(field, path string, most int) (sui.Address, []string, error) {
	parts := strings.Split(path, "::")
	address, err := parseAddress(field, parts[0])
	if err != nil {
		return address, nil, err
	}
	if len(parts) > most {
		return address, nil, invalid("%s has %d parts; at most %d are allowed", field, len(parts), most)
	}
	for _, name := range parts[1:] {
		if !sui.IsIdentifier(name) {
			return address, nil, invalid("%s: %q is not a name", field, clip(name))
		}
	}
	return address, parts[1:], nil
}

// eventTypeTest reads address[::module[::Name[<parameters>]]].
func eventTypeTest(f *rpcpb.EventTypeFilter) (eventTest, error) {
	if f.GetEventType() == "" {
		return nil, invalid("missing event_type.event_type")
	}
	want, err := parseTypeFilter(f.GetEventType())
	if err != nil {
		return nil, invalid("event_type.event_type: %v", err)
	}
	return func(ex *executed, i int) bool {
		typ := ex.events[i].Type.String()
		return strings.HasPrefix(typ, want) && typeMatches(typ, want)
	}, nil
}

// streamTest asks for events that were added to a stream.
func streamTest(f *rpcpb.EventStreamHeadFilter) (eventTest, error) {
	id, err := parseAddress("event_stream_head.stream_id", f.GetStreamId())
	return func(ex *executed, i int) bool { return ex.inStream(i, id) }, err
}
