package datasets

import (
	"courselab/datasets/archive"
	"courselab/datasets/corpus"
	"courselab/datasets/sentences"
)

// tsvFiles are GLUE's three files, and the members of its archive that hold them.
func tsvFiles(folder string) (files []File, members []archive.Member) {
	for _, name := range []string{"train.tsv", "dev.tsv", "test.tsv"} {
		files = append(files, File{Name: name})
		members = append(members, archive.Member{Name: folder + "/" + name, To: name, MaxBytes: 64 << 20})
	}
	return files, members
}

func sst2() Entry {
	glue, glueMembers := tsvFiles("SST-2")
	whole := []File{
		{Name: "train.tsv", Size: 720_259, SHA256: "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920"},
		{Name: "dev.tsv", Size: 92_057, SHA256: "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359"},
		{Name: "test.tsv", Size: 188_749, SHA256: "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7"},
	}
	names := map[string]string{"train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"}
	return Entry{
		Name: "sst2", Title: "SST-2, the Stanford Sentiment Treebank as two classes", Kind: Sentences,
		Licence: "none stated",
		Citation: "R. Socher and others, Recursive deep models for semantic compositionality over a sentiment treebank, EMNLP 2013; " +
			"as part of GLUE: A. Wang and others, GLUE: a multi-task benchmark and analysis platform for natural language understanding, ICLR 2019",
		Homepage: "https://nlp.stanford.edu/sentiment/",
		Folders:  []string{"sst2", "sst2/SST-2", "SST-2", "glue/SST-2"},
		Releases: []Release{
			{
				Name: "glue", Note: "as in GLUE: header lines, 67,349 phrases to train on, no labels in the test file", Files: glue,
				Splits: []Split{{Name: "train", Records: 67_349}, {Name: "dev", Records: 872}, {Name: "test", Records: 1_821}},
				Sources: []Source{{
					File: "SST-2.zip", URLs: []string{"https://dl.fbaipublicfiles.com/glue/data/SST-2.zip"},
					SHA256: "d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa", Size: 7_439_277, Members: glueMembers,
				}},
				load: loadSentences(names, sentences.OpenSST2),
			},
			{
				Name: "sentences", Note: "whole sentences only: 6,920 to train on, all with labels, no header lines", Files: whole,
				Splits:  []Split{{Name: "train", Records: 6_920}, {Name: "dev", Records: 872}, {Name: "test", Records: 1_821}},
				Sources: fileSources(whole, "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification/master/data/SST2/"),
				load:    loadSentences(names, sentences.OpenSST2),
			},
		},
	}
}

func cola() Entry {
	public := []File{
		{Name: "in_domain_train.tsv", Size: 428_578, SHA256: "f320a10f92d3bce6b29152fde322a362eac39238e50d8de0c8815457fdf4fc12"},
		{Name: "in_domain_dev.tsv", Size: 25_957, SHA256: "77176f6a03faa5a1c4f23c69971fc1bff565931112fb65af47b2d6e24b7f42f7"},
		{Name: "out_of_domain_dev.tsv", Size: 27_754, SHA256: "201b9c57b2a20f1282242eec0ed8995729e3be19c29a46c047b3727338836c05"},
	}
	var publicMembers []archive.Member
	for _, f := range public {
		publicMembers = append(publicMembers, archive.Member{Name: "cola_public/raw/" + f.Name, To: f.Name, MaxBytes: f.Size})
	}
	glue, glueMembers := tsvFiles("CoLA")
	return Entry{
		Name: "cola", Title: "CoLA, the Corpus of Linguistic Acceptability", Kind: Sentences,
		Licence:  "none stated; the sentences are quoted from published linguistics",
		Citation: "A. Warstadt, A. Singh, S. R. Bowman, Neural network acceptability judgments, TACL 7, 2019 (arXiv:1805.12471)",
		Homepage: "https://nyu-mll.github.io/CoLA/",
		Folders:  []string{"cola", "cola/cola_public/raw", "cola_public/raw", "cola/CoLA", "CoLA", "glue/CoLA"},
		Releases: []Release{
			{
				Name: "public", Note: "8,551 sentences to train on; dev is the in-domain, test the out-of-domain development file, both with labels", Files: public,
				Splits: []Split{{Name: "train", Records: 8_551}, {Name: "dev", Records: 527}, {Name: "test", Records: 516}},
				Sources: []Source{{
					File: "cola_public_1.1.zip", URLs: []string{"https://nyu-mll.github.io/CoLA/cola_public_1.1.zip"}, Members: publicMembers,
				}},
				load: loadSentences(map[string]string{"train": "in_domain_train.tsv", "dev": "in_domain_dev.tsv", "test": "out_of_domain_dev.tsv"}, sentences.OpenCoLA),
			},
			{
				Name: "glue", Note: "as in GLUE: the two development files in one, no labels in the test file", Files: glue,
				Splits: []Split{{Name: "train", Records: 8_551}, {Name: "dev", Records: 1_043}, {Name: "test", Records: 1_063}},
				Sources: []Source{{
					File: "CoLA.zip", URLs: []string{"https://dl.fbaipublicfiles.com/glue/data/CoLA.zip"},
					SHA256: "f212fcd832b8f7b435fb991f101abf89f96b933ab400603bf198960dfc32cbff", Size: 376_971, Members: glueMembers,
				}},
				load: loadSentences(map[string]string{"train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"}, sentences.OpenCoLA),
			},
		},
	}
}

func loadSentences(names map[string]string, open func(path string) (sentences.Set, error)) func(map[string]string) (contents, error) {
	return func(paths map[string]string) (contents, error) {
		sets := map[string]sentences.Set{}
		for _, split := range []string{"train", "dev", "test"} {
			set, err := open(paths[names[split]])
			if err != nil {
				return contents{}, err
			}
			sets[split] = set
		}
		return contents{sentences: sets}, nil
	}
}

func tinyShakespeare() Entry {
	files := []File{{
		Name: "input.txt", Aliases: []string{"tinyshakespeare.txt", "tiny-shakespeare.txt"}, Size: 1_115_394,
		SHA256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
	}}
	return Entry{
		Name: "tinyshakespeare", Title: "Tiny Shakespeare, 1.1 MB of his plays", Kind: Text,
		Licence:  "public domain (the text)",
		Citation: "A. Karpathy, char-rnn, https://github.com/karpathy/char-rnn, 2015",
		Homepage: "https://github.com/karpathy/char-rnn",
		Folders:  []string{"tinyshakespeare", "tiny-shakespeare"},
		Releases: []Release{{
			Name: "input", Note: "one file", Files: files, Splits: []Split{{Name: "text"}},
			Sources: fileSources(files, "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"),
			load: func(paths map[string]string) (contents, error) {
				text, err := corpus.Open(paths["input.txt"])
				return contents{text: &text}, err
			},
		}},
	}
}
