package edge

// AdminPatterns lists the calls of the admin listener, as METHOD PATTERN.
func AdminPatterns() (list []string) {
	for _, c := range (&Server{}).adminCalls() {
		list = append(list, c.method+" "+c.pattern)
	}
	return list
}

// Comparing has the server believe that it compares versions, until the function that it gives is called.
func (s *Server) Comparing() (end func()) {
	s.diffMu.Lock()
	return s.diffMu.Unlock
}
