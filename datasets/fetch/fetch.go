// Package fetch downloads one file over HTTP and leaves either the whole, verified file or nothing at the place asked for.
//
//   - What arrived before a failure is kept beside the file (".part") and the next try goes on from there with an
//     HTTP range, provided the server says that its file is still the same one (ETag or Last-Modified) or the
//     checksum is known. A server that ignores ranges, or changed its file, costs a fresh start.
//   - A body shorter than announced, a stalled connection, 429 and 5xx are tried again with growing pauses; 404 and the like
//     go to the next address at once.
//   - The checksum is taken of the file on disk, after it is complete; only then is it renamed, after an fsync.
//   - Two processes that want the same file take turns under a lock file; the second finds the first one's result.
//   - Redirects are followed up to ten times, never from https to http.
//
// Nothing here knows what is in a file; see [courselab/datasets] for that.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Errors that a caller may branch on, found with errors.Is.
var (
	// ErrOffline: no address could be reached at all.
	ErrOffline = errors.New("no network, or the server cannot be reached")
	// ErrStalled: the connection was open but nothing came.
	ErrStalled = errors.New("the connection stalled")
	// ErrChecksum: the whole file arrived and is not the one that was wanted.
	ErrChecksum = errors.New("checksum does not match")
	// ErrTooLarge: the server offered or sent more than the limit.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrNotFile: the server answered with a web page, as captive portals do.
	ErrNotFile = errors.New("the server sent a web page instead of the file")
)

// Progress is the state of a download.
type Progress struct {
	File  string // base name of the file
	Done  int64  // bytes on disk, those of earlier tries included
	Total int64  // bytes in all; 0 while unknown
}

// Request says what to download. Path and one URL are necessary, the rest has defaults.
type Request struct {
	Path     string         // where the file shall be; its folder is made
	URLs     []string       // addresses of the same file, tried in order
	SHA256   string         // of the file, hex; "": not verified
	Size     int64          // exact size in bytes; 0: unknown
	MaxBytes int64          // upper limit; 0: Size if known, else 1 GiB
	Progress func(Progress) // called now and then, and at the end; may be nil

	Client   *http.Client  // nil: ClientFrom(nil)
	Stall    time.Duration // longest time without a byte; 0: 30 s
	Attempts int           // tries per address without progress in between; 0: 4
	Pause    time.Duration // before the second try, doubled for each further one up to 30 s; 0: 1 s
}

// Validate returns an error that names the first field that cannot be right.
func (r Request) Validate() error {
	switch {
	case r.Path == "":
		return errors.New("fetch: Request.Path is empty")
	case len(r.URLs) == 0:
		return fmt.Errorf("fetch: %s: Request.URLs is empty", filepath.Base(r.Path))
	case r.SHA256 != "" && len(r.SHA256) != 2*sha256.Size:
		return fmt.Errorf("fetch: %s: Request.SHA256 has %d digits, want 64", filepath.Base(r.Path), len(r.SHA256))
	case r.Size < 0 || r.MaxBytes < 0 || r.Stall < 0 || r.Attempts < 0 || r.Pause < 0:
		return fmt.Errorf("fetch: %s: a size, limit or time is negative", filepath.Base(r.Path))
	}
	return nil
}

func (r Request) filled() Request {
	if r.MaxBytes == 0 {
		if r.MaxBytes = r.Size; r.MaxBytes == 0 {
			r.MaxBytes = 1 << 30
		}
	}
	if r.Progress == nil {
		r.Progress = func(Progress) {}
	}
	if r.Stall == 0 {
		r.Stall = 30 * time.Second
	}
	if r.Attempts == 0 {
		r.Attempts = 4
	}
	if r.Pause == 0 {
		r.Pause = time.Second
	}
	if r.Client == nil {
		r.Client = ClientFrom(nil)
	}
	return r
}

