package idx_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/idx"
	"courselab/datasets/parse"
)

func read(raw []byte) (idx.Array, error) { return idx.Read(bytes.NewReader(raw), "f", int64(len(raw))) }

// golden is the header of MNIST's test images, as in the format's description, for 2 images of 1 x 3.
const golden = "00000803" + "00000002" + "00000001" + "00000003" + "010203" + "fdfeff"

func TestReadGolden(t *testing.T) {
	raw, err := hex.DecodeString(golden)
	require.NoError(t, err)
	array, err := read(raw)
	require.NoError(t, err)
	assert.Equal(t, idx.Array{Type: idx.Uint8, Dims: []int{2, 1, 3}, Data: []byte{1, 2, 3, 253, 254, 255}}, array)
	assert.Equal(t, []float64{1, 2, 3, 253, 254, 255}, array.Float64s())
}

func TestFloat64sOfEveryType(t *testing.T) {
	for want, data := range map[float64]struct {
		t   idx.Type
		hex string
	}{
		200: {idx.Uint8, "c8"}, -56: {idx.Int8, "c8"}, -2: {idx.Int16, "fffe"}, -70000: {idx.Int32, "fffeee90"},
		1.5: {idx.Float32, "3fc00000"}, -0.1: {idx.Float64, "bfb999999999999a"},
	} {
		raw, err := hex.DecodeString(data.hex)
		require.NoError(t, err)
		assert.Equal(t, []float64{want}, idx.Array{Type: data.t, Dims: []int{1}, Data: raw}.Float64s(), "%v", data)
	}
}

