package bytecode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

var magic = []byte{0xa1, 0x1c, 0xeb, 0x0b}

// suiFlavor is the top byte of the version word from version 7 on.
const suiFlavor = 5

// Kinds of tables.
const (
	tableModuleHandles   = 0x01
	tableDatatypeHandles = 0x02
	tableFunctionHandles = 0x03
	tableFunctionInsts   = 0x04
	tableSignatures      = 0x05
	tableConstants       = 0x06
	tableIdentifiers     = 0x07
	tableAddresses       = 0x08
	tableStructs         = 0x0a
	tableStructInsts     = 0x0b
	tableFunctions       = 0x0c
	tableFieldHandles    = 0x0d
	tableFieldInsts      = 0x0e
	tableFriends         = 0x0f
	tableMetadata        = 0x10
	tableEnums           = 0x11
	tableEnumInsts       = 0x12
	tableVariantHandles  = 0x13
	tableVariantInsts    = 0x14
)

// A table is a kind of table: how to read and write its entries. The list is
// in the order in which the compiler writes tables.
type table struct {
	kind    byte
	version uint32 // first version that has it
	read    func(m *Module, r *reader)
	write   func(m *Module, w *writer)
}

var tables = []table{
	{tableModuleHandles, 6, readModuleHandles, writeModuleHandles},
	{tableDatatypeHandles, 6, readDatatypeHandles, writeDatatypeHandles},
	{tableFunctionHandles, 6, readFunctionHandles, writeFunctionHandles},
	{tableFunctionInsts, 6, readFunctionInsts, writeFunctionInsts},
	{tableSignatures, 6, readSignatures, writeSignatures},
	{tableIdentifiers, 6, readIdentifiers, writeIdentifiers},
	{tableAddresses, 6, readAddresses, writeAddresses},
	{tableConstants, 6, readConstants, writeConstants},
	{tableMetadata, 6, readMetadata, writeMetadata},
	{tableStructs, 6, readStructs, writeStructs},
	{tableStructInsts, 6, readStructInsts, writeStructInsts},
	{tableFunctions, 6, readFunctions, writeFunctions},
	{tableFieldHandles, 6, readFieldHandles, writeFieldHandles},
	{tableFieldInsts, 6, readFieldInsts, writeFieldInsts},
	{tableFriends, 6, readFriends, writeFriends},
	{tableEnums, 7, readEnums, writeEnums},
	{tableEnumInsts, 7, readEnumInsts, writeEnumInsts},
	{tableVariantHandles, 7, readVariantHandles, writeVariantHandles},
	{tableVariantInsts, 7, readVariantInsts, writeVariantInsts},
}

func tableOf(kind byte) *table {
	for i := range tables {
		if tables[i].kind == kind {
			return &tables[i]
		}
	}
	return nil
}

// parse reads the container: header, table headers, tables, own handle.
func parse(b []byte) (*Module, error) {
	r := &reader{b: b}
	m := &Module{Version: readVersion(r)}
	headers := readHeaders(r, m.Version)
	if r.err != nil {
		return nil, r.err
	}
	content := b[r.pos:]
	end := uint64(0)
	for _, h := range headers {
		if uint64(h.offset) != end {
			return nil, fmt.Errorf("table %#02x: starts at %d, want %d", h.table.kind, h.offset, end)
		}
		if end += uint64(h.length); end > uint64(len(content)) {
			return nil, fmt.Errorf("table %#02x: %w", h.table.kind, errTruncated)
		}
		tr := &reader{b: content[h.offset:end]}
		h.table.read(m, tr)
		if tr.err != nil {
			return nil, fmt.Errorf("table %#02x: %w", h.table.kind, tr.err)
		}
	}
	tail := &reader{b: content[end:]}
	m.Self = tail.index("own module handle")
	if tail.err == nil && tail.more() {
		tail.fail("bytes remain after the module")
	}
	return m, tail.err
}

func readVersion(r *reader) uint32 {
	if !bytes.Equal(r.take(4), magic) {
		r.fail("not a Move module: bad magic number")
	}
	word := r.u32()
	version := word & 0x00ffffff
	// Sui does not look at the flavor of older modules.
	if flavor := word >> 24; version >= 7 && flavor != suiFlavor {
		r.fail("bytecode flavor %d is not Sui's", flavor)
	}
	if version < 6 || version > 7 {
		r.fail("bytecode version %d is not supported (6 and 7 are)", version)
	}
	return version
}

type header struct {
	table          *table
	offset, length uint32
}

// readHeaders returns the table headers by offset.
func readHeaders(r *reader, version uint32) []header {
	n := r.count(255, "table count")
	headers := make([]header, 0, n)
	seen := map[byte]bool{}
	for i := 0; i < n && r.err == nil; i++ {
		kind := r.u8()
		h := header{table: tableOf(kind), offset: uint32(r.uleb(1<<32-1, "table offset")), length: uint32(r.uleb(1<<32-1, "table length"))}
		switch {
		case r.err != nil:
		case h.table == nil || h.table.version > version:
			r.fail("unknown table kind %#02x", kind)
		case seen[kind]:
			r.fail("table %#02x appears twice", kind)
		case h.length == 0:
			r.fail("table %#02x is empty", kind)
		}
		seen[kind] = true
		headers = append(headers, h)
	}
	sort.SliceStable(headers, func(i, j int) bool { return headers[i].offset < headers[j].offset })
	return headers
}

// Serialize writes the module in the form of the Move compiler.
func (m *Module) Serialize() []byte {
	var content writer
	var headers writer
	n := 0
	for _, t := range tables {
		start := len(content.b)
		t.write(m, &content)
		if length := len(content.b) - start; length > 0 {
			headers.u8(t.kind)
			headers.uleb(uint64(start))
			headers.uleb(uint64(length))
			n++
		}
	}
	content.index(m.Self)

	out := writer{b: append([]byte(nil), magic...)}
	word := m.Version
	if m.Version >= 7 {
		word |= suiFlavor << 24
	}
	out.b = binary.LittleEndian.AppendUint32(out.b, word)
	out.uleb(uint64(n))
	out.b = append(out.b, headers.b...)
	return append(out.b, content.b...)
}

// A writer appends to a buffer.
type writer struct{ b []byte }

func (w *writer) u8(v byte)      { w.b = append(w.b, v) }
func (w *writer) uleb(v uint64)  { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) index(v uint16) { w.uleb(uint64(v)) }
func (w *writer) bytes(p []byte) { w.uleb(uint64(len(p))); w.b = append(w.b, p...) }
