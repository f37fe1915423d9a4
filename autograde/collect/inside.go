package collect

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// answer is the first line that the process in the sandbox writes; the archive follows, unless there is an error for the student.
type answer struct {
	Commit string
	Dated  time.Time
	Files  int
	Notes  []string
	Error  string
}

// gitMain reads an order and a repository, and writes an answer: it runs in the sandbox, work is its folder.
func gitMain(work string, in io.Reader, out io.Writer) int {
	r := &repository{dir: filepath.Join(work, "repository"), bundle: filepath.Join(work, bundleName)}
	o, err := r.unpack(in)
	var files bytes.Buffer
	if err == nil {
		err = r.take(o, &files)
	}
	var told complaint
	if errors.As(err, &told) {
		r.answer, err = answer{Error: string(told)}, nil
		files.Reset()
	}
	if err == nil {
		err = json.NewEncoder(out).Encode(r.answer)
	}
	if err == nil {
		_, err = out.Write(files.Bytes())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// complaint is an error for whoever handed in the repository.
type complaint string

func (c complaint) Error() string { return string(c) }

// repository is the copy that git sees.
type repository struct {
	dir, bundle string
	answer      answer
}

const config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"

// unpack makes the repository of the stream.
func (r *repository) unpack(in io.Reader) (o order, err error) {
	for _, dir := range []string{"objects/pack", "objects/info", "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(r.dir, dir), 0o700); err != nil {
			return o, err
		}
	}
	stream := tar.NewReader(in)
	for {
		header, err := stream.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return o, err
		}
		if header.Name == orderName {
			if err := json.NewDecoder(stream).Decode(&o); err != nil {
				return o, err
			}
			continue
		}
		to := filepath.Join(r.dir, filepath.FromSlash(path.Clean("/"+header.Name)))
		if header.Name == bundleName {
			to = r.bundle
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return o, err
		}
		f, err := os.Create(to)
		if err != nil {
			return o, err
		}
		if _, err = io.Copy(f, stream); err == nil {
			err = f.Close()
		}
		if err != nil {
			return o, err
		}
	}
	if o.Bundle {
		if err := os.WriteFile(filepath.Join(r.dir, "HEAD"), []byte("ref: refs/heads/none\n"), 0o600); err != nil {
			return o, err
		}
	}
	return o, os.WriteFile(filepath.Join(r.dir, "config"), []byte(config), 0o600)
}

