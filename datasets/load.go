package datasets

import (
	"context"
	"fmt"

	"courselab/datasets/corpus"
	"courselab/datasets/fetch"
	"courselab/datasets/images"
	"courselab/datasets/sentences"
)

// contents is what a release holds: one of the three.
type contents struct {
	images    map[string]images.Set
	sentences map[string]sentences.Set
	text      *corpus.Corpus
}

// ImageSplits is a data set of images.
type ImageSplits struct {
	Train, Test images.Set // pixels [N, H, W, C]
	Copy        Copy       // where it comes from
}

// SentenceSplits is a data set of sentences. Test has no labels in GLUE's releases.
type SentenceSplits struct {
	Train, Dev, Test sentences.Set
	Copy             Copy // where it comes from
}

// LoadImages opens a data set of images and reads it.
func LoadImages(name string) (ImageSplits, error) {
	c, err := Open(name)
	if err != nil {
		return ImageSplits{}, err
	}
	return c.Images()
}

// LoadSentences opens a data set of sentences and reads it.
func LoadSentences(name string) (SentenceSplits, error) {
	c, err := Open(name)
	if err != nil {
		return SentenceSplits{}, err
	}
	return c.Sentences()
}

// LoadText opens a text and reads it.
func LoadText(name string) (corpus.Corpus, error) {
	c, err := Open(name)
	if err != nil {
		return corpus.Corpus{}, err
	}
	return c.Text()
}

// Images reads the copy. The error matches ErrKind if it holds no images.
func (c Copy) Images() (ImageSplits, error) {
	loaded, err := c.loadAs(Images)
	return ImageSplits{Train: loaded.images["train"], Test: loaded.images["test"], Copy: c}, err
}

// Sentences reads the copy. The error matches ErrKind if it holds no sentences.
func (c Copy) Sentences() (SentenceSplits, error) {
	loaded, err := c.loadAs(Sentences)
	return SentenceSplits{Train: loaded.sentences["train"], Dev: loaded.sentences["dev"], Test: loaded.sentences["test"], Copy: c}, err
}

// Text reads the copy. The error matches ErrKind if it holds no text.
func (c Copy) Text() (corpus.Corpus, error) {
	loaded, err := c.loadAs(Text)
	if err != nil {
		return corpus.Corpus{}, err
	}
	return *loaded.text, nil
}

func (c Copy) loadAs(kind Kind) (contents, error) {
	if c.Entry.Kind != kind {
		return contents{}, fmt.Errorf("%s: %w: it holds %s, not %s", c.Entry.Name, ErrKind, c.Entry.Kind, kind)
	}
	return c.Release.load(c.Paths)
}

// OpenOrDownload returns a verified copy that is on this machine, or downloads one. progress may be nil.
func OpenOrDownload(ctx context.Context, name string, progress func(fetch.Progress)) (Copy, error) {
	c, err := Open(name)
	if err == nil {
		return c, nil
	}
	return Download(ctx, name, progress)
}
