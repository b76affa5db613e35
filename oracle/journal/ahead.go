package journal

import "os"

// The file is kept longer than its records, by zeros. Storing a receipt then
// changes bytes of the file and nothing about it, so that syncing it need not
// wait for the file system's own journal, which everything else on the disk
// fills too, the tiles of the log among them. Close cuts the zeros off, and so
// does the next Open after a crash.

// ahead is how many bytes longer the file is made at a time, about a thousand
// receipts.
const ahead = 4 << 20

var zeros [256 << 10]byte

// extend makes the file longer if records up to end do not fit. Where it can't,
// the records themselves are what fails or not.
func (j *Journal) extend(end int64) {
	if j.ahead == 0 || end <= j.extended {
		return
	}
	j.extended = max(j.extended, j.end())
	for goal := end + j.ahead; j.extended < goal; {
		n, err := j.file.WriteAt(zeros[:min(int64(len(zeros)), goal-j.extended)], j.extended)
		j.extended += int64(n)
		if err != nil {
			return
		}
	}
}

// shrink cuts the zeros off.
func (j *Journal) shrink() error {
	if j.extended <= j.end() {
		return nil
	}
	return j.file.Truncate(j.end())
}

// dataFile is a file whose Sync leaves out what is of no use to read it again,
// such as its times.
type dataFile struct{ *os.File }

// Sync returns when bytes and length of the file are durable.
func (f dataFile) Sync() error { return syncData(f.File) }
