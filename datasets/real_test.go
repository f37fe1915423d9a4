package datasets

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Tests on real files: for every data set that a folder of COURSELAB_DATA holds, what is known about it. Without the variable there
// is nothing to list, and this test has no sub-tests; with it, at least one data set must be there.
func TestRealFiles(t *testing.T) {
	known := map[string]func(t *testing.T, c Copy){
		"mnist": realMNIST, "fashion-mnist": realFashion, "cifar10": realCIFAR, "sst2": realSST2, "cola": realCoLA, "tinyshakespeare": realShakespeare,
	}
	found := 0
	for _, root := range DataRoots() {
		for _, entry := range Catalogue() {
			if !slices.ContainsFunc(entry.Folders, func(folder string) bool {
				_, err := os.Stat(filepath.Join(root.Path, filepath.FromSlash(folder)))
				return err == nil
			}) {
				continue
			}
			found++
			t.Run(entry.Name, func(t *testing.T) {
				c, err := openEntry(entry, []Root{root})
				require.NoError(t, err)
				known[entry.Name](t, c)
			})
		}
	}
	assert.Equal(t, len(DataRoots()) > 0, found > 0, "%s=%s holds no data set", Variable, os.Getenv(Variable))
}

func realMNIST(t *testing.T, c Copy) {
	splits, err := c.Images()
	require.NoError(t, err)
	require.NoError(t, splits.Train.Validate())
	require.NoError(t, splits.Test.Validate())
	for _, check := range c.Checks {
		assert.Equal(t, BySHA256, check)
	}
	// Fashion-MNIST's files have the same names and shapes. Unpacked, their sums are not known here; but MNIST's are.
	mixed := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(mixed, "fashion-mnist"), 0o755))
	for _, kind := range []string{"images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"} {
		for _, stem := range []string{"train-", "t10k-"} {
			require.NoError(t, os.Symlink(c.Paths["t10k-"+kind], filepath.Join(mixed, "fashion-mnist", stem+kind)))
		}
	}
	_, err = openEntry(fashionMNIST(), rootsAt(mixed))
	require.ErrorIs(t, err, ErrCorrupt)
	assert.ErrorContains(t, err, "this is the file of another data set or release, mnist's t10k-images-idx3-ubyte.gz (release full)")

	if c.Release.Name == "full" {
		assert.Equal(t, []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, splits.Train.Counts())
		return
	}
	assert.Equal(t, []int{8000, 2000}, []int{splits.Train.Len(), splits.Test.Len()})
	assert.Equal(t, []int32{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, splits.Train.Labels[:10])
	all, err := splits.Train.Concat(splits.Test)
	require.NoError(t, err)
	assert.Equal(t, []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, all.Counts())

	// The mean image of the first 8,000 as a guess at the last 2,000: the baselines of the autoencoder and VAE experiments.
	mean := splits.Train.Mean()
	var square, bernoulli float64
	for i := range splits.Test.Len() {
		for j, v := range splits.Test.Item(i) {
			x, p := float64(v)/255, min(max(mean[j], 1e-6), 1-1e-6)
			square += (x - mean[j]) * (x - mean[j])
			bernoulli -= x*math.Log(p) + (1-x)*math.Log(1-p)
		}
	}
	n := float64(splits.Test.Len())
	assert.InDelta(t, 55.95, square/n, 0.005, "sum of squares an image")
	assert.InDelta(t, 215.1, bernoulli/n, 0.05, "cross-entropy, nats an image")
}

func realFashion(t *testing.T, c Copy) {
	splits, err := c.Images()
	require.NoError(t, err)
	assert.Equal(t, []int{60_000, 10_000}, []int{splits.Train.Len(), splits.Test.Len()})
	require.NoError(t, splits.Train.Validate())
}

func realCIFAR(t *testing.T, c Copy) {
	splits, err := c.Images()
	require.NoError(t, err)
	require.NoError(t, splits.Train.Validate())
	for i, split := range c.Release.Splits {
		for _, n := range [][]int{splits.Train.Counts(), splits.Test.Counts()}[i] {
			assert.Equal(t, split.PerClass, n)
		}
	}
	// Photographs are brighter above than below on ships and planes, and bluish: a wrong order of planes or rows would show.
	var above, below, red, blue float64
	for i, label := range splits.Test.Labels {
		if name := splits.Test.Classes[label]; name != "airplane" && name != "ship" {
			continue
		}
		item := splits.Test.Item(i)
		for p := range 32 * 32 {
			sum := float64(item[3*p]) + float64(item[3*p+1]) + float64(item[3*p+2])
			if p < 16*32 {
				above += sum
			} else {
				below += sum
			}
			red, blue = red+float64(item[3*p]), blue+float64(item[3*p+2])
		}
	}
	assert.Greater(t, above, 1.05*below)
	assert.Greater(t, blue, 1.05*red)
	// Neighbouring pixels of a photograph resemble each other in both directions and in each channel.
	item := splits.Train.Mean()
	for p := range 31 * 32 {
		for channel := range 3 {
			assert.InDelta(t, item[3*p+channel], item[3*(p+32)+channel], 0.05)
		}
	}
}

func realSST2(t *testing.T, c Copy) {
	splits, err := c.Sentences()
	require.NoError(t, err)
	if c.Release.Name != "sentences" {
		assert.Equal(t, 67_349, splits.Train.Len())
		return
	}
	_, problems := openFolder(c.Entry, c.Folder)
	assert.Empty(t, problems, "that the files are not those of another release is no fault")
	assert.Equal(t, []int{3310, 3610}, splits.Train.Counts())
	assert.Equal(t, []int{428, 444}, splits.Dev.Counts())
	assert.Equal(t, []int{912, 909}, splits.Test.Counts())
	assert.Equal(t, "one long string of cliches", splits.Dev.Sentences[0].Text)
	for _, check := range c.Checks {
		assert.Equal(t, BySHA256, check)
	}
}

func realCoLA(t *testing.T, c Copy) {
	splits, err := c.Sentences()
	require.NoError(t, err)
	counts := splits.Train.Counts()
	assert.Equal(t, 8551, counts[0]+counts[1])
	assert.InDelta(t, 0.704, float64(counts[1])/8551, 0.001, "share of acceptable sentences")
	assert.Equal(t, "Our friends won't buy this analysis, let alone the next one we propose.", splits.Train.Sentences[0].Text)
	if c.Release.Name == "public" {
		assert.Equal(t, []int{8551, 527, 516}, []int{splits.Train.Len(), splits.Dev.Len(), splits.Test.Len()})
		for _, s := range splits.Dev.Sentences { // the label and the author's mark say the same
			assert.Equal(t, s.Mark == "", s.Label == 1, "%+v", s)
		}
	}
}

func realShakespeare(t *testing.T, c Copy) {
	text, err := c.Text()
	require.NoError(t, err)
	assert.Equal(t, 1_115_394, utf8.RuneCountInString(text.Text))
	characters := map[rune]bool{}
	for _, r := range text.Text {
		characters[r] = true
	}
	assert.Len(t, characters, 65)
	parts, err := text.Split(0.9, 0.1)
	require.NoError(t, err)
	assert.Equal(t, []int{1_003_854, 111_540}, []int{len(parts[0]), len(parts[1])})
	assert.True(t, strings.HasPrefix(parts[0], "First Citizen:\n"))
}
