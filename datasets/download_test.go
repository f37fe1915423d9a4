package datasets

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/archive"
	"courselab/datasets/fetch"
)

// shelf is a server of files; spoil may answer instead.
type shelf struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
	hits  map[string]int
	spoil func(hit int, name string, w http.ResponseWriter, r *http.Request) bool
}

func newShelf(t *testing.T, files map[string][]byte) *shelf {
	t.Helper()
	s := &shelf{files: files, hits: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		s.mu.Lock()
		s.hits[name]++
		hit := s.hits[name]
		s.mu.Unlock()
		if s.spoil != nil && s.spoil(hit, name, w, r) {
			return
		}
		raw, ok := s.files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(raw))
	}))
	t.Cleanup(s.Close)
	return s
}

// toyDownload downloads the toy data set from s into a fresh cache.
func toyDownload(t *testing.T, s *shelf) download {
	t.Helper()
	entry := toyEntry()
	entry.Releases[0].Sources = fileSources(entry.Releases[0].Files, s.URL+"/")
	cache := filepath.Join(t.TempDir(), "cache")
	return download{
		entry: entry, release: entry.Releases[0], cache: cache, roots: []Root{{Path: cache, From: "cache"}},
		pause: time.Millisecond, stall: 500 * time.Millisecond,
	}
}

func requireClean(t *testing.T, d download) {
	t.Helper()
	entries, err := os.ReadDir(d.cache)
	require.NoError(t, err)
	for _, e := range entries {
		assert.Contains(t, []string{".toy.lock", "toy"}, e.Name(), "left behind")
	}
}

func TestDownload(t *testing.T) {
	s := newShelf(t, toyFiles())
	d := toyDownload(t, s)
	last := map[string]fetch.Progress{}
	d.progress = func(p fetch.Progress) { last[p.File] = p }
	found, err := d.run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "full", found.Release.Name)
	assert.Equal(t, filepath.Join(d.cache, "toy"), found.Folder)
	require.Len(t, last, 4)
	for name, p := range last {
		assert.Equal(t, int64(len(s.files[name])), p.Done)
		assert.Equal(t, p.Total, p.Done)
	}
	requireClean(t, d)

	again, err := d.run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, found.Paths, again.Paths)
	for name, n := range s.hits {
		assert.Equal(t, 1, n, "%s was downloaded again", name)
	}
}

func TestDownloadMendsATruncatingStallingRedirectingServer(t *testing.T) {
	s := newShelf(t, toyFiles())
	s.spoil = func(hit int, name string, w http.ResponseWriter, r *http.Request) bool {
		raw := s.files[name]
		switch {
		case name == "train-images-idx3-ubyte.gz" && hit == 1: // truncates
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
			_, _ = w.Write(raw[:len(raw)/2])
			panic(http.ErrAbortHandler)
		case name == "train-labels-idx1-ubyte.gz" && hit == 1: // stalls
			<-r.Context().Done()
			return true
		case name == "t10k-images-idx3-ubyte.gz" && r.URL.Query().Get("again") == "": // redirects
			http.Redirect(w, r, r.URL.Path+"?again=1", http.StatusTemporaryRedirect)
			return true
		case name == "t10k-labels-idx1-ubyte.gz" && hit < 3: // is out of order
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	}
	d := toyDownload(t, s)
	_, err := d.run(context.Background())
	require.NoError(t, err)
	requireClean(t, d)
}

// A failure leaves no data set behind, says what to do by hand, and keeps what is good for the next time.
func TestDownloadFailures(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w http.ResponseWriter, raw []byte)
		is    error
		want  string
	}{
		"missing": {func(w http.ResponseWriter, _ []byte) { w.WriteHeader(http.StatusNotFound) }, nil, "the server answered 404 Not Found"},
		"corrupt": {func(w http.ResponseWriter, raw []byte) {
			raw = bytes.Clone(raw)
			raw[9] ^= 4
			_, _ = w.Write(raw)
		}, fetch.ErrChecksum, "what arrived is not the file"},
		"web page": {func(w http.ResponseWriter, _ []byte) { _, _ = w.Write([]byte("<html>log in first</html>")) }, fetch.ErrChecksum, "the server's file has"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, toyFiles())
			broken := true
			s.spoil = func(_ int, name string, w http.ResponseWriter, _ *http.Request) bool {
				if broken && name == "t10k-images-idx3-ubyte.gz" {
					c.spoil(w, s.files[name])
					return true
				}
				return false
			}
			d := toyDownload(t, s)
			_, err := d.run(context.Background())
			require.Error(t, err)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			assert.ErrorContains(t, err, "toy: t10k-images-idx3-ubyte.gz: "+s.URL+"/t10k-images-idx3-ubyte.gz: ")
			assert.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "; without a download: put train-images-idx3-ubyte.gz, ")
			assert.ErrorContains(t, err, " into "+filepath.Join(d.cache, "toy")+" (or a folder named in COURSELAB_DATA)")
			assert.NotContains(t, err.Error(), "\n")
			assert.NoDirExists(t, filepath.Join(d.cache, "toy"))

			broken = false
			_, err = d.run(context.Background())
			require.NoError(t, err)
			assert.Equal(t, 1, s.hits["train-images-idx3-ubyte.gz"], "a file that arrived is not downloaded again")
		})
	}
}