// ClientFrom returns a client with this package's rule on redirects: ten at most, never from https to http. A nil transport is
// http.DefaultTransport, which honours the proxy variables.
func ClientFrom(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

var errRedirect = errors.New("bad redirect")

func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return fmt.Errorf("%w: more than 10 in a row", errRedirect)
	}
	if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("%w: from https to %s", errRedirect, next.URL.Scheme)
	}
	return nil
}

// Get downloads the file, or returns at once if the file is there and verified. The error is one line and names the file.
func Get(ctx context.Context, request Request) error {
	if err := request.Validate(); err != nil {
		return err
	}
	r := request.filled()
	name := filepath.Base(r.Path)
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o755); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	lock := flock.New(r.Path + ".lock")
	if locked, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil || !locked {
		return fmt.Errorf("%s: waiting for another download of it: %w", name, err)
	}
	defer lock.Close()

	if Verify(r.Path, r.Size, r.SHA256) == nil {
		return nil
	}
	var failures []error
	for _, url := range r.URLs {
		err := getFrom(ctx, r, url)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", name, ctx.Err())
		}
		failures = append(failures, fmt.Errorf("%s: %w", url, err))
	}
	return &Error{File: name, Failures: failures}
}

// Error is a download that failed at every address.
type Error struct {
	File     string
	Failures []error // one an address, in order
}

// Error returns one line.
func (e *Error) Error() string {
	texts := make([]string, len(e.Failures))
	for i, failure := range e.Failures {
		texts[i] = strings.NewReplacer("\n", " ", "\r", " ").Replace(failure.Error())
	}
	return e.File + ": " + strings.Join(texts, "; ")
}

// Unwrap returns the failures, for errors.Is and errors.As.
func (e *Error) Unwrap() []error { return e.Failures }

// getFrom tries one address until it gives the file, refuses for good, or has made no progress for r.Attempts tries.
func getFrom(ctx context.Context, r Request, url string) error {
	part := openPart(r.Path, url)
	fruitless, damaged := 0, false
	for {
		before := part.size()
		err := part.transfer(ctx, r, url)
		if err == nil {
			if err = part.finish(r); err == nil {
				return nil
			}
			if !errors.Is(err, ErrChecksum) || damaged {
				return err
			}
			damaged = true // perhaps it was the joint of two tries: once more from the start
			continue
		}
		var final *finalError
		if errors.As(err, &final) {
			return final.error
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if part.size() > before {
			fruitless = 0
		}
		fruitless++
		// Without a network there is no point in keeping a student waiting: one more try, for a hiccup.
		if fruitless >= r.Attempts || (errors.Is(err, ErrOffline) && fruitless >= 2) {
			return err
		}
		if wait(ctx, pause(r.Pause, fruitless, err)) != nil {
			return ctx.Err()
		}
	}
}

// finalError is one that trying again cannot mend.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// busyError is a 429 or 503 that may say how long to wait.
type busyError struct {
	error
	after time.Duration
}

func (e *busyError) Unwrap() error { return e.error }

const longestPause = 30 * time.Second

// pause doubles with every fruitless try, with up to a quarter more so that a class of students does not come back all at once.
func pause(first time.Duration, fruitless int, err error) time.Duration {
	p := min(first<<min(fruitless-1, 10), longestPause)
	p += time.Duration(rand.Int64N(int64(p)/4 + 1))
	var busy *busyError
	if errors.As(err, &busy) {
		p = max(p, min(busy.after, longestPause))
	}
	return p
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Verify returns nil if the regular file at path has this size (0: any) and this SHA-256 ("": any). A missing file is an
// *fs.PathError, another content ErrChecksum.
func Verify(path string, size int64, sum string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	if size > 0 && info.Size() != size {
		return fmt.Errorf("%s: %d bytes, want %d: %w", path, info.Size(), size, ErrChecksum)
	}
	if sum == "" {
		return nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); !strings.EqualFold(got, sum) {
		return fmt.Errorf("%s: SHA-256 %s, want %s: %w", path, got, strings.ToLower(sum), ErrChecksum)
	}
	return nil
}
