package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/sdk/sui"
)

// A pack is a file of frames, one for each sync:
//
//	"fpk2" | length of the payload | CRC-32C of the payload | CRC-32C of the 12 bytes before
//	payload: items, see appendSealed
//
// Numbers are little-endian. A frame is begun when the one before is durable, so
// only the last can be incomplete. Older frames begin with "fpk1" and are not
// sealed; their payload has of each item
//
//	kind (1 byte) | digest (32) | length (4) | bytes
const (
	frameMagic = "fpk2"
	clearMagic = "fpk1"
	frameHead  = 16
	clearHead  = 1 + 32 + 4
)

// kind says what an item is, and so what its digest is of.
type kind uint8

const (
	anObject kind = 1 // BCS of a sui.Object; its digest is the chain's
	aList    kind = 2 // of object references, see shorten
)

func (k kind) String() string {
	if k == anObject {
		return "object"
	}
	return "list of objects"
}

func (k kind) digest(b []byte) sui.Digest {
	if k == anObject {
		return sui.TypedDigest("Object", b)
	}
	return sui.TypedDigest("floe::ObjectRefs", b)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame makes a frame of a payload.
func frame(payload []byte) []byte {
	b := make([]byte, 0, frameHead+len(payload))
	b = append(b, frameMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return append(b, payload...)
}

// A pack is an open file of the archive. Numbers grow, and some can be missing:
// packs of which nothing is left are removed.
type pack struct {
	groupcommit.File
	number int
	size   int64 // of what is durable
	clear  bool  // it has frames that are not sealed
}

func (p *pack) path(dir string) string { return packPath(dir, p.number) }

func packPath(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%08d.pack", number))
}

// packNumbers lists the packs of a folder in order. A folder that does not exist has
// none.
func packNumbers(dir string) (numbers []int, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "????????.pack"))
	if err != nil {
		return nil, err
	}
	for _, name := range names { // sorted
		n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(name), ".pack"))
		if err != nil || n <= 0 || packPath(dir, n) != name {
			return nil, fmt.Errorf("%w: %s is no file of the archive: move it away", ErrDamaged, name)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// load reads all packs and makes the index. What a crash left behind at the end
// of the last is cut off, or passed over if the archive is only read.
func (a *Archive) load(readOnly bool) error {
	numbers, err := packNumbers(a.dir)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		path := packPath(a.dir, n)
		f, err := a.create(path)
		if err != nil {
			return err
		}
		a.packs = append(a.packs, &pack{File: f, number: n})
		end, rest, err := a.loadPack(i, f)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		a.tail, a.last = groupcommit.Tail{File: f, End: end}, n
		a.packs[i].size = end
		a.bytes += end
		if rest == 0 {
			continue
		}
		if i < len(numbers)-1 {
			return fmt.Errorf("%w: %s ends with an incomplete batch, and another file follows", ErrDamaged, path)
		}
		if a.Torn = rest; readOnly {
			return nil
		}
		if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
			return fmt.Errorf("cut off an incomplete batch: %w", err)
		}
	}
	return nil
}

// loadPack indexes the frames of a pack. It returns where they end and how many
// bytes of an incomplete one follow.
func (a *Archive) loadPack(n int, f groupcommit.File) (end, rest int64, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, math.MaxInt64), 1<<20)
	for {
		payload, clear, torn, err := readFrame(r)
		if err == io.EOF {
			return end, 0, nil
		}
		if err != nil {
			return end, 0, fmt.Errorf("batch at byte %d: %w", end, err)
		}
		if torn {
			rest, err = io.Copy(io.Discard, io.NewSectionReader(f, end, math.MaxInt64-end))
			return end, rest, err
		}
		if clear {
			a.packs[n].clear = true
			err = a.loadClear(n, end+frameHead, payload)
		} else {
			err = a.loadItems(n, end+frameHead, payload)
		}
		if err != nil {
			return end, 0, fmt.Errorf("batch at byte %d: %w", end, err)
		}
		end += frameHead + int64(len(payload))
	}
}

// readFrame reads the next frame, and says if it is clear: not sealed. It is torn if
// the file ends within it, or has other bytes than were meant and nothing but zeros
// follows, or if its head was never written.
func readFrame(r *bufio.Reader) (payload []byte, clear, torn bool, err error) {
	var head [frameHead]byte
	switch _, err := io.ReadFull(r, head[:]); err {
	case nil:
	case io.ErrUnexpectedEOF:
		return nil, false, true, nil
	default:
		return nil, false, false, err
	}
	if head == ([frameHead]byte{}) {
		return nil, false, true, nil
	}
	magic, size := string(head[:4]), int(binary.LittleEndian.Uint32(head[4:]))
	if magic != frameMagic && magic != clearMagic || crc32.Checksum(head[:12], castagnoli) != binary.LittleEndian.Uint32(head[12:]) {
		return nil, false, false, fmt.Errorf("%w: this is no batch; restore the file from a copy", ErrDamaged)
	}
	payload, err = readN(r, make([]byte, 0, min(size, 1<<20)), size)
	if err == io.ErrUnexpectedEOF {
		return nil, false, true, nil
	}
	if err != nil {
		return nil, false, false, err
	}
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(head[8:]) {
		if onlyZeros(r) {
			return nil, false, true, nil
		}
		return nil, false, false, fmt.Errorf("%w: its checksum is wrong; restore the file from a copy", ErrDamaged)
	}
	return payload, magic == clearMagic, false, nil
}

// onlyZeros reads to the end.
func onlyZeros(r *bufio.Reader) bool {
	for {
		c, err := r.ReadByte()
		if err != nil || c != 0 {
			return err == io.EOF
		}
	}
}

// readN appends n bytes to b, and does not allocate for more than there are.
func readN(r io.Reader, b []byte, n int) ([]byte, error) {
	for len(b) < n {
		start, step := len(b), min(n-len(b), 1<<20)
		b = append(b, make([]byte, step)...)
		if _, err := io.ReadFull(r, b[start:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return b, nil
}

// loadItems indexes the items of a payload, which begins at an offset.
func (a *Archive) loadItems(pack int, offset int64, payload []byte) error {
	for i := 0; i < len(payload); {
		if len(payload)-i < 4 {
			return fmt.Errorf("%w: an item ends too early", ErrDamaged)
		}
		size := int(binary.LittleEndian.Uint32(payload[i:]))
		if i += 4; size > len(payload)-i {
			return fmt.Errorf("%w: an item ends too early", ErrDamaged)
		}
		k, digest, _, err := openItem(a.vault, payload[i:i+size])
		if err != nil {
			return err
		}
		a.index[digest] = place{pack: int32(pack), kind: k, size: int32(size), offset: offset + int64(i), sealed: true}
		i += size
	}
	return nil
}

// loadClear is loadItems of what an older version wrote.
func (a *Archive) loadClear(pack int, offset int64, payload []byte) error {
	for i := 0; i < len(payload); {
		if len(payload)-i < clearHead {
			return fmt.Errorf("%w: an item ends too early", ErrDamaged)
		}
		size := int(binary.LittleEndian.Uint32(payload[i+33:]))
		if size > len(payload)-i-clearHead {
			return fmt.Errorf("%w: an item ends too early", ErrDamaged)
		}
		a.index[sui.Digest(payload[i+1:i+33])] = place{pack: int32(pack), kind: kind(payload[i]), size: int32(size), offset: offset + int64(i) + clearHead}
		i += clearHead + size
	}
	return nil
}
