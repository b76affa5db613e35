package walrus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/floe-data/floe/sdk/bcs"
)

// A quilt is one blob that holds many small files, each in columns of its own,
// so that a file can be read from its secondary slivers alone. Layout, filled
// column by column:
//
//	index    0x01 ‖ u32le L ‖ L bytes of BCS(index), in at most 10 columns
//	patch    0x01 ‖ u32le length of what follows the mask ‖ mask ‖
//	         u16le ‖ BCS(identifier) ‖ [u16le ‖ BCS(tags)] ‖ data
const (
	quiltVersion      = 1
	quiltIndexHeader  = 5
	quiltPatchHeader  = 6
	quiltIndexColumns = 10
	quiltMaskTags     = 1
)

// A QuiltFile is a file to put into a quilt, or one read from it.
type QuiltFile struct {
	Identifier string // not empty, no control characters, no trailing space, ≤ 65535 bytes
	Data       []byte
	Tags       map[string]string
}

// A QuiltPatch says which columns [Start, End) of a quilt hold a file.
type QuiltPatch struct {
	Identifier string
	Tags       map[string]string
	Start, End int
}

// ID returns the patch's id in the quilt, in URL-safe base64: quilt id ‖ 1 ‖
// u16le start ‖ u16le end.
func (p QuiltPatch) ID(quilt BlobID) string {
	b := append(quilt[:], quiltVersion)
	b = binary.LittleEndian.AppendUint16(b, uint16(p.Start))
	b = binary.LittleEndian.AppendUint16(b, uint16(p.End))
	return blobIDText.EncodeToString(b)
}

// BuildQuilt lays out files as the content of one blob for nShards shards. The
// patches come sorted by identifier. Encode the content like any other blob.
func BuildQuilt(nShards int, files []QuiltFile) (content []byte, patches []QuiltPatch, err error) {
	p, err := NewParams(nShards)
	if err != nil {
		return nil, nil, err
	}
	files = slices.Clone(files)
	sort.Slice(files, func(i, j int) bool { return files[i].Identifier < files[j].Identifier })
	if err := checkQuiltFiles(p, files); err != nil {
		return nil, nil, fmt.Errorf("build quilt: %w", err)
	}
	patches = make([]QuiltPatch, len(files))
	headers := make([][]byte, len(files))
	for i, f := range files {
		patches[i] = QuiltPatch{Identifier: f.Identifier, Tags: f.Tags}
		if headers[i], err = patchHeader(f); err != nil {
			return nil, nil, fmt.Errorf("build quilt: %w", err)
		}
	}
	sizes := []int{quiltIndexHeader + len(quiltIndex(patches))}
	for i, f := range files {
		sizes = append(sizes, len(headers[i])+len(f.Data))
	}
	ss, err := quiltSymbolSize(p, sizes)
	if err != nil {
		return nil, nil, fmt.Errorf("build quilt: %w", err)
	}
	w := &quiltWriter{p: p, ss: ss, out: make([]byte, p.Rows()*p.Columns()*ss)}
	column := ceilDiv(sizes[0], p.Rows()*ss)
	for i, f := range files {
		patches[i].Start = column
		column = w.write(column, headers[i], f.Data)
		patches[i].End = column
	}
	index := quiltIndex(patches)
	head := binary.LittleEndian.AppendUint32([]byte{quiltVersion}, uint32(len(index)))
	w.write(0, head, index)
	return w.out, patches, nil
}

// ReadQuilt lists and extracts the files of a quilt's content.
func ReadQuilt(nShards int, content []byte) ([]QuiltFile, []QuiltPatch, error) {
	p, err := NewParams(nShards)
	if err != nil {
		return nil, nil, err
	}
	cells := p.Rows() * p.Columns()
	ss := len(content) / cells
	if ss == 0 || ss%2 != 0 || len(content)%cells != 0 || ss > MaxSymbolSize {
		return nil, nil, fmt.Errorf("read quilt: %d bytes are not a quilt of %d shards", len(content), nShards)
	}
	r := &quiltWriter{p: p, ss: ss, out: content}
	patches, err := r.readIndex()
	if err != nil {
		return nil, nil, fmt.Errorf("read quilt: %w", err)
	}
	files := make([]QuiltFile, len(patches))
	for i := range patches {
		if files[i], err = parsePatch(r.read(patches[i].Start, patches[i].End)); err != nil {
			return nil, nil, fmt.Errorf("read quilt: file %q: %w", patches[i].Identifier, err)
		}
		if files[i].Identifier != patches[i].Identifier {
			return nil, nil, fmt.Errorf("read quilt: index names %q, patch names %q", patches[i].Identifier, files[i].Identifier)
		}
	}
	return files, patches, nil
}

