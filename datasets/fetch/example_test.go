package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"courselab/datasets/fetch"
)

// What lies at Path is the whole file, verified, or nothing.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "to be") }))
	defer server.Close()
	folder, err := os.MkdirTemp("", "fetch")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	request := fetch.Request{Path: filepath.Join(folder, "hamlet.txt"), URLs: []string{server.URL}, Size: 5}
	fmt.Println(fetch.Get(context.Background(), request))

	request.Path = filepath.Join(folder, "macbeth.txt")
	request.SHA256 = "0000000000000000000000000000000000000000000000000000000000000000"
	err = fetch.Get(context.Background(), request)
	_, missing := os.Stat(request.Path)
	fmt.Println(errors.Is(err, fetch.ErrChecksum), errors.Is(missing, os.ErrNotExist))
	// Output:
	// <nil>
	// true true
}
