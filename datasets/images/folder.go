package images

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // formats that ReadFolder accepts
	_ "image/png"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	xdraw "golang.org/x/image/draw"

	"courselab/datasets/parse"
)

// FolderOptions says how ReadFolder turns files into a Set. The zero value takes the size of the first image, three
// channels and no resizing.
type FolderOptions struct {
	Height, Width int   // pixels; 0: those of the first image
	Channels      int   // 1 (luma of ITU-R BT.601, as image/color computes it) or 3; 0: 3
	Resize        bool  // scale other sizes to Height x Width (bilinear, aspect ratio not kept); false: another size is an error
	MaxPixels     int   // largest height x width of a file; 0: 16 Mi pixels. Checked on the header, before decoding
	MaxBytes      int64 // largest total of decoded bytes [N, H, W, C]; 0: 1 GiB
}

const (
	defaultMaxPixels = 16 << 20
	defaultMaxBytes  = 1 << 30
)

// ReadFolder reads a folder of PNG and JPEG files. If it has sub-folders, each is a class, named and numbered in the
// order of their names, and the files at the top must be none; otherwise the set has no labels. Names that start with a
// dot and files of other kinds are passed over; deeper folders are an error, since their meaning would be a guess.
//
// Transparent pixels are laid over white. Errors name the file: *parse.Error for a bad one, and a plain error when
// there is no image at all.
func ReadFolder(folder fs.FS, options FolderOptions) (Set, error) {
	options = options.filled()
	if options.Channels != 1 && options.Channels != 3 {
		return Set{}, fmt.Errorf("images: %d channels asked for, want 1 or 3", options.Channels)
	}
	files, classes, err := listFolder(folder)
	if err != nil {
		return Set{}, err
	}
	set := Set{Height: options.Height, Width: options.Width, Channels: options.Channels, Classes: classes}
	for _, f := range files {
		img, err := decode(folder, f.path, options.MaxPixels)
		if err != nil {
			return Set{}, err
		}
		if set.Height == 0 {
			set.Height = img.Bounds().Dy()
		}
		if set.Width == 0 {
			set.Width = img.Bounds().Dx()
		}
		if int64(len(set.Pixels))+int64(set.ItemSize()) > options.MaxBytes {
			return Set{}, parse.Whole(f.path, "the folder holds more than the limit of %d decoded bytes", options.MaxBytes)
		}
		if set.Pixels, err = appendImage(set.Pixels, img, f.path, set, options.Resize); err != nil {
			return Set{}, err
		}
		if classes != nil {
			set.Labels = append(set.Labels, f.class)
		}
	}
	return set, set.Validate()
}

func (o FolderOptions) filled() FolderOptions {
	if o.Channels == 0 {
		o.Channels = 3
	}
	if o.MaxPixels == 0 {
		o.MaxPixels = defaultMaxPixels
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	return o
}

type folderFile struct {
	path  string
	class int32
}

func listFolder(folder fs.FS) (files []folderFile, classes []string, err error) {
	top, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, nil, fmt.Errorf("images: %w", err)
	}
	for _, entry := range top { // fs.ReadDir sorts by name
		switch {
		case strings.HasPrefix(entry.Name(), "."):
		case entry.IsDir():
			classes = append(classes, entry.Name())
		case isImage(entry):
			files = append(files, folderFile{path: entry.Name()})
		}
	}
	if classes != nil && files != nil {
		return nil, nil, parse.Whole(files[0].path, "lies beside the class folder %q: put images either at the top or in one folder a class", classes[0])
	}
	for class, name := range classes {
		inside, err := fs.ReadDir(folder, name)
		if err != nil {
			return nil, nil, fmt.Errorf("images: %w", err)
		}
		for _, entry := range inside {
			switch p := path.Join(name, entry.Name()); {
			case strings.HasPrefix(entry.Name(), "."):
			case entry.IsDir():
				return nil, nil, parse.Whole(p, "folder inside a class folder; want images only")
			case isImage(entry):
				files = append(files, folderFile{path: p, class: int32(class)})
			}
		}
	}
	if len(files) == 0 {
		return nil, nil, errors.New("images: the folder holds no .png, .jpg or .jpeg file")
	}
	return files, classes, nil
}

func isImage(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() &&
		slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(path.Ext(entry.Name())))
}

// decode checks the size in the header first: a PNG of 60,000 x 60,000 pixels fits in a few kilobytes.
func decode(folder fs.FS, name string, maxPixels int) (image.Image, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("images: %w", err)
	}
	defer f.Close()
	config, _, err := image.DecodeConfig(f)
	if err != nil {
		return nil, parse.Whole(name, "%w", err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, parse.Whole(name, "%d x %d pixels, want at least 1 and at most %d", config.Height, config.Width, maxPixels)
	}
	again, err := reopen(f, folder, name)
	if err != nil {
		return nil, err
	}
	defer again.Close()
	img, _, err := image.Decode(again)
	if err != nil {
		return nil, parse.Whole(name, "%w", err)
	}
	return img, nil
}

func reopen(f fs.File, folder fs.FS, name string) (fs.File, error) {
	if seeker, ok := f.(io.Seeker); ok {
		if _, err := seeker.Seek(0, io.SeekStart); err == nil {
			return f, nil
		}
	}
	again, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("images: %w", err)
	}
	return again, nil
}

func appendImage(pixels []uint8, img image.Image, name string, set Set, resize bool) ([]uint8, error) {
	bounds := img.Bounds()
	same := bounds.Dy() == set.Height && bounds.Dx() == set.Width
	if !same && !resize {
		return nil, parse.Whole(name, "%d x %d pixels, the others are %d x %d (set Resize to scale it)",
			bounds.Dy(), bounds.Dx(), set.Height, set.Width)
	}
	canvas := image.NewRGBA(image.Rect(0, 0, set.Width, set.Height))
	draw.Draw(canvas, canvas.Bounds(), image.White, image.Point{}, draw.Src)
	if same {
		draw.Draw(canvas, canvas.Bounds(), img, bounds.Min, draw.Over)
	} else {
		xdraw.ApproxBiLinear.Scale(canvas, canvas.Bounds(), img, bounds, xdraw.Over, nil)
	}
	for p := 0; p < len(canvas.Pix); p += 4 {
		rgb := color.RGBA{R: canvas.Pix[p], G: canvas.Pix[p+1], B: canvas.Pix[p+2], A: 255}
		if set.Channels == 1 {
			pixels = append(pixels, color.GrayModel.Convert(rgb).(color.Gray).Y)
		} else {
			pixels = append(pixels, rgb.R, rgb.G, rgb.B)
		}
	}
	return pixels, nil
}
