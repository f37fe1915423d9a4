package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/fetch"
)

func TestCorruptFile(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		bad := bytes.Clone(contents)
		bad[1234] ^= 1
		_, _ = w.Write(bad)
	})
	r := request(t, s.URL)
	err := fetch.Get(context.Background(), r)
	require.ErrorIs(t, err, fetch.ErrChecksum)
	assert.ErrorContains(t, err, "want "+sum(contents))
	assert.NoFileExists(t, r.Path)
	requireNoPart(t, r)
	assert.Len(t, s.seen(), 2, "one more try from the start, and no more")
}

// A bad first half from a broken try is thrown away, not kept for ever.
func TestCorruptSeamIsMended(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", "300007")
			_, _ = w.Write(make([]byte, 5000))
			panic(http.ErrAbortHandler)
		}
		whole(w, r)
	})
	r := request(t, s.URL)
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=5000-", ""}, s.seen())
}

func TestStall(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", strconv.Itoa(len(contents)))
			_, _ = w.Write(contents[:70_000])
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		whole(w, r)
	})
	defer close(release)
	r := request(t, s.URL)
	r.Stall = 300 * time.Millisecond
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{"", "bytes=70000-"}, s.seen())
}

// Stalled before the first header: the message says so.
func TestStallForEver(t *testing.T) {
	s := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	r := request(t, s.URL)
	r.Stall, r.Attempts = 100*time.Millisecond, 2
	err := fetch.Get(context.Background(), r)
	require.ErrorIs(t, err, fetch.ErrStalled)
	assert.ErrorContains(t, err, "nothing came for 100ms")
	assert.Len(t, s.seen(), 2)
}

// A slow but steady server is not a stalled one.
func TestSlowIsNotStalled(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(contents)))
		for from := 0; from < len(contents); from += 50_000 {
			_, _ = w.Write(contents[from:min(from+50_000, len(contents))])
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	r := request(t, s.URL)
	r.Stall = 400 * time.Millisecond // the whole takes 700
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Len(t, s.seen(), 1)
}

func TestRedirects(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			whole(w, r)
		default:
			http.Redirect(w, r, "/file", http.StatusMovedPermanently)
		}
	})
	r := request(t, s.URL+"/start")
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)

	r = request(t, s.URL+"/loop")
	before := len(s.seen())
	err := fetch.Get(context.Background(), r)
	assert.ErrorContains(t, err, "bad redirect: more than 10 in a row")
	assert.Equal(t, 10, len(s.seen())-before, "a loop is not tried again")
}

func TestRedirectToPlainHTTPIsRefused(t *testing.T) {
	plain := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	r := request(t, secure.URL)
	r.Client = fetch.ClientFrom(secure.Client().Transport)
	err := fetch.Get(context.Background(), r)
	assert.ErrorContains(t, err, "bad redirect: from https to http")
	assert.Empty(t, plain.seen())
}

func TestStatus(t *testing.T) {
	for code, wantRequests := range map[int]int{404: 1, 403: 1, 410: 1, 500: 3, 502: 3, 429: 3} {
		s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		r := request(t, s.URL)
		r.Attempts = 3
		err := fetch.Get(context.Background(), r)
		assert.ErrorContains(t, err, fmt.Sprintf("the server answered %d", code))
		assert.Len(t, s.seen(), wantRequests, "status %d", code)
		assert.NoFileExists(t, r.Path)
	}
}

func TestServerThatRecovers(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n < 3 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader([]int{0, 500, 503}[n])
			return
		}
		whole(w, r)
	})
	r := request(t, s.URL)
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		whole(w, r)
	})
	start := time.Now()
	require.NoError(t, fetch.Get(context.Background(), request(t, s.URL)))
	assert.GreaterOrEqual(t, time.Since(start), time.Second)
}

// The next address is used, and what the first left is not mixed with it.
func TestNextAddress(t *testing.T) {
	bad := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", "300007")
			_, _ = w.Write(make([]byte, 5000))
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusNotFound)
	})
	good := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	r := request(t, bad.URL, good.URL)
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
	assert.Equal(t, []string{""}, good.seen())
}

func TestEveryAddressFails(t *testing.T) {
	missing := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	gone := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	err := fetch.Get(context.Background(), request(t, missing.URL, gone.URL))
	assert.EqualError(t, err, "f.bin: "+missing.URL+": the server answered 404 Not Found; "+gone.URL+": the server answered 410 Gone")
}

