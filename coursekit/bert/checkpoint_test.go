package bert_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/bert"
)

// tensorInfo is an entry of a safetensors header.
type tensorInfo struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// tinyFile is the header and the data of the tiny checkpoint's tensors.
func tinyFile(t testing.TB) (map[string]tensorInfo, []byte) {
	t.Helper()
	content, err := os.ReadFile("testdata/tiny/model.safetensors")
	require.NoError(t, err)
	n := binary.LittleEndian.Uint64(content)
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(content[8:8+n], &all))
	header := map[string]tensorInfo{}
	for name, raw := range all {
		if name != "__metadata__" {
			var info tensorInfo
			require.NoError(t, json.Unmarshal(raw, &info))
			header[name] = info
		}
	}
	return header, content[8+n:]
}

func assemble(t testing.TB, header any, data []byte) []byte {
	t.Helper()
	text, err := json.Marshal(header)
	require.NoError(t, err)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), data...)
}

// folder is a copy of the tiny checkpoint with other tensors and configuration.
func folder(t testing.TB, weights []byte, config func(map[string]any)) string {
	t.Helper()
	path := t.TempDir()
	content, err := os.ReadFile("testdata/tiny/config.json")
	require.NoError(t, err)
	if config != nil {
		var settings map[string]any
		require.NoError(t, json.Unmarshal(content, &settings))
		config(settings)
		content, err = json.Marshal(settings)
		require.NoError(t, err)
	}
	require.NoError(t, os.WriteFile(filepath.Join(path, "config.json"), content, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(path, "model.safetensors"), weights, 0o600))
	return path
}

// states are the tiny checkpoint's states of two sentences.
func states(t *testing.T, c *bert.Checkpoint) []float32 {
	t.Helper()
	store := model.NewStore()
	require.NoError(t, c.Restore(store.RootScope(), dtypes.Float32))
	out, err := model.CallOnceN(goBackend(t), store, func(scope *model.Scope, x []*Node) []*Node {
		return []*Node{bert.New(scope, c.Config).Encode(x[0], x[1], nil).States}
	}, [][]int32{{2, 7, 11, 3, 13, 17, 3}}, segments[:1])
	require.NoError(t, err)
	return tensors.MustCopyFlatData[float32](out[0])
}

// TestOtherNames: files without "bert.", with gamma and beta, with the head's repeated tensors and with position ids.
func TestOtherNames(t *testing.T) {
	want, err := bert.Load("testdata/tiny")
	require.NoError(t, err)
	header, data := tinyFile(t)
	old := map[string]tensorInfo{}
	for name, info := range header {
		name = strings.TrimPrefix(name, "bert.")
		name = strings.Replace(name, "LayerNorm.weight", "LayerNorm.gamma", 1)
		old[strings.Replace(name, "LayerNorm.bias", "LayerNorm.beta", 1)] = info
	}
	end := int64(len(data))
	at := func(name string) []byte { return data[header[name].Offsets[0]:header[name].Offsets[1]] }
	more := bytes.Clone(data)
	add := func(name, dtype string, content []byte, shape ...int) {
		old[name] = tensorInfo{dtype, shape, [2]int64{end, end + int64(len(content))}}
		more, end = append(more, content...), end+int64(len(content))
	}
	add("embeddings.position_ids", "I64", make([]byte, 40*8), 1, 40)
	add("cls.predictions.decoder.weight", "F32", at("bert.embeddings.word_embeddings.weight"), 220, 32)
	got, err := bert.Load(folder(t, assemble(t, old, more), nil))
	require.NoError(t, err)
	assert.True(t, got.MaskedLM && got.Pooler && got.NextSentence)
	assert.Nil(t, got.Tokenizer)
	assert.Equal(t, states(t, want), states(t, got))

	more[len(more)-1] ^= 1
	_, err = bert.Load(folder(t, assemble(t, old, more), nil))
	assert.ErrorContains(t, err, `"cls.predictions.decoder.weight" is not what "embeddings.word_embeddings.weight" is`)
}

