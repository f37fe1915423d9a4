package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/text"
	"courselab/coursekit/transformer"
)

const (
	configFile    = "config.json"
	weightsFile   = "model.safetensors"
	tokenizerFile = "tokenizer.json"
)

// Checkpoint is a trained BERT in Hugging Face's layout, read into memory. Get it with Load.
type Checkpoint struct {
	Config Config
	// Tokenizer is nil if the folder has neither tokenizer.json nor vocab.txt.
	Tokenizer *text.Subword
	// Specials are the ids of the special tokens by the tokenizer, or DefaultSpecials without one.
	Specials Specials
	// Pooler, MaskedLM and NextSentence say which of these parts the file holds.
	Pooler, MaskedLM, NextSentence bool
	// Classes is the width of the classifier that it holds, 0 if there is none.
	Classes int

	values map[string]hostTensor // by path below the model's scope
}

// huggingConfig is what is read and written of config.json.
type huggingConfig struct {
	ModelType         string   `json:"model_type"`
	Architectures     []string `json:"architectures,omitempty"`
	Vocabulary        int      `json:"vocab_size"`
	ModelDim          int      `json:"hidden_size"`
	Layers            int      `json:"num_hidden_layers"`
	Heads             int      `json:"num_attention_heads"`
	FFDim             int      `json:"intermediate_size"`
	MaxLength         int      `json:"max_position_embeddings"`
	Segments          int      `json:"type_vocab_size"`
	NormEpsilon       *float64 `json:"layer_norm_eps"`
	Activation        string   `json:"hidden_act"`
	Dropout           *float64 `json:"hidden_dropout_prob"`
	AttentionDropout  float64  `json:"attention_probs_dropout_prob"`
	InitialDeviation  *float64 `json:"initializer_range"`
	PositionEmbedding string   `json:"position_embedding_type,omitempty"`
	Pad               int32    `json:"pad_token_id"`
	Labels            int      `json:"num_labels,omitempty"`
	DType             string   `json:"torch_dtype,omitempty"`
}

// ParseConfig reads the content of a config.json. Left out numbers take DefaultConfig's values where Hugging Face has such
// (epsilon, dropout, deviation). It returns an error for another kind of model than BERT, or one that cannot be built.
func ParseConfig(content []byte) (Config, error) {
	var h huggingConfig
	if err := json.Unmarshal(content, &h); err != nil {
		return Config{}, fmt.Errorf("bert: %s: %w", configFile, err)
	}
	if h.ModelType != "bert" && h.ModelType != "" {
		return Config{}, fmt.Errorf("bert: %s: the model type is %q, must be bert", configFile, h.ModelType)
	}
	if h.PositionEmbedding != "" && h.PositionEmbedding != "absolute" {
		return Config{}, fmt.Errorf("bert: %s: position embeddings are %q, must be absolute", configFile, h.PositionEmbedding)
	}
	c := DefaultConfig()
	c.Vocabulary, c.ModelDim, c.Layers, c.Heads, c.FFDim, c.MaxLength, c.Segments = h.Vocabulary, h.ModelDim, h.Layers, h.Heads, h.FFDim, h.MaxLength, h.Segments
	for _, number := range []struct{ from, to *float64 }{{h.NormEpsilon, &c.NormEpsilon}, {h.Dropout, &c.Dropout}, {h.InitialDeviation, &c.InitialDeviation}} {
		if number.from != nil {
			*number.to = *number.from
		}
	}
	switch h.Activation {
	case "gelu":
		c.Activation = transformer.GELU
	case "relu":
		c.Activation = transformer.ReLU
	default:
		return Config{}, fmt.Errorf("bert: %s: the activation is %q, must be gelu or relu", configFile, h.Activation)
	}
	if c.Layers > 1000 {
		return Config{}, fmt.Errorf("bert: %s: %d layers, must be 1000 at most", configFile, c.Layers)
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", configFile, err)
	}
	return c, nil
}

