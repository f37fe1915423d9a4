package datasets

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"courselab/datasets/archive"
	"courselab/datasets/fetch"
)

// Download gets the first release of the data set into the cache, and returns the verified copy. If the cache has a verified
// copy of any release already, it returns that. progress, which may be nil, is called for each file in turn.
//
// A file that fails, stalls or arrives damaged is tried again and resumed, see [courselab/datasets/fetch]; what arrived
// is kept for the next call. An archive that lies in a folder of COURSELAB_DATA or the cache, brought there by hand, is
// used instead of the network. The data set's files appear in the cache only once all of them are verified. The error
// is one line, matches fetch.ErrOffline without a network, and says what to put where.
func Download(ctx context.Context, name string, progress func(fetch.Progress)) (Copy, error) {
	entry, err := Lookup(name)
	if err != nil {
		return Copy{}, err
	}
	cache, err := CacheDir()
	if err != nil {
		return Copy{}, fmt.Errorf("%s: %w", name, err)
	}
	d := download{entry: entry, release: entry.Releases[0], cache: cache, roots: Roots(), progress: progress}
	return d.run(ctx)
}

// maxSource is the largest file that is downloaded. The largest in the catalogue has 170 MB.
const maxSource = 256 << 20

type download struct {
	entry    Entry
	release  Release
	cache    string
	roots    []Root
	progress func(fetch.Progress)

	client *http.Client // for tests; nil: fetch's own
	pause  time.Duration
	stall  time.Duration
}

func (d download) run(ctx context.Context) (Copy, error) {
	if err := os.MkdirAll(d.cache, 0o755); err != nil {
		return Copy{}, fmt.Errorf("%s: %w", d.entry.Name, err)
	}
	lock := flock.New(filepath.Join(d.cache, "."+d.entry.Name+".lock"))
	if locked, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil || !locked {
		return Copy{}, fmt.Errorf("%s: waiting for another download of it: %w", d.entry.Name, err)
	}
	defer lock.Close()

	cached := []Root{{Path: d.cache, From: "cache"}}
	if found, err := openEntry(d.entry, cached); err == nil {
		return found, nil
	}
	folder := filepath.Join(d.cache, d.entry.Folders[0])
	if len(d.release.Sources) == 0 {
		return Copy{}, fmt.Errorf("%s: it cannot be downloaded; put %s into %s", d.entry.Name, d.entry.wanted(), folder)
	}
	stage := filepath.Join(d.cache, "."+d.entry.Name+".download")
	fresh := filepath.Join(stage, "files")
	if err := errors.Join(os.RemoveAll(fresh), os.MkdirAll(fresh, 0o755)); err != nil {
		return Copy{}, fmt.Errorf("%s: %w", d.entry.Name, err)
	}
	for _, source := range d.release.Sources {
		if err := d.get(ctx, source, stage, fresh); err != nil {
			return Copy{}, d.advise(err, folder)
		}
	}
	staged, problems := openFolder(Entry{Name: d.entry.Name, Releases: []Release{d.release}}, fresh)
	if staged == nil {
		_ = os.RemoveAll(stage) // a damaged archive must not be found again
		return Copy{}, d.advise(fmt.Errorf("what was downloaded is not usable: %w: %s", ErrCorrupt, oneLine(problems)), folder)
	}
	if err := d.install(fresh, folder); err != nil {
		return Copy{}, fmt.Errorf("%s: %w", d.entry.Name, err)
	}
	_ = os.RemoveAll(stage)
	return openEntry(d.entry, cached)
}

// get puts the files of one source into fresh: from an archive or file that is at hand, else from the network.
func (d download) get(ctx context.Context, source Source, stage, fresh string) error {
	path := d.atHand(source)
	if path == "" {
		path = filepath.Join(stage, source.File)
		err := fetch.Get(ctx, fetch.Request{
			Path: path, URLs: source.URLs, SHA256: source.SHA256, Size: source.Size, MaxBytes: maxSource, Progress: d.progress,
			Client: d.client, Pause: d.pause, Stall: d.stall,
		})
		if err != nil {
			return err
		}
	}
	if len(source.Members) > 0 {
		return archive.Extract(path, fresh, source.Members)
	}
	return place(path, filepath.Join(fresh, source.File))
}

// place makes the file at from appear at to as well, so that a later call finds it downloaded already: by a link, or
// where the file system has none by a copy.
func place(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o644)
}

// atHand returns where an archive of this source lies already, verified; "" if it does not, or if its sum is not known.
func (d download) atHand(source Source) string {
	if source.SHA256 == "" || len(source.Members) == 0 {
		return ""
	}
	for _, root := range d.roots {
		for _, folder := range append([]string{""}, d.entry.Folders...) {
			path := filepath.Join(root.Path, filepath.FromSlash(folder), source.File)
			if fetch.Verify(path, source.Size, source.SHA256) == nil {
				return path
			}
		}
	}
	return ""
}

// install moves the verified files into their folder, each in one step.
func (d download) install(fresh, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range d.release.FileNames() {
		if err := os.Rename(filepath.Join(fresh, name), filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// advise adds what to do by hand.
func (d download) advise(err error, folder string) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", d.entry.Name, err)
	}
	var archives []string
	for _, source := range d.release.Sources {
		if len(source.Members) > 0 && source.SHA256 != "" {
			archives = append(archives, source.File)
		}
	}
	by := ""
	if archives != nil {
		by = fmt.Sprintf(", or put %s there and run `%s`", strings.Join(archives, ", "), GetCommand(d.entry.Name))
	}
	return fmt.Errorf("%s: %w; without a download: put %s into %s (or a folder named in %s)%s",
		d.entry.Name, err, d.entry.wanted(), folder, Variable, by)
}