func TestWrongTensors(t *testing.T) {
	type header = map[string]tensorInfo
	const query = "bert.encoder.layer.1.attention.self.query.weight"
	for want, change := range map[string]func(h header, data []byte) []byte{
		"the encoder lacks encoder.layer.1.attention.self.query.weight": func(h header, data []byte) []byte {
			h["other"] = h[query]
			delete(h, query)
			return data
		},
		"does not have: encoder.layer.7.x": func(h header, data []byte) []byte {
			h["bert.encoder.layer.7.x"] = tensorInfo{"F32", []int{1}, [2]int64{int64(len(data)), int64(len(data)) + 4}}
			return append(data, 0, 0, 0, 0)
		},
		"the masked-LM head lacks cls.predictions.bias": func(h header, data []byte) []byte {
			h["classifier.bias"] = h["cls.predictions.bias"]
			delete(h, "cls.predictions.bias")
			return data
		},
		`query.weight" has the shape [16 64], the configuration wants [32 32]`: func(h header, data []byte) []byte {
			info := h[query]
			info.Shape = []int{16, 64}
			h[query] = info
			return data
		},
		"does not hold floating point": func(h header, data []byte) []byte {
			info := h[query]
			info.DType = "I32"
			h[query] = info
			return data
		},
		"with and without": func(h header, data []byte) []byte {
			h["pooler.dense.bias"] = tensorInfo{"F32", []int{1}, [2]int64{int64(len(data)), int64(len(data)) + 4}}
			return append(data, 0, 0, 0, 0)
		},
		// Hostile headers.
		"invalid metadata offset for tensor": func(h header, data []byte) []byte { // overlap
			info := h[query]
			info.Offsets[0], info.Offsets[1] = 4, info.Offsets[1]-info.Offsets[0]+4
			h[query] = info
			return data
		},
		"natural numbers": func(h header, data []byte) []byte {
			info := h[query]
			info.Offsets[0] = -8
			h[query] = info
			return data
		},
		"mismatch": func(h header, data []byte) []byte {
			info := h[query]
			info.Shape = []int{1 << 20, 1 << 20}
			h[query] = info
			return data
		},
		"multiplication overflow": func(h header, data []byte) []byte {
			info := h[query]
			info.Shape = []int{1 << 62, 1 << 62}
			h[query] = info
			return data
		},
		"metadata incomplete buffer": func(_ header, data []byte) []byte { return data[:len(data)-3] }, // truncated
	} {
		h, data := tinyFile(t)
		data = change(h, bytes.Clone(data))
		path := folder(t, assemble(t, h, data), nil)
		_, err := bert.Load(path)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "model.safetensors")
	}
	for want, weights := range map[string][]byte{
		"header too small":               {1, 2, 3},
		"header too large":               binary.LittleEndian.AppendUint64(nil, 1<<60),
		"invalid header length":          binary.LittleEndian.AppendUint64(nil, 1000),
		"invalid header deserialization": assemble(t, []int{1}, nil),
	} {
		_, err := bert.Load(folder(t, weights, nil))
		assert.ErrorContains(t, err, want)
	}
}

func TestConfigFile(t *testing.T) {
	content, err := os.ReadFile("testdata/tiny/model.safetensors")
	require.NoError(t, err)
	for want, change := range map[string]func(map[string]any){
		`the model type is "gpt2"`:               func(c map[string]any) { c["model_type"] = "gpt2" },
		`position embeddings are "relative_key"`: func(c map[string]any) { c["position_embedding_type"] = "relative_key" },
		`the activation is "swish"`:              func(c map[string]any) { c["hidden_act"] = "swish" },
		"Heads is 5":                             func(c map[string]any) { c["num_attention_heads"] = 5 },
		"1001 layers":                            func(c map[string]any) { c["num_hidden_layers"] = 1001 },
		"cannot unmarshal":                       func(c map[string]any) { c["hidden_size"] = "wide" },
		"has the shape [220 32], the configuration wants [219 32]": func(c map[string]any) { c["vocab_size"] = 219 },
		"does not have: encoder.layer.1":                           func(c map[string]any) { c["num_hidden_layers"] = 1 },
	} {
		_, err := bert.Load(folder(t, content, change))
		assert.ErrorContains(t, err, want)
	}
	_, err = bert.Load(t.TempDir())
	assert.ErrorContains(t, err, "the folder needs config.json and model.safetensors")
	config, err := bert.ParseConfig([]byte(`{"vocab_size": 9, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
		"intermediate_size": 8, "max_position_embeddings": 5, "type_vocab_size": 2, "hidden_act": "relu", "layer_norm_eps": 0.5}`))
	require.NoError(t, err)
	assert.Equal(t, 0.5, config.NormEpsilon)
	assert.Equal(t, 0.1, config.Dropout, "left out")
}

