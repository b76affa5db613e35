package walrus

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// batchBytes is how much of a shard is worked on at a time: measured best for
// the caches at n = 1000.
const batchBytes = 4096

// An EncodedBlob holds every sliver of a blob and its metadata. It is
// immutable and safe for concurrent use.
type EncodedBlob struct {
	id       BlobID
	params   Params
	ss       int
	metadata *Metadata
	rows     []byte // n rows of S symbols
	columns  []byte // n columns of P symbols
}

// Encode encodes data for nShards shards. It needs about 5.5 times the memory
// of data, plus 32·nShards² bytes while it hashes. Work is spread over
// GOMAXPROCS goroutines.
func Encode(nShards int, data []byte) (*EncodedBlob, error) {
	return encode(nShards, data, true)
}

// ComputeBlobID returns the id of data without keeping its slivers.
func ComputeBlobID(nShards int, data []byte) (BlobID, error) {
	e, err := encode(nShards, data, false)
	if err != nil {
		return BlobID{}, err
	}
	return e.id, nil
}

// ID returns the blob id.
func (e *EncodedBlob) ID() BlobID { return e.id }

// Params returns the dimensions of the encoding.
func (e *EncodedBlob) Params() Params { return e.params }

// Size returns the length of the unencoded blob in bytes.
func (e *EncodedBlob) Size() uint64 { return e.metadata.Size }

// SymbolSize returns the size of a symbol in bytes.
func (e *EncodedBlob) SymbolSize() int { return e.ss }

// Metadata returns the blob's metadata, shared: don't modify it.
func (e *EncodedBlob) Metadata() *Metadata { return e.metadata }

// RootHash returns the root of the blob's Merkle tree, which is registered on
// chain next to the id.
func (e *EncodedBlob) RootHash() Hash { return e.metadata.RootHash() }

// Sliver returns the sliver of the pair on the axis. Its data is shared with
// the EncodedBlob: don't modify it.
func (e *EncodedBlob) Sliver(a Axis, pair int) *Sliver {
	index, size := e.params.SliverIndex(a, pair), e.params.SliverSymbols(a)*e.ss
	all := e.rows
	if a == Secondary {
		all = e.columns
	}
	return &Sliver{Axis: a, Index: index, SymbolSize: e.ss, Data: all[index*size : (index+1)*size : (index+1)*size]}
}

func encode(nShards int, data []byte, keep bool) (*EncodedBlob, error) {
	p, err := NewParams(nShards)
	if err != nil {
		return nil, err
	}
	ss, err := p.SymbolSize(uint64(len(data)))
	if err != nil {
		return nil, err
	}
	m := &matrix{
		p: p, ss: ss, P: p.Rows(), S: p.Columns(), n: p.n, keep: keep, codes: codesFor(p),
		columns: make([]byte, p.n*p.Rows()*ss),
		leaves:  make([]Hash, p.n*p.n),
		hashes:  make([]PairHashes, p.n),
	}
	rows := m.P
	if keep {
		rows = m.n
	}
	m.rows = make([]byte, rows*m.S*ss)
	copy(m.rows, data)
	m.extendRows()
	m.extendColumns()
	m.hashRows()
	md := &Metadata{Size: uint64(len(data)), Pairs: m.hashes}
	return &EncodedBlob{id: md.BlobID(), params: p, ss: ss, metadata: md, rows: m.rows, columns: m.columns}, nil
}

// matrix is the state of one encoding. Its workers write disjoint parts.
type matrix struct {
	p       Params
	ss      int
	P, S, n int
	keep    bool // keep the recovery rows
	codes   *codes
	rows    []byte       // row-major, n×S symbols (P×S without keep)
	columns []byte       // column-major, n×P symbols
	leaves  []Hash       // leaf hash of symbol (r,c) at c·n+r
	hashes  []PairHashes // by pair
}

