package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	solution = "\treturn Softmax(DivScalar(scores, math.Sqrt(float64(width))))"
	hidden   = `t.Equal("the mask of a padded batch with three lengths", got, want)`
	exercise = "answer := weights[0]*values[0] + weights[1]*values[1]"
	lineOne  = "weights = Where(mask, weights, ZerosLike(weights)) // as in the lecture"
	lineTwo  = "output = Einsum(\"bhqk,bhkd->bhqd\", weights, values) // and this too"
	given    = "// Scores returns the scores of queries and keys, [B, H, Lq, Lk]."
)

// repository is a small course.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"labs/lab9/lab.go":            "package lab\n\n" + given + "\nfunc Scores() {\n// BEGIN SOLUTION\n" + solution + "\n// END SOLUTION\n}\n",
		"labs/lab9/hidden/suite.go":   "package hidden\n\n" + hidden + "\n" + given + "\n",
		"labs/lab9/samples/ada.txtar": "-- lab.go --\n" + lineOne + "\n" + lineTwo + "\npanic(errors.New(\"task one (Scores): not written yet\"))\n",
		"labs/roster.csv":             "student,name,electronic mail address\n",
		"notebooks/src/01-x.md":       "```go\n" + given + "\n```\n\n```go tags=[\"solution\"]\n" + exercise + "\n```\n",
		"coursekit/attention/dot.go":  "package attention\n\n" + given + "\n",
		"notebooks/01-x.ipynb":        "{}",
		"autograde/testdata/x/sub.go": "package x\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return root
}

type files map[string]string

func tarred(t *testing.T, list files) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range list {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}))
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func zipped(t *testing.T, list files) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range list {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

// TestLeaks: an image without secrets passes, and each way in which one might get into a layer is seen.
func TestLeaks(t *testing.T) {
	clean := files{"home/student/courselab/coursekit/attention/dot.go": given + "\n" + strings.Repeat("x", 1000), "usr/bin/true": "\x7fELF"}
	with := func(name, text string) string {
		list := files{name: text}
		for name, text := range clean {
			list[name] = text
		}
		return tarred(t, list)
	}
	indented := strings.ReplaceAll(solution, "(", "(\n\t\t")
	for name, c := range map[string]struct {
		image files
		leak  string
	}{
		"nothing":               {files{"a/layer.tar": tarred(t, clean), "manifest.json": "[]"}, ""},
		"nothing, compressed":   {files{"blobs/sha256/abc": gzipped(t, tarred(t, clean)), "index.json": "{}"}, ""},
		"solution":              {files{"a/layer.tar": with("work/lab.go", "package lab\n"+solution)}, "labs/lab9/lab.go:6"},
		"solution, reformatted": {files{"a/layer.tar": with("work/lab.go", "package lab\n"+indented)}, "labs/lab9/lab.go:6"},
		"compressed layer":      {files{"blobs/sha256/abc": gzipped(t, with("x", solution))}, "labs/lab9/lab.go:6"},
		"hidden check compiled": {files{"a/layer.tar": with("cache/1.a", "\x00\x01"+hidden+"\x00")}, "labs/lab9/hidden/suite.go:3"},
		"solution compiled":     {files{"a/layer.tar": with("cache/2.a", "\x00courselab/labs/lab9.Scores\x00")}, "compiled lab"},
		"solved exercise":       {files{"a/layer.tar": with("notebooks/01-x.ipynb", exercise)}, "notebooks/src/01-x.md:6"},
		"a student's line":      {files{"a/layer.tar": with("loss.go", lineOne+lineOne)}, ""},
		"a student's lines":     {files{"a/layer.tar": with("loss.go", lineOne+"x"+lineTwo)}, "labs/lab9/samples/ada.txtar"},
		"a hole":                {files{"a/layer.tar": with("lab.go", "panic(errors.New(\"task one (Scores): not written yet\"))")}, ""},
		"in a zip":              {files{"a/layer.tar": with("x.whl", zipped(t, files{"y": hidden}))}, "labs/lab9/hidden"},
		"in an archive":         {files{"a/layer.tar": with("x.tgz", gzipped(t, tarred(t, files{"y": hidden})))}, "labs/lab9/hidden"},
		"by its name":           {files{"a/layer.tar": with("home/student/courselab/labs/lab9/README.md", "hello")}, "instructor's"},
		"in a variable":         {files{"a/layer.tar": tarred(t, clean), "abc.json": `{"Env": ["X=` + exercise + `"]}`}, "notebooks/src/01-x.md:6"},
		"deleted later":         {files{"a/layer.tar": with("x", hidden), "b/layer.tar": tarred(t, files{".wh.x": ""})}, "labs/lab9/hidden"},
	} {
		var out bytes.Buffer
		found, err := run(repository(t), strings.NewReader(tarred(t, c.image)), &out)
		require.NoError(t, err, name)
		if c.leak == "" {
			assert.Zero(t, found, "%s: %s", name, out.String())
			continue
		}
		assert.Positive(t, found, name)
		assert.Contains(t, out.String(), c.leak, name)
	}
}

// TestNoImage: what is no image, or a folder that has no secrets, is an error and no success.
func TestNoImage(t *testing.T) {
	root := repository(t)
	for name, text := range map[string]string{"empty": "", "text": strings.Repeat("hello ", 500), "no layers": tarred(t, files{"manifest.json": "[]"})} {
		_, err := run(root, strings.NewReader(text), &bytes.Buffer{})
		assert.Error(t, err, name)
	}
	_, err := run(root, strings.NewReader(tarred(t, files{"a/layer.tar": tarred(t, files{"x": "y"}), "b": "\x28\xb5\x2f\xfd" + solution})), &bytes.Buffer{})
	assert.ErrorContains(t, err, "zstd", "a layer that cannot be searched")
	_, err = run(t.TempDir(), strings.NewReader(tarred(t, files{"a/layer.tar": tarred(t, files{"x": "y"})})), &bytes.Buffer{})
	assert.ErrorContains(t, err, "run this in the course's repository")
}

// TestSecretsOfTheCourse: the real labs and notebooks have plenty.
func TestSecretsOfTheCourse(t *testing.T) {
	secrets, err := collect("../..")
	require.NoError(t, err)
	for _, from := range []string{"labs/lab1-attention/attention.go", "labs/lab1-attention/hidden/", "labs/lab1-attention/wrong/", "labs/lab1-attention/samples/", "notebooks/src/"} {
		count := 0
		for _, s := range secrets {
			if strings.HasPrefix(s.origin, from) {
				count++
			}
		}
		assert.Positive(t, count, from)
	}
	assert.Greater(t, len(secrets), 500)
}
