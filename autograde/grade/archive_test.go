package grade

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/intake"
)

// part is a file of an archive to be made. Without a kind it is an ordinary file.
type part struct {
	name, content string
	mode          fs.FileMode // zip
	kind          byte        // tar
}

func zipped(t *testing.T, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		header := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		header.SetMode(0o644 | p.mode)
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		if strings.HasSuffix(p.name, "/") {
			continue
		}
		_, err = io.WriteString(f, p.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func tarred(t *testing.T, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, p := range parts {
		header := &tar.Header{Name: p.name, Mode: 0o644, Typeflag: p.kind, Size: int64(len(p.content))}
		if p.kind != 0 {
			header.Linkname, header.Size = p.content, 0
		}
		require.NoError(t, w.WriteHeader(header))
		if header.Size > 0 {
			_, err := io.WriteString(w, p.content)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// patched replaces every occurrence of a pattern: archive writers do not lie by themselves.
func patched(t *testing.T, data []byte, old, new string) []byte {
	t.Helper()
	require.Equal(t, len(old), len(new))
	require.True(t, bytes.Contains(data, []byte(old)))
	return bytes.ReplaceAll(data, []byte(old), []byte(new))
}

// field overwrites bytes of every central and local header of a zip archive.
func field(data []byte, central, local, width int, value uint32) []byte {
	out := bytes.Clone(data)
	for mark, offset := range map[string]int{"PK\x01\x02": central, "PK\x03\x04": local} {
		for at := 0; ; {
			next := bytes.Index(out[at:], []byte(mark))
			if next < 0 {
				break
			}
			at += next + offset
			var wide [4]byte
			binary.LittleEndian.PutUint32(wide[:], value)
			copy(out[at:at+width], wide[:])
		}
	}
	return out
}

// extended begins a tar archive with an extended header of the records, which are about its next entry: the writer of package tar lets nobody
// choose them.
func extended(t *testing.T, records map[string]string, parts ...part) []byte {
	t.Helper()
	text := ""
	for key, value := range records {
		record := " " + key + "=" + value + "\n"
		length := len(record) + 2
		if length > 99 {
			length++
		}
		text += fmt.Sprint(length) + record
	}
	data := tarred(t, append([]part{{name: "header", content: text}}, parts...)...)
	data[156] = tar.TypeXHeader
	copy(data[148:156], "        ") // what the sum counts in the place of itself
	sum := 0
	for _, b := range data[:512] {
		sum += int(b)
	}
	copy(data[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return data
}

// TestAttacksOnTheIntake: links, paths out of the archive, devices, bombs and lies cost their owner the points, and nobody else.
// Most hold a right answer too: it does not count beside them.
func TestAttacksOnTheIntake(t *testing.T) {
	dir := t.TempDir()
	var attacks []attack
	add := func(file, aim string, verdict check.Verdict, data []byte) {
		path := filepath.Join(dir, file)
		if data != nil {
			require.NoError(t, os.WriteFile(path, data, 0o644))
		}
		list, _, err := intake.List(dir)
		require.NoError(t, err)
		for _, s := range list {
			if s.Path == path {
				attacks = append(attacks, attack{s, aim, []check.Verdict{verdict}})
			}
		}
	}
	folder := func(name string, change func(dir string)) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(path, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(path, "tiny.go"), []byte(right(t)), 0o644))
		change(path)
	}
	good := part{name: "tiny.go", content: right(t)}
	hidden, err := filepath.Abs(filepath.Join(tinyDir, "hidden", "suite.go"))
	require.NoError(t, err)
	zeros := strings.Repeat("\x00", 140<<20)
	escape := "\x1b]0;owned\a\u202e<script>alert(1)<.go"
	many := make([]part, 6000)
	for i := range many {
		many[i] = part{name: strings.Repeat("n", 1+i%50) + string(rune('a'+i%26)) + strings.Repeat("m", i/50) + ".txt"}
	}
	many = append(many, good)

	for name, evil := range map[string]struct {
		aim string
		part
	}{
		"slip":      {"leaves its folder by ..", part{name: "../../../../../../tmp/slipped.go"}},
		"slip-deep": {"leaves its folder by .. from below", part{name: "a/b/../../../slipped.go"}},
		"absolute":  {"has an absolute path", part{name: "/tmp/slipped.go"}},
		"backslash": {"leaves its folder as on Windows", part{name: `..\..\slipped.go`}},
		"drive":     {"names a drive", part{name: "c:slipped.go"}},
		"twice":     {"has two files of one name, for two readers", part{name: "tiny.go", content: "package tiny\n"}},
		"dot-twice": {"has two files of one name, one written ./tiny.go", part{name: "./tiny.go", content: "package tiny\n"}},
	} {
		add(name+"-zip.zip", evil.aim, check.Forbidden, zipped(t, good, evil.part))
		add(name+"-tar.tgz", evil.aim, check.Forbidden, gzipped(t, tarred(t, good, evil.part)))
	}
	add("case-twins.zip", "has two files that differ in case only", check.CompileError, zipped(t, good, part{name: "TINY.go", content: right(t)}))
	add("zip-link.zip", "links to the hidden checks", check.Forbidden, zipped(t, good, part{name: "more.go", content: hidden, mode: fs.ModeSymlink}))
	add("zip-link-through.zip", "links to a folder and writes through it", check.Forbidden,
		zipped(t, good, part{name: "d", content: "/tmp", mode: fs.ModeSymlink}, part{name: "d/slipped.go", content: "x"}))
	add("zip-device.zip", "holds a device", check.Forbidden, zipped(t, good, part{name: "null.go", mode: fs.ModeDevice | fs.ModeCharDevice}))
	add("zip-bomb.zip", "grows a thousandfold", check.Forbidden, zipped(t, part{name: "tiny.go", content: zeros}))
	add("zip-bombs.zip", "holds many files that grow", check.Forbidden, zipped(t, good, part{name: "a.go", content: zeros[:1<<20]}, part{name: "b.go", content: zeros[:1<<20]},
		part{name: "c.go", content: zeros[:1<<20]}, part{name: "d.go", content: zeros[:1<<20]}, part{name: "e.go", content: zeros[:1<<20]}, part{name: "f.go", content: zeros[:1<<20]},
		part{name: "g.go", content: zeros[:1<<20]}, part{name: "h.go", content: zeros[:1<<20]}))
	add("zip-lies-small.zip", "announces ten bytes and holds millions", check.CompileError, field(zipped(t, part{name: "tiny.go", content: zeros}), 24, 22, 4, 10))
	add("zip-lies-large.zip", "announces four gigabytes", check.CompileError, field(zipped(t, good), 24, 22, 4, 0xfffffff0))
	add("zip-in-zip.zip", "holds an archive in an archive", check.CompileError, zipped(t, part{name: "work.zip", content: string(zipped(t, good))}))
	add("zip-crowd.zip", "holds six thousand files", check.Forbidden, zipped(t, many...))
	add("zip-locked.zip", "is locked with a password", check.CompileError, field(zipped(t, good), 8, 6, 2, 9))
	add("zip-strange.zip", "is compressed in a way that nobody knows", check.CompileError, field(zipped(t, good), 10, 8, 2, 77))
	add("zip-sum.zip", "is not what its sum says", check.CompileError, field(zipped(t, good), 16, 14, 4, 0x600dbeef))
	add("zip-deep.zip", "nests folders ten thousand deep", check.Forbidden, zipped(t, good, part{name: strings.Repeat("d/", 10000) + "x.txt"}))
	add("zip-cut.zip", "ends in the middle", check.CompileError, zipped(t, good)[:200])
	add("zip-no-zip.zip", "is no archive", check.CompileError, []byte("PK rubbish"))
	add("zip-controls.zip", "steers the terminal by a name", check.CompileError, zipped(t, part{name: escape, content: right(t)}, part{name: escape + "/\n=1+1.go"}))
	add("zip-nul.zip", "cuts a name short by a NUL", check.Forbidden, zipped(t, good, part{name: "x.go\x00.txt"}))
	add("zip-long-name.zip", "has a name of sixty thousand letters", check.CompileError, zipped(t, part{name: strings.Repeat("x", 60000) + "_test.go"}))
	add("tar-hard-link.tar", "links hard to a system file", check.Forbidden, tarred(t, good, part{name: "p.go", content: "/etc/passwd", kind: tar.TypeLink}))
	add("tar-link.tar", "links to the hidden checks", check.Forbidden, tarred(t, good, part{name: "h.go", content: hidden, kind: tar.TypeSymlink}))
	add("tar-device.tar", "holds a device", check.Forbidden, tarred(t, good, part{name: "d.go", kind: tar.TypeChar}))
	add("tar-fifo.tar", "holds a pipe", check.Forbidden, tarred(t, good, part{name: "f.go", kind: tar.TypeFifo}))
	add("tar-bomb.tgz", "grows a thousandfold", check.Forbidden, gzipped(t, tarred(t, good, part{name: "zeros", content: zeros})))
	add("tar-lies.tar", "announces more than it holds", check.CompileError, tarred(t, part{name: "tiny.go", content: right(t)})[:600])
	add("tar-extended-slip.tar", "leaves its folder by a name in an extended header", check.Forbidden,
		extended(t, map[string]string{"path": "../../slipped.go"}, part{name: "x.go", content: "package tiny\n"}, good))
	add("tar-holes.tar", "is a terabyte of holes", check.Forbidden, extended(t, map[string]string{"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
		"GNU.sparse.name": "tiny.go", "GNU.sparse.realsize": "1099511627776"}, part{name: "x.go", content: "1\n0\n0\n" + zeros[:506]}))
	add("gzip-in-gzip.tgz", "is compressed twice", check.CompileError, gzipped(t, gzipped(t, tarred(t, good))))
	add("tar-no-tar.tar", "is no archive", check.CompileError, patched(t, tarred(t, good), "ustar", "ratsu")[:511])
	add("text-slip.txtar", "leaves its folder as text", check.Forbidden, []byte("-- ../slipped.go --\npackage tiny\n"))

	folder("folder-link", func(dir string) { require.NoError(t, os.Symlink(hidden, filepath.Join(dir, "more.go"))) })
	add("folder-link", "links to the hidden checks", check.Forbidden, nil)
	folder("folder-link-folder", func(dir string) { require.NoError(t, os.Symlink(filepath.Dir(hidden), filepath.Join(dir, "more"))) })
	add("folder-link-folder", "links to the folder of the hidden checks", check.Forbidden, nil)
	require.NoError(t, os.Symlink(filepath.Dir(hidden), filepath.Join(dir, "is-link")))
	add("is-link", "is a link itself", check.Forbidden, nil)
	folder("folder-hard-link", func(dir string) { require.NoError(t, os.Link(hidden, filepath.Join(dir, "more.go"))) })
	add("folder-hard-link", "links hard to the hidden checks", check.Forbidden, nil)
	folder("folder-fifo", func(dir string) { require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "more.go"), 0o644)) })
	add("folder-fifo", "holds a pipe that nobody writes to", check.Forbidden, nil)
	folder("folder-socket", func(dir string) {
		listener, err := net.Listen("unix", filepath.Join(dir, "s.go"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
	})
	add("folder-socket", "holds a socket", check.Forbidden, nil)
	folder("folder-deep", func(dir string) {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, strings.Repeat("d/", 1500)), 0o755))
	})
	add("folder-deep", "nests folders, so that whoever opens one walks for ever", check.Forbidden, nil)
	folder("folder-nothing", func(dir string) {
		require.NoError(t, os.Rename(filepath.Join(dir, "tiny.go"), filepath.Join(dir, "tiny.txt")))
	})
	add("folder-nothing", "holds no Go file", check.CompileError, nil)
	folder("folder-exchanged", func(string) {})
	add("folder-exchanged", "is exchanged for a link to the solution after it was listed", check.Forbidden, nil)
	solution, err := filepath.Abs(tinyDir)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "folder-exchanged")))
	require.NoError(t, os.Symlink(solution, filepath.Join(dir, "folder-exchanged")))
	judge(t, engine(t, tinyDir), attacks)
	_, err = os.Stat("/tmp/slipped.go")
	require.ErrorIs(t, err, os.ErrNotExist)
}
