package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/fetch"
)

// contents is some 300 kB that no compression or repetition helps with.
var contents = func() []byte {
	raw := make([]byte, 300_007)
	rng := rand.New(rand.NewPCG(3, 5))
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	return raw
}()

func sum(raw []byte) string {
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}

// server answers request number n (from 1) with handle and remembers the Range headers.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	ranges []string
}

func serve(t *testing.T, handle func(n int, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		n := len(s.ranges)
		s.mu.Unlock()
		handle(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.ranges...)
}

// whole is a good server: ranges, ETag, If-Range.
func whole(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v1"`)
	http.ServeContent(w, r, "f.bin", time.Time{}, bytes.NewReader(contents))
}

// cut announces everything from the requested start on and breaks off after n bytes.
func cut(w http.ResponseWriter, n int) {
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(contents)))
	_, _ = w.Write(contents[:n])
	panic(http.ErrAbortHandler)
}

func request(t *testing.T, urls ...string) fetch.Request {
	t.Helper()
	return fetch.Request{
		Path: filepath.Join(t.TempDir(), "folder", "f.bin"), URLs: urls, SHA256: sum(contents),
		Stall: 2 * time.Second, Pause: time.Millisecond,
	}
}

func requireWhole(t *testing.T, r fetch.Request) {
	t.Helper()
	got, err := os.ReadFile(r.Path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(contents, got), "the file is not what the server has")
	requireNoPart(t, r)
}

func requireNoPart(t *testing.T, r fetch.Request) {
	t.Helper()
	require.NoFileExists(t, r.Path+".part")
	require.NoFileExists(t, r.Path+".part.json")
}

func TestGet(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	r := request(t, s.URL)
	var seen []fetch.Progress
	r.Progress = func(p fetch.Progress) { seen = append(seen, p) }
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	total := int64(len(contents))
	assert.Equal(t, fetch.Progress{File: "f.bin", Done: 0, Total: total}, seen[0])
	assert.Equal(t, fetch.Progress{File: "f.bin", Done: total, Total: total}, seen[len(seen)-1])
	for i := range seen[1:] {
		assert.GreaterOrEqual(t, seen[i+1].Done, seen[i].Done)
	}
	require.NoError(t, fetch.Get(context.Background(), r))
	assert.Len(t, s.seen(), 1, "a verified file must not be downloaded again")
}

// Truncated twice: each try goes on where the last ended.
func TestTruncatedBodyIsResumed(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 1:
			cut(w, 100_000)
		case 2:
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 100000-%d/%d", len(contents)-1, len(contents)))
			w.Header().Set("Content-Length", strconv.Itoa(len(contents)-100_000))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(contents[100_000:150_000])
			panic(http.ErrAbortHandler)
		}
		whole(w, r)
	})
	r := request(t, s.URL)
	r.Attempts = 2 // progress in between resets the count
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=100000-", "bytes=150000-"}, s.seen())
}

// A download that was given up is taken up by the next call.
func TestResumeAcrossCalls(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			cut(w, 123_456)
		}
		whole(w, r)
	})
	r := request(t, s.URL)
	r.Attempts = 1
	err := fetch.Get(context.Background(), r)
	assert.ErrorContains(t, err, "f.bin: "+s.URL+": after 123456 of 300007 bytes: unexpected EOF")
	assert.NoFileExists(t, r.Path)
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=123456-"}, s.seen())
}

func TestServerThatIgnoresRanges(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			cut(w, 100_000)
		}
		_, _ = w.Write(contents) // 200, from the start
	})
	r := request(t, s.URL)
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=100000-"}, s.seen())
}

func TestServerThatSendsAnotherRange(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 1:
			cut(w, 100_000)
		case 2:
			w.Header().Set("Content-Range", "bytes 0-9/10")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(contents[:10])
			return
		}
		whole(w, r)
	})
	r := request(t, s.URL)
	r.SHA256, r.Size = "", int64(len(contents)) // the checksum must not be what saves us
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=100000-", ""}, s.seen())
}

// The file changed between two tries: If-Range makes the server send all of it, and no half of the old one is left.
func TestChangedFileStartsAgain(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			w.Header().Set("ETag", `"old"`)
			w.Header().Set("Content-Length", "300007")
			_, _ = w.Write(make([]byte, 5000))
			panic(http.ErrAbortHandler)
		}
		assert.Equal(t, `"old"`, r.Header.Get("If-Range"))
		whole(w, r)
	})
	r := request(t, s.URL)
	r.SHA256, r.Size = "", int64(len(contents)) // the checksum must not be what saves us
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
}

// Without a checksum and without a validator nothing would notice a seam: no resume.
func TestNoResumeWithoutAnyCheck(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.Header().Set("Content-Length", "300007")
			_, _ = w.Write(make([]byte, 5000))
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(contents)
	})
	r := request(t, s.URL)
	r.SHA256 = ""
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", ""}, s.seen())
}

// A server that names no length and closes the connection early: the size that the caller knows shows that something is missing.
func TestEarlyCloseWithoutLength(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			connection, buffer, err := w.(http.Hijacker).Hijack()
			assert.NoError(t, err)
			_, _ = buffer.WriteString("HTTP/1.0 200 OK\r\nETag: \"v1\"\r\n\r\n")
			_, _ = buffer.Write(contents[:99_999])
			_ = buffer.Flush()
			_ = connection.Close()
			return
		}
		whole(w, r)
	})
	r := request(t, s.URL)
	r.Size = int64(len(contents))
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=99999-"}, s.seen())
}

func TestCompletePartIsKept(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			// Everything arrives, but the connection breaks before the end is seen.
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Transfer-Encoding", "chunked")
			_, _ = w.Write(contents)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		whole(w, r) // answers 416 to a range at the end
	})
	r := request(t, s.URL)
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=300007-"}, s.seen())
}
