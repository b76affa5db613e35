package sui

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/floe-data/floe/sdk/bcs"
)

// EncodePure returns the BCS of a plain value: booleans, unsigned numbers of a
// fixed width, strings, [Address] and other byte arrays (written as they are,
// so [32]byte is an address, an ID or a little-endian u256, and [16]byte a
// u128), slices of these, values that implement [bcs.Marshaler], and pointers,
// which are Options: nil is none.
func EncodePure(x any) ([]byte, error) {
	e := bcs.NewEncoder()
	if err := encodePure(e, reflect.ValueOf(x)); err != nil {
		return nil, fmt.Errorf("encode %T: %w", x, err)
	}
	return e.Data(), nil
}

func encodePure(e *bcs.Encoder, v reflect.Value) error {
	if !v.IsValid() {
		return errors.New("nil has no type; use a nil pointer of the type for none")
	}
	if v.Kind() == reflect.Pointer {
		e.Bool(!v.IsNil())
		if v.IsNil() {
			return nil
		}
		return encodePure(e, v.Elem())
	}
	if m, ok := v.Interface().(bcs.Marshaler); ok {
		m.MarshalBCS(e)
		return nil
	}
	switch v.Kind() {
	case reflect.Bool:
		e.Bool(v.Bool())
	case reflect.Uint8:
		e.U8(uint8(v.Uint()))
	case reflect.Uint16:
		e.U16(uint16(v.Uint()))
	case reflect.Uint32:
		e.U32(uint32(v.Uint()))
	case reflect.Uint64:
		e.U64(v.Uint())
	case reflect.String:
		e.String(v.String())
	case reflect.Slice:
		return encodePureSlice(e, v)
	case reflect.Array:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return fmt.Errorf("arrays of %s have no Move type", v.Type().Elem())
		}
		for i := range v.Len() {
			e.U8(uint8(v.Index(i).Uint()))
		}
	case reflect.Int, reflect.Uint:
		return errors.New("the width is unknown; use uint64 or another fixed width")
	default:
		return fmt.Errorf("type %s has no Move type", v.Type())
	}
	return nil
}

func encodePureSlice(e *bcs.Encoder, v reflect.Value) error {
	e.ULEB(uint64(v.Len()))
	for i := range v.Len() {
		if err := encodePure(e, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
