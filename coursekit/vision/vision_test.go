package vision_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/vision"
	"courselab/coursekit/worked"
)

// uniform is images of float64 in [0, 1].
func uniform(seed uint64, dims ...int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	r := rand.New(rand.NewPCG(seed, 23))
	values := make([]float64, size)
	for i := range values {
		values[i] = r.Float64()
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

func flat(x *tensors.Tensor) []float64 { return tensors.MustCopyFlatData[float64](x) }

// The quiz's image of four pixels, with its three scores.
func TestTheLecturesClassifier(t *testing.T) {
	l := worked.Linear
	weights, pixels := make([][]float64, len(l.Pixels)), make([][][]float64, 2)
	for i := range weights {
		weights[i] = []float64{l.Weights[0][i], l.Weights[1][i], l.Weights[2][i]}
		pixels[i/2] = append(pixels[i/2], []float64{l.Pixels[i]})
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		dense := store.RootScope().In("dense")
		dense.VariableWithValue("weights", weights)
		dense.VariableWithValue("biases", l.Bias[:])
		scores, err := model.CallOnce(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			return vision.LinearClassifier(scope, x, 3)
		}, [][][][]float64{pixels})
		require.NoError(t, err)
		assert.InDeltaSlice(t, l.Scores[:], flat(scores), 1e-9)
	})
}

func TestCrossEntropy(t *testing.T) {
	logits := [][]float64{{1, 2, 3}, {0, 0, math.Log(2)}}
	labels := []int32{2, 0}
	want := (math.Log(math.Exp(-2)+math.Exp(-1)+1) + math.Log(4)) / 2
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		got, err := graph.CallOnce(b, func(x []*graph.Node) *graph.Node { return vision.CrossEntropy(x[0], x[1]) }, logits, labels)
		require.NoError(t, err)
		assert.InDelta(t, want, got.Value(), 1e-12)
		gradcheck.Check(t, b, func(x []*graph.Node) *graph.Node { return vision.CrossEntropy(x[0], x[1]) }, logits, labels)
	})
}

// Patches are the squares, row by row.
func TestPatches(t *testing.T) {
	x := make([]float64, 4*6*2)
	for i := range x {
		x[i] = float64(i)
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		got, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node { return vision.Patches(x, 2) }, tensors.FromFlatDataAndDimensions(x, 1, 4, 6, 2))
		require.NoError(t, err)
		assert.Equal(t, []int{1, 6, 8}, got.Shape().Dimensions)
		want := []float64{}
		for row := range 2 {
			for column := range 3 {
				for y := range 2 {
					for z := range 2 {
						pixel := ((2*row+y)*6 + 2*column + z) * 2
						want = append(want, float64(pixel), float64(pixel+1))
					}
				}
			}
		}
		assert.Equal(t, want, flat(got))
	})
}

// small configurations for finite differences.
func smallCNN() vision.CNNConfig {
	return vision.CNNConfig{Classes: 3, Filters: []int{2, 3}, Hidden: 5}
}

func smallPatches() vision.PatchesConfig {
	c := vision.DefaultPatches(3)
	c.Patch, c.Encoder.ModelDim, c.Encoder.Heads, c.Encoder.FFDim, c.Encoder.EncoderLayers = 4, 6, 2, 5, 1
	c.Encoder.DType = dtypes.Float64
	return c
}

func autoencoder(kind vision.Kind) vision.AutoencoderConfig {
	c := vision.AutoencoderConfig{Kind: kind, Height: 4, Width: 8, Channels: 2, Latent: 3}
	if kind != vision.Linear {
		c.Hidden = []int{5, 2}
	}
	return c
}