// TestRoundTrip: what is loaded, restored and saved is the same again, bit for bit; a classifier goes with it.
func TestRoundTrip(t *testing.T) {
	checkpoint, err := bert.Load("testdata/tiny")
	require.NoError(t, err)
	store := model.NewStore()
	scope := store.RootScope().At("model")
	require.NoError(t, checkpoint.Restore(scope, dtypes.Float32))
	path := filepath.Join(t.TempDir(), "new", "folder")
	require.NoError(t, bert.Save(path, scope, checkpoint.Config, checkpoint.Tokenizer))
	again, err := bert.Load(path)
	require.NoError(t, err)
	assert.Equal(t, checkpoint, again)
	require.NoError(t, again.Restore(scope, dtypes.Float32), "over variables that are there")
	assert.ErrorContains(t, again.Restore(scope, dtypes.Float64), "(Float32)")

	weights := tensors.FromFlatDataAndDimensions(make([]float32, 32*3), 32, 3)
	_, err = scope.At("classifier").At("dense").CreateVariable("weights", weights)
	require.NoError(t, err)
	_, err = scope.At("classifier").At("dense").CreateVariable("biases", tensors.FromValue([]float32{1, 2, 3}))
	require.NoError(t, err)
	require.NoError(t, bert.Save(path, scope, checkpoint.Config, nil))
	again, err = bert.Load(path)
	require.NoError(t, err)
	assert.Equal(t, 3, again.Classes)

	assert.ErrorContains(t, bert.Save(path, store.RootScope(), checkpoint.Config, nil), "has no variable")
	wide := checkpoint.Config
	wide.FFDim = 49
	assert.ErrorContains(t, bert.Save(path, scope, wide, nil), "the configuration wants [32 49]")
	assert.ErrorContains(t, bert.Save(path, scope, bert.Config{}, nil), "Vocabulary is 0")
}

// TestDownload plays the hub, and then plays dead.
func TestDownload(t *testing.T) {
	files := http.FileServer(http.Dir("testdata/tiny"))
	const commit = "0123456789012345678901234567890123456789"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/models/course/tiny") {
			fmt.Fprintf(w, `{"id": "course/tiny", "sha": %q, "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}, {"rfilename": "tokenizer.json"}]}`, commit)
			return
		}
		name := filepath.Base(r.URL.Path)
		w.Header().Set("ETag", `"`+name+`"`)
		w.Header().Set("X-Repo-Commit", commit)
		r.URL.Path = "/" + name
		files.ServeHTTP(w, r)
	}))
	t.Setenv("HF_ENDPOINT", server.URL)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path, err := bert.Download(context.Background(), "course/tiny", "")
	require.NoError(t, err)
	got, err := bert.Load(path)
	require.NoError(t, err)
	want, err := bert.Load("testdata/tiny")
	require.NoError(t, err)
	assert.Equal(t, want, got)

	server.Close()
	_, err = bert.Download(context.Background(), "course/other", "")
	assert.ErrorContains(t, err, `cannot get "course/other" from the Hugging Face hub, which needs a network`)
	assert.ErrorContains(t, err, "Load it")
}

// FuzzWeights: no file makes Load panic or use memory without bounds.
func FuzzWeights(f *testing.F) {
	content, err := os.ReadFile("testdata/tiny/model.safetensors")
	require.NoError(f, err)
	f.Add(content[:4096])
	f.Add(assemble(f, map[string]any{"x": tensorInfo{"F32", []int{1}, [2]int64{0, 4}}}, []byte{1, 2, 3, 4}))
	f.Add(assemble(f, map[string]any{"__metadata__": map[string]string{"format": "pt"}}, nil))
	f.Add(assemble(f, map[string]any{"classifier.weight": tensorInfo{"BF16", []int{0, 9}, [2]int64{0, 0}}}, nil))
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<63))
	path := folder(f, nil, nil)
	f.Fuzz(func(t *testing.T, content []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(path, "model.safetensors"), content, 0o600))
		_, err := bert.Load(path)
		assert.Error(t, err, "a whole checkpoint does not come about by chance")
	})
}
