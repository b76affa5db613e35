package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/oracle/groupcommit"
	"github.com/floe-data/floe/sdk/sui"
)

// A pack is a file of frames, one for each sync:
//
//	"fpk1" | length of the payload | CRC-32C of the payload | CRC-32C of the 12 bytes before
//	payload: of each item  kind (1 byte) | digest (32) | length (4) | bytes
//
// Numbers are little-endian. A frame is begun when the one before is durable, so
// only the last can be incomplete.
const (
	frameMagic = "fpk1"
	frameHead  = 16
	itemHead   = 1 + 32 + 4
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

// appendItem appends an item to a payload.
func appendItem(payload []byte, k kind, digest sui.Digest, b []byte) []byte {
	payload = append(append(payload, byte(k)), digest[:]...)
	payload = binary.LittleEndian.AppendUint32(payload, uint32(len(b)))
	return append(payload, b...)
}

func packPath(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%08d.pack", n+1)) }

// load reads all packs and makes the index. What a crash left behind at the end
// of the last is cut off, or passed over if the archive is only read.
func (a *Archive) load(readOnly bool) error {
	for n := 0; ; n++ {
		if _, err := os.Stat(packPath(a.dir, n)); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		f, err := a.create(packPath(a.dir, n))
		if err != nil {
			return err
		}
		a.packs = append(a.packs, f)
		end, rest, err := a.loadPack(n, f)
		if err != nil {
			return fmt.Errorf("%s: %w", packPath(a.dir, n), err)
		}
		a.tail = groupcommit.Tail{File: f, End: end}
		a.bytes += end
		if rest == 0 {
			continue
		}
		if _, err := os.Stat(packPath(a.dir, n+1)); err == nil {
			return fmt.Errorf("%w: %s ends with an incomplete batch, and another file follows", ErrDamaged, packPath(a.dir, n))
		}
		if a.Torn = rest; readOnly {
			return nil
		}
		if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
			return fmt.Errorf("cut off an incomplete batch: %w", err)
		}
	}
}

// loadPack indexes the frames of a pack. It returns where they end and how many
// bytes of an incomplete one follow.
func (a *Archive) loadPack(n int, f groupcommit.File) (end, rest int64, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, math.MaxInt64), 1<<20)
	for {
		payload, torn, err := readFrame(r)
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
		if err := a.loadItems(n, end+frameHead, payload); err != nil {
			return end, 0, fmt.Errorf("batch at byte %d: %w", end, err)
		}
		end += frameHead + int64(len(payload))
	}
}

// readFrame reads the next frame. It is torn if the file ends within it, or has
// other bytes than were meant and nothing but zeros follows, or if its head was
// never written.
func readFrame(r *bufio.Reader) (payload []byte, torn bool, err error) {
	var head [frameHead]byte
	switch _, err := io.ReadFull(r, head[:]); err {
	case nil:
	case io.ErrUnexpectedEOF:
		return nil, true, nil
	default:
		return nil, false, err
	}
	if head == ([frameHead]byte{}) {
		return nil, true, nil
	}
	if string(head[:4]) != frameMagic || crc32.Checksum(head[:12], castagnoli) != binary.LittleEndian.Uint32(head[12:]) {
		return nil, false, fmt.Errorf("%w: this is no batch; restore the file from a copy", ErrDamaged)
	}
	payload = make([]byte, 0, min(int(binary.LittleEndian.Uint32(head[4:])), 1<<20))
	buf, err := readN(r, payload, int(binary.LittleEndian.Uint32(head[4:])))
	if err == io.ErrUnexpectedEOF {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	if crc32.Checksum(buf, castagnoli) != binary.LittleEndian.Uint32(head[8:]) {
		if onlyZeros(r) {
			return nil, true, nil
		}
		return nil, false, fmt.Errorf("%w: its checksum is wrong; restore the file from a copy", ErrDamaged)
	}
	return buf, false, nil
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
		if len(payload)-i < itemHead {
			return fmt.Errorf("%w: an item ends too early", ErrDamaged)
		}
		size := int(binary.LittleEndian.Uint32(payload[i+33:]))
		if size > len(payload)-i-itemHead {
			return fmt.Errorf("%w: an item ends too early", ErrDamaged)
		}
		a.index[sui.Digest(payload[i+1:i+33])] = place{int32(pack), kind(payload[i]), int32(size), offset + int64(i) + itemHead}
		i += itemHead + size
	}
	return nil
}
