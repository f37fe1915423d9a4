package gradebook_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/gradebook"
)

// writerEnv names the file that the test binary, started as a writer, fills until it is killed.
const writerEnv = "COURSELAB_TEST_GRADEBOOK"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		write(path)
	}
	os.Exit(m.Run())
}

// write receives and grades for ever, and says after each what it has done.
func write(path string) {
	ctx := context.Background()
	book, err := gradebook.Open(ctx, path, "writer")
	for n := 0; err == nil; n++ {
		student := fmt.Sprintf("w%d", os.Getpid())
		if err = book.Receive(ctx, submission(student, n)); err == nil {
			fmt.Println("received", student, n)
			if err = book.Grade(ctx, grade(student, n, float64(n))); err == nil {
				fmt.Println("graded", student, n)
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKilledAtAnyMoment kills writers with signal 9, each a little later than the one before: what they said they had done is
// there, and the chain is whole.
func TestKilledAtAnyMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "course.db")
	done := map[string]bool{}
	for i := range 12 {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), writerEnv+"="+path)
		stdout, err := command.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, command.Start())
		lines := make(chan string, 1<<16)
		go func() {
			defer close(lines)
			for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
				lines <- scanner.Text()
			}
		}()
		if i > 0 { // the first is killed as early as can be, perhaps while it makes the tables
			done[<-lines] = true
		}
		time.Sleep(time.Duration(i*i) * 700 * time.Microsecond)
		require.NoError(t, command.Process.Kill())
		for line := range lines {
			done[line] = true
		}
		_ = command.Wait() // killed
	}
	book := open(t, path)
	_, err := book.Verify(t.Context())
	require.NoError(t, err)
	there := map[string]bool{}
	entries, err := book.Log(t.Context(), 0)
	require.NoError(t, err)
	counts := map[string]int{}
	for _, e := range entries {
		word := map[string]string{"receive": "received", "grade": "graded"}[e.Action]
		there[fmt.Sprintf("%s %s %d", word, e.Student, counts[word+e.Student])] = true
		counts[word+e.Student]++
	}
	assert.Greater(t, len(done), 20)
	for line := range done {
		if strings.Count(line, " ") == 2 { // the last line may have been cut
			assert.True(t, there[line], "%s, but it is not in the book", line)
		}
	}
}