// Load reads a folder with config.json, model.safetensors and, if they are there, tokenizer.json or vocab.txt. It does not
// use the network. Tensors may be of 16, 32 or 64 bits; names may begin with "bert." or not, and LayerNorm's may be gamma
// and beta, as files of 2018 have it.
//
// Errors name the file and the tensor: missing, unknown, of a wrong shape.
func Load(folder string) (*Checkpoint, error) {
	content, err := os.ReadFile(filepath.Join(folder, configFile))
	if err != nil {
		return nil, fmt.Errorf("bert: %w; the folder needs %s and %s", err, configFile, weightsFile)
	}
	config, err := ParseConfig(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	if content, err = os.ReadFile(filepath.Join(folder, weightsFile)); err != nil {
		return nil, fmt.Errorf("bert: %w; the folder needs %s and %s", err, configFile, weightsFile)
	}
	list, err := readTensors(content)
	if err != nil {
		return nil, fmt.Errorf("bert: %s: %w", filepath.Join(folder, weightsFile), err)
	}
	c := &Checkpoint{Config: config, Specials: DefaultSpecials}
	if err := c.take(list); err != nil {
		return nil, fmt.Errorf("bert: %s: %w", filepath.Join(folder, weightsFile), err)
	}
	return c, c.loadTokenizer(folder)
}

func (c *Checkpoint) loadTokenizer(folder string) error {
	_, noJSON := os.Stat(filepath.Join(folder, tokenizerFile))
	_, noVocabulary := os.Stat(filepath.Join(folder, "vocab.txt"))
	if errors.Is(noJSON, os.ErrNotExist) && errors.Is(noVocabulary, os.ErrNotExist) {
		return nil
	}
	var err error
	if c.Tokenizer, err = text.LoadSubword(folder); err != nil {
		return err
	}
	if c.Tokenizer.Size() > c.Config.Vocabulary {
		return fmt.Errorf("bert: %s: the tokenizer has %d ids, the model %d", folder, c.Tokenizer.Size(), c.Config.Vocabulary)
	}
	c.Specials, err = SpecialsOf(c.Tokenizer)
	return err
}

// SpecialsOf returns the ids of [PAD], [UNK], [CLS], [SEP] and [MASK] in a tokenizer, and an error that names the first that it
// lacks.
func SpecialsOf(tokenizer *text.Subword) (s Specials, err error) {
	for _, token := range []struct {
		name string
		id   *int32
	}{{"[PAD]", &s.Pad}, {"[UNK]", &s.Unknown}, {"[CLS]", &s.Class}, {"[SEP]", &s.Separator}, {"[MASK]", &s.Mask}} {
		var found bool
		if *token.id, found = tokenizer.ID(token.name); !found {
			return Specials{}, fmt.Errorf("bert: the tokenizer has no %s", token.name)
		}
	}
	return s, nil
}

// take sorts the tensors of a file into variables.
func (c *Checkpoint) take(list map[string]hostTensor) error {
	left := make(map[string]hostTensor, len(list))
	for name, t := range list {
		short := strings.TrimPrefix(name, "bert.")
		if _, twice := left[short]; twice {
			return fmt.Errorf("%q is there with and without \"bert.\"", short)
		}
		if !notParameters[short] {
			left[short] = t
		}
	}
	if t, found := left["classifier.weight"]; found && len(t.dims) == 2 {
		c.Classes = t.dims[0]
	}
	for copied, original := range tied {
		t, found := left[copied]
		delete(left, copied)
		if from, there := left[original]; found && (!there || !slices.Equal(t.dims, from.dims) || !slices.Equal(t.values, from.values)) {
			return fmt.Errorf("%q is not what %q is: untied heads are not supported", copied, original)
		}
	}
	c.values = map[string]hostTensor{}
	missing, found := map[part][]string{}, map[part]bool{body: true}
	for _, e := range c.Config.entries(c.Classes) {
		t, ok := left[e.name]
		if name := e.name; !ok && e.old != "" {
			t, ok = left[e.old]
			e.name = e.old
			if !ok {
				e.name = name
			}
		}
		if !ok {
			missing[e.part] = append(missing[e.part], e.name)
			continue
		}
		delete(left, e.name)
		found[e.part] = true
		value, err := e.fromFile(t)
		if err != nil {
			return err
		}
		c.values[e.path] = value
	}
	for _, p := range []part{body, pooler, maskedLM, nextSentence, classifier} {
		if found[p] && len(missing[p]) > 0 {
			return fmt.Errorf("the %s lacks %s", p, few(missing[p]))
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("tensors that a BERT of this configuration does not have: %s", few(slices.Sorted(maps.Keys(left))))
	}
	c.Pooler, c.MaskedLM, c.NextSentence = found[pooler], found[maskedLM], found[nextSentence]
	return nil
}

// fromFile checks a tensor and turns it as the variable has it.
func (e entry) fromFile(t hostTensor) (hostTensor, error) {
	want := slices.Clone(e.dims)
	if e.transposed {
		slices.Reverse(want)
	}
	if !slices.Equal(t.dims, want) {
		return t, fmt.Errorf("%q has the shape %v, the configuration wants %v", e.name, t.dims, want)
	}
	if t.values == nil {
		return t, fmt.Errorf("%q does not hold floating point numbers", e.name)
	}
	if e.transposed {
		t.values = transpose(t.values, want[0], want[1])
	}
	return hostTensor{e.dims, t.values}, nil
}

// few is a list of names, shortened.
func few(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

// Restore gives the variables of the model under scope the checkpoint's values, and makes those that are not there yet, as
// config.DType has them. Variables that the checkpoint does not hold stay as they are: a new classifier starts fresh.
func (c *Checkpoint) Restore(scope *model.Scope, dtype dtypes.DType) error {
	for _, path := range slices.Sorted(maps.Keys(c.values)) {
		t := c.values[path]
		value := tensors.FromFlatDataAndDimensions(t.values, t.dims...)
		if dtype == dtypes.Float64 {
			wide := make([]float64, len(t.values))
			for i, x := range t.values {
				wide[i] = float64(x)
			}
			value = tensors.FromFlatDataAndDimensions(wide, t.dims...)
		}
		at, name := place(scope, path)
		v := at.GetVariable(name)
		if v == nil {
			if _, err := at.CreateVariable(name, value); err != nil {
				return fmt.Errorf("bert: %s: %w", path, err)
			}
			continue
		}
		if !v.Shape().Equal(value.Shape()) {
			return fmt.Errorf("bert: the model's %s is %s, the checkpoint's %s", v.Path(), v.Shape(), value.Shape())
		}
		if err := v.SetValue(value); err != nil {
			return fmt.Errorf("bert: %s: %w", v.Path(), err)
		}
	}
	return nil
}
