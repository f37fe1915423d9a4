package similarity

// spot is a place in a program: a token of a declaration.
type spot struct{ declaration, token int }

// grams hashes every run of k tokens of a declaration.
func grams(declaration []symbol, k int) []uint64 {
	if len(declaration) < k {
		return nil
	}
	hashes := make([]uint64, len(declaration)-k+1)
	for i := range hashes {
		h := uint64(14695981039346656037) // FNV-1a, over tokens
		for _, s := range declaration[i : i+k] {
			h = (h ^ uint64(s.kind)) * 1099511628211
		}
		hashes[i] = h ^ h>>29
	}
	return hashes
}

// winnow selects fingerprints: of every window of w hashes the smallest, the last of them if there are several, each once. So
// whoever shares k+w-1 tokens in a row shares a fingerprint (Schleimer, Wilkerson, Aiken 2003).
func winnow(hashes []uint64, w int) []int {
	var selected []int
	for i := range max(1, len(hashes)-w+1) {
		smallest := -1
		for j := i; j < min(i+w, len(hashes)); j++ {
			if smallest < 0 || hashes[j] <= hashes[smallest] {
				smallest = j
			}
		}
		if smallest >= 0 && (len(selected) == 0 || selected[len(selected)-1] != smallest) {
			selected = append(selected, smallest)
		}
	}
	return selected
}
