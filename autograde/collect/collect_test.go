package collect

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Init()
	Init()
	os.Exit(m.Run())
}

var now = time.Date(2023, 3, 31, 20, 0, 0, 0, time.UTC)

func collector(t *testing.T) *Collector {
	t.Helper()
	s, err := sandbox.Open()
	require.NoError(t, err)
	return &Collector{Sandbox: s, Out: t.TempDir(), State: t.TempDir(), Now: now}
}

// git runs git as a student does.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a",
		"GIT_COMMITTER_EMAIL=a@b", "GIT_COMMITTER_DATE=2001-01-01T00:00:00Z", "GIT_AUTHOR_DATE=2001-01-01T00:00:00Z")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

// repo is a working copy with one commit of the files.
func repo(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	git(t, dir, "init", "-q", "-b", "main")
	commit(t, dir, files)
	return dir
}

func commit(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "work")
	return git(t, dir, "rev-parse", "HEAD")
}

// take collects a source, and reads what grading reads.
func take(t *testing.T, c *Collector, s Source) (*Taken, *intake.Files, error) {
	t.Helper()
	taken, err := c.Collect(t.Context(), s, map[string]time.Time{})
	require.NoError(t, err)
	if taken.Error != "" {
		return taken, nil, nil
	}
	list, _, err := intake.List(filepath.Join(c.Out, s.Student+".tar"))
	require.NoError(t, err)
	files, err := list[0].Read(intake.DefaultLimits())
	return taken, files, err
}

var work = map[string]string{"README.md": "notes", "lab/a.go": "package a\n", "lab/data.bin": "x", "lab/.gitattributes": "*.go ident export-subst\n"}

// TestWaysToKeepARepository: bare, working copy, bundle; HEAD, branch, tag, hash; what was collected stays what it is.
func TestWaysToKeepARepository(t *testing.T) {
	dir := repo(t, work)
	first := git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "tag", "handed-in")
	second := commit(t, dir, map[string]string{"lab/a.go": "package a // $Id$ $Format:%H$\n"})
	git(t, dir, "gc", "-q") // packs
	place := t.TempDir()
	git(t, place, "clone", "-q", "--mirror", dir, "bare.git")
	git(t, dir, "bundle", "create", "-q", filepath.Join(place, "all.bundle"), "HEAD", "main", "handed-in")
	git(t, dir, "bundle", "create", "-q", filepath.Join(place, "branch.bundle"), "main")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lab", "a.go"), []byte("package uncommitted\n"), 0o644))
	c := collector(t)
	c.Folder = "lab"
	for i, s := range []struct{ at, commit, want string }{
		{dir, "", second}, {dir, "handed-in", first}, {dir, first[:10], first}, {filepath.Join(place, "bare.git"), "main", second},
		{filepath.Join(place, "all.bundle"), "", second}, {filepath.Join(place, "all.bundle"), "handed-in", first}, {filepath.Join(place, "branch.bundle"), first, first},
		{filepath.Join(place, "branch.bundle"), "", second},
	} {
		student := fmt.Sprint("s", i)
		taken, files, err := take(t, c, Source{Student: student, Repository: s.at, Commit: s.commit})
		require.NoError(t, err)
		require.Empty(t, taken.Error, "%v", s)
		assert.Equal(t, s.want, taken.Commit)
		assert.Equal(t, 1, taken.Files)
		assert.Equal(t, now, taken.Received)
		assert.Equal(t, 2001, taken.Dated.Year(), "the commit's own date is told, and not believed")
		want := "package a\n"
		if s.want == second {
			want = "package a // $Id$ $Format:%H$\n"
		}
		assert.Equal(t, want, string(files.Sources["a.go"]), "as it is stored")
	}
}

