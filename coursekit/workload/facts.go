package workload

// Facts are what is known of a workload whatever framework computes it.
type Facts struct {
	// Title is one line.
	Title string
	// Golden is what the first steps give: five losses of a training, from JAX 0.10.2, with which PyTorch 2.15 agrees to
	// 2e-6; or what is generated, each time the same.
	Golden []Output
	// Units are how many of Unit a step goes through: tokens, images.
	Units int
	Unit  string
	// FLOPs of a step: products and convolutions, two a multiplication with addition. Training is forward and both
	// gradients, that of data left out.
	FLOPs int64
	// Parameters is how many numbers the model has.
	Parameters int
	// ParametersOf names the workload whose parameters are used; empty means its own.
	ParametersOf string
}

// facts by the name of the workload.
var facts = map[string]Facts{
	"W1": {
		Title: "seq2seq Transformer, reversal, batch 64", Units: 1024, Unit: "target tokens", FLOPs: 5813305344, Parameters: 938528,
		Golden: losses(4.119836807250977, 4.470609664916992, 4.116539478302002, 3.825924873352051, 3.7096967697143555),
	},
	"W2": {
		Title: "GPT of four layers on characters, batch 12, length 64", Units: 768, Unit: "tokens", FLOPs: 3964207104, Parameters: 804096,
		Golden: losses(4.20964241027832, 4.196810722351074, 4.200870037078857, 4.201009750366211, 4.189247131347656),
	},
	"W3": {
		Title: "BERT of four layers, head on the masked positions", Units: 2048, Unit: "tokens", FLOPs: 45820674048, Parameters: 5364480,
		Golden: losses(9.053496360778809, 9.059624671936035, 9.034769058227539, 9.059920310974121, 9.032569885253906),
	},
	"W3full": {
		Title: "BERT of four layers, head on all positions", Units: 2048, Unit: "tokens", FLOPs: 68451041280, Parameters: 5364480,
		Golden:       losses(9.053495407104492, 9.059624671936035, 9.034767150878906, 9.059920310974121, 9.032567024230957),
		ParametersOf: "W3",
	},
	"W4": {
		Title: "VAE of two perceptrons, 784 values, batch 128", Units: 128, Unit: "images", FLOPs: 726925312, Parameters: 1082680,
		Golden: losses(548.0836791992188, 549.269775390625, 545.8178100585938, 545.2885131835938, 544.9027099609375),
	},
	"W5": {
		Title: "convolutional VAE, 32×32×3, batch 64", Units: 64, Unit: "images", FLOPs: 3774873600, Parameters: 1119811,
		Golden: losses(257.46307373046875, 256.1517333984375, 255.85304260253906, 255.7948455810547, 255.6726837158203),
	},
	"W6": {
		Title: "DCGAN, 28×28×1, batch 64, a step of each network", Units: 64, Unit: "images", FLOPs: 10282467328, Parameters: 678402,
		Golden: []Output{
			{Losses: []float64{1.3778804540634155, 0.6914642453193665}},
			{Losses: []float64{1.3476710319519043, 0.6883392333984375}},
			{Losses: []float64{1.3202314376831055, 0.6845513582229614}},
			{Losses: []float64{1.2866605520248413, 0.6806257963180542}},
			{Losses: []float64{1.2662867307662964, 0.6745206117630005}},
		},
	},
	"W7": {
		Title: "64 tokens of W2's model, greedily", Units: 64, Unit: "tokens", FLOPs: 105988096, Parameters: 804096,
		Golden: []Output{{Tokens: []int32{
			1, 59, 25, 25, 25, 25, 12, 25, 25, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 59, 59, 59, 59, 59, 59, 59,
			36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36,
			36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36, 36,
		}}},
		ParametersOf: "W2",
	},
	"W7beam": {
		Title: "beam search of width 4 with W1's model", Units: 16, Unit: "decoded positions", FLOPs: 75792384, Parameters: 938528,
		Golden:       []Output{{Tokens: []int32{1, 31, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, Score: -4.077919960021973}},
		ParametersOf: "W1",
	},
	"W8": {
		Title: "LSTM character model, batch 32, length 64", Units: 2048, Unit: "tokens", FLOPs: 6646923264, Parameters: 558657,
		Golden: losses(4.174203395843506, 4.174426078796387, 4.174560546875, 4.1744384765625, 4.174111366271973),
	},
}

// losses are the outputs of a training with one loss a step.
func losses(values ...float64) (outputs []Output) {
	for _, loss := range values {
		outputs = append(outputs, Output{Losses: []float64{loss}})
	}
	return outputs
}
