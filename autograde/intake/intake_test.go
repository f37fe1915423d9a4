package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
)

// item is a file of a submission to pack.
type item struct {
	name, content string
	link          string // a symbolic link to it
	kind          byte   // of a tar entry, if not a plain file
}

func files(names ...string) []item {
	items := make([]item, len(names))
	for i, name := range names {
		items[i] = item{name: name, content: "package a // " + name}
	}
	return items
}

func packZip(t *testing.T, items []item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, it := range items {
		header := &zip.FileHeader{Name: it.name, Method: zip.Deflate}
		header.SetMode(0o644)
		content := it.content
		if it.link != "" {
			header.SetMode(fs.ModeSymlink | 0o777)
			content = it.link
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = f.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func packTar(t *testing.T, items []item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, it := range items {
		header := &tar.Header{Name: it.name, Mode: 0o644, Size: int64(len(it.content)), Typeflag: tar.TypeReg}
		if it.link != "" {
			header.Typeflag, header.Linkname, header.Size = tar.TypeSymlink, it.link, 0
		}
		if it.kind != 0 {
			header.Typeflag, header.Linkname, header.Size = it.kind, it.link, 0
		}
		require.NoError(t, w.WriteHeader(header))
		if header.Size > 0 {
			_, err := w.Write([]byte(it.content))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func compress(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func packFolder(t *testing.T, dir string, items []item) {
	t.Helper()
	for _, it := range items {
		path := filepath.Join(dir, filepath.FromSlash(it.name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if it.link != "" {
			require.NoError(t, os.Symlink(it.link, path))
			continue
		}
		require.NoError(t, os.WriteFile(path, []byte(it.content), 0o644))
	}
}

// each hands the items in, in every way there is.
func each(t *testing.T, items []item, body func(t *testing.T, s Submission)) {
	t.Helper()
	one := func(name string, write func(path string)) {
		t.Run(name, func(t *testing.T) {
			class := t.TempDir()
			write(filepath.Join(class, "ada"+strings.TrimPrefix(name, "folder")))
			list, _, err := List(class)
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, "ada", list[0].Name)
			body(t, list[0])
		})
	}
	save := func(data []byte) func(string) {
		return func(path string) { require.NoError(t, os.WriteFile(path, data, 0o644)) }
	}
	one("folder", func(path string) { packFolder(t, path, items) })
	one(".zip", save(packZip(t, items)))
	one(".tar", save(packTar(t, items)))
	one(".tar.gz", save(compress(t, packTar(t, items))))
}

func refusal(t *testing.T, s Submission) *Refused {
	t.Helper()
	got, err := s.Read(DefaultLimits())
	require.Nil(t, got)
	var refused *Refused
	require.ErrorAs(t, err, &refused)
	assert.NotContains(t, refused.Message, os.TempDir(), "no path of this machine")
	assert.NotContains(t, refused.Message, "\n")
	return refused
}

func TestGoFilesAreTaken(t *testing.T) {
	hashes := map[string]bool{}
	for _, prefix := range []string{"", "lab1/"} { // a wrapping folder changes nothing
		items := files(prefix+"attention.go", prefix+"masks2.go", prefix+"a_test.go", prefix+"NOTES.md", prefix+"go.mod",
			prefix+"hidden/suite.go", prefix+"fast_linux.go", prefix+"fast_amd64.go", prefix+"größe.go", prefix+".DS_Store", "__MACOSX/x.go")
		each(t, items, func(t *testing.T, s Submission) {
			got, err := s.Read(DefaultLimits())
			require.NoError(t, err)
			assert.Len(t, got.Sources, 2)
			assert.Equal(t, "package a // "+prefix+"masks2.go", string(got.Sources["masks2.go"]))
			var names []string
			for _, d := range got.Dropped {
				names = append(names, d.Name)
				assert.NotEmpty(t, d.Reason)
			}
			assert.ElementsMatch(t, []string{"a_test.go", "NOTES.md", "go.mod", "hidden/suite.go", "fast_linux.go", "fast_amd64.go", "größe.go"}, names)
			hashes[got.Hash] = true
		})
	}
	assert.Len(t, hashes, 2, "the hash depends on names and contents alone, not on the way they were handed in")
}

func TestTricksAreForbidden(t *testing.T) {
	good := item{name: "attention.go", content: "package a"}
	for name, items := range map[string][]item{
		"link to a source":   {good, {name: "hidden.go", link: "../../labs/lab1/hidden/suite.go"}},
		"link to a folder":   {good, {name: "hidden", link: "/"}},
		"link instead":       {{name: "attention.go", link: "/etc/passwd"}},
		"link below wrapper": {{name: "lab/attention.go", content: "package a"}, {name: "lab/x.go", link: "attention.go"}},
		"too many files":     many(65),
		"too large a file":   {good, {name: "big.go", content: strings.Repeat("x", 1<<20+1)}},
		"too large together": blocks(9),
	} {
		t.Run(name, func(t *testing.T) {
			each(t, items, func(t *testing.T, s Submission) {
				assert.Equal(t, check.Forbidden, refusal(t, s).Verdict)
			})
		})
	}
}

func many(n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = item{name: "f" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".go", content: "package a"}
	}
	return items
}

func blocks(n int) []item {
	items := many(n)
	for i := range items {
		items[i].content = strings.Repeat("y", 1<<20)
	}
	return items
}

func TestArchiveTricksAreForbidden(t *testing.T) {
	good := item{name: "attention.go", content: "package a"}
	archives := map[string][]byte{}
	for name, evil := range map[string]item{
		"slip": {name: "../attention.go"}, "deep": {name: "a/../../b.go"}, "absolute": {name: "/etc/x.go"},
		"backslash": {name: `..\x.go`}, "drive": {name: "c:x.go"}, "twice": {name: "attention.go", content: "package b"},
	} {
		archives[name+".zip"] = packZip(t, []item{good, evil})
		archives[name+".tar"] = packTar(t, []item{good, evil})
	}
	archives["hard.tar"] = packTar(t, []item{good, {name: "h.go", link: "attention.go", kind: tar.TypeLink}})
	archives["device.tar"] = packTar(t, []item{good, {name: "d.go", kind: tar.TypeChar}})
	archives["fifo.tar"] = packTar(t, []item{good, {name: "p.go", kind: tar.TypeFifo}})
	archives["bomb.tar.gz"] = compress(t, packTar(t, []item{good, {name: "zeros", content: strings.Repeat("\x00", 140<<20)}}))
	archives["bomb.zip"] = packZip(t, []item{{name: "bomb.go", content: strings.Repeat("\x00", 140<<20)}})
	archives["text.txtar"] = []byte("-- ../x.go --\npackage a\n")
	for name, data := range archives {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, data, 0o644))
			list, _, err := List(path)
			require.NoError(t, err)
			assert.Equal(t, check.Forbidden, refusal(t, list[0]).Verdict)
		})
	}
}

func TestBrokenAndEmpty(t *testing.T) {
	class := t.TempDir()
	whole := packZip(t, files("a.go"))
	for name, data := range map[string][]byte{
		"text.zip": []byte("no archive"), "cut.zip": whole[:len(whole)/2], "cut.tar.gz": compress(t, packTar(t, files("a.go")))[:40],
		"empty.zip": packZip(t, nil), "note.tar": packTar(t, files("NOTES.md")), "nothing.txtar": nil,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(class, name), data, 0o644))
	}
	packFolder(t, filepath.Join(class, "folder"), files("README.txt"))
	list, _, err := List(class)
	require.NoError(t, err)
	require.Len(t, list, 7)
	for _, s := range list {
		assert.Equal(t, check.CompileError, refusal(t, s).Verdict, s.Name)
	}
}

func TestUnreadableIsNotTheStudentsFault(t *testing.T) {
	class := t.TempDir()
	packFolder(t, filepath.Join(class, "ada"), files("a.go"))
	list, _, err := List(class)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(class, "ada")))
	refused := refusal(t, list[0])
	assert.Equal(t, check.InternalError, refused.Verdict)
}