// TestWhenItWasHandedIn: the same commit keeps its moment, another one gets a new one; the list knows better.
func TestWhenItWasHandedIn(t *testing.T) {
	dir, c := repo(t, work), collector(t)
	s := Source{Student: "ada", Repository: dir}
	first, err := c.Collect(t.Context(), s, nil)
	require.NoError(t, err)
	require.NoError(t, WriteReceived(c.Out, map[string]time.Time{"ada": first.Received}))
	c.Now = now.Add(48 * time.Hour)
	times, err := ReadReceived(c.Out)
	require.NoError(t, err)
	again, err := c.Collect(t.Context(), s, times)
	require.NoError(t, err)
	assert.True(t, again.Kept)
	assert.True(t, now.Equal(again.Received))
	commit(t, dir, map[string]string{"lab/b.go": "package a\n"})
	later, err := c.Collect(t.Context(), s, times)
	require.NoError(t, err)
	assert.False(t, later.Kept)
	assert.Equal(t, c.Now, later.Received)
	s.Received = now.Add(-time.Hour)
	known, err := c.Collect(t.Context(), s, times)
	require.NoError(t, err)
	assert.Equal(t, s.Received, known.Received)
}

// hostile sets up in a repository all that git would run for its owner.
func hostile(t *testing.T, dir, marker string) {
	t.Helper()
	config := fmt.Sprintf(`[core]
	fsmonitor = touch %[1]s
	hooksPath = %[2]s/hooks
	sshCommand = touch %[1]s
	pager = touch %[1]s
	alternateRefsCommand = touch %[1]s
[filter "evil"]
	smudge = touch %[1]s
	clean = cat
	process = touch %[1]s
	required = true
[diff "evil"]
	textconv = touch %[1]s
	command = touch %[1]s
[alias]
	show = !touch %[1]s
	ls-tree = !touch %[1]s
[protocol "ext"]
	allow = always
[remote "origin"]
	url = ext::sh -c 'touch %[1]s'
	promisor = true
	partialclonefilter = blob:none
[extensions]
	partialClone = origin
[uploadpack]
	packObjectsHook = touch %[1]s
[gpg]
	program = touch %[1]s
[log]
	showSignature = true
`, marker, dir)
	f, err := os.OpenFile(filepath.Join(dir, ".git", "config"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(config)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, ".git", "hooks"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "hooks", hook), []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755))
	}
}

// TestNothingOfARepositoryIsRun: with and without a boundary, since what could run something is never copied.
func TestNothingOfARepositoryIsRun(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	dir := repo(t, map[string]string{".gitattributes": "* filter=evil diff=evil\n", "a.go": "package a\n"})
	gone := git(t, dir, "rev-parse", "HEAD:a.go")
	hostile(t, dir, marker)
	for name, box := range map[string]sandbox.Sandbox{"sandbox": collector(t).Sandbox, "none": sandbox.Unsafe()} {
		c := collector(t)
		c.Sandbox = box
		taken, files, err := take(t, c, Source{Student: "eve", Repository: dir})
		require.NoError(t, err, name)
		require.Empty(t, taken.Error, name)
		assert.Equal(t, "package a\n", string(files.Sources["a.go"]))
		assert.NoFileExists(t, marker, name)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, ".git", "objects", gone[:2], gone[2:]))) // a promised object, which git would fetch
	taken, _, _ := take(t, collector(t), Source{Student: "eve", Repository: dir})
	assert.Contains(t, taken.Error, "not complete")
	assert.NoFileExists(t, marker)
	_ = exec.Command("git", "-C", dir, "status").Run() // the control: git itself does run what was set up
	assert.FileExists(t, marker)
}