// checkQuiltFiles checks names, given in order, and the number of files.
func checkQuiltFiles(p Params, files []QuiltFile) error {
	if len(files) == 0 || len(files) > p.Columns()-1 {
		return fmt.Errorf("%d files, want 1 to %d with %d shards", len(files), p.Columns()-1, p.n)
	}
	for i, f := range files {
		if err := checkIdentifier(f.Identifier); err != nil {
			return err
		}
		if i > 0 && files[i-1].Identifier == f.Identifier {
			return fmt.Errorf("identifier %q is used twice", f.Identifier)
		}
		if uint64(len(f.Data)) > math.MaxUint32-math.MaxUint16*3 {
			return fmt.Errorf("file %q has %d bytes, at most 4 GiB fit", f.Identifier, len(f.Data))
		}
	}
	return nil
}

func checkIdentifier(id string) error {
	switch {
	case id == "" || len(id) > math.MaxUint16-3:
		return fmt.Errorf("identifier of %d bytes, want 1 to %d", len(id), math.MaxUint16-3)
	case !utf8.ValidString(id):
		return fmt.Errorf("identifier %q is not UTF-8", id)
	case strings.TrimRightFunc(id, unicode.IsSpace) != id:
		return fmt.Errorf("identifier %q ends in white space", id)
	case strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Errorf("identifier %q has a control character", id)
	}
	return nil
}

// quiltSymbolSize returns the least symbol size with which all parts, the
// index first, fit into columns of their own.
func quiltSymbolSize(p Params, sizes []int) (int, error) {
	P, S := p.Rows(), p.Columns()
	total, largest := 0, 0
	for _, s := range sizes {
		total, largest = total+s, max(largest, s)
	}
	low := max(ceilDiv(total, S*P), ceilDiv(sizes[0], P*quiltIndexColumns), ceilDiv(quiltIndexHeader, P))
	high := max(low, ceilDiv(largest, S/len(sizes)*P))
	ss := low + sort.Search(high-low, func(i int) bool {
		columns := 0
		for _, s := range sizes {
			columns += ceilDiv(s, (low+i)*P)
		}
		return columns <= S
	})
	ss += ss % 2
	if ss > MaxSymbolSize {
		return 0, fmt.Errorf("%w: the files need symbols of %d bytes; use several quilts", ErrTooLarge, ss)
	}
	return ss, nil
}

// patchHeader returns what precedes the file's data.
func patchHeader(f QuiltFile) ([]byte, error) {
	var e bcs.Encoder
	e.String(f.Identifier)
	rest := binary.LittleEndian.AppendUint16(nil, uint16(len(e.Data())))
	rest = append(rest, e.Data()...)
	mask := byte(0)
	if len(f.Tags) > 0 {
		mask = quiltMaskTags
		var t bcs.Encoder
		marshalTags(&t, f.Tags)
		if len(t.Data()) > math.MaxUint16 {
			return nil, fmt.Errorf("tags of %q take %d bytes, at most %d fit", f.Identifier, len(t.Data()), math.MaxUint16)
		}
		rest = binary.LittleEndian.AppendUint16(rest, uint16(len(t.Data())))
		rest = append(rest, t.Data()...)
	}
	head := binary.LittleEndian.AppendUint32([]byte{quiltVersion}, uint32(len(rest)+len(f.Data)))
	return append(append(head, mask), rest...), nil
}

// parsePatch is the inverse of patchHeader and data; b may be padded.
func parsePatch(b []byte) (QuiltFile, error) {
	var f QuiltFile
	if len(b) < quiltPatchHeader || b[0] != quiltVersion || b[5]&^quiltMaskTags != 0 {
		return f, errors.New("patch has no valid header")
	}
	size := int(binary.LittleEndian.Uint32(b[1:]))
	if size > len(b)-quiltPatchHeader {
		return f, errors.New("patch is longer than its columns")
	}
	d := bcs.NewDecoder(b[quiltPatchHeader : quiltPatchHeader+size])
	id := bcs.NewDecoder(d.Fixed(int(d.U16())))
	f.Identifier = id.String()
	tags := bcs.NewDecoder(nil)
	if b[5]&quiltMaskTags != 0 {
		tags = bcs.NewDecoder(d.Fixed(int(d.U16())))
		f.Tags = unmarshalTags(tags)
	}
	f.Data = bytes.Clone(d.Fixed(d.Remaining()))
	return f, errors.Join(d.Finish(), id.Finish(), tags.Finish())
}