func TestPipeInFolderIsRefusedWithoutWaiting(t *testing.T) {
	class := t.TempDir()
	packFolder(t, filepath.Join(class, "ada"), files("a.go"))
	require.NoError(t, syscall.Mkfifo(filepath.Join(class, "ada", "b.go"), 0o644))
	list, _, err := List(class)
	require.NoError(t, err)
	assert.Equal(t, check.Forbidden, refusal(t, list[0]).Verdict)
}

func TestList(t *testing.T) {
	class := t.TempDir()
	packFolder(t, class, []item{{name: "ada/a.go"}, {name: "bob.zip"}, {name: "bob/a.go"}, {name: "BOB.tar"}, {name: "grades.csv/a.go"},
		{name: "notes.pdf"}, {name: ".git/x"}, {name: "README.md"}, {name: "=cmd|x'/a.go"}, {name: "link", link: "ada"}})
	list, notes, err := List(class)
	require.NoError(t, err)
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"BOB", "_cmd_x_", "ada", "bob-2", "bob.zip", "grades.csv-2", "link"}, names)
	require.Len(t, notes, 1)
	assert.Contains(t, notes[0], "notes.pdf")
	for _, s := range list {
		if s.Name == "link" {
			assert.Equal(t, check.Forbidden, refusal(t, s).Verdict)
		}
	}
	single, _, err := List(filepath.Join(class, "ada"))
	require.NoError(t, err)
	assert.Equal(t, "ada", single[0].Name)
}

