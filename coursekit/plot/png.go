package plot

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sort"
)

// encodePNG writes the image with at most 256 colours where that cannot be seen: a third of the size.
func encodePNG(img image.Image) ([]byte, error) {
	img = compact(img)
	var buffer bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&buffer, img); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// compact returns the image with a palette, or unchanged if that could be seen.
func compact(img image.Image) image.Image {
	if few, ok := withPalette(img); ok {
		return few
	}
	return img
}

// withPalette returns the image in 256 of its colours: the most frequent, leaving out those that look the same as one
// already taken. ok is false if another colour of the image is far from all of them.
func withPalette(img image.Image) (few *image.Paletted, ok bool) {
	const same, far = 6, 16 // of 255, along any of the four channels
	bounds := img.Bounds()
	counts := map[color.NRGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)]++
		}
	}
	colors := make([]color.NRGBA, 0, len(counts))
	for c := range counts {
		colors = append(colors, c)
	}
	code := func(c color.NRGBA) uint32 { return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A) }
	sort.Slice(colors, func(i, j int) bool { // by code where counts are equal, so that the bytes are always the same
		if counts[colors[i]] != counts[colors[j]] {
			return counts[colors[i]] > counts[colors[j]]
		}
		return code(colors[i]) < code(colors[j])
	})
	var palette color.Palette
	index := make(map[color.NRGBA]uint8, len(colors))
	for _, c := range colors {
		nearest, distance := 0, 256
		for j, p := range palette {
			p := p.(color.NRGBA)
			if d := max(difference(c.R, p.R), difference(c.G, p.G), difference(c.B, p.B), difference(c.A, p.A)); d < distance {
				nearest, distance = j, d
			}
		}
		if distance > same && len(palette) < 256 {
			nearest, distance = len(palette), 0
			palette = append(palette, c)
		}
		if distance > far {
			return nil, false
		}
		index[c] = uint8(nearest)
	}
	few = image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			few.SetColorIndex(x, y, index[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)])
		}
	}
	return few, true
}

func difference(a, b uint8) int {
	if a > b {
		return int(a - b)
	}
	return int(b - a)
}
