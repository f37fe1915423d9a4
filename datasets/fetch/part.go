package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// part is the unfinished file and the note that says which version of which address it is from.
type part struct {
	path  string // the unfinished file
	note  string // its note
	final string
}

// origin is the note.
type origin struct {
	URL       string `json:"url"`
	Validator string `json:"validator"` // strong ETag or Last-Modified; "": the server gave none
}

// openPart throws away what another address left: the bytes might be of another file.
func openPart(final, url string) part {
	p := part{path: final + ".part", note: final + ".part.json", final: final}
	if p.origin().URL != url {
		p.reset()
	}
	return p
}

func (p part) size() int64 {
	info, err := os.Stat(p.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (p part) origin() (o origin) {
	raw, err := os.ReadFile(p.note)
	if err != nil || json.Unmarshal(raw, &o) != nil {
		return origin{}
	}
	return o
}

func (p part) reset() {
	_ = os.Remove(p.path)
	_ = os.Remove(p.note)
}

// transfer makes one request and appends what comes. nil means that the server says the file is complete.
func (p part) transfer(ctx context.Context, r Request, url string) error {
	have, from := p.size(), p.origin()
	if have > 0 && from.Validator == "" && r.SHA256 == "" {
		p.reset() // nothing would notice if the two ends did not fit
		have = 0
	}
	if have > r.MaxBytes {
		p.reset()
		have = 0
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(r.Stall, func() { cancel(fmt.Errorf("nothing came for %v: %w", r.Stall, ErrStalled)) })
	defer watchdog.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return &finalError{err}
	}
	request.Header.Set("Accept-Encoding", "identity") // or net/http would unpack a .gz file on its way
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		if from.Validator != "" {
			request.Header.Set("If-Range", from.Validator)
		}
	}
	response, err := r.Client.Do(request)
	if err != nil {
		return p.connectError(ctx, err)
	}
	defer response.Body.Close()

	switch {
	case response.StatusCode == http.StatusPartialContent && have > 0:
		start, _, ok := contentRange(response.Header.Get("Content-Range"))
		if !ok || start != have {
			p.reset()
			return fmt.Errorf("asked for bytes from %d, got %q", have, response.Header.Get("Content-Range"))
		}
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0:
		if _, total, ok := contentRange(response.Header.Get("Content-Range")); ok && total == have {
			return nil // it was complete
		}
		p.reset()
		return errors.New("the server's file is shorter than what is here: starting again")
	case response.StatusCode == http.StatusOK:
		have = 0
		if err := p.begin(url, validator(response.Header)); err != nil {
			return &finalError{err}
		}
	default:
		return statusError(response)
	}
	if r.SHA256 == "" && strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		p.reset()
		return &finalError{ErrNotFile}
	}
	return p.appendBody(ctx, r, response, have, watchdog)
}

func (p part) connectError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, ErrStalled) {
		return cause
	}
	if errors.Is(err, errRedirect) {
		return &finalError{err}
	}
	return fmt.Errorf("%w: %w", ErrOffline, err)
}

// begin starts the file anew.
func (p part) begin(url, validator string) error {
	p.reset()
	note, err := json.Marshal(origin{URL: url, Validator: validator})
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.note, note, 0o644); err != nil {
		return err
	}
	return os.WriteFile(p.path, nil, 0o644)
}

func (p part) appendBody(ctx context.Context, r Request, response *http.Response, have int64, watchdog *time.Timer) error {
	total := int64(0)
	if response.ContentLength >= 0 {
		total = have + response.ContentLength
	}
	if total > r.MaxBytes {
		return &finalError{fmt.Errorf("%d bytes: %w of %d", total, ErrTooLarge, r.MaxBytes)}
	}
	if r.Size > 0 && total > 0 && total != r.Size {
		return &finalError{fmt.Errorf("the server's file has %d bytes, want %d: %w", total, r.Size, ErrChecksum)}
	}
	f, err := os.OpenFile(p.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return &finalError{err}
	}
	defer f.Close()
	want := max(total, r.Size) // 0: neither the server nor the caller knows
	report := func() { r.Progress(Progress{File: filepath.Base(p.final), Done: have, Total: want}) }
	buffer := make([]byte, 64<<10)
	for report(); ; report() {
		n, err := response.Body.Read(buffer)
		watchdog.Reset(r.Stall)
		if have+int64(n) > r.MaxBytes {
			p.reset()
			return &finalError{fmt.Errorf("%w of %d bytes", ErrTooLarge, r.MaxBytes)}
		}
		if n > 0 {
			if _, err := f.Write(buffer[:n]); err != nil {
				return &finalError{err} // disk full
			}
			have += int64(n)
		}
		switch {
		case err == io.EOF && have < want:
			return brokenOff(have, want, io.ErrUnexpectedEOF)
		case err == io.EOF:
			report()
			return f.Sync()
		case err != nil:
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return brokenOff(have, want, err)
		}
	}
}

func brokenOff(have, total int64, err error) error {
	if total == 0 {
		return fmt.Errorf("after %d bytes: %w", have, err)
	}
	return fmt.Errorf("after %d of %d bytes: %w", have, total, err)
}

// finish verifies the unfinished file and puts it in its place. A file that fails is thrown away.
func (p part) finish(r Request) error {
	if err := Verify(p.path, r.Size, r.SHA256); err != nil {
		p.reset()
		return fmt.Errorf("what arrived is not the file: %w", err)
	}
	if err := os.Rename(p.path, p.final); err != nil {
		return &finalError{err}
	}
	_ = os.Remove(p.note)
	return nil
}

func statusError(response *http.Response) error {
	err := fmt.Errorf("the server answered %s", response.Status)
	switch code := response.StatusCode; {
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return &busyError{error: err, after: time.Duration(max(seconds, 0)) * time.Second}
	case code == http.StatusRequestTimeout || code >= 500:
		return err
	}
	return &finalError{err}
}

// validator returns what If-Range may carry: a strong ETag, else Last-Modified.
func validator(header http.Header) string {
	if tag := header.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return header.Get("Last-Modified")
}

// contentRange parses "bytes 5-9/10" and "bytes */10"; total is -1 if the server does not say.
func contentRange(text string) (start, total int64, ok bool) {
	text, ok = strings.CutPrefix(text, "bytes ")
	if !ok {
		return 0, 0, false
	}
	span, size, ok := strings.Cut(text, "/")
	if !ok {
		return 0, 0, false
	}
	total, err := strconv.ParseInt(size, 10, 64)
	if size == "*" {
		total, err = -1, nil
	}
	if err != nil || total < -1 {
		return 0, 0, false
	}
	if span == "*" {
		return 0, total, true
	}
	first, _, ok := strings.Cut(span, "-")
	start, err = strconv.ParseInt(first, 10, 64)
	return start, total, ok && err == nil && start >= 0
}
