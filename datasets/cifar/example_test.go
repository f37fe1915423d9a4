package cifar_test

import (
	"bytes"
	"fmt"

	"courselab/datasets/cifar"
)

// A record stores its planes one after another; a Set stores pixel by pixel.
func Example() {
	record := make([]byte, cifar.RecordBytes)
	record[0] = 2                         // the label
	record[1] = 200                       // red of the first pixel
	record[1+cifar.Side*cifar.Side] = 100 // and green
	set, err := cifar.Read(bytes.NewReader(record), "data_batch_1.bin", int64(len(record)))
	fmt.Println(set.Len(), set.Classes[set.Labels[0]], set.Item(0)[:3], err)

	_, err = cifar.Read(bytes.NewReader(record[:3000]), "data_batch_1.bin", 3000)
	fmt.Println(err)
	// Output:
	// 1 bird [200 100 0] <nil>
	// data_batch_1.bin: byte 0: record 0 has 3000 of 3073 bytes: the file is truncated or not CIFAR-10's binary version
}
