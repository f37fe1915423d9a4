package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/cifar"
	"courselab/datasets/images"
	"courselab/datasets/parse"
)

func TestCatalogueIsComplete(t *testing.T) {
	assert.Equal(t, []string{"mnist", "fashion-mnist", "cifar10", "sst2", "cola", "tinyshakespeare"}, Names())
	hex := regexp.MustCompile(`^([0-9a-f]{64})?$`)
	for _, e := range Catalogue() {
		for _, text := range []string{e.Title, e.Licence, e.Citation, e.Homepage, string(e.Kind)} {
			assert.NotEmpty(t, text, e.Name)
		}
		require.NotEmpty(t, e.Releases, e.Name)
		assert.Equal(t, e.Name, e.Folders[0])
		assert.NotEmpty(t, e.Releases[0].Sources, "%s: the first release is what Download gets", e.Name)
		names := map[string]bool{}
		for _, r := range e.Releases {
			assert.False(t, names[r.Name], "%s has two releases %s", e.Name, r.Name)
			names[r.Name] = true
			assert.NotEmpty(t, r.Note)
			assert.NotEmpty(t, r.Splits)
			provided := map[string]bool{}
			for _, s := range r.Sources {
				assert.NotEmpty(t, s.URLs)
				assert.Regexp(t, hex, s.SHA256)
				if s.Members == nil {
					provided[s.File] = true
				}
				for _, m := range s.Members {
					provided[m.To] = true
				}
				assert.NotContains(t, s.File, "/")
			}
			for _, f := range r.Files {
				assert.Regexp(t, hex, f.SHA256)
				assert.Regexp(t, hex, f.Content)
				assert.True(t, f.SHA256 == "" || f.Size > 0, "%s: a file whose sum is known has a known size", f.Name)
				assert.True(t, len(r.Sources) == 0 || provided[f.Name], "%s: no source gives %s of release %s", e.Name, f.Name, r.Name)
			}
		}
	}
}

func TestLookupUnknown(t *testing.T) {
	_, err := Lookup("imagenet")
	require.ErrorIs(t, err, ErrUnknown)
	assert.EqualError(t, err, `"imagenet": no such data set; there are mnist, fashion-mnist, cifar10, sst2, cola, tinyshakespeare`)
	_, err = Open("")
	assert.ErrorIs(t, err, ErrUnknown)
}

func TestRootsFollowTheVariables(t *testing.T) {
	t.Setenv(Variable, "/one"+string(os.PathListSeparator)+string(os.PathListSeparator)+"/two")
	t.Setenv("HOME", "/home/someone")
	t.Setenv("XDG_CACHE_HOME", "/cache")
	roots := Roots()
	require.Len(t, roots, 3)
	assert.Equal(t, []Root{{"/one", Variable}, {"/two", Variable}}, roots[:2])
	assert.Equal(t, "cache", roots[2].From)
	assert.True(t, strings.HasSuffix(roots[2].Path, filepath.Join("courselab", "datasets")))
	assert.Len(t, DataRoots(), 2)

	t.Setenv(Variable, "")
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	assert.Empty(t, Roots())
	_, err := Open("mnist")
	require.ErrorIs(t, err, ErrNotFound)
	assert.ErrorContains(t, err, "there is no folder to look in: set HOME, or COURSELAB_DATA")
	_, err = CacheDir()
	assert.ErrorContains(t, err, "set HOME, or set COURSELAB_DATA")
}

func TestOpenFindsEachLayout(t *testing.T) {
	all := toyFiles()
	plain := map[string][]byte{ // unpacked, under the names that Kaggle uses
		"train-images.idx3-ubyte": toyArray(7, 2, 3), "train-labels.idx1-ubyte": toyArray(7),
		"t10k-images.idx3-ubyte": toyArray(5, 2, 3), "t10k-labels.idx1-ubyte": toyArray(5),
	}
	test := map[string][]byte{"t10k-images-idx3-ubyte.gz": all["t10k-images-idx3-ubyte.gz"], "t10k-labels-idx1-ubyte.gz": all["t10k-labels-idx1-ubyte.gz"]}
	for name, c := range map[string]struct {
		folder, release string
		files           map[string][]byte
		checks          []Check // of t10k-images and t10k-labels
		train           int
	}{
		"as distributed":   {"toy", "full", all, []Check{BySHA256, BySHA256}, 7},
		"torchvision":      {"toy/MNIST/raw", "full", all, []Check{BySHA256, BySHA256}, 7},
		"unpacked":         {"toy", "full", plain, []Check{BySHA256, ByStructure}, 7},
		"the test set":     {"toy", "t10k", test, []Check{BySHA256, BySHA256}, 4},
		"beside a readme":  {"toy", "full", merge(all, map[string][]byte{"README": []byte("x")}), []Check{BySHA256, BySHA256}, 7},
		"packed once more": {"toy", "t10k", merge(test, map[string][]byte{"t10k-images-idx3-ubyte.gz": repack(toyArray(5, 2, 3))}), []Check{BySHA256, BySHA256}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			put(t, filepath.Join(root, c.folder), c.files)
			found, err := openEntry(toyEntry(), rootsAt(t.TempDir(), root))
			require.NoError(t, err)
			assert.Equal(t, c.release, found.Release.Name)
			assert.Equal(t, filepath.Join(root, c.folder), found.Folder)
			assert.Equal(t, c.checks, []Check{found.Checks["t10k-images-idx3-ubyte.gz"], found.Checks["t10k-labels-idx1-ubyte.gz"]})
			splits, err := found.Images()
			require.NoError(t, err)
			assert.Equal(t, []int{c.train, 2, 3, 1}, []int{splits.Train.Len(), splits.Train.Height, splits.Train.Width, splits.Train.Channels})
			_, err = found.Sentences()
			assert.ErrorIs(t, err, ErrKind)
			_, err = found.Text()
			assert.EqualError(t, err, "toy: data set of another kind: it holds images, not text")
		})
	}
}

