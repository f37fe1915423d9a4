package datasets

import (
	"fmt"

	"courselab/datasets/archive"
	"courselab/datasets/cifar"
	"courselab/datasets/idx"
	"courselab/datasets/images"
)

// idxFile describes one of the four files of MNIST and its relatives; macOS and Kaggle write a dot where the authors
// write a hyphen.
func idxFile(stem, kind string, size int64, sum, content string) File {
	return File{
		Name:    stem + "-" + kind + ".gz",
		Aliases: []string{stem + "-" + kind, stem + "." + kind, stem + "." + kind + ".gz"},
		Size:    size, SHA256: sum, Content: content,
	}
}

const (
	idxImages = "idx3-ubyte"
	idxLabels = "idx1-ubyte"
)

// fileSources returns a source for every file, at each of the mirrors.
func fileSources(files []File, mirrors ...string) []Source {
	var sources []Source
	for _, f := range files {
		s := Source{File: f.Name, SHA256: f.SHA256, Size: f.Size}
		for _, mirror := range mirrors {
			s.URLs = append(s.URLs, mirror+f.Name)
		}
		sources = append(sources, s)
	}
	return sources
}

func mnist() Entry {
	train := []File{
		idxFile("train-images", idxImages, 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
			"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
		idxFile("train-labels", idxLabels, 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
			"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
	}
	test := []File{
		idxFile("t10k-images", idxImages, 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
			"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
		idxFile("t10k-labels", idxLabels, 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
			"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
	}
	classes := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	all := append(append([]File{}, train...), test...)
	return Entry{
		Name: "mnist", Title: "MNIST handwritten digits, 28 x 28 grey", Kind: Images,
		Licence:  "CC BY-SA 3.0, copyright Yann LeCun and Corinna Cortes, derived from NIST's data",
		Citation: "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, Proceedings of the IEEE 86(11), 1998",
		Homepage: "https://yann.lecun.com/exdb/mnist/",
		Folders:  []string{"mnist", "mnist/MNIST/raw", "MNIST/raw", "MNIST"},
		Releases: []Release{
			{
				Name: "full", Note: "60,000 digits to train on, 10,000 to test", Files: all,
				Splits:  []Split{{Name: "train", Records: 60_000}, {Name: "test", Records: 10_000}},
				Sources: fileSources(all, "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
				load:    loadIDX(classes, true),
			},
			{
				Name: "t10k", Note: "the 10,000 test digits only: the first 8,000 to train on, the last 2,000 to test", Files: test,
				Splits: []Split{{Name: "train", Records: 8_000}, {Name: "test", Records: 2_000}},
				load:   loadIDX(classes, false),
			},
		},
	}
}

func fashionMNIST() Entry {
	files := []File{
		idxFile("train-images", idxImages, 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", ""),
		idxFile("train-labels", idxLabels, 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", ""),
		idxFile("t10k-images", idxImages, 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", ""),
		idxFile("t10k-labels", idxLabels, 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", ""),
	}
	classes := []string{"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}
	return Entry{
		Name: "fashion-mnist", Title: "Fashion-MNIST, Zalando's articles, 28 x 28 grey", Kind: Images,
		Licence:  "MIT, copyright Zalando SE",
		Citation: "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, arXiv:1708.07747, 2017",
		Homepage: "https://github.com/zalandoresearch/fashion-mnist",
		Folders:  []string{"fashion-mnist", "fashion-mnist/FashionMNIST/raw", "FashionMNIST/raw", "fashion_mnist", "fashion"},
		Releases: []Release{{
			Name: "full", Note: "60,000 articles to train on, 10,000 to test", Files: files,
			Splits: []Split{{Name: "train", Records: 60_000, PerClass: 6_000}, {Name: "test", Records: 10_000, PerClass: 1_000}},
			Sources: fileSources(files, "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
				"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
			load: loadIDX(classes, true),
		}},
	}
}

// loadIDX loads the four files, or, without the training files, cuts the test set in two: four fifths to train on.
func loadIDX(classes []string, full bool) func(map[string]string) (contents, error) {
	return func(paths map[string]string) (contents, error) {
		open := func(stem string) (images.Set, error) {
			return idx.OpenImages(paths[stem+"-images-"+idxImages+".gz"], paths[stem+"-labels-"+idxLabels+".gz"], classes)
		}
		test, err := open("t10k")
		if err != nil {
			return contents{}, err
		}
		if !full {
			cut := test.Len() / 5 * 4
			return contents{images: map[string]images.Set{"train": test.Slice(0, cut), "test": test.Slice(cut, test.Len())}}, nil
		}
		train, err := open("train")
		return contents{images: map[string]images.Set{"train": train, "test": test}}, err
	}
}

func cifar10() Entry {
	const batchBytes = 10_000 * cifar.RecordBytes
	var official []File
	var members []archive.Member
	for i := 1; i <= 5; i++ {
		official = append(official, File{Name: fmt.Sprintf("data_batch_%d.bin", i), Size: batchBytes})
	}
	official = append(official, File{Name: "test_batch.bin", Size: batchBytes})
	for _, f := range official {
		members = append(members, archive.Member{Name: "cifar-10-batches-bin/" + f.Name, To: f.Name, MaxBytes: batchBytes})
	}
	return Entry{
		Name: "cifar10", Title: "CIFAR-10, photographs of ten things, 32 x 32 colour", Kind: Images,
		Licence:  "none stated; the author asks to cite the report",
		Citation: "A. Krizhevsky, Learning multiple layers of features from tiny images, technical report, University of Toronto, 2009",
		Homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
		Folders:  []string{"cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", "cifar-10"},
		Releases: []Release{
			{
				Name: "official", Note: "five batches of 10,000 to train on, one to test", Files: official,
				Splits: []Split{{Name: "train", Records: 50_000, PerClass: 5_000}, {Name: "test", Records: 10_000, PerClass: 1_000}},
				Sources: []Source{{
					File: "cifar-10-binary.tar.gz", URLs: []string{"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"},
					SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", Size: 170_052_171, Members: members,
				}},
				load: loadCIFAR(5),
			},
			{
				Name: "reduced", Note: "1,000 images a class to train on, 500 to test, once through JPEG, so that pixels differ a little",
				Files: []File{
					{Name: "data_batch_1.bin", Size: 30_730_000, SHA256: "67249abc2590c383c1d261ca30ac6adc30278a792797a7d469ae61eeed24554a"},
					{Name: "test_batch.bin", Size: 15_365_000, SHA256: "9ab1a70a352cce0c4a22cbf5e2c496126f1113b3548332be30791ad461e5ad1c"},
				},
				Splits: []Split{{Name: "train", Records: 10_000, PerClass: 1_000}, {Name: "test", Records: 5_000, PerClass: 500}},
				load:   loadCIFAR(1),
			},
		},
	}
}

func loadCIFAR(batches int) func(map[string]string) (contents, error) {
	return func(paths map[string]string) (contents, error) {
		var trainPaths []string
		for i := 1; i <= batches; i++ {
			trainPaths = append(trainPaths, paths[fmt.Sprintf("data_batch_%d.bin", i)])
		}
		train, err := cifar.Open(trainPaths...)
		if err != nil {
			return contents{}, err
		}
		test, err := cifar.Open(paths["test_batch.bin"])
		return contents{images: map[string]images.Set{"train": train, "test": test}}, err
	}
}
