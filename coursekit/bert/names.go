package bert

import "fmt"

// part is a group of variables that a checkpoint holds whole or not at all.
type part string

const (
	body         part = "encoder"
	pooler       part = "pooler"
	maskedLM     part = "masked-LM head"
	nextSentence part = "next-sentence head"
	classifier   part = "classifier"
)

// entry says which tensor of Hugging Face's holds which variable.
type entry struct {
	part part
	// name in Hugging Face's BertForPreTraining, without "bert."; old is the name that files of 2018 have, or empty.
	name, old string
	// path of the variable below the model's scope.
	path string
	// dims of the variable; with transposed, the tensor has them in the other order.
	dims       []int
	transposed bool
}

// entries are all tensors of a model. classes is the width of its classifier, 0 if it has none.
func (c Config) entries(classes int) (list []entry) {
	d := c.ModelDim
	table := func(p part, name, path string, dims ...int) {
		list = append(list, entry{part: p, name: name, path: path, dims: dims})
	}
	dense := func(p part, name, path string, in, out int) {
		list = append(list,
			entry{part: p, name: name + ".weight", path: path + "/dense/weights", dims: []int{in, out}, transposed: true},
			entry{part: p, name: name + ".bias", path: path + "/dense/biases", dims: []int{out}})
	}
	norm := func(p part, name, path string) {
		list = append(list,
			entry{part: p, name: name + ".weight", old: name + ".gamma", path: path + "/norm/layer_normalization/gain", dims: []int{d}},
			entry{part: p, name: name + ".bias", old: name + ".beta", path: path + "/norm/layer_normalization/offset", dims: []int{d}})
	}
	table(body, "embeddings.word_embeddings.weight", "embeddings/word", c.Vocabulary, d)
	table(body, "embeddings.position_embeddings.weight", "embeddings/position/positions", c.MaxLength, d)
	table(body, "embeddings.token_type_embeddings.weight", "embeddings/segment", c.Segments, d)
	norm(body, "embeddings.LayerNorm", "embeddings")
	for i := range c.Layers {
		name, path := fmt.Sprintf("encoder.layer.%d.", i), fmt.Sprintf("encoder/layer_%d/", i)
		for _, kind := range []string{"query", "key", "value"} {
			dense(body, name+"attention.self."+kind, path+"self/attention/"+kind, d, d)
		}
		dense(body, name+"attention.output.dense", path+"self/attention/output", d, d)
		norm(body, name+"attention.output.LayerNorm", path+"self")
		dense(body, name+"intermediate.dense", path+"feed_forward/hidden", d, c.FFDim)
		dense(body, name+"output.dense", path+"feed_forward/output", c.FFDim, d)
		norm(body, name+"output.LayerNorm", path+"feed_forward")
	}
	dense(pooler, "pooler.dense", "pooler", d, d)
	dense(maskedLM, "cls.predictions.transform.dense", "masked_lm", d, d)
	norm(maskedLM, "cls.predictions.transform.LayerNorm", "masked_lm")
	table(maskedLM, "cls.predictions.bias", "masked_lm/output_bias", c.Vocabulary)
	dense(nextSentence, "cls.seq_relationship", "next_sentence", d, 2)
	if classes > 0 {
		dense(classifier, "classifier", "classifier", d, classes)
	}
	return list
}

// tied are tensors that repeat others: the head's matrix is the token table, and its bias stands there twice.
var tied = map[string]string{
	"cls.predictions.decoder.weight": "embeddings.word_embeddings.weight",
	"cls.predictions.decoder.bias":   "cls.predictions.bias",
}

// notParameters are tensors that some versions write and that hold nothing that is trained.
var notParameters = map[string]bool{"embeddings.position_ids": true, "embeddings.token_type_ids": true}