func TestDownloadOffline(t *testing.T) {
	s := newShelf(t, toyFiles())
	s.Close()
	d := toyDownload(t, s)
	_, err := d.run(context.Background())
	require.ErrorIs(t, err, fetch.ErrOffline)
	assert.ErrorContains(t, err, "toy: train-images-idx3-ubyte.gz: ")
	assert.ErrorContains(t, err, "no network, or the server cannot be reached")
	assert.ErrorContains(t, err, "without a download: put train-images-idx3-ubyte.gz, ")
	assert.NotContains(t, err.Error(), "\n")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = d.run(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// toyArchive moves the toy data set's files into one archive.
func toyArchive(t *testing.T, d *download, files map[string][]byte, url string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	source := Source{File: "toy.zip", URLs: []string{url + "/toy.zip"}}
	for _, name := range d.release.FileNames() {
		f, err := w.Create("inside/" + name)
		require.NoError(t, err)
		_, err = f.Write(files[name])
		require.NoError(t, err)
		source.Members = append(source.Members, archive.Member{Name: "inside/" + name, To: name})
	}
	require.NoError(t, w.Close())
	source.SHA256, source.Size = sumOf(b.Bytes()), int64(b.Len())
	d.release.Sources = []Source{source}
	d.entry.Releases[0].Sources = d.release.Sources
	return b.Bytes()
}

func TestDownloadOfAnArchive(t *testing.T) {
	s := newShelf(t, map[string][]byte{})
	d := toyDownload(t, s)
	s.files["toy.zip"] = toyArchive(t, &d, toyFiles(), s.URL)
	_, err := d.run(context.Background())
	require.NoError(t, err)
	requireClean(t, d)
	assert.Equal(t, 1, s.hits["toy.zip"])
}

// An archive that was brought by hand makes the network unnecessary.
func TestArchiveAtHand(t *testing.T) {
	s := newShelf(t, map[string][]byte{})
	s.Close()
	d := toyDownload(t, s)
	raw := toyArchive(t, &d, toyFiles(), s.URL)
	_, err := d.run(context.Background())
	require.ErrorIs(t, err, fetch.ErrOffline)
	assert.ErrorContains(t, err, ", or put toy.zip there and run `go run ./datasets/cmd/data get toy`")
	put(t, filepath.Join(d.cache, "toy"), map[string][]byte{"toy.zip": raw})
	_, err = d.run(context.Background())
	require.NoError(t, err)
}

// The archive is what the catalogue says, but what is inside is not: nothing is installed, and the archive is not kept.
func TestArchiveWithDamagedContents(t *testing.T) {
	s := newShelf(t, map[string][]byte{})
	d := toyDownload(t, s)
	files := toyFiles()
	files["train-labels-idx1-ubyte.gz"] = []byte("garbage")
	s.files["toy.zip"] = toyArchive(t, &d, files, s.URL)
	_, err := d.run(context.Background())
	require.ErrorIs(t, err, ErrCorrupt)
	assert.ErrorContains(t, err, "train-labels-idx1-ubyte.gz: byte 0: not an IDX file")
	assert.NotContains(t, err.Error(), "\n")
	assert.NoDirExists(t, filepath.Join(d.cache, "toy"))
	requireClean(t, d)
}

func TestDownloadReplacesADamagedCopy(t *testing.T) {
	s := newShelf(t, toyFiles())
	d := toyDownload(t, s)
	files := toyFiles()
	for name := range files {
		files[name] = []byte("garbage")
	}
	put(t, filepath.Join(d.cache, "toy"), files)
	found, err := d.run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "full", found.Release.Name)
}

func TestTwoDownloadsAtOnce(t *testing.T) {
	s := newShelf(t, toyFiles())
	s.spoil = func(int, string, http.ResponseWriter, *http.Request) bool {
		time.Sleep(50 * time.Millisecond)
		return false
	}
	d := toyDownload(t, s)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			_, err := d.run(context.Background())
			assert.NoError(t, err)
		})
	}
	wait.Wait()
	for name, n := range s.hits {
		assert.Equal(t, 1, n, name)
	}
}

func TestDownloadByHandOnly(t *testing.T) {
	s := newShelf(t, nil)
	d := toyDownload(t, s)
	d.release.Sources = nil
	_, err := d.run(context.Background())
	assert.ErrorContains(t, err, "toy: it cannot be downloaded; put train-images-idx3-ubyte.gz, ")
	_, err = Download(context.Background(), "imagenet", nil)
	assert.ErrorIs(t, err, ErrUnknown)
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	_, err = Download(context.Background(), "mnist", nil)
	assert.ErrorContains(t, err, "mnist: no cache folder for data sets")
}
