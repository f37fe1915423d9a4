package notebook

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing else in coursekit and datasets depends on the notebook front end: they are a library.
func TestOnlyThisPackageKnowsGoNB(t *testing.T) {
	files := 0
	for _, root := range []string{"..", filepath.Join("..", "..", "datasets")} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Dir(path) == filepath.Join("..", "notebook") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			require.NoError(t, err)
			files++
			for _, imported := range file.Imports {
				assert.NotContains(t, imported.Path.Value, "janpfeifer/gonb", path)
			}
			return nil
		})
		require.NoError(t, err)
	}
	assert.Greater(t, files, 20, "the walk found the packages")
}
