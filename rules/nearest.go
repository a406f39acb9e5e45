package rules

import "strings"

// maxCompared bounds the work of Nearest: what is longer is not a slip of the pen.
const maxCompared = 64

// Nearest gives the known name that was most likely meant, for 'did you mean', or nothing where none is near: at most one
// slip in three letters. A slip is a letter that is wrong, missing, too much or swapped with the next one; capitals and
// small letters are the same.
func Nearest(name string, known []string) string {
	best, fewest := "", max(1, len(name)/3)+1
	if len(name) > maxCompared {
		return ""
	}
	folded := strings.ToLower(name)
	for _, k := range known {
		if len(k) > maxCompared || k == "" {
			continue
		}
		if d := distance(folded, strings.ToLower(k)); d < fewest && d < len(k) {
			best, fewest = k, d
		}
	}
	return best
}

// distance counts the slips between two texts, byte by byte.
func distance(a, b string) int {
	var rows [3][]int // the row before the last, the last and the current one
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[2] {
		rows[2][j] = j
	}
	for i := 1; i <= len(a); i++ {
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
		row := rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(rows[1][j]+1, row[j-1]+1, rows[1][j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], rows[0][j-2]+1)
			}
		}
	}
	return rows[2][len(b)]
}

// didYouMean is Nearest as a suggestion.
func didYouMean(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}
