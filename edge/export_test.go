package edge

// AdminPatterns lists the calls of the admin listener, as METHOD PATTERN.
func AdminPatterns() (list []string) {
	for _, c := range (&Server{}).adminCalls() {
		list = append(list, c.method+" "+c.pattern)
	}
	return list
}