// extendRows fills columns: the P source rows, each extended to n symbols.
func (m *matrix) extendRows() {
	batch := batchOf(m.ss, m.P)
	parallel((m.P+batch-1)/batch, func(w *worker, i int) {
		r0 := i * batch
		count := min(batch, m.P-r0)
		shards := w.lines(m.n, packedSize(m.ss, count))
		for c := range m.S {
			src := m.rows[(r0*m.S+c)*m.ss:]
			pack(shards[c], src, m.S*m.ss, m.ss, count)
			for j := range count {
				copy(m.columns[(c*m.P+r0+j)*m.ss:], src[j*m.S*m.ss:][:m.ss])
			}
		}
		m.codes.row.extend(shards, &w.workspace)
		for c := m.S; c < m.n; c++ {
			unpack(m.columns[(c*m.P+r0)*m.ss:], shards[c], m.ss, m.ss, count)
		}
	})
}

// extendColumns extends each of the n columns to n symbols, keeps the recovery
// rows, hashes every symbol, and computes the roots of the columns.
func (m *matrix) extendColumns() {
	batch := batchOf(m.ss, m.n)
	parallel((m.n+batch-1)/batch, func(w *worker, i int) {
		c0 := i * batch
		count := min(batch, m.n-c0)
		shards := w.lines(m.n, packedSize(m.ss, count))
		for r := range m.P {
			pack(shards[r], m.columns[(c0*m.P+r)*m.ss:], m.P*m.ss, m.ss, count)
		}
		m.codes.column.extend(shards, &w.workspace)
		symbols := w.symbols(count * m.ss)
		for r := range m.n {
			if r >= m.P {
				unpack(symbols, shards[r], m.ss, m.ss, count)
				if m.keep && c0 < m.S {
					copy(m.rows[(r*m.S+c0)*m.ss:][:min(count, m.S-c0)*m.ss], symbols)
				}
			}
			for j := range count {
				sym := symbols[j*m.ss : (j+1)*m.ss]
				if r < m.P {
					sym = m.columns[((c0+j)*m.P+r)*m.ss:][:m.ss]
				}
				m.leaves[(c0+j)*m.n+r] = w.leaf(sym)
			}
		}
		for c := c0; c < c0+count; c++ {
			level := append(w.level[:0], m.leaves[c*m.n:(c+1)*m.n]...)
			m.hashes[m.p.PairIndex(Secondary, c)].Secondary = w.root(level)
			w.level = level
		}
	})
}

// hashRows computes the roots of the rows from the leaves, some rows at a
// time because the leaves lie by column.
func (m *matrix) hashRows() {
	const batch = 8
	parallel((m.n+batch-1)/batch, func(w *worker, i int) {
		r0 := i * batch
		count := min(batch, m.n-r0)
		if len(w.level) < batch*(m.n+1) {
			w.level = make([]Hash, batch*(m.n+1))
		}
		for c := range m.n {
			for j, h := range m.leaves[c*m.n+r0 : c*m.n+r0+count] {
				w.level[j*(m.n+1)+c] = h
			}
		}
		for j := range count {
			first := j * (m.n + 1)
			m.hashes[r0+j].Primary = w.root(w.level[first : first+m.n : first+m.n+1])
		}
	})
}

// batchOf returns how many of total lines are worked on together: about
// batchBytes per shard, yet enough batches for every worker.
func batchOf(ss, total int) int {
	perWorker := (total + workers() - 1) / workers()
	return max(1, min(batchBytes/ss, perWorker))
}

// A worker owns the memory of one goroutine.
type worker struct {
	workspace
	hasher
	level []Hash
	buf   []byte
}

func (w *worker) symbols(size int) []byte {
	if len(w.buf) < size {
		w.buf = make([]byte, size)
	}
	return w.buf[:size]
}

func workers() int { return runtime.GOMAXPROCS(0) }

// parallel calls do(worker, i) for each i < n on at most GOMAXPROCS
// goroutines.
func parallel(n int, do func(w *worker, i int)) {
	if n <= 1 || workers() == 1 {
		var w worker
		for i := range n {
			do(&w, i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, workers()) {
		wg.Go(func() {
			var w worker
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(&w, int(i))
			}
		})
	}
	wg.Wait()
}
