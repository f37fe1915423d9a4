package images_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/images"
	"courselab/datasets/parse"
)

func ramp(n int) images.Set {
	s := images.Set{Height: 2, Width: 3, Channels: 1, Classes: []string{"a", "b"}}
	for i := range n * 6 {
		s.Pixels = append(s.Pixels, uint8(i))
	}
	for i := range n {
		s.Labels = append(s.Labels, int32(i%2))
	}
	return s
}

func TestSetAccess(t *testing.T) {
	s := ramp(5)
	require.NoError(t, s.Validate())
	assert.Equal(t, []uint8{6, 7, 8, 9, 10, 11}, s.Item(1))
	assert.Equal(t, s.Item(3), s.Slice(2, 5).Item(1))
	spare := s
	spare.Pixels = append(make([]uint8, 0, 100), s.Pixels...)
	assert.Panics(t, func() { spare.Item(5) }, "beyond the length, inside the capacity")
	assert.Panics(t, func() { spare.Slice(2, 6) })
	picked := s.Select([]int{4, 0, 4})
	assert.Equal(t, [][]uint8{s.Item(4), s.Item(0), s.Item(4)}, [][]uint8{picked.Item(0), picked.Item(1), picked.Item(2)})
	assert.Equal(t, []int32{0, 0, 0}, picked.Labels)
	assert.Equal(t, []int{3, 2}, s.Counts())
	mean := s.Slice(0, 2).Mean() // of 0..5 and 6..11
	assert.InDeltaSlice(t, []float64{3 / 255., 4 / 255., 5 / 255., 6 / 255., 7 / 255., 8 / 255.}, mean, 1e-15)
	assert.Equal(t, color.Gray{Y: 11}, s.Image(1).At(2, 1))
	shuffled := s.Shuffled(3)
	assert.Equal(t, s.Shuffled(3), shuffled)
	assert.ElementsMatch(t, s.Pixels, shuffled.Pixels)
	assert.NotEqual(t, s.Pixels, shuffled.Pixels)
	joined, err := s.Slice(0, 2).Concat(s.Slice(2, 3), s.Slice(3, 5))
	require.NoError(t, err)
	assert.Equal(t, s, joined)
	_, err = s.Concat(images.Set{Height: 1, Width: 3, Channels: 1})
	assert.ErrorContains(t, err, "cannot join")
}

func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(*images.Set){
		"size 0 x 3":       func(s *images.Set) { s.Height = 0 },
		"2 channels":       func(s *images.Set) { s.Channels = 2 },
		"no whole number":  func(s *images.Set) { s.Pixels = s.Pixels[1:] },
		"4 labels for 5":   func(s *images.Set) { s.Labels = s.Labels[1:] },
		"label 2 of image": func(s *images.Set) { s.Labels[3] = 2 },
	} {
		s := ramp(5)
		spoil(&s)
		assert.ErrorContains(t, s.Validate(), want)
	}
}

func encode(t testing.TB, img image.Image, jpg bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if jpg {
		require.NoError(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}))
	} else {
		require.NoError(t, png.Encode(&b, img))
	}
	return b.Bytes()
}

func solid(h, w int, c color.Color) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for p := range h * w {
		img.Set(p%w, p/w, c)
	}
	return img
}

func TestReadFolderOfClasses(t *testing.T) {
	red, half := color.NRGBA{R: 255, A: 255}, color.NRGBA{A: 128} // half-transparent black over white is grey
	folder := fstest.MapFS{
		"cat/b.png":     {Data: encode(t, solid(2, 3, red), false)},
		"cat/a.JPG":     {Data: encode(t, solid(2, 3, color.White), true)},
		"ant/x.png":     {Data: encode(t, solid(2, 3, half), false)},
		"cat/notes.txt": {Data: []byte("not an image")},
		".DS_Store":     {Data: []byte("x")},
	}
	set, err := images.ReadFolder(folder, images.FolderOptions{})
	require.NoError(t, err)
	assert.Equal(t, []string{"ant", "cat"}, set.Classes)
	assert.Equal(t, []int32{0, 1, 1}, set.Labels)
	assert.Equal(t, []int{3, 2, 3, 3}, []int{set.Len(), set.Height, set.Width, set.Channels})
	assert.Equal(t, []uint8{127, 127, 127}, set.Item(0)[:3])
	assert.Equal(t, []uint8{255, 255, 255}, set.Item(1)[:3], "files come in the order of their names")
	assert.Equal(t, []uint8{255, 0, 0}, set.Item(2)[15:])
	assert.Equal(t, color.RGBA{R: 255, A: 255}, set.Image(2).At(2, 1))

	grey, err := images.ReadFolder(folder, images.FolderOptions{Channels: 1, Height: 4, Width: 4, Resize: true})
	require.NoError(t, err)
	assert.Equal(t, 16, grey.ItemSize())
	assert.InDelta(t, 76, grey.Item(2)[0], 1, "0.299 of full red")
}

func TestReadFolderFailures(t *testing.T) {
	ok := encode(t, solid(2, 3, color.White), false)
	other := encode(t, solid(3, 3, color.White), false)
	for want, folder := range map[string]fstest.MapFS{
		"no .png, .jpg or .jpeg":                            {"a.txt": {Data: ok}},
		"a.png: lies beside the class folder \"cat\"":       {"a.png": {Data: ok}, "cat/a.png": {Data: ok}},
		"cat/deep: folder inside a class folder":            {"cat/deep/a.png": {Data: ok}},
		"b.png: 3 x 3 pixels, the others are 2 x 3":         {"a.png": {Data: ok}, "b.png": {Data: other}},
		"a.png: image: unknown format":                      {"a.png": {Data: []byte("hello")}},
		"a.png: png: invalid format: not enough pixel data": {"a.png": {Data: ok[:50]}},
	} {
		_, err := images.ReadFolder(folder, images.FolderOptions{})
		assert.ErrorContains(t, err, want)
	}
	_, err := images.ReadFolder(fstest.MapFS{"a.png": {Data: ok}}, images.FolderOptions{Channels: 4})
	assert.ErrorContains(t, err, "4 channels")
	_, err = images.ReadFolder(fstest.MapFS{"a.png": {Data: ok}, "b.png": {Data: ok}}, images.FolderOptions{MaxBytes: 20})
	assert.ErrorContains(t, err, "b.png: the folder holds more than the limit of 20 decoded bytes")
}

// A header that claims 60,000 x 60,000 pixels is refused before anything is allocated for them.
func TestHugeHeaderIsRefused(t *testing.T) {
	raw := encode(t, solid(2, 3, color.White), false)
	copy(raw[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	_, err := images.ReadFolder(fstest.MapFS{"a.png": {Data: raw}}, images.FolderOptions{})
	assert.ErrorContains(t, err, "a.png: 60000 x 60000 pixels, want at least 1 and at most 16777216")
}

func FuzzReadFolder(f *testing.F) {
	f.Add(encode(f, solid(2, 3, color.White), false))
	f.Add(encode(f, solid(8, 8, color.Black), true))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := images.ReadFolder(fstest.MapFS{"a.png": {Data: raw}}, images.FolderOptions{MaxPixels: 1 << 12})
		if err != nil {
			require.ErrorIs(t, err, parse.ErrMalformed)
			return
		}
		require.Equal(t, 1, set.Len())
		require.LessOrEqual(t, set.Height*set.Width, 1<<12)
	})
}