func merge(a, b map[string][]byte) map[string][]byte {
	all := map[string][]byte{}
	for _, m := range []map[string][]byte{a, b} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// repack compresses so that the bytes differ from zipped's.
func repack(plain []byte) []byte {
	raw := zipped(plain)
	raw[4] = 7 // the time stamp in the header
	return raw
}

func TestOpenNotFound(t *testing.T) {
	empty, gone := t.TempDir(), filepath.Join(t.TempDir(), "gone")
	_, err := openEntry(toyEntry(), append(rootsAt(empty, gone), Root{Path: "/cache", From: "cache"}))
	require.ErrorIs(t, err, ErrNotFound)
	require.NotErrorIs(t, err, ErrCorrupt)
	assert.EqualError(t, err, "toy: data set not found in "+empty+"/toy or "+gone+" (named in COURSELAB_DATA, does not exist) or /cache/toy; "+
		"put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz "+
		"(or t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz alone) there, or run `go run ./datasets/cmd/data get toy`")
}

func TestOpenDamaged(t *testing.T) {
	const images, labels = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
	flipped := toyFiles()[images]
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		change map[string][]byte
		want   string
	}{
		"a flipped bit": {map[string][]byte{images: flipped}, images + ": SHA-256 is " + sumOf(flipped) + ", want "},
		"truncated":     {map[string][]byte{labels: toyFiles()[labels][:20]}, labels + ": SHA-256 is "},
		"too few":       {map[string][]byte{images: toyArray(6, 2, 3), labels: toyArray(6)}, "the train split has 6 records, want 7"},
		"not paired":    {map[string][]byte{images: toyArray(6, 2, 3)}, "7 labels for the 6 images"},
		"missing":       {map[string][]byte{labels: nil}, "has " + images + " but not " + labels},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			files := toyFiles()
			delete(files, "t10k-labels-idx1-ubyte.gz") // or the smaller release would do
			for name, raw := range c.change {
				delete(files, name)
				if raw != nil {
					if raw[0] == 0 { // not compressed: only its structure can be checked
						name = strings.TrimSuffix(name, ".gz")
					}
					files[name] = raw
				}
			}
			entry := toyEntry()
			entry.Releases = entry.Releases[:1]
			entry.Releases[0].Files = entry.Releases[0].Files[:3]
			entry.Releases[0].load = loadToyTrain
			entry.Releases[0].Splits = entry.Releases[0].Splits[:1]
			put(t, filepath.Join(root, "toy"), files)
			_, err := openEntry(entry, rootsAt(root))
			require.ErrorIs(t, err, ErrCorrupt)
			require.NotErrorIs(t, err, ErrNotFound)
			assert.ErrorIs(t, err, parse.ErrMalformed)
			assert.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// loadToyTrain needs no t10k-labels.
func loadToyTrain(paths map[string]string) (contents, error) {
	all := map[string]string{}
	for name, path := range paths {
		all[strings.Replace(name, "train", "t10k", 1)] = path
	}
	loaded, err := loadIDX([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, false)(map[string]string{
		"t10k-images-idx3-ubyte.gz": paths["train-images-idx3-ubyte.gz"], "t10k-labels-idx1-ubyte.gz": paths["train-labels-idx1-ubyte.gz"],
	})
	if err != nil {
		return contents{}, err
	}
	joined, err := loaded.images["train"].Concat(loaded.images["test"])
	return contents{images: map[string]images.Set{"train": joined}}, err
}

// A good copy further down is used, although the first is damaged; and a smaller release beside a damaged larger one.
func TestOpenPassesOverDamagedCopies(t *testing.T) {
	bad, good := t.TempDir(), t.TempDir()
	files := toyFiles()
	files["train-images-idx3-ubyte.gz"] = []byte("garbage")
	put(t, filepath.Join(bad, "toy"), files)
	put(t, filepath.Join(good, "toy"), toyFiles())
	onlyFull := toyEntry()
	onlyFull.Releases = onlyFull.Releases[:1]
	found, err := openEntry(onlyFull, rootsAt(bad, good))
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(good, "toy"), found.Folder)
	found, err = openEntry(toyEntry(), rootsAt(bad))
	require.NoError(t, err)
	assert.Equal(t, "t10k", found.Release.Name)
	_, problems := openFolder(toyEntry(), filepath.Join(bad, "toy"))
	assert.Len(t, problems, 1, "a student who trains on less than is there must hear of it")
	_, problems = openFolder(toyEntry(), filepath.Join(good, "toy"))
	assert.Empty(t, problems)
}

// Fashion-MNIST's files have MNIST's names and shapes. Here: the file of a data set in the catalogue under another's name.
func TestFileOfAnotherDataSetIsNamed(t *testing.T) {
	assert.Equal(t, "mnist's t10k-labels-idx1-ubyte.gz (release full)",
		ownerOf("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", ""))
	assert.Equal(t, "mnist's t10k-labels-idx1-ubyte.gz (release full)",
		ownerOf("x", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"))
	assert.Empty(t, ownerOf(sumOf(nil), sumOf(nil)))
}

// A user's own official files: the shapes and numbers of records of GLUE's SST-2 and CoLA and of the six CIFAR-10 batches, made up.
func TestOfficialReleasesByStructure(t *testing.T) {
	root := t.TempDir()
	table := func(header string, n int, line func(i int) string) []byte {
		var b strings.Builder
		b.WriteString(header)
		for i := range n {
			b.WriteString(line(i))
		}
		return []byte(b.String())
	}
	sst2Line := func(i int) string { return fmt.Sprintf("phrase %d \t%d\n", i, i%2) }
	colaLine := func(i int) string { return fmt.Sprintf("gj04\t%d\t\tSentence %d.\n", i%2, i) }
	index := func(i int) string { return fmt.Sprintf("%d\tsentence %d\n", i, i) }
	put(t, filepath.Join(root, "SST-2"), map[string][]byte{
		"train.tsv": table("sentence\tlabel\n", 67_349, sst2Line), "dev.tsv": table("sentence\tlabel\n", 872, sst2Line),
		"test.tsv": table("index\tsentence\n", 1_821, index),
	})
	put(t, filepath.Join(root, "glue", "CoLA"), map[string][]byte{
		"train.tsv": table("", 8_551, colaLine), "dev.tsv": table("source\tlabel\tmark\tsentence\n", 1_043, colaLine), "test.tsv": table("index\tsentence\n", 1_063, index),
	})
	batch := make([]byte, 10_000*cifar.RecordBytes)
	for i := range 10_000 {
		batch[i*cifar.RecordBytes] = byte(i % 10)
	}
	batches := filepath.Join(root, "cifar-10-batches-bin")
	put(t, batches, map[string][]byte{"data_batch_1.bin": batch})
	for _, name := range []string{"data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"} {
		require.NoError(t, os.Link(filepath.Join(batches, "data_batch_1.bin"), filepath.Join(batches, name)))
	}
	t.Setenv(Variable, root)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")

	splits, err := LoadSentences("sst2")
	require.NoError(t, err)
	assert.Equal(t, "glue", splits.Copy.Release.Name)
	assert.Equal(t, []int{67_349, 872, 1_821}, []int{splits.Train.Len(), splits.Dev.Len(), splits.Test.Len()})
	assert.Equal(t, "phrase 7", splits.Train.Sentences[7].Text)
	assert.Equal(t, ByStructure, splits.Copy.Checks["train.tsv"])

	splits, err = LoadSentences("cola")
	require.NoError(t, err)
	assert.Equal(t, "glue", splits.Copy.Release.Name)
	assert.Equal(t, []int32{-1}, splits.Test.Slice(0, 1).Labels())

	found, err := Open("cifar10")
	require.NoError(t, err)
	assert.Equal(t, "official", found.Release.Name)

	// One line less, and it is no longer GLUE's file.
	put(t, filepath.Join(root, "SST-2"), map[string][]byte{"dev.tsv": table("sentence\tlabel\n", 871, sst2Line)})
	_, err = Open("sst2")
	require.ErrorIs(t, err, ErrCorrupt)
	assert.ErrorContains(t, err, "the dev split has 871 records, want 872")
	batch[0] = 1 // one airplane less, one automobile more
	put(t, batches, map[string][]byte{"data_batch_4.bin": batch})
	_, err = Open("cifar10")
	require.ErrorIs(t, err, ErrCorrupt)
	assert.ErrorContains(t, err, "the train split has 4995 records of class 0, want 5000")
	require.NoError(t, os.Remove(filepath.Join(batches, "data_batch_4.bin")))
	_, err = Open("cifar10")
	require.ErrorIs(t, err, ErrCorrupt)
	assert.ErrorContains(t, err, "but not data_batch_4.bin")
}
