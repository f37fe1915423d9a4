// Command browser opens a notebook in JupyterLab as a student would, runs all its cells, and waits for their outputs:
//
//	browser URL NOTEBOOK PICTURE
//
// URL is that of the server, with the token. It prints how long the page, the kernel and the first cell took. It needs Chromium.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "browser: give URL, NOTEBOOK and PICTURE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

// limit is for all that is done in the page.
const limit = 4 * time.Minute

// What a student sees of a notebook, as expressions of the page.
const (
	ready    = `document.querySelector('.jp-NotebookPanel .jp-Cell') !== null && /Go \(gonb\) \| (Idle|Unknown)/.test(document.body.innerText)` // this kernel says that it is idle only after a cell
	cells    = `document.querySelectorAll('.jp-NotebookPanel .jp-Cell').length`
	prompts  = `[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent)`
	waiting  = prompts + `.some(p => p.startsWith('[*]'))`
	first    = prompts + `.some(p => p.startsWith('[1]'))`
	finished = prompts + `.every(p => !p.startsWith('[*]'))`
	trouble  = `[...document.querySelectorAll('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"], .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]')].map(e => e.innerText).join('\n')`
	outputs  = `[...document.querySelectorAll('.jp-OutputArea-output')].map(e => e.innerText).join('\n')`
)

func run(server, notebook, picture string) error {
	link, err := url.Parse(server)
	if err != nil {
		return err
	}
	link.Path = "/lab/tree/" + notebook
	link.RawQuery += "&reset" // an earlier visit's tabs stay away
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1400, 1000))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	start := time.Now()
	since := func(what string) chromedp.Action {
		return chromedp.ActionFunc(func(context.Context) error {
			fmt.Printf("%-28s %5.1f s\n", what, time.Since(start).Seconds())
			start = time.Now()
			return nil
		})
	}
	var said, complaints string
	var shot []byte
	var count int
	if err := chromedp.Run(ctx); err != nil { // starts the browser, whose life must not end with the limit: there is a picture to take
		return err
	}
	err = chromedp.Run(limited,
		emulation.SetFocusEmulationEnabled(true), // a page that nobody looks at shows no kernel
		chromedp.Navigate(link.String()),
		chromedp.Poll(ready, nil, chromedp.WithPollingTimeout(limit)), since("page and kernel"),
		chromedp.Evaluate(cells, &count),
		chromedp.Click(`.jp-NotebookPanel .jp-Cell`),
		chromedp.ActionFunc(func(ctx context.Context) error {
			for range count {
				if err := chromedp.KeyEvent("\r", chromedp.KeyModifiers(input.ModifierShift)).Do(ctx); err != nil {
					return err
				}
			}
			return nil
		}),
		chromedp.Poll(waiting, nil, chromedp.WithPollingTimeout(limit)), // numbers that are there already are an earlier run's
		chromedp.Poll(first, nil, chromedp.WithPollingTimeout(limit)), since("first cell"),
		chromedp.Poll(finished, nil, chromedp.WithPollingTimeout(limit)), since("the other cells"),
		chromedp.Evaluate(outputs, &said), chromedp.Evaluate(trouble, &complaints),
	)
	if taken := chromedp.Run(ctx, chromedp.CaptureScreenshot(&shot)); taken == nil { // of a failure, too
		err = errors.Join(err, os.WriteFile(picture, shot, 0o644))
	}
	if err != nil {
		return err
	}
	fmt.Println(said)
	if complaints != "" {
		return fmt.Errorf("cells complained: %s", complaints)
	}
	return nil
}
