// Package notebook reads GoNB notebooks (Jupyter's nbformat 4) as Go source, so that a notebook is graded as Go files are. No kernel
// runs for that: what a notebook shows as its outputs counts for nothing, and neither do commands in it.
//
// What GoNB would keep from cell to cell is what is graded: the declarations of all code cells, in their order; of a name that is
// declared twice the last declaration. As in GoNB
//
//   - what follows %% or %main is the body of a main function: it is left out, and so is func main;
//   - other lines that begin with % or ! are commands of the kernel: they are left out. So are cells of another language (%%script,
//     %%bash, %%sh, %%writefile, %%gx) and test cells (%test);
//   - func init_NAME is an init function; imports that nothing needs are dropped, and missing ones added, here only those that
//     the lab allows;
//   - a cell that is no Go, or does not compile, is left out, with all that it declares, and the student is told.
//
// Of these declarations those count that the functions asked for need: what a student tried out beside them may need what it likes.
//
// A lab's own notebook marks its cells with nbgrader's metadata, schema 3. What a locked cell declares is taken from the lab, whatever
// the student's notebook has; see [Template]. Notebooks are somebody else's input: size and number of cells are bounded, outputs
// are never looked at.
package notebook

// Limits of a notebook.
const (
	MaxSize   = 16 << 20 // bytes of the file, outputs included
	MaxCells  = 2000
	MaxSource = 1 << 20 // bytes of all cells' text
)