// quiltIndex returns BCS(vector<{end column u16, identifier, tags}>).
func quiltIndex(patches []QuiltPatch) []byte {
	var e bcs.Encoder
	e.ULEB(uint64(len(patches)))
	for _, p := range patches {
		e.U16(uint16(p.End))
		e.String(p.Identifier)
		marshalTags(&e, p.Tags)
	}
	return e.Data()
}

// readIndex reads and checks the quilt's index.
func (w *quiltWriter) readIndex() ([]QuiltPatch, error) {
	columnSize := w.p.Rows() * w.ss
	most := min(quiltIndexColumns, w.p.Columns())
	b := w.read(0, most)
	if len(b) < quiltIndexHeader || b[0] != quiltVersion {
		return nil, errors.New("blob has no quilt index of version 1")
	}
	size := int(binary.LittleEndian.Uint32(b[1:]))
	if size > len(b)-quiltIndexHeader {
		return nil, fmt.Errorf("index of %d bytes does not fit into %d columns", size, most)
	}
	start := ceilDiv(quiltIndexHeader+size, columnSize)
	d := bcs.NewDecoder(b[quiltIndexHeader : quiltIndexHeader+size])
	patches := make([]QuiltPatch, d.Length(4))
	for i := range patches {
		p := &patches[i]
		p.Start, p.End = start, int(d.U16())
		p.Identifier, p.Tags = d.String(), unmarshalTags(d)
		if d.Err() == nil && (p.End <= p.Start || p.End > w.p.Columns()) {
			d.Fail(fmt.Errorf("patch %q ends at column %d", p.Identifier, p.End))
		}
		if d.Err() == nil && i > 0 && p.Identifier <= patches[i-1].Identifier {
			d.Fail(errors.New("identifiers are not ascending"))
		}
		start = p.End
	}
	return patches, d.Finish()
}

// marshalTags writes map<string,string>, sorted by serialised key.
func marshalTags(e *bcs.Encoder, tags map[string]string) {
	keys := make([]string, 0, len(tags))
	for k := range tags {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return tagKeyLess(keys[i], keys[j]) })
	e.ULEB(uint64(len(tags)))
	for _, k := range keys {
		e.String(k)
		e.String(tags[k])
	}
}

func unmarshalTags(d *bcs.Decoder) map[string]string {
	n := d.Length(2)
	if n == 0 {
		return nil
	}
	tags, last := make(map[string]string), ""
	for i := range n {
		k := d.String()
		if d.Err() == nil && i > 0 && !tagKeyLess(last, k) {
			d.Fail(errors.New("tags are not in canonical order"))
		}
		tags[k], last = d.String(), k
	}
	return tags
}

// tagKeyLess compares BCS strings: their ULEB128 lengths come first.
func tagKeyLess(a, b string) bool {
	var x, y bcs.Encoder
	x.String(a)
	y.String(b)
	return bytes.Compare(x.Data(), y.Data()) < 0
}

// quiltWriter addresses the content of a quilt by columns.
type quiltWriter struct {
	p   Params
	ss  int
	out []byte
}

// write puts parts from the given column on and returns the next free column.
func (w *quiltWriter) write(column int, parts ...[]byte) int {
	pos := column * w.p.Rows() * w.ss
	for _, b := range parts {
		for len(b) > 0 {
			n := copy(w.at(pos), b)
			b, pos = b[n:], pos+n
		}
	}
	return ceilDiv(pos, w.p.Rows()*w.ss)
}

// read returns the bytes of the columns [start, end).
func (w *quiltWriter) read(start, end int) []byte {
	var b []byte
	for pos := start * w.p.Rows() * w.ss; pos < end*w.p.Rows()*w.ss; pos += w.ss {
		b = append(b, w.at(pos)...)
	}
	return b
}

// at returns the rest of the symbol at position pos of the column-major order.
func (w *quiltWriter) at(pos int) []byte {
	cell, off := pos/w.ss, pos%w.ss
	row, column := cell%w.p.Rows(), cell/w.p.Rows()
	i := (row*w.p.Columns() + column) * w.ss
	return w.out[i+off : i+w.ss]
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
