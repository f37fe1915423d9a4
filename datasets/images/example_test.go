package images_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing/fstest"

	"courselab/datasets/images"
)

// Each sub-folder is a class.
func ExampleReadFolder() {
	folder := fstest.MapFS{
		"cat/tom.png":   {Data: grey(10)},
		"dog/spike.png": {Data: grey(200)},
	}
	set, err := images.ReadFolder(folder, images.FolderOptions{Channels: 1})
	fmt.Println(set.Len(), set.Classes, set.Labels, set.Pixels, err)

	folder["dog/torn.png"] = &fstest.MapFile{Data: grey(200)[:20]}
	_, err = images.ReadFolder(folder, images.FolderOptions{Channels: 1})
	fmt.Println(err)
	// Output:
	// 2 [cat dog] [0 1] [10 200] <nil>
	// dog/torn.png: unexpected EOF
}

// grey is a PNG of one pixel.
func grey(y uint8) []byte {
	pixel := image.NewGray(image.Rect(0, 0, 1, 1))
	pixel.SetGray(0, 0, color.Gray{Y: y})
	var file bytes.Buffer
	if err := png.Encode(&file, pixel); err != nil {
		panic(err)
	}
	return file.Bytes()
}
