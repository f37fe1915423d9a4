package bert

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/text"
)

// Save writes the model under scope into a folder, which it makes if need be, as config.json and model.safetensors, and the
// tokenizer, if there is one, as tokenizer.json: what transformers' BertModel, BertForMaskedLM, BertForPreTraining and
// BertForSequenceClassification read with from_pretrained, and Load. The parts of the model that have no variables yet
// (see Checkpoint) are left out. Files of the same names are replaced.
func Save(folder string, scope *model.Scope, config Config, tokenizer *text.Subword) error {
	if err := config.Validate(); err != nil {
		return err
	}
	classes := 0
	if v := scope.At("classifier").At("dense").GetVariable("biases"); v != nil {
		classes = v.Shape().Size()
	}
	list, found, missing := map[string]hostTensor{}, map[part]bool{body: true}, map[part]string{}
	for _, e := range config.entries(classes) {
		v := below(scope, e.path)
		if v == nil || !v.HasValue() {
			missing[e.part] = e.path
			continue
		}
		found[e.part] = true
		t, err := e.fromVariable(v)
		if err != nil {
			return err
		}
		name := e.name
		if e.part == body || e.part == pooler {
			name = "bert." + name
		}
		list[name] = t
	}
	for p := range found {
		if path, lacks := missing[p]; lacks {
			return fmt.Errorf("bert: the model under %s has no variable %s: build it, then train or initialise it, before it is saved", scope.Scope(), path)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("bert: %w", err)
	}
	if err := writeTensors(filepath.Join(folder, weightsFile), list); err != nil {
		return fmt.Errorf("bert: %s: %w", weightsFile, err)
	}
	content, err := json.MarshalIndent(config.hugging(found, classes, tokenizer), "", "  ")
	if err != nil {
		return fmt.Errorf("bert: %s: %w", configFile, err)
	}
	if err := os.WriteFile(filepath.Join(folder, configFile), append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("bert: %w", err)
	}
	if tokenizer == nil {
		return nil
	}
	if err := os.WriteFile(filepath.Join(folder, tokenizerFile), tokenizer.JSON(), 0o644); err != nil {
		return fmt.Errorf("bert: %w", err)
	}
	return nil
}

// hugging is config.json's content.
func (c Config) hugging(found map[part]bool, classes int, tokenizer *text.Subword) huggingConfig {
	architecture := "BertModel"
	switch {
	case classes > 0:
		architecture = "BertForSequenceClassification"
	case found[maskedLM] && found[nextSentence]:
		architecture = "BertForPreTraining"
	case found[maskedLM]:
		architecture = "BertForMaskedLM"
	}
	h := huggingConfig{
		ModelType: "bert", Architectures: []string{architecture},
		Vocabulary: c.Vocabulary, ModelDim: c.ModelDim, Layers: c.Layers, Heads: c.Heads, FFDim: c.FFDim, MaxLength: c.MaxLength, Segments: c.Segments,
		NormEpsilon: &c.NormEpsilon, Activation: strings.ToLower(c.Activation.String()), Dropout: &c.Dropout, InitialDeviation: &c.InitialDeviation,
		PositionEmbedding: "absolute", DType: "float32", Labels: classes,
	}
	if tokenizer != nil {
		if id, found := tokenizer.ID("[PAD]"); found {
			h.Pad = id
		}
	}
	return h
}

// below returns the variable at a path below scope, or nil.
func below(scope *model.Scope, path string) *model.Variable {
	scope, name := place(scope, path)
	return scope.GetVariable(name)
}

// place returns the scope and the name of a path below scope.
func place(scope *model.Scope, path string) (*model.Scope, string) {
	parts := strings.Split(path, "/")
	for _, name := range parts[:len(parts)-1] {
		scope = scope.At("%s", name)
	}
	return scope, parts[len(parts)-1]
}

// fromVariable is the inverse of fromFile.
func (e entry) fromVariable(v *model.Variable) (hostTensor, error) {
	if !slices.Equal(v.Shape().Dimensions, e.dims) {
		return hostTensor{}, fmt.Errorf("bert: the variable %s is %s, the configuration wants %v", v.Path(), v.Shape(), e.dims)
	}
	value, err := v.Value()
	if err != nil {
		return hostTensor{}, fmt.Errorf("bert: %s: %w", v.Path(), err)
	}
	t := hostTensor{dims: slices.Clone(e.dims)}
	if v.DType() == dtypes.Float64 {
		wide, err := tensors.CopyFlatData[float64](value)
		if err != nil {
			return t, fmt.Errorf("bert: %s: %w", v.Path(), err)
		}
		for _, x := range wide {
			t.values = append(t.values, float32(x))
		}
	} else if t.values, err = tensors.CopyFlatData[float32](value); err != nil {
		return t, fmt.Errorf("bert: %s: %w", v.Path(), err)
	}
	if e.transposed {
		t.values = transpose(t.values, t.dims[0], t.dims[1])
		slices.Reverse(t.dims)
	}
	return t, nil
}
