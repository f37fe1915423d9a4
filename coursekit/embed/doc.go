// Package embed learns a vector for each word from the words around it.
//
//	vectors, history, err := embed.Train(ctx, backend, sentences, vocabulary, embed.DefaultConfig())
//	vectors.Nearest(word, 5)
//	vectors.Analogy(sailor, harbor, judge, 1)      // court, if all goes well
//	vectors.Project(2)                             // to draw them
//
// Two ways to the same end: [Train] is skip-gram with negative sampling, by gradient descent; [PPMI] counts and takes a singular
// value decomposition, with no seed and no step to choose. Levy and Goldberg 2014, "Neural word embedding as implicit matrix
// factorization", show that the first factorises a matrix close to that of the second, so that the counts are the baseline to
// beat.
//
// Words are ids in [0, V), as a text.Vocabulary gives them. The letters in the shapes: B pairs of a batch, N negatives, D width, V
// vocabulary.
//
// Sources: lecture 7, "Word embeddings" (window 2); Firth 1957; Mikolov et al. 2013, "Distributed representations of words and
// phrases and their compositionality".
package embed