// git runs a subcommand, and returns at most so many bytes of what it prints.
func (r *repository) git(in io.Reader, most int64, args ...string) ([]byte, error) {
	cmd := exec.Command("git", append([]string{"--git-dir=" + r.dir, "--no-replace-objects"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = []string{searchPath, "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C"}
	cmd.Stdin = in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("git cannot be started: install git on this machine: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(pipe, most+1))
	if int64(len(text)) > most {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, complaint("the commit holds more than a submission may: hand in what the lab asks for only")
	}
	if waited := cmd.Wait(); err == nil {
		err = waited
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("git %s: %w: %.200s", args[0], err, stderr.String())
	}
	return text, err
}

var revision = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._/-]{0,200}$`)

// take finds the commit and archives what may be graded of it.
func (r *repository) take(o order, files io.Writer) error {
	asked := o.Commit
	if asked == "" {
		asked = "HEAD"
	}
	if !revision.MatchString(asked) || strings.Contains(asked, "..") {
		return complaint("the commit is no hash, branch or tag")
	}
	name := asked
	if o.Bundle {
		var err error
		if name, err = r.unbundle(asked); err != nil {
			return err
		}
	}
	id, err := r.git(nil, 1<<10, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return complaint(fmt.Sprintf("the repository has no commit %s, or it cannot be read", asked))
	}
	if err != nil {
		return err
	}
	r.answer.Commit = strings.TrimSpace(string(id))
	if stamp, err := r.git(nil, 1<<10, "show", "-s", "--format=%ct", r.answer.Commit); err == nil {
		if seconds, err := strconv.ParseInt(strings.TrimSpace(string(stamp)), 10, 64); err == nil {
			r.answer.Dated = time.Unix(seconds, 0).UTC()
		}
	}
	tree := r.answer.Commit
	if o.Folder != "" {
		tree += ":" + o.Folder
	}
	list, err := r.git(nil, maxEntries*300, "ls-tree", "-r", "-z", "-l", tree)
	var told complaint
	if errors.As(err, &told) {
		return told
	}
	if err != nil && o.Folder != "" {
		return complaint("the commit has no folder " + o.Folder)
	}
	if err != nil {
		return complaint("the repository is not complete: hand in a full clone, or a bundle made with git bundle create NAME.bundle HEAD")
	}
	return r.archive(string(list), files)
}

// unbundle takes the objects out of a bundle and returns the hash of a name in it.
func (r *repository) unbundle(asked string) (string, error) {
	heads, err := r.git(nil, 1<<20, "bundle", "list-heads", r.bundle)
	if err == nil {
		_, err = r.git(nil, 1<<20, "bundle", "unbundle", r.bundle)
	}
	if err != nil {
		return "", complaint("the file is no complete bundle: make it with git bundle create NAME.bundle HEAD")
	}
	byName, branches := map[string]string{}, []string{}
	for _, line := range strings.Split(string(heads), "\n") {
		if hash, name, ok := strings.Cut(line, " "); ok {
			byName[name] = hash
			if strings.HasPrefix(name, "refs/heads/") {
				branches = append(branches, hash)
			}
		}
	}
	for _, name := range []string{asked, "refs/heads/" + asked, "refs/tags/" + asked} {
		if hash, ok := byName[name]; ok {
			return hash, nil
		}
	}
	if asked == "HEAD" && len(branches) == 1 {
		return branches[0], nil
	}
	return asked, nil // a hash
}

// archive writes what may be graded as a tar. Links are kept, so that whoever grades refuses them.
func (r *repository) archive(list string, files io.Writer) error {
	out := tar.NewWriter(files)
	header := &tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": r.answer.Commit}}
	if err := out.WriteHeader(header); err != nil {
		return err
	}
	entries := strings.Split(strings.TrimSuffix(list, "\x00"), "\x00")
	if len(entries) > maxEntries {
		return complaint(fmt.Sprintf("the commit has more than %d files", maxEntries))
	}
	var names, hashes []string
	modules := 0
	for _, entry := range entries {
		about, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(about)
		if !ok || len(fields) != 4 {
			continue // an empty tree
		}
		size, _ := strconv.ParseInt(fields[3], 10, 64) // "-" of a submodule is none
		switch {
		case fields[0] == "120000":
			if err := out.WriteHeader(&tar.Header{Name: name, Linkname: "elsewhere", Typeflag: tar.TypeSymlink, Mode: 0o777}); err != nil {
				return err
			}
		case fields[0] == "160000":
			modules++
		case path.Ext(name) != ".go" && !strings.EqualFold(path.Ext(name), ".ipynb"):
		case size > maxFile:
			r.answer.Notes = append(r.answer.Notes, fmt.Sprintf("a file of %d MiB was left out", size>>20))
		default:
			names, hashes = append(names, name), append(hashes, fields[2])
		}
	}
	if modules > 0 {
		r.answer.Notes = append(r.answer.Notes, fmt.Sprintf("submodules are not taken: %d", modules))
	}
	if err := r.blobs(out, names, hashes); err != nil {
		return err
	}
	r.answer.Files = len(names)
	return out.Close()
}

// blobs writes the files with these hashes, as they are stored.
func (r *repository) blobs(out *tar.Writer, names, hashes []string) error {
	if len(names) == 0 {
		return nil
	}
	text, err := r.git(strings.NewReader(strings.Join(hashes, "\n")+"\n"), maxFiles, "cat-file", "--batch")
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return complaint("the repository is damaged: hand in a fresh clone, or a bundle made with git bundle create NAME.bundle HEAD")
	}
	if err != nil {
		return err
	}
	stream := bufio.NewReader(bytes.NewReader(text))
	for i, name := range names {
		line, err := stream.ReadString('\n')
		fields := strings.Fields(line)
		if err != nil || len(fields) != 3 || fields[0] != hashes[i] || fields[1] != "blob" {
			return complaint("the repository is not complete: hand in a full clone, or a bundle made with git bundle create NAME.bundle HEAD")
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size > len(text) {
			return fmt.Errorf("git cat-file: %q", line)
		}
		content := make([]byte, size+1) // and the end of the line
		if _, err := io.ReadFull(stream, content); err != nil {
			return fmt.Errorf("git cat-file: %w", err)
		}
		if err := add(out, name, content[:size]); err != nil {
			return err
		}
	}
	return nil
}
