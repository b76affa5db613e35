package movevm

import "sync"

// A slab hands out objects from larger pieces. What a session allocates is
// counted as a whole and never given back, so a piece may outlive most of its
// objects. The first piece is one that other sessions had before.
type slab struct {
	objects []object
	values  []value
	room    []byte
	piece   *piece
	single  bool // for a few objects that live on: no pieces
}

const (
	pieceValues  = 128
	pieceObjects = 64
	pieceBytes   = 512
)

// A piece is all zeros before a session has it.
type piece struct {
	objects [96]object
	values  [192]value
	room    [1024]byte
}

var pieces = sync.Pool{New: func() any { return new(piece) }}

// close gives the piece back. Nothing that the slab handed out may be used any
// more.
func (s *slab) close() {
	if s.piece != nil {
		*s.piece = piece{}
		pieces.Put(s.piece)
		*s = slab{single: true}
	}
}

// open takes a piece, once.
func (s *slab) open() bool {
	if s.piece != nil {
		return false
	}
	s.piece = pieces.Get().(*piece)
	s.objects, s.values, s.room = s.piece.objects[:], s.piece.values[:], s.piece.room[:]
	return true
}

// object makes an object without content.
func (s *slab) object() *object {
	if s.single {
		return new(object)
	}
	if len(s.objects) == 0 && !s.open() {
		s.objects = make([]object, pieceObjects)
	}
	o := &s.objects[0]
	s.objects = s.objects[1:]
	return o
}

// record makes an object of n fields.
func (s *slab) record(n int) *object {
	if s.single || n > pieceValues/8 || n == 0 {
		return record(n)
	}
	o := s.object()
	if len(s.values) < n {
		s.values = make([]value, pieceValues)
	}
	o.f, s.values = s.values[:n:n], s.values[n:]
	return o
}

// bytes makes an object that holds a copy of b.
func (s *slab) bytes(b []byte) *object {
	o := s.object()
	o.b = s.buffer(len(b))
	copy(o.b, b)
	return o
}

// wide is the function wide with memory of the slab.
func (s *slab) wide(w [4]uint64) value {
	if w[1]|w[2]|w[3] == 0 {
		return value{n: w[0]}
	}
	o := s.object()
	o.b = s.buffer(32)
	return wideIn(o, w)
}

// buffer makes room for n bytes. An object is made before.
func (s *slab) buffer(n int) []byte {
	if s.single || n > pieceBytes/4 {
		return make([]byte, n)
	}
	if len(s.room) < n {
		s.room = make([]byte, pieceBytes)
	}
	b := s.room[:n:n]
	s.room = s.room[n:]
	return b
}
