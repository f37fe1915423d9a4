package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/archive"
	"courselab/datasets/parse"
)

type entry struct {
	name, text string
	kind       byte // tar type; 0: regular
}

func makeTar(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: 0o600, Size: int64(len(e.text)), Typeflag: tar.TypeReg}
		if e.kind != 0 {
			header.Typeflag, header.Size, header.Linkname = e.kind, 0, "/etc/passwd"
		}
		require.NoError(t, w.WriteHeader(header))
		if e.kind == 0 {
			_, err := w.Write([]byte(e.text))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

func makeZip(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.kind != 0 {
			header.SetMode(os.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = f.Write([]byte(e.text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// both runs body on a .tar.gz and a .zip with the same entries.
func both(t *testing.T, entries []entry, body func(t *testing.T, archivePath, folder string)) {
	for name, raw := range map[string][]byte{"a.tar.gz": makeTar(t, entries...), "a.zip": makeZip(t, entries...)} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, raw, 0o600))
			body(t, path, t.TempDir())
		})
	}
}

func listing(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestExtractTakesOnlyWhatIsAsked(t *testing.T) {
	entries := []entry{{name: "./d/one.txt", text: "1"}, {name: "../../evil", text: "x"}, {name: "d/two.txt", text: "22"}, {name: "d/three.txt", text: "333"}}
	both(t, entries, func(t *testing.T, path, folder string) {
		require.NoError(t, archive.Extract(path, folder, []archive.Member{{Name: "d/one.txt", To: "first"}, {Name: "d/three.txt", To: "third", MaxBytes: 3}}))
		assert.Equal(t, []string{"first", "third"}, listing(t, folder))
		got, err := os.ReadFile(filepath.Join(folder, "third"))
		require.NoError(t, err)
		assert.Equal(t, "333", string(got))
	})
}

func TestExtractFailures(t *testing.T) {
	entries := []entry{{name: "big", text: "0123456789"}, {name: "link", kind: tar.TypeSymlink, text: "/etc/passwd"}}
	both(t, entries, func(t *testing.T, path, folder string) {
		for want, m := range map[string]archive.Member{
			"holds no none":                        {Name: "none", To: "x"},
			"big: larger than the limit of 9 byte": {Name: "big", To: "x", MaxBytes: 9},
			"link is not a regular file":           {Name: "link", To: "x"},
		} {
			err := archive.Extract(path, folder, []archive.Member{m})
			require.ErrorIs(t, err, parse.ErrMalformed)
			assert.ErrorContains(t, err, path+": "+want)
		}
		for _, to := range []string{"", "..", ".", "a/b", "../b"} {
			assert.ErrorContains(t, archive.Extract(path, folder, []archive.Member{{Name: "big", To: to}}), "not a plain file name")
		}
		assert.Empty(t, listing(t, folder), "nothing half done may be left")
	})
}

func TestExtractDamagedArchives(t *testing.T) {
	entries := []entry{{name: "f", text: string(bytes.Repeat([]byte("courselab"), 3000))}}
	both(t, entries, func(t *testing.T, path, folder string) {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, raw[:len(raw)/2], 0o600))
		require.ErrorIs(t, archive.Extract(path, folder, []archive.Member{{Name: "f", To: "f"}}), parse.ErrMalformed)
		assert.Empty(t, listing(t, folder))
		require.NoError(t, os.Remove(path))
		assert.ErrorIs(t, archive.Extract(path, folder, []archive.Member{{Name: "f", To: "f"}}), os.ErrNotExist)
	})
	assert.ErrorContains(t, archive.Extract("a.rar", t.TempDir(), nil), "want .zip, .tar.gz or .tgz")
}

func FuzzExtract(f *testing.F) {
	f.Add(makeTar(f, entry{name: "f", text: "1"}), true)
	f.Add(makeZip(f, entry{name: "f", text: "1"}), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, raw []byte, isTar bool) {
		path := filepath.Join(t.TempDir(), map[bool]string{true: "a.tgz", false: "a.zip"}[isTar])
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		folder := t.TempDir()
		if err := archive.Extract(path, folder, []archive.Member{{Name: "f", To: "g", MaxBytes: 1 << 16}}); err != nil {
			require.ErrorIs(t, err, parse.ErrMalformed)
			require.Empty(t, listing(t, folder))
			return
		}
		require.Equal(t, []string{"g"}, listing(t, folder))
	})
}