func TestTooLarge(t *testing.T) {
	announced := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	r := request(t, announced.URL)
	r.MaxBytes = 300_000
	err := fetch.Get(context.Background(), r)
	require.ErrorIs(t, err, fetch.ErrTooLarge)
	assert.ErrorContains(t, err, "300007 bytes: larger than the limit of 300000")

	var sent atomic.Int64
	endless := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		for { // chunked, no length
			n, err := w.Write(contents[:10_000])
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	r = request(t, endless.URL)
	r.MaxBytes = 200_000
	require.ErrorIs(t, fetch.Get(context.Background(), r), fetch.ErrTooLarge)
	requireNoPart(t, r)
	assert.Len(t, endless.seen(), 1)

	other := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(contents[:777]) })
	r = request(t, other.URL)
	r.Size = int64(len(contents))
	err = fetch.Get(context.Background(), r)
	assert.ErrorContains(t, err, "the server's file has 777 bytes, want 300007")
}

func TestWebPageInsteadOfFile(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<html>Please log in to the wireless network</html>"))
	})
	r := request(t, s.URL)
	r.SHA256 = ""
	require.ErrorIs(t, fetch.Get(context.Background(), r), fetch.ErrNotFile)
	assert.NoFileExists(t, r.Path)
	r.SHA256 = sum(contents)
	require.ErrorIs(t, fetch.Get(context.Background(), r), fetch.ErrChecksum)
	assert.NoFileExists(t, r.Path)
}

// A .gz file arrives as it is, even from a server that labels it as encoded.
func TestGzipIsNotUnpacked(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write(contents)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(zipped.Bytes())
	})
	r := request(t, s.URL)
	r.SHA256 = sum(zipped.Bytes())
	require.NoError(t, fetch.Get(context.Background(), r))
}

func TestOffline(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	s.Close()
	start := time.Now()
	err := fetch.Get(context.Background(), request(t, s.URL))
	require.ErrorIs(t, err, fetch.ErrOffline)
	assert.NotContains(t, err.Error(), "\n")
	assert.Less(t, time.Since(start), 5*time.Second)
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(contents)))
		_, _ = w.Write(contents[:50_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	r := request(t, s.URL)
	r.Progress = func(p fetch.Progress) {
		if p.Done >= 50_000 {
			cancel()
		}
	}
	err := fetch.Get(ctx, r)
	require.ErrorIs(t, err, context.Canceled)
	assert.NoFileExists(t, r.Path)
	assert.FileExists(t, r.Path+".part", "what came is kept for the next time")
}

// Two at once: one downloads, the other waits and finds the result.
func TestTwoAtOnce(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		whole(w, r)
	})
	r := request(t, s.URL)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() { assert.NoError(t, fetch.Get(context.Background(), r)) })
	}
	wait.Wait()
	requireWhole(t, r)
	assert.Len(t, s.seen(), 1)
}

func TestWrongFileInPlaceIsReplaced(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { whole(w, r) })
	r := request(t, s.URL)
	require.NoError(t, os.MkdirAll(filepath.Dir(r.Path), 0o755))
	require.NoError(t, os.WriteFile(r.Path, []byte("garbage"), 0o644))
	require.NoError(t, fetch.Get(context.Background(), r))
	requireWhole(t, r)
}

func TestValidate(t *testing.T) {
	for want, r := range map[string]fetch.Request{
		"Path is empty":         {URLs: []string{"x"}},
		"URLs is empty":         {Path: "a/f"},
		"has 3 digits, want 64": {Path: "f", URLs: []string{"x"}, SHA256: "abc"},
		"negative":              {Path: "f", URLs: []string{"x"}, Size: -1},
	} {
		assert.ErrorContains(t, fetch.Get(context.Background(), r), want)
	}
	err := fetch.Get(context.Background(), request(t, "::not a url"))
	assert.ErrorContains(t, err, "f.bin: ::not a url")
}

func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	assert.ErrorIs(t, fetch.Verify(path, 0, ""), os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, contents, 0o644))
	assert.NoError(t, fetch.Verify(path, 0, ""))
	assert.NoError(t, fetch.Verify(path, 300_007, sum(contents)))
	assert.ErrorIs(t, fetch.Verify(path, 5, ""), fetch.ErrChecksum)
	assert.ErrorIs(t, fetch.Verify(path, 0, sum(nil)), fetch.ErrChecksum)
	assert.Error(t, fetch.Verify(filepath.Dir(path), 0, ""))
}
