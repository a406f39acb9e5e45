package compile

// mostSteps bounds the search for warnings of one file. Whoever uploads a file chooses how much there is to search: a choice
// asks about its condition twice, so that each choice within another's condition doubles the search. A file of eight factors
// takes some hundred steps; a million are some hundredths of a second.
const mostSteps = 1_000_000

// spend takes steps from the file's budget and tells whether it had so many. A budget that is spent stays so: everything that
// is asked from then on is answered so that nothing is claimed.
func (f *file) spend(steps int) bool {
	if steps > f.steps {
		f.steps = 0
		return steps == 0
	}
	f.steps -= steps
	return true
}
