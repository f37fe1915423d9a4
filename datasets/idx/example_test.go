package idx_test

import (
	"bytes"
	"fmt"

	"courselab/datasets/idx"
)

func Example() {
	var file bytes.Buffer
	err := idx.Write(&file, idx.Array{Type: idx.Uint8, Dims: []int{2, 2, 2}, Data: []byte{0, 1, 2, 3, 4, 5, 6, 7}})
	fmt.Println(file.Len(), err)
	whole := file.Bytes()
	array, err := idx.Read(bytes.NewReader(whole), "digits", int64(len(whole)))
	fmt.Println(array.Dims, array.Data, err)

	_, err = idx.Read(bytes.NewReader(whole[:20]), "digits", 20)
	fmt.Println(err)
	// Output:
	// 24 <nil>
	// [2 2 2] [0 1 2 3 4 5 6 7] <nil>
	// digits: byte 20: file ends after 4 of 8 bytes: it is truncated
}
