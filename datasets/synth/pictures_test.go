package synth_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/images"
	"courselab/datasets/synth"
)

// ascii draws pixels [side, side] in five grey levels. A level is 51 wide, so that the last bit of the arithmetic rarely shows.
func ascii(pixels []uint8, side int) string {
	var b strings.Builder
	for i, v := range pixels {
		b.WriteByte(" .:o#@"[v/51])
		if i%side == side-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// golden compares with testdata/NAME; COURSELAB_GOLDEN=write writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("COURSELAB_GOLDEN") == "write" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	// A few samples may fall on the other side of a level where the machine fuses multiplications and additions.
	require.Len(t, got, len(want))
	differ := 0
	for i := range want {
		if want[i] != got[i] {
			differ++
		}
	}
	assert.LessOrEqual(t, differ, len(want)/200, "%s:\n%s", path, got)
}

func TestDigitsGolden(t *testing.T) {
	var text strings.Builder
	for label := range 10 {
		text.WriteString(ascii(synth.Digits{}.Render(label, rand.New(rand.NewPCG(1, 1))), 28))
	}
	text.WriteString(ascii(synth.DefaultDigits().At(1, 0).Pixels, 28))
	golden(t, "digits.txt", text.String())
}

func TestDigitsTruth(t *testing.T) {
	g := synth.DefaultDigits()
	train, err := g.Set(3, 0, 2000)
	require.NoError(t, err)
	require.NoError(t, train.Validate())
	test, err := g.Set(5, 0, 1009)
	require.NoError(t, err)
	requireUniform(t, train.Counts(), "label")

	means := classMeans(train)
	right := 0
	for i := range test.Len() {
		if nearest(means, test.Item(i)) == int(test.Labels[i]) {
			right++
		}
	}
	accuracy := float64(right) / 1009
	assert.InDelta(t, 0.86, accuracy, 0.03, "nearest class mean, as the docs state it")
	// Negative control: shuffled labels say nothing.
	wrong := test
	wrong.Labels = test.Shuffled(3).Labels
	right = 0
	for i := range wrong.Len() {
		if nearest(means, wrong.Item(i)) == int(wrong.Labels[i]) {
			right++
		}
	}
	assert.Less(t, float64(right)/1009, 0.15)

	for i := range test.Len() { // ink is there and stays inside
		item, ink := test.Item(i), 0
		for p, v := range item {
			ink += int(v)
			if row, column := p/28, p%28; row == 0 || row == 27 || column == 0 || column == 27 {
				require.Zero(t, v, "digit %d of %d touches the border:\n%s", i, test.Labels[i], ascii(item, 28))
			}
		}
		require.Greater(t, ink, 20*255)
		require.Less(t, ink, 300*255)
	}
}

func classMeans(set images.Set) [][]float64 {
	means := make([][]float64, len(set.Classes))
	for class := range means {
		var members []int
		for i, l := range set.Labels {
			if int(l) == class {
				members = append(members, i)
			}
		}
		means[class] = set.Select(members).Mean()
	}
	return means
}

func nearest(means [][]float64, item []uint8) int {
	best, at := math.Inf(1), -1
	for class, mean := range means {
		var sum float64
		for j, v := range item {
			d := float64(v)/255 - mean[j]
			sum += d * d
		}
		if sum < best {
			best, at = sum, class
		}
	}
	return at
}

// The numbers in the palettes' docs.
func TestPalettes(t *testing.T) {
	for _, c := range []struct {
		palette            synth.Palette
		luma, error, chrom []float64
		mean, meanChroma   float64
	}{
		{synth.EqualLuma(), []float64{112, 112, 112}, []float64{15570, 15075, 13203}, []float64{195, 192, 195}, 7308, 48},
		{synth.Primaries(), []float64{60, 78, 185}, []float64{18800, 11389, 13944}, []float64{200, 190, 190}, 7356, 66.7},
	} {
		for i, p := range c.palette {
			colour := [3]float64{float64(p[0]), float64(p[1]), float64(p[2])}
			assert.InDelta(t, c.luma[i], synth.Luma(colour), 0.5)
			assert.InDelta(t, c.error[i], c.palette.Error(colour), 0.6)
			assert.InDelta(t, c.chrom[i], synth.Chroma(colour), 1e-9)
		}
		mean := c.palette.Mean()
		assert.InDelta(t, c.mean, c.palette.Error(mean), 0.6)
		assert.InDelta(t, c.meanChroma, synth.Chroma(mean), 0.1)
		// The mean is the optimum: every step away costs.
		for channel := range 3 {
			for _, step := range []float64{-1, 1} {
				moved := mean
				moved[channel] += step
				assert.Greater(t, c.palette.Error(moved), c.palette.Error(mean))
			}
		}
	}
}

func TestBirdsGolden(t *testing.T) {
	bird := synth.DefaultBirds().At(1, 0)
	golden(t, "bird.txt", ascii(bird.Drawing, 32))
}

func TestBirdsTruth(t *testing.T) {
	g := synth.DefaultBirds()
	const n = 301
	plumages, left := make([]int, 3), make([]int, 2)
	for _, bird := range draw(t, g, 3, n) {
		plumages[bird.Plumage]++
		if bird.Pose.Left {
			left[1]++
		} else {
			left[0]++
		}
		masked, painted, worst := 0, 0, 0.0
		for p, in := range bird.Mask {
			pixel := [3]uint8(bird.Pixels[3*p:])
			luma := synth.Luma([3]float64{float64(pixel[0]), float64(pixel[1]), float64(pixel[2])})
			worst = max(worst, math.Abs(float64(bird.Drawing[p])-luma))
			if in {
				masked++
			}
			if in && pixel == g.Palette[bird.Plumage] {
				painted++
			}
		}
		require.Less(t, worst, 1.01, "the drawing is the picture's luma")
		require.Equal(t, masked, painted, "the mask is where the plumage is")
		require.Greater(t, masked, 30, "a bird must show")
		for plumage := range 3 {
			other := g.Paint(bird.Pose, plumage)
			require.Equal(t, bird.Drawing, other.Drawing, "the drawing must not give the plumage away")
			require.Equal(t, bird.Mask, other.Mask)
			require.Equal(t, plumage == bird.Plumage, string(other.Pixels) == string(bird.Pixels))
		}
	}
	requireUniform(t, plumages, "plumage")
	requireUniform(t, left, "direction")

	set, err := g.Set(3, 0, 7)
	require.NoError(t, err)
	require.NoError(t, set.Validate())
	assert.Equal(t, g.At(3, 6).Pixels, set.Item(6))
}
