package groupcommit

import "fmt"

// A Tail appends to a file. One goroutine at a time may use it.
//
// Ahead keeps the file longer than what was appended, by zeros. Appending then
// changes bytes of the file and nothing about it, so that syncing it need not wait
// for the file system's own journal, which everything else on the disk fills too,
// the tiles of the log among them. Close cuts the zeros off; after a crash whoever
// reads the file has to.
type Tail struct {
	File
	End   int64 // of what is durable
	Ahead int64 // by how many bytes the file is made longer at a time; 0: not at all

	dirty    bool  // the file may hold more than what is durable
	extended int64 // its length, if that is beyond End
}

var zeros [256 << 10]byte

// Append makes data durable at the end. After an error the end is where it was, and
// the next Append cuts off what may be there.
func (t *Tail) Append(data []byte) error {
	if err := t.Mend(); err != nil {
		return err
	}
	// From here on until the sync has succeeded the file is in doubt.
	t.dirty = true
	t.extend(t.End + int64(len(data)))
	if _, err := t.WriteAt(data, t.End); err != nil {
		return err
	}
	if err := t.Sync(); err != nil {
		return err
	}
	t.dirty, t.End = false, t.End+int64(len(data))
	return nil
}

// Mend cuts the file back to its end if it is in doubt, durably: a loss of power must
// not leave the beginning of what is appended next before the rest of what was not
// stored. Who can't do without that finds out before there is anything to append.
func (t *Tail) Mend() error {
	if !t.dirty {
		return nil
	}
	err := t.Truncate(t.End)
	if err == nil {
		err = t.Sync()
	}
	if err != nil {
		return fmt.Errorf("cut off what was not stored: %w", err)
	}
	t.dirty, t.extended = false, t.End
	return nil
}

// extend makes the file longer if what ends at end does not fit. Where it can't, the
// data itself is what fails or not.
func (t *Tail) extend(end int64) {
	if t.Ahead == 0 || end <= t.extended {
		return
	}
	t.extended = max(t.extended, t.End)
	for goal := end + t.Ahead; t.extended < goal; {
		n, err := t.WriteAt(zeros[:min(int64(len(zeros)), goal-t.extended)], t.extended)
		t.extended += int64(n)
		if err != nil {
			return
		}
	}
}

// Shrink cuts the zeros off.
func (t *Tail) Shrink() error {
	if t.extended <= t.End {
		return nil
	}
	t.extended = 0
	return t.Truncate(t.End)
}
