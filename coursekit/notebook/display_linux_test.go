package notebook

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was printed has been read before a display is sent; a reader that sleeps does not stop the cell.
func TestDrainWaitsForTheReader(t *testing.T) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	defer writer.Close()
	drain(writer) // nothing to wait for

	_, err = writer.WriteString("printed")
	require.NoError(t, err)
	started := time.Now()
	drain(writer)
	assert.GreaterOrEqual(t, time.Since(started), 90*time.Millisecond, "nobody reads")
	assert.Less(t, time.Since(started), 5*time.Second)

	read := make(chan time.Time, 1)
	go func() {
		time.Sleep(20 * time.Millisecond)
		_, _ = reader.Read(make([]byte, 100))
		read <- time.Now()
	}()
	drain(writer)
	select {
	case <-read:
	default:
		t.Error("drain returned before the text was read")
	}
	regular, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer regular.Close()
	drain(regular) // no pipe: nothing to wait for
}
