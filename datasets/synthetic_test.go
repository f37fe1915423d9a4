package datasets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"courselab/datasets/idx"
)

// The tests make their own data set, "toy": MNIST's format with 7 images of 2 x 3 to train on and 5 to test, so that every path
// runs without a real file.

func sumOf(raw []byte) string {
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}

func toyArray(n int, dims ...int) []byte {
	size := n
	for _, d := range dims {
		size *= d
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i*i+n) % 10
	}
	var b bytes.Buffer
	if err := idx.Write(&b, idx.Array{Type: idx.Uint8, Dims: append([]int{n}, dims...), Data: data}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func zipped(plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// toyFiles are the four files by name.
func toyFiles() map[string][]byte {
	return map[string][]byte{
		"train-images-idx3-ubyte.gz": zipped(toyArray(7, 2, 3)), "train-labels-idx1-ubyte.gz": zipped(toyArray(7)),
		"t10k-images-idx3-ubyte.gz": zipped(toyArray(5, 2, 3)), "t10k-labels-idx1-ubyte.gz": zipped(toyArray(5)),
	}
}

func toyEntry() Entry {
	files := toyFiles()
	describe := func(names ...string) (described []File) {
		for _, name := range names {
			stem, kind := name[:len(name)-len("-idx3-ubyte.gz")], name[len(name)-len("idx3-ubyte.gz"):len(name)-len(".gz")]
			f := idxFile(stem, kind, int64(len(files[name])), sumOf(files[name]), "")
			if stem == "t10k-images" {
				f.Content = sumOf(toyArray(5, 2, 3)) // of one file both sums are known
			}
			described = append(described, f)
		}
		return described
	}
	test := describe("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
	all := append(describe("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"), test...)
	classes := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	return Entry{
		Name: "toy", Kind: Images, Folders: []string{"toy", "toy/MNIST/raw"},
		Releases: []Release{
			{Name: "full", Files: all, Splits: []Split{{Name: "train", Records: 7}, {Name: "test", Records: 5}}, load: loadIDX(classes, true)},
			{Name: "t10k", Files: test, Splits: []Split{{Name: "train", Records: 4}, {Name: "test", Records: 1}}, load: loadIDX(classes, false)},
		},
	}
}

// put writes files into folder, making it.
func put(t testing.TB, folder string, files map[string][]byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(folder, 0o755))
	for name, raw := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), raw, 0o644))
	}
}

func rootsAt(paths ...string) (roots []Root) {
	for _, path := range paths {
		roots = append(roots, Root{Path: path, From: Variable})
	}
	return roots
}