// TestBorrowedObjects: a repository that borrows objects from another one of this machine gets nothing of it.
func TestBorrowedObjects(t *testing.T) {
	secret := repo(t, map[string]string{"solution.go": "package solution\n"})
	blob := git(t, secret, "rev-parse", "HEAD:solution.go")
	dir := repo(t, work)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "objects", "info", "alternates"), []byte(filepath.Join(secret, ".git", "objects")+"\n"), 0o644))
	git(t, dir, "update-index", "--add", "--cacheinfo", "100644,"+blob+",a.go")
	git(t, dir, "commit", "-q", "-m", "borrowed")
	assert.Equal(t, "package solution", git(t, dir, "show", "HEAD:a.go"), "the control: git does read it")
	taken, _, _ := take(t, collector(t), Source{Student: "eve", Repository: dir})
	assert.Contains(t, taken.Error, "not complete")

	linked := filepath.Join(t.TempDir(), "linked") // and neither does one whose objects are links
	require.NoError(t, os.MkdirAll(filepath.Join(linked, "objects"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(linked, "HEAD"), []byte(git(t, secret, "rev-parse", "HEAD")+"\n"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(linked, "refs"), 0o755))
	entries, err := os.ReadDir(filepath.Join(secret, ".git", "objects"))
	require.NoError(t, err)
	for _, e := range entries {
		require.NoError(t, os.Symlink(filepath.Join(secret, ".git", "objects", e.Name()), filepath.Join(linked, "objects", e.Name())))
	}
	taken, _, _ = take(t, collector(t), Source{Student: "eve", Repository: linked})
	assert.Contains(t, taken.Error, "has no commit HEAD, or it cannot be read")
}

// TestWhatIsInACommit: links make a submission that is refused; submodules and pointers of LFS are no files; the rest is judged as ever.
func TestWhatIsInACommit(t *testing.T) {
	dir := repo(t, map[string]string{"a.go": "package a\n", "big.ipynb": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"})
	git(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+git(t, dir, "rev-parse", "HEAD")+",module")
	git(t, dir, "commit", "-q", "-m", "submodule")
	taken, files, err := take(t, collector(t), Source{Student: "ada", Repository: dir})
	require.NoError(t, err)
	assert.Equal(t, []string{"submodules are not taken: 1"}, taken.Notes)
	assert.Len(t, files.Sources, 1)
	require.Len(t, files.Dropped, 1)
	assert.Contains(t, files.Dropped[0].Reason, "pointer of Git LFS")

	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "b.go")))
	git(t, dir, "add", "b.go")
	git(t, dir, "commit", "-q", "-m", "link")
	_, _, err = take(t, collector(t), Source{Student: "ada", Repository: dir})
	var refused *intake.Refused
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, check.Forbidden, refused.Verdict)
	assert.Contains(t, refused.Message, "b.go is a link")
}

// TestExchangedForALink: what somebody makes a link to another repository, after it has been found, is not read.
func TestExchangedForALink(t *testing.T) {
	other, links := repo(t, work), t.TempDir()
	bundle := filepath.Join(other, "x.bundle")
	git(t, other, "bundle", "create", "-q", bundle, "HEAD")
	require.NoError(t, os.Symlink(other, filepath.Join(links, "copy")))
	require.NoError(t, os.Symlink(filepath.Join(other, ".git"), filepath.Join(links, "bare")))
	require.NoError(t, os.Symlink("x.bundle", filepath.Join(other, "link.bundle")))
	assert.ErrorContains(t, gather(io.Discard, filepath.Join(links, "copy", ".git"), order{}), "a symbolic link")
	assert.ErrorContains(t, gather(io.Discard, filepath.Join(links, "bare"), order{}), "a symbolic link")
	assert.ErrorContains(t, gather(io.Discard, filepath.Join(other, "link.bundle"), order{Bundle: true}), "no ordinary file")
	assert.NoError(t, gather(io.Discard, filepath.Join(other, ".git"), order{}))
	assert.NoError(t, gather(io.Discard, bundle, order{Bundle: true}))
}

// TestDamagedObjects: what git dies of is the repository's fault, and no end of the collection.
func TestDamagedObjects(t *testing.T) {
	dir := repo(t, map[string]string{"a.go": strings.Repeat("package a // which compresses to more than a few bytes\n", 20)})
	blob := git(t, dir, "rev-parse", "HEAD:a.go")
	path := filepath.Join(dir, ".git", "objects", blob[:2], blob[2:])
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path, text[:len(text)/2], 0o644))
	taken, _, _ := take(t, collector(t), Source{Student: "eve", Repository: dir})
	assert.Contains(t, taken.Error, "the repository is damaged")
}