func TestRepositoriesAreNamed(t *testing.T) {
	class := t.TempDir()
	packFolder(t, class, []item{{name: "ada.git/HEAD"}, {name: "bob.bundle"}, {name: "cleo/a.go", content: "package a"}, {name: "received.csv"}})
	list, notes, err := List(class)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Len(t, notes, 2)
	assert.Contains(t, notes[0], "ada.git is a git repository: skipped; autograde collect")
}

// TestNamesInNotes: whoever named a file steers no terminal by it.
func TestNamesInNotes(t *testing.T) {
	class := t.TempDir()
	packFolder(t, class, []item{{name: "\x1b]0;owned\a\u202e.txt"}, {name: "\x1b[2J.bundle"}, {name: "\x1b[2J.git/HEAD"}, {name: "cleo/a.go", content: "package a"}})
	_, notes, err := List(class)
	require.NoError(t, err)
	require.Len(t, notes, 3)
	for _, n := range notes {
		assert.NotRegexp(t, `[\x00-\x1f\x{202e}]`, n)
	}
}

// TestLooseFiles: one student's loose file does not turn a class into one submission.
func TestLooseFiles(t *testing.T) {
	for _, items := range [][]item{{{name: "ada/a.go"}, {name: "bob.go"}}, {{name: "ada.zip"}, {name: "bob.go"}}, {{name: "ada.tgz"}, {name: "lab.yaml"}}} {
		class := t.TempDir()
		packFolder(t, class, items)
		list, notes, err := List(class)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, "ada", list[0].Name)
		require.Len(t, notes, 1)
		assert.Contains(t, notes[0], ": skipped")
	}
	for _, items := range [][]item{{{name: "a.go"}, {name: "notes/x.txt"}, {name: "x.ipynb"}}, {{name: "lab.yaml"}, {name: "a.go"}, {name: "public/suite.go"}, {name: "old.zip"}}, {{name: "lab.yaml"}, {name: "a.ipynb"}}} {
		one := t.TempDir()
		packFolder(t, one, items)
		list, _, err := List(one)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, one, list[0].Path)
		link := filepath.Join(t.TempDir(), "ada") // that whoever grades gives
		require.NoError(t, os.Symlink(one, link))
		list, _, err = List(link)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, Submission{Name: "ada", Path: one}, list[0])
	}
}

// TestExchangedForALink: what was a folder or a file when the class was listed, and is a link when it is read, is nobody's work.
func TestExchangedForALink(t *testing.T) {
	solution, class := t.TempDir(), t.TempDir()
	packFolder(t, solution, files("a.go"))
	packFolder(t, class, append(files("ada/a.go"), item{name: "bob.ipynb", content: `{"nbformat": 4, "cells": []}`}, item{name: "cleo.ipynb"}, item{name: "dan.zip"}))
	list, _, err := List(class)
	require.NoError(t, err)
	for old, target := range map[string]string{"ada": solution, "cleo.ipynb": "bob.ipynb", "dan.zip": "bob.ipynb"} {
		require.NoError(t, os.RemoveAll(filepath.Join(class, old)))
		require.NoError(t, os.Symlink(target, filepath.Join(class, old)))
	}
	for _, s := range list {
		if s.Name == "bob" {
			_, err := s.Read(DefaultLimits())
			require.NoError(t, err)
			continue
		}
		assert.Equal(t, check.Forbidden, refusal(t, s).Verdict, s.Name)
	}
}

// TestDeepFolders are refused before anybody walks through them.
func TestDeepFolders(t *testing.T) {
	each(t, append(files("a.go"), item{name: strings.Repeat("d/", maxDepth+2) + "b.txt"}), func(t *testing.T, s Submission) {
		assert.Contains(t, refusal(t, s).Message, "nested more than 64 deep")
	})
}

func TestListErrors(t *testing.T) {
	empty := t.TempDir()
	text := filepath.Join(t.TempDir(), "x.txt")
	require.NoError(t, os.WriteFile(text, nil, 0o644))
	for _, path := range []string{filepath.Join(empty, "missing"), empty, text} {
		_, _, err := List(path)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "\n")
		assert.Regexp(t, "give the folder|must hold", err.Error())
	}
}

// TestModified: an archive's time, or that of the newest file in a folder.
func TestModified(t *testing.T) {
	dir := t.TempDir()
	old, newest := time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2023, 3, 10, 12, 0, 0, 0, time.UTC)
	for name, when := range map[string]time.Time{"ada/a.go": old, "ada/sub/b.txt": newest, "bob.txtar": old} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o644))
		require.NoError(t, os.Chtimes(path, when, when))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "cleo"), 0o755))
	submissions, _, err := List(dir)
	require.NoError(t, err)
	require.Len(t, submissions, 3)
	for i, want := range []time.Time{newest, old} {
		at, err := submissions[i].Modified()
		require.NoError(t, err)
		assert.True(t, want.Equal(at), "%s: %s", submissions[i].Name, at)
	}
	_, err = submissions[2].Modified()
	assert.ErrorContains(t, err, "holds no files")
}

