package archive_test

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"

	"courselab/datasets/archive"
)

// Only what is asked for is written, under the name that the caller gives.
func Example() {
	folder, err := os.MkdirTemp("", "archive")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "glue.zip")
	if err := pack(path, map[string]string{"SST-2/train.tsv": "sentence\tlabel\n", "SST-2/original/licence.txt": "?"}); err != nil {
		panic(err)
	}
	to := filepath.Join(folder, "out")
	if err := os.Mkdir(to, 0o755); err != nil {
		panic(err)
	}
	fmt.Println(archive.Extract(path, to, []archive.Member{{Name: "SST-2/train.tsv", To: "train.tsv"}}))
	files, err := os.ReadDir(to)
	fmt.Println(len(files), files[0].Name(), err)
	// Output:
	// <nil>
	// 1 train.tsv <nil>
}

func pack(path string, files map[string]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := zip.NewWriter(f)
	for name, text := range files {
		entry, err := w.Create(name)
		if err != nil {
			return err
		}
		if _, err := entry.Write([]byte(text)); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}