// Writing and reading are inverse, for every type and random shapes, plain and compressed.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	for range 200 {
		types := []idx.Type{idx.Uint8, idx.Int8, idx.Int16, idx.Int32, idx.Float32, idx.Float64}
		array := idx.Array{Type: types[rng.IntN(len(types))]}
		size := array.Type.Size()
		for range 1 + rng.IntN(4) {
			array.Dims = append(array.Dims, rng.IntN(5))
			size *= array.Dims[len(array.Dims)-1]
		}
		array.Data = make([]byte, size)
		for i := range array.Data {
			array.Data[i] = byte(rng.Uint32())
		}
		var plain, zipped bytes.Buffer
		require.NoError(t, idx.Write(&plain, array))
		w := gzip.NewWriter(&zipped)
		require.NoError(t, idx.Write(w, array))
		require.NoError(t, w.Close())
		for _, raw := range [][]byte{plain.Bytes(), zipped.Bytes()} {
			got, err := read(raw)
			require.NoError(t, err)
			assert.Equal(t, array.Dims, got.Dims)
			assert.True(t, bytes.Equal(array.Data, got.Data))
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct{ hex, want string }{
		"empty":      {"", "f: byte 0: header promises 4 bytes, the file can hold 0 at most"},
		"not idx":    {"504b0304", "f: byte 0: not an IDX file: it starts with 50 4b, want 00 00"},
		"bad type":   {"00000a0100000001ff", "f: byte 2: unknown element type 0x0a"},
		"rank 0":     {"00000800", "f: byte 3: rank 0, want at least 1"},
		"no sizes":   {"0000080300000001", "f: byte 4: header promises 12 bytes, the file can hold 8 at most"},
		"truncated":  {"0000080100000003" + "0102", "f: byte 10: file ends after 2 of 3 bytes: it is truncated"},
		"overlong":   {"0000080100000001" + "0102", "f: byte 9: file goes on after the last item"},
		"huge":       {"00000e03ffffffffffffffffffffffff", "f: byte 4: header promises shape [4294967295 4294967295 4294967295]"},
		"huge later": {"000008020000000200ffffff", "f: byte 8: header promises shape [2 16777215], the file can hold 12 bytes at most"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := hex.DecodeString(c.hex)
			require.NoError(t, err)
			_, err = read(raw)
			require.ErrorIs(t, err, parse.ErrMalformed)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// A header that promises 1 GB in a file of 50 bytes must cost next to nothing: it is refused, since DEFLATE cannot
// expand 50 bytes so far.
func TestLyingHeaderAllocatesLittle(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	raw, err := hex.DecodeString("0000080203000000" + "00000100")
	require.NoError(t, err)
	_, err = w.Write(raw)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = read(zipped.Bytes())
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, parse.ErrMalformed)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func write(t *testing.T, folder, name string, array idx.Array) string {
	t.Helper()
	path := filepath.Join(folder, name)
	var buffer bytes.Buffer
	require.NoError(t, idx.Write(&buffer, array))
	require.NoError(t, os.WriteFile(path, buffer.Bytes(), 0o600))
	return path
}

func TestOpenImages(t *testing.T) {
	folder, classes := t.TempDir(), []string{"zero", "one", "two"}
	pixels := idx.Array{Type: idx.Uint8, Dims: []int{2, 3, 5}, Data: make([]byte, 30)}
	for i := range pixels.Data {
		pixels.Data[i] = byte(i)
	}
	images := write(t, folder, "images", pixels)
	labels := write(t, folder, "labels", idx.Array{Type: idx.Uint8, Dims: []int{2}, Data: []byte{2, 0}})

	set, err := idx.OpenImages(images, labels, classes)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 3, 5, 1}, []int{set.Len(), set.Height, set.Width, set.Channels})
	assert.Equal(t, []int32{2, 0}, set.Labels)
	assert.Equal(t, pixels.Data[15:], set.Item(1))

	_, err = idx.OpenImages(images, labels, classes[:2])
	assert.ErrorContains(t, err, labels+": byte 8: label 2, want 0 to 1")
	_, err = idx.OpenImages(labels, images, classes)
	assert.ErrorContains(t, err, "want uint8 images")
	_, err = idx.OpenImages(images, images, classes)
	assert.ErrorContains(t, err, "want uint8 labels")
	short := write(t, folder, "short", idx.Array{Type: idx.Uint8, Dims: []int{1}, Data: []byte{0}})
	_, err = idx.OpenImages(images, short, classes)
	assert.ErrorContains(t, err, short+": byte 4: 1 labels for the 2 images of "+images)
	flat := write(t, folder, "flat", idx.Array{Type: idx.Uint8, Dims: []int{2, 0, 5}})
	_, err = idx.OpenImages(flat, labels, classes)
	assert.ErrorIs(t, err, parse.ErrMalformed)
	two := write(t, folder, "two", idx.Array{Type: idx.Uint8, Dims: []int{2, 1, 1, 2}, Data: make([]byte, 4)})
	_, err = idx.OpenImages(two, labels, classes)
	assert.ErrorContains(t, err, "2 channels, want 1 or 3")
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{golden, "", "00000803", "0000080300000001ffffffffffffffff", "1f8b0800000000000003", "00000e010000000100"} {
		raw, err := hex.DecodeString(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		array, err := read(raw)
		if err != nil {
			require.ErrorIs(t, err, parse.ErrMalformed)
			return
		}
		want := array.Type.Size()
		for _, n := range array.Dims {
			want *= n
		}
		require.Len(t, array.Data, want)
		var again bytes.Buffer
		require.NoError(t, idx.Write(&again, array))
		if raw[0] == 0 {
			require.True(t, bytes.Equal(raw, again.Bytes()), "what was read and what is written differ")
		}
	})
}

// The cap holds where DEFLATE could expand so far too: memory grows with what arrives, not with what the header says.
func TestHeaderBeyondContentsAllocatesLittle(t *testing.T) {
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.NoCompression)
	require.NoError(t, err)
	_, err = w.Write([]byte{0, 0, 8, 1, 0x10, 0, 0, 0}) // 268 MB promised
	require.NoError(t, err)
	_, err = w.Write(make([]byte, 1<<19))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = read(zipped.Bytes())
	runtime.ReadMemStats(&after)
	assert.ErrorContains(t, err, "f: byte 524296: file ends after 524288 of 268435456 bytes")
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
}
