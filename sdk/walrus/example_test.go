package walrus_test

import (
	"fmt"

	"github.com/floe-data/floe/sdk/walrus"
)

// The id of a blob needs no network. The input and its id are those of
// Walrus' own regression test.
func ExampleComputeBlobID() {
	id, err := walrus.ComputeBlobID(10, []byte("walrus blob id v1 regression test"))
	fmt.Println(id, err)
	// Output: RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY <nil>
}

// Any third of the primary slivers restores a blob.
func ExampleDecode() {
	blob, err := walrus.Encode(10, []byte("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var slivers []*walrus.Sliver
	for _, pair := range []int{9, 2, 7, 4} {
		sliver := blob.Sliver(walrus.Primary, pair)
		if err := blob.Metadata().VerifySliver(sliver); err != nil {
			fmt.Println(err)
			return
		}
		slivers = append(slivers, sliver)
	}
	data, err := walrus.Decode(blob.Metadata(), slivers)
	fmt.Println(string(data), err)
	// Output: hello <nil>
}
