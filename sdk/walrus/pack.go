package walrus

// The Leopard code of klauspost/reedsolomon works on shards of whole 64-byte
// blocks: a block holds 32 field elements, the low bytes first, then the high
// bytes. Walrus lays out a symbol the same way, block by block, and its tail
// of t < 64 bytes as t/2 low bytes and t/2 high bytes.
//
// The code treats every position alike, so many symbols of one line are packed
// into one shard: first the whole blocks of all symbols, then all tails as one
// stream of low and one of high bytes, cut into pieces of 32.

// packedSize returns the size of a shard that holds count symbols of ss bytes.
func packedSize(ss, count int) int {
	tails := count * (ss % 64) / 2
	return count*(ss-ss%64) + (tails+31)/32*64
}

// pack writes count symbols of ss bytes into dst, which has packedSize bytes.
// Symbol i starts at src[i*stride].
func pack(dst, src []byte, stride, ss, count int) {
	whole, half := ss-ss%64, ss%64/2
	tails := dst[count*whole:]
	if half > 0 {
		clear(tails[max(0, len(tails)-64):])
	}
	low := 0
	for i := range count {
		sym := src[i*stride : i*stride+ss]
		copy(dst[i*whole:], sym[:whole])
		if half > 0 {
			packStream(tails, low, sym[whole:whole+half], 0)
			packStream(tails, low, sym[whole+half:], 32)
			low += half
		}
	}
}

// unpack is the inverse of pack.
func unpack(dst, src []byte, stride, ss, count int) {
	whole, half := ss-ss%64, ss%64/2
	tails := src[count*whole:]
	low := 0
	for i := range count {
		sym := dst[i*stride : i*stride+ss]
		copy(sym[:whole], src[i*whole:])
		if half > 0 {
			unpackStream(sym[whole:whole+half], tails, low, 0)
			unpackStream(sym[whole+half:], tails, low, 32)
			low += half
		}
	}
}

// packStream writes b at position at of the low (plane 0) or high (plane 32)
// stream of tails.
func packStream(tails []byte, at int, b []byte, plane int) {
	for len(b) > 0 {
		block, off := at/32, at%32
		n := min(len(b), 32-off)
		copy(tails[block*64+plane+off:], b[:n])
		b, at = b[n:], at+n
	}
}

// unpackStream is the inverse of packStream; it fills b.
func unpackStream(b, tails []byte, at, plane int) {
	for len(b) > 0 {
		block, off := at/32, at%32
		n := copy(b[:min(len(b), 32-off)], tails[block*64+plane+off:])
		b, at = b[n:], at+n
	}
}