// TestDeepRepository: folders that hold nothing of git's, however many and deep, are not walked through.
func TestDeepRepository(t *testing.T) {
	dir := repo(t, work)
	for _, at := range []string{"refs", "objects", "elsewhere"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, ".git", at, strings.Repeat("d/", 1500)), 0o755))
	}
	start := time.Now()
	taken, _, err := take(t, collector(t), Source{Student: "eve", Repository: dir})
	require.NoError(t, err)
	assert.Empty(t, taken.Error)
	assert.Less(t, time.Since(start), 3*time.Second)
}

func TestRepositoriesThatAreNotTaken(t *testing.T) {
	good := repo(t, work)
	folder, file, pointer := t.TempDir(), filepath.Join(t.TempDir(), "x.bundle"), t.TempDir()
	require.NoError(t, os.WriteFile(file, []byte("# v2 git bundle\nrubbish"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(pointer, ".git"), []byte("gitdir: "+good+"/.git\n"), 0o644))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(good, link))
	for name, c := range map[string]struct {
		s    Source
		want string
	}{
		"missing":      {Source{Repository: filepath.Join(folder, "none")}, "clone the repository first"},
		"no repo":      {Source{Repository: folder}, "it is no git repository"},
		"no bundle":    {Source{Repository: file}, "the file is no complete bundle"},
		"pointer":      {Source{Repository: pointer}, "its .git is no folder but points elsewhere"},
		"link":         {Source{Repository: link}, "a symbolic link perhaps"},
		"no commit":    {Source{Repository: good, Commit: "0123456789"}, "has no commit 0123456789"},
		"an option":    {Source{Repository: good, Commit: "--output=/tmp/x"}, "no hash, branch or tag"},
		"a range":      {Source{Repository: good, Commit: "a..b"}, "no hash, branch or tag"},
		"a path of it": {Source{Repository: good, Commit: "HEAD:lab"}, "no hash, branch or tag"},
	} {
		c.s.Student = "ada"
		col := collector(t)
		taken, _, _ := take(t, col, c.s)
		assert.Contains(t, taken.Error, c.want, name)
		assert.NotContains(t, taken.Error, os.TempDir(), name)
		assert.NoFileExists(t, filepath.Join(col.Out, "ada.tar"), name)
	}
	col := collector(t)
	col.Folder = "elsewhere"
	taken, _, _ := take(t, col, Source{Student: "ada", Repository: good})
	assert.Equal(t, "the commit has no folder elsewhere", taken.Error)
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "list.csv")
	write := func(text string) { require.NoError(t, os.WriteFile(list, []byte(text), 0o644)) }
	write("student,repository,commit,received\nada,clones/ada.git,main,2023-03-31T23:59:00-04:00\nbob,file:///srv/bob,,\n")
	sources, err := Sources(list)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "clones", "ada.git"), sources[0].Repository)
	assert.Equal(t, 2023, sources[0].Received.Year())
	assert.Equal(t, Source{Student: "bob", Repository: "/srv/bob"}, sources[1])
	for text, want := range map[string]string{
		"ada,x,y\n":                    "the first line must be student,repository,commit",
		"student,repository,commit\n":  "there are no git repositories",
		"student,repository,commit\na": "line 2: student,repository,commit are needed",
		"student,repository,commit\nada,https://example.org/ada.git,main\n": "line 2: nothing is fetched from a network here",
		"student,repository,commit\n../ada,x,main\n":                        "is no name of a student",
		"student,repository,commit\nada,x,\nADA,y,\n":                       "ADA is there twice",
		"student,repository,commit,received\nada,x,main,yesterday\n":        `line 2: "yesterday" is no time`,
	} {
		write(text)
		_, err := Sources(list)
		assert.ErrorContains(t, err, want)
	}
	class := t.TempDir()
	git(t, class, "init", "-q", "--bare", "ada.git")
	git(t, class, "init", "-q", "bob")
	require.NoError(t, os.WriteFile(filepath.Join(class, "cleo.bundle"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(class, "notes.txt"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(class, "dora"), 0o755))
	sources, err = Sources(class)
	require.NoError(t, err)
	var students []string
	for _, s := range sources {
		students = append(students, s.Student)
	}
	assert.Equal(t, []string{"ada", "bob", "cleo", "dora"}, students)
}
