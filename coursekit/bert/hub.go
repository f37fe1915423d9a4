package bert

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/gomlx/go-huggingface/hub"
)

// Download gets a model's files from the Hugging Face hub into its cache folder, which Python's library shares, and returns
// the folder to Load: config.json, model.safetensors, and tokenizer.json or vocab.txt. name is as "google-bert/bert-base-uncased",
// revision a branch or a commit, empty for main; name a commit, so that the same files come tomorrow.
//
// Without a network it returns an error that says so. HF_ENDPOINT names another server.
func Download(ctx context.Context, name, revision string) (folder string, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
		if err != nil {
			err = fmt.Errorf("bert: cannot get %q from the Hugging Face hub, which needs a network: %w; "+
				"or put %s, %s and %s into a folder and Load it", name, err, configFile, weightsFile, tokenizerFile)
		}
	}()
	repo := hub.New(name).WithProgressBar(false)
	repo.Verbosity = 0
	if revision != "" {
		repo = repo.WithRevision(revision)
	}
	if err := repo.DownloadInfo(false); err != nil {
		return "", err
	}
	files := []string{configFile, weightsFile}
	for _, file := range []string{tokenizerFile, "vocab.txt", "tokenizer_config.json"} {
		if repo.HasFile(file) {
			files = append(files, file)
		}
	}
	paths, err := repo.DownloadFilesCtx(ctx, files...)
	if err != nil {
		return "", err
	}
	return filepath.Dir(paths[0]), nil
}
