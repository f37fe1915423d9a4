package cifar_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/cifar"
	"courselab/datasets/images"
	"courselab/datasets/parse"
)

func read(raw []byte) (images.Set, error) {
	return cifar.Read(bytes.NewReader(raw), "f", int64(len(raw)))
}

func batch(rng *rand.Rand, n int) []byte {
	raw := make([]byte, n*cifar.RecordBytes)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
		if i%cifar.RecordBytes == 0 {
			raw[i] %= 10
		}
	}
	return raw
}

// The planes of the file become the channels of the pixel: checked against the format's own index arithmetic.
func TestPlanesBecomeChannels(t *testing.T) {
	raw := batch(rand.New(rand.NewPCG(3, 5)), 7)
	set, err := read(raw)
	require.NoError(t, err)
	require.NoError(t, set.Validate())
	require.Equal(t, 7, set.Len())
	for n := range 7 {
		record := raw[n*3073:]
		require.Equal(t, int32(record[0]), set.Labels[n])
		for row := range 32 {
			for column := range 32 {
				for channel := range 3 {
					require.Equal(t, record[1+1024*channel+32*row+column], set.Item(n)[(row*32+column)*3+channel])
				}
			}
		}
	}
}

func TestWriteIsInverse(t *testing.T) {
	raw := batch(rand.New(rand.NewPCG(3, 7)), 5)
	set, err := read(raw)
	require.NoError(t, err)
	var again bytes.Buffer
	require.NoError(t, cifar.Write(&again, set))
	assert.True(t, bytes.Equal(raw, again.Bytes()))
	set.Labels[0] = 10
	assert.ErrorContains(t, cifar.Write(&again, set), "label 10 of image 0")
	assert.ErrorContains(t, cifar.Write(&again, images.Set{Height: 2, Width: 2, Channels: 1}), "want [32, 32, 3]")
}

func TestMalformed(t *testing.T) {
	raw := batch(rand.New(rand.NewPCG(3, 11)), 3)
	_, err := read(raw[:2*3073+17])
	assert.ErrorContains(t, err, "f: byte 6146: record 2 has 17 of 3073 bytes")
	raw[3073] = 10
	_, err = read(raw)
	assert.ErrorContains(t, err, "f: byte 3073: record 1: label 10, want 0 to 9")
	empty, err := read(nil)
	assert.NoError(t, err)
	assert.Zero(t, empty.Len())
}

func TestOpenJoinsBatchesInOrder(t *testing.T) {
	rng, folder := rand.New(rand.NewPCG(3, 13)), t.TempDir()
	first, second := batch(rng, 2), batch(rng, 3)
	one, two := filepath.Join(folder, "one"), filepath.Join(folder, "two")
	require.NoError(t, os.WriteFile(one, first, 0o600))
	require.NoError(t, os.WriteFile(two, second, 0o600))
	got, err := cifar.Open(one, two)
	require.NoError(t, err)
	want, err := read(append(first, second...))
	require.NoError(t, err)
	assert.Equal(t, want.Labels, got.Labels)
	assert.True(t, bytes.Equal(want.Pixels, got.Pixels))
	_, err = cifar.Open(one, filepath.Join(folder, "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestOpenClasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "batches.meta.txt")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(cifar.Classes(), "\n")+"\n\n"), 0o600))
	names, err := cifar.OpenClasses(path)
	require.NoError(t, err)
	assert.Equal(t, cifar.Classes(), names)
	require.NoError(t, os.WriteFile(path, []byte("one two"), 0o600))
	_, err = cifar.OpenClasses(path)
	assert.ErrorContains(t, err, path+": 2 class names, want 10")
}

func FuzzRead(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 17))
	f.Add([]byte{})
	f.Add(batch(rng, 1))
	f.Add(batch(rng, 2)[:4000])
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := read(raw)
		if err != nil {
			require.ErrorIs(t, err, parse.ErrMalformed)
			return
		}
		require.NoError(t, set.Validate())
		require.Len(t, set.Labels, set.Len())
	})
}
