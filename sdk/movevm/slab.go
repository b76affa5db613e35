package movevm

import "sync"

// A slab hands out objects from larger pieces. What a session allocates is
// counted as a whole and never given back, so a piece may outlive most of its
// objects. The first piece is one that other sessions had before.
type slab struct {
	objects []object
	values  []value
	room    []byte
	piece   *piece // the first
	single  bool   // for a few objects that live on: no pieces
}

const (
	pieceValues  = 128
	pieceObjects = 64
	pieceBytes   = 512
)

// A piece is all zeros before a session has it. The session itself is in it.
type piece struct {
	session Session
	objects [96]object
	values  [192]value
	room    [1024]byte
}

var pieces = sync.Pool{New: func() any { return new(piece) }}

// newSession takes a piece.
func newSession() *Session {
	p := pieces.Get().(*piece)
	p.session.usage.slab = slab{objects: p.objects[:], values: p.values[:], room: p.room[:], piece: p}
	return &p.session
}

// close gives the piece back, and the session with it.
func (s *slab) close() {
	if p := s.piece; p != nil {
		*p = piece{}
		pieces.Put(p)
	}
}

// object makes an object without content.
func (s *slab) object() *object {
	if s.single {
		return new(object)
	}
	if len(s.objects) == 0 {
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

// buffer makes room for n bytes.
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