func TestGradients(t *testing.T) {
	check := gradcheck.DefaultConfig()
	check.Entries = 12
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := uniform(1, 2, 4, 8, 2)
		grey, noise := uniform(2, 2, 4, 8, 1), uniform(3, 2, 2)
		for name, f := range map[string]gradcheck.ModelFunction{
			"linear classifier": func(s *model.Scope, x []*graph.Node) *graph.Node { return vision.LinearClassifier(s, x[0], 3) },
			"CNN":               func(s *model.Scope, x []*graph.Node) *graph.Node { return vision.CNN(s, x[0], smallCNN()) },
			"patches": func(s *model.Scope, x []*graph.Node) *graph.Node {
				return vision.PatchTransformer(s, x[0], smallPatches())
			},
			"linear autoencoder": func(s *model.Scope, x []*graph.Node) *graph.Node {
				return vision.NewAutoencoder(s, autoencoder(vision.Linear)).Loss(x[0])
			},
			"dense autoencoder": func(s *model.Scope, x []*graph.Node) *graph.Node {
				return vision.NewAutoencoder(s, autoencoder(vision.Dense)).Loss(x[0])
			},
			"convolutional autoencoder": func(s *model.Scope, x []*graph.Node) *graph.Node {
				return vision.NewAutoencoder(s, autoencoder(vision.Convolutional)).Loss(x[0])
			},
		} {
			require.NoError(t, check.CompareModel(b, withBiases(t, b, f, x), f, x), name)
		}
		colorizer := func(s *model.Scope, x []*graph.Node) *graph.Node {
			m := vision.NewColorizer(s, vision.ColorizerConfig{Filters: []int{2, 3}, Head: 2})
			coloured := vision.Colour(x[0], m.Apply(x[0], x[1], 3))
			judged := vision.PixelDiscriminator(s.In("critic"), coloured, []int{3})
			return graph.Add(graph.ReduceAllSum(graph.Square(judged)), graph.ReduceAllSum(graph.Square(m.Reconstruct(x[0]))))
		}
		require.NoError(t, check.CompareModel(b, withBiases(t, b, colorizer, grey, noise), colorizer, grey, noise), "colorizer")
	})
}

// withBiases returns a store with the variables of f whose biases are not 0: with them, a ReLU behind another can stand at its kink.
func withBiases(t *testing.T, b compute.Backend, f gradcheck.ModelFunction, inputs ...any) *model.Store {
	store := seeded()
	_, err := model.CallOnceN(b, store, func(s *model.Scope, x []*graph.Node) []*graph.Node { return []*graph.Node{f(s, x)} }, inputs...)
	require.NoError(t, err)
	for v := range store.IterVariables() {
		if strings.HasSuffix(v.Path(), "biases") {
			require.NoError(t, v.SetValue(uniform(uint64(len(v.Path())), v.Shape().Dimensions...)))
		}
	}
	return store
}

func seeded() *model.Store {
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(5))
	return store
}

// A dense layer by hand, in plain Go: the dense autoencoder's output.
func TestDenseAutoencoderAgainstPlainGo(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := uniform(7, 2, 4, 8, 2)
		store := seeded()
		outputs, err := model.CallOnceN(b, store, func(s *model.Scope, x *graph.Node) []*graph.Node {
			a := vision.NewAutoencoder(s, autoencoder(vision.Dense))
			z := a.Encode(x)
			return []*graph.Node{z, a.Decode(z), a.Loss(x)}
		}, x)
		require.NoError(t, err)
		values := func(path string) []float64 { return flat(store.GetVariable(path).MustValue()) }
		layer := func(x []float64, path string, f func(float64) float64) []float64 {
			w, bias := values(path+"/dense/weights"), values(path+"/dense/biases")
			y := append([]float64{}, bias...)
			for i, v := range x {
				for j := range y {
					y[j] += v * w[i*len(y)+j]
				}
			}
			for j := range y {
				y[j] = f(y[j])
			}
			return y
		}
		relu := func(v float64) float64 { return max(v, 0) }
		same := func(v float64) float64 { return v }
		sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
		loss, pixels := 0.0, flat(x)
		for i := range 2 {
			row := pixels[64*i : 64*(i+1)]
			z := layer(layer(layer(row, "/encoder/layer_0", relu), "/encoder/layer_1", relu), "/encoder/latent", same)
			assert.InDeltaSlice(t, z, flat(outputs[0])[3*i:3*(i+1)], 1e-9)
			made := layer(layer(layer(z, "/decoder/layer_1", relu), "/decoder/layer_0", relu), "/decoder/output", sigmoid)
			assert.InDeltaSlice(t, made, flat(outputs[1])[64*i:64*(i+1)], 1e-9)
			for j := range made {
				loss += (made[j] - row[j]) * (made[j] - row[j]) / 2
			}
		}
		assert.InDelta(t, loss, outputs[2].Value(), 1e-9)
	})
}

