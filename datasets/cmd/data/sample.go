package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"courselab/datasets/synth"
)

// samplers print n items of a generator with its default configuration.
var samplers = map[string]func(out io.Writer, seed uint64, n int) error{
	"letters":   printer(synth.DefaultLetters(), func(p synth.LetterPair) string { return p.String() }),
	"sequences": printer(sequences(), func(p synth.LetterPair) string { return p.String() }),
	"topics":    printer(synth.DefaultTopics(), func(s synth.TopicSentence) string { return fmt.Sprintf("%d\t%s", s.Topic, s) }),
	"senses":    printer(synth.DefaultSenses(), func(s synth.SenseSentence) string { return fmt.Sprintf("%d\t%s", s.Sense, s) }),
	"agreement": printer(synth.DefaultAgreement(), func(s synth.AgreementSentence) string { return fmt.Sprintf("%d\t%s", s.Label, s) }),
	"sentiment": printer(synth.DefaultSentiment(), func(s synth.SentimentSentence) string { return fmt.Sprintf("%d\t%s", s.Label, s) }),
	"ring":      printer(synth.DefaultRing(), func(p synth.Point) string { return fmt.Sprintf("%d\t%.4f\t%.4f", p.Mode, p.X, p.Y) }),
	"reversal":  printer(synth.DefaultReversal(), sequencePair),
	"copy":      printer(synth.DefaultCopy(), sequencePair),
	"adding":    printer(synth.DefaultAdding(), asJSONLine[synth.Addition]),
	"digits":    printer(synth.DefaultDigits(), func(d synth.Digit) string { return fmt.Sprintf("%d\n%s", d.Label, picture(d.Pixels, synth.DigitSide)) }),
	"birds": printer(synth.DefaultBirds(), func(b synth.Bird) string {
		return fmt.Sprintf("plumage %d\n%s", b.Plumage, picture(b.Drawing, synth.DefaultBirds().Side))
	}),
}

func sequences() synth.Letters {
	g := synth.DefaultLetters()
	g.Sequence = true
	return g
}

func printer[T any](g synth.Generator[T], format func(T) string) func(io.Writer, uint64, int) error {
	return func(out io.Writer, seed uint64, n int) error {
		items, err := synth.Draw(g, seed, n)
		if err != nil {
			return err
		}
		for _, item := range items {
			if _, err := fmt.Fprintln(out, format(item)); err != nil {
				return err
			}
		}
		return nil
	}
}

func sequencePair(p synth.SequencePair) string { return fmt.Sprintf("%v -> %v", p.Input, p.Target) }

func asJSONLine[T any](item T) string {
	text, err := json.Marshal(item)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// picture draws pixels [side, side] in characters, dark to light.
func picture(pixels []uint8, side int) string {
	var b strings.Builder
	for i, v := range pixels {
		b.WriteByte(" .:o#@"[v/51])
		if i%side == side-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func sampleCommand() *cobra.Command {
	var seed uint64
	names := make([]string, 0, len(samplers))
	for name := range samplers {
		names = append(names, name)
	}
	slices.Sort(names)
	c := &cobra.Command{
		Use: "sample GENERATOR [N]", Short: "Print items of a generator: " + strings.Join(names, ", "), Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			sampler, ok := samplers[args[0]]
			if !ok {
				return fmt.Errorf("no generator %q; there are %s", args[0], strings.Join(names, ", "))
			}
			n := 5
			if len(args) == 2 {
				var err error
				if n, err = strconv.Atoi(args[1]); err != nil || n < 1 {
					return fmt.Errorf("%q items, want a number above 0", args[1])
				}
			}
			return sampler(c.OutOrStdout(), seed, n)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of the generator")
	return c
}