const book = `{"nbformat": 4, "cells": [{"cell_type": "code", "source": "var x = 1", "outputs": [{"text": "%s"}]}]}`

// TestNotebooksAreTaken: in every way, by any name, without their outputs; what is no notebook is set aside, and the student is told.
func TestNotebooksAreTaken(t *testing.T) {
	items := []item{{name: "w/My lab (1).ipynb", content: book}, {name: "w/.ipynb_checkpoints/My lab (1)-checkpoint.ipynb", content: book},
		{name: "w/broken.ipynb", content: "<html>"}, {name: "w/a.go", content: "package a"}}
	each(t, items, func(t *testing.T, s Submission) {
		got, err := s.Read(DefaultLimits())
		require.NoError(t, err)
		require.Len(t, got.Notebooks, 1)
		assert.Contains(t, string(got.Notebooks["My lab (1).ipynb"]), "var x = 1")
		assert.NotContains(t, string(got.Notebooks["My lab (1).ipynb"]), "%s")
		require.Len(t, got.Dropped, 1)
		assert.Equal(t, "broken.ipynb", got.Dropped[0].Name)
		assert.Contains(t, got.Dropped[0].Reason, "is no notebook")
	})
}

// TestNotebookAsASubmission: a file of a class's folder, named after the student; too much of it, or a link, costs its owner only.
func TestNotebookAsASubmission(t *testing.T) {
	class := t.TempDir()
	outputs := strings.Repeat("x", 17<<20)
	packFolder(t, class, []item{{name: "ada.ipynb", content: book}, {name: "bob.ipynb", content: strings.Replace(book, "%s", outputs, 1)}, {name: "cleo.ipynb", link: "ada.ipynb"}})
	packFolder(t, filepath.Join(class, "dora"), []item{{name: "a.ipynb", link: "../ada.ipynb"}})
	list, notes, err := List(class)
	require.NoError(t, err)
	require.Empty(t, notes)
	require.Len(t, list, 4)
	got, err := list[0].Read(DefaultLimits())
	require.NoError(t, err)
	assert.Len(t, got.Notebooks, 1)
	big := refusal(t, list[1])
	assert.Equal(t, check.CompileError, big.Verdict)
	assert.Contains(t, big.Message, "bob.ipynb was not taken: it is too large: clear its outputs")
	assert.Equal(t, check.Forbidden, refusal(t, list[2]).Verdict)
	assert.Equal(t, check.Forbidden, refusal(t, list[3]).Verdict)
	three := filepath.Join(class, "eve")
	for i := range 3 {
		packFolder(t, three, []item{{name: string(rune('a'+i)) + ".ipynb", content: strings.Replace(book, "%s", outputs[:12<<20], 1)}})
	}
	assert.Contains(t, refusal(t, Submission{Name: "eve", Path: three}).Message, "larger than 32 MiB together")
	released := filepath.Join(class, "released")
	packFolder(t, released, []item{{name: "lab.yaml"}, {name: "a.ipynb", content: book}, {name: "public/suite.go"}})
	list, _, err = List(released)
	require.NoError(t, err)
	require.Len(t, list, 1, "a lab's folder is one submission")
	assert.Equal(t, released, list[0].Path)
}

// TestFoldersOfGitAreNotCounted: a repository may hold more files than a submission.
func TestFoldersOfGitAreNotCounted(t *testing.T) {
	items := files("a.go")
	for i := range 40 {
		items = append(items, item{name: fmt.Sprintf(".git/objects/%d", i)})
	}
	class := t.TempDir()
	packFolder(t, filepath.Join(class, "ada"), items)
	list, _, err := List(class)
	require.NoError(t, err)
	limits := DefaultLimits()
	limits.Entries = 20
	got, err := list[0].Read(limits)
	require.NoError(t, err)
	assert.Len(t, got.Sources, 1)
	assert.Empty(t, got.Dropped)
	limits.Entries = 0
	_, err = list[0].Read(limits)
	require.Error(t, err)
}

func TestDroppedFilesAreBounded(t *testing.T) {
	items := files("a.go")
	for i := range 70 {
		items = append(items, item{name: fmt.Sprintf("note%d.txt", i)})
	}
	each(t, items, func(t *testing.T, s Submission) {
		got, err := s.Read(DefaultLimits())
		require.NoError(t, err)
		require.Len(t, got.Dropped, maxDropped+1)
		assert.Equal(t, "20 more files", got.Dropped[maxDropped].Name)
	})
}