// Without positions a sequence of patches would be a set; with them, moving the patches changes the answer.
func TestPatchesKnowWhereTheyAre(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x := uniform(1, 1, 4, 8, 2)
		store := seeded()
		exec, err := model.NewExec(b, store, func(s *model.Scope, x *graph.Node) *graph.Node {
			return graph.Stack([]*graph.Node{vision.PatchTransformer(s.In("once"), x, smallPatches())}, 0)
		})
		require.NoError(t, err)
		first, err := exec.Call(x)
		require.NoError(t, err)
		pixels := flat(x)
		swapped := make([]float64, 0, len(pixels))
		for row := range 4 {
			swapped = append(swapped, pixels[16*row+8:16*row+16]...)
			swapped = append(swapped, pixels[16*row:16*row+8]...)
		}
		second, err := exec.Call(tensors.FromFlatDataAndDimensions(swapped, 1, 4, 8, 2))
		require.NoError(t, err)
		difference := 0.0
		for i, v := range flat(first[0]) {
			difference = max(difference, math.Abs(v-flat(second[0])[i]))
		}
		assert.Greater(t, difference, 1e-6)

		// The negative control: with equal positions, the order of the patches is lost.
		positions := store.GetVariable("/once/position/positions")
		require.NoError(t, positions.SetValue(tensors.FromShape(positions.Shape())))
		first, err = exec.Call(x)
		require.NoError(t, err)
		second, err = exec.Call(tensors.FromFlatDataAndDimensions(swapped, 1, 4, 8, 2))
		require.NoError(t, err)
		assert.InDeltaSlice(t, flat(first[0]), flat(second[0]), 1e-12)
	})
}

func TestBins(t *testing.T) {
	grey := []float32{.5, .5, .5, .5, .2}
	picture := []float32{.5, .5, .5, .9, .4, .1, .92, .4, .1, .1, .5, .9, .2, .2, .2}
	bins, err := vision.NewBins(picture, grey, .1, 0)
	require.NoError(t, err)
	require.Len(t, bins.Offsets, 3, "grey, orange, blue")
	assert.Equal(t, []int32{1, 2, 2, 0, 1}, bins.Labels(picture, grey), "by red, ascending")
	assert.InDelta(t, .41, bins.Offsets[2][0], 1e-6, "the mean of the two oranges")
	assert.Equal(t, 2, bins.Nearest([3]float64{.3, -.1, -.3}))

	few, err := vision.NewBins(picture, grey, .1, .3)
	require.NoError(t, err)
	assert.Len(t, few.Offsets, 2, "blue is one pixel of five")
	for want, run := range map[string]func() (vision.Bins, error){
		"15 picture values for 4":   func() (vision.Bins, error) { return vision.NewBins(picture, grey[:4], .1, 0) },
		"width is 0":                func() (vision.Bins, error) { return vision.NewBins(picture, grey, 0, 0) },
		"share is 1":                func() (vision.Bins, error) { return vision.NewBins(picture, grey, .1, 1) },
		"no square of width 0.1":    func() (vision.Bins, error) { return vision.NewBins(picture, grey, .1, .9) },
		"0 picture values for 0 dr": func() (vision.Bins, error) { return vision.NewBins(nil, nil, .1, 0) },
	} {
		_, err := run()
		assert.ErrorContains(t, err, want)
	}
}

func TestValidate(t *testing.T) {
	require.NoError(t, vision.DefaultCNN(10).Validate())
	require.NoError(t, vision.DefaultPatches(10).Validate())
	require.NoError(t, vision.DefaultColorizer().Validate())
	for _, kind := range []vision.Kind{vision.Linear, vision.Dense, vision.Convolutional} {
		require.NoError(t, vision.DefaultAutoencoder(kind, 2).Validate(), kind)
	}
	wide := vision.DefaultAutoencoder(vision.Convolutional, 2)
	wide.Height = 30
	for want, err := range map[string]error{
		"Classes is 0":                           vision.CNNConfig{}.Validate(),
		"Filters[0] is 0":                        vision.CNNConfig{Filters: []int{0}}.Validate(),
		"Hidden is -1":                           vision.CNNConfig{Hidden: -1}.Validate(),
		"Dropout is 1":                           vision.CNNConfig{Dropout: 1}.Validate(),
		"Patch is 0":                             vision.PatchesConfig{}.Validate(),
		"ModelDim is 0":                          vision.PatchesConfig{}.Validate(),
		"Head is 0":                              vision.ColorizerConfig{}.Validate(),
		"Filters is empty":                       vision.ColorizerConfig{}.Validate(),
		"Kind is unknown(7)":                     vision.AutoencoderConfig{Kind: 7}.Validate(),
		"Latent is 0":                            vision.AutoencoderConfig{}.Validate(),
		"a linear autoencoder has no hidden":     vision.AutoencoderConfig{Hidden: []int{2}}.Validate(),
		"must be multiples of 4":                 wide.Validate(),
		"Height is 0, Width 0, Channels 0, must": vision.AutoencoderConfig{}.Validate(),
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestPanics(t *testing.T) {
	b, _, err := backend.OpenNamed(backend.Go)
	require.NoError(t, err)
	a := func(s *model.Scope) *vision.Autoencoder { return vision.NewAutoencoder(s, autoencoder(vision.Linear)) }
	for want, f := range map[string]func(s *model.Scope, x *graph.Node) *graph.Node{
		"do not tile images": func(_ *model.Scope, x *graph.Node) *graph.Node { return vision.Patches(x, 3) },
		"wants images [B, Y, X, C]": func(s *model.Scope, x *graph.Node) *graph.Node {
			return vision.CNN(s, graph.Reshape(x, 1, -1), smallCNN())
		},
		"is for images [B, 4, 8, 2], got":  func(s *model.Scope, x *graph.Node) *graph.Node { return a(s).Encode(graph.Reshape(x, 1, 8, 4, 2)) },
		"wants latent vectors [B, 3], got": func(s *model.Scope, x *graph.Node) *graph.Node { return a(s).Decode(graph.Reshape(x, 1, -1)) },
		"the squared error of": func(_ *model.Scope, x *graph.Node) *graph.Node {
			return vision.SquaredError(x, graph.Reshape(x, 1, -1))
		},
		"wants drawings [B, Y, X, 1] with Y and": func(s *model.Scope, x *graph.Node) *graph.Node {
			return vision.NewColorizer(s, vision.DefaultColorizer()).Apply(x, nil, 3)
		},
	} {
		_, err := model.CallOnce(b, model.NewStore(), f, uniform(1, 1, 4, 8, 2))
		assert.ErrorContains(t, err, want)
	}
}

// A linear autoencoder squeezes images of eight values into two and makes them again.
func ExampleAutoencoder() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	config := vision.AutoencoderConfig{Kind: vision.Linear, Height: 2, Width: 4, Channels: 1, Latent: 2}
	_, err = model.CallOnce(b, model.NewStore(), func(scope *model.Scope, x *graph.Node) *graph.Node {
		a := vision.NewAutoencoder(scope, config)
		z := a.Encode(x)
		y := a.Decode(z)
		fmt.Println(x.Shape(), z.Shape(), y.Shape())
		return y
	}, [][][][]float32{{{{0}, {0}, {1}, {1}}, {{0}, {0}, {1}, {1}}}})
	if err != nil {
		fmt.Println(err)
	}
	// Output: (Float32)[1, 2, 4, 1] (Float32)[1, 2] (Float32)[1, 2, 4, 1]
}
